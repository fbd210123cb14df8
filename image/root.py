"""Assembles the root: ours, what root.list takes from packages, libraries, kernel, keys."""

import hashlib
import json
import pathlib
from typing import NamedTuple

import initramfs
import kernel as kernels
import kubelet
import libraries
import recipe
from elf import MAGIC, Elf
from faults import BuildError

# Our programs: name, place, whether it must run with nothing else there.
OURS = (("keel-init", "/usr/sbin/keel-init", True),
        ("keel-provision", "/usr/sbin/keel-provision", False),
        ("keel-agent", "/usr/bin/keel-agent", False))
FOLDERS = ("/proc", "/sys", "/dev", "/run", "/tmp", "/mnt", "/var/lib/keel", "/var/lib/kubelet",
           "/var/lib/containerd", "/var/lib/cni", "/var/lib/etcd", "/var/log", "/etc/cni/net.d",
           "/etc/kubernetes")
LINKS = {"/bin": "usr/bin", "/sbin": "usr/sbin", "/lib": "usr/lib", "/lib64": "usr/lib64",
         # Where containerd keeps the network of each pod.
         "/var/run": "../run",
         "/etc/resolv.conf": "/run/keel/resolv.conf", "/etc/hostname": "/run/keel/hostname",
         "/etc/machine-id": "/run/keel/machine-id",
         "/usr/lib/ssl/cert.pem": "/etc/ssl/certs/ca-certificates.crt",
         libraries.LOADER: "../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"}
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"
BILL = "/usr/share/keelos/sbom.spdx.json"


class Inputs(NamedTuple):
    """What one build is made from."""

    programs: pathlib.Path    # folder with ours
    loader: pathlib.Path      # BOOTX64.EFI
    folders: dict             # {package: unpacked folder}
    kernel: kernels.Kernel
    kubelet: kubelet.Kubelet
    images: list              # of preload.Image
    variant: recipe.Variant
    version: str
    created: str              # RFC 3339, UTC
    trust: dict               # {file name: bytes} of the trust directory


def assemble(tree, inputs):
    """Fills the tree, all but the bill of materials and the signatures."""
    for place, target in LINKS.items():
        tree.link(place, target)
    tree.make(*FOLDERS)
    facts = _facts(inputs)
    for name, content in facts.items():
        tree.add("/" + name, content, "configuration")
    tree.add("/etc/os-release", _os_release(inputs.version), "configuration")
    _static_files(tree)
    _programs(tree, inputs)
    for image in inputs.images:
        tree.add(image.place, image.content, "container images")
    authorities = _authorities(inputs.folders["ca-certificates"])
    tree.add(AUTHORITIES, authorities, "certificates", package="ca-certificates")
    _libraries(tree, inputs.folders)
    _kernel(tree, inputs, facts)


def _facts(inputs):
    """What the initramfs and the root both hold."""
    variant = inputs.variant
    build = {"version": inputs.version, "created": inputs.created,
             "kernel": inputs.kernel.release, "variant.console": variant.console,
             "variant.kernel": variant.kernel, "variant.compressor": variant.compressor,
             "variant.secureboot": variant.secureboot}
    facts = {f"etc/keel/trust/{name}": data for name, data in sorted(inputs.trust.items())}
    facts["etc/keel/build.json"] = (json.dumps(build, indent=2) + "\n").encode()
    return facts


def _os_release(version):
    return (f'NAME=KeelOS\nID=keelos\nPRETTY_NAME="KeelOS {version}"\nVERSION={version}\n'
            f"VERSION_ID={version}\n")


def _static_files(tree):
    home = recipe.HERE / "files"
    for path in sorted(home.rglob("*")):
        if path.is_file():
            tree.add("/" + str(path.relative_to(home)), path, "configuration")


def _programs(tree, inputs):
    for name, place, is_static in OURS:
        path = inputs.programs / name
        if not path.is_file():
            raise BuildError(f"{path} is not there: build {name} first")
        elf = Elf(path.read_bytes(), name)
        if is_static and not elf.is_static:
            raise BuildError(f"{name} needs {elf.needed or elf.interpreter}; it must be static")
        if elf.section(".symtab"):
            raise BuildError(f"{name} is not stripped")
        tree.add(place, path, name, 0o755)
    tree.add(kubelet.PLACE, inputs.kubelet.path, "kubelet", 0o755)
    for pick in recipe.picks():
        if pick.package not in inputs.folders:
            raise BuildError(f"root.list: {pick.package} is not in packages.lock")
        path = inputs.folders[pick.package] / pick.path[1:]
        if path.is_symlink() or not path.is_file():
            raise BuildError(f"root.list: {pick.package} has no file {pick.path}")
        is_program = path.read_bytes()[:4] == MAGIC
        mode = 0o755 if is_program else 0o644
        tree.add(pick.place, path, pick.package, mode, pick.package)


def _authorities(folder):
    """Debian's choice of certificate authorities, in one file."""
    files = sorted((folder / "usr/share/ca-certificates/mozilla").glob("*.crt"))
    if not files:
        raise BuildError("ca-certificates holds no certificates")
    return b"".join(path.read_bytes().rstrip() + b"\n" for path in files)


def _libraries(tree, folders):
    programs = {}
    for place in tree.parts:
        data = tree.path(place).read_bytes()
        if data[:4] == MAGIC:
            programs[place] = Elf(data, place)
    for name, (package, path) in libraries.needed(programs, folders).items():
        tree.add(f"{libraries.HOME}/{name}", path, "libraries", 0o755, package)


def _kernel(tree, inputs, facts):
    kernel, flavour = inputs.kernel, inputs.variant.kernel
    home = f"/usr/lib/modules/{kernel.release}"
    found, always = kernels.selection(kernel, flavour, ("boot", "root"))
    for module in found.values():
        tree.add(f"{home}/{module.path}", module.source, "modules")
    for name, text in kernels.index(found).items():
        tree.add(f"{home}/{name}", text, "modules")
    tree.add("/etc/keel/modules", "".join(f"{name}\n" for name in always), "configuration")
    early, always = kernels.selection(kernel, flavour, ("boot",))
    init = tree.path("/usr/sbin/keel-init").read_bytes()
    members = initramfs.members(init, kernel, early, kernels.index(early), always, facts)
    level = inputs.variant.packing["initramfs"]
    tree.add("/boot/initramfs", initramfs.packed(members, level), "initramfs")
    tree.add("/boot/bzImage", kernel.image, "kernel", package=kernel.package)
    if not inputs.variant.loader["enforce"]:
        # Where signatures are demanded they cover more than this.
        sums = "".join(f"{hashlib.sha256(tree.path(place).read_bytes()).hexdigest()}  "
                       f"{place.removeprefix('/boot/')}\n"
                       for place in ("/boot/bzImage", "/boot/initramfs"))
        tree.add("/boot/SHA256SUMS", sums, "boot loader")
    tree.add("/boot/BOOTX64.EFI", inputs.loader, "boot loader")
