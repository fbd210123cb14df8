"""The smallest root that keel-init can enter, and the disk and initramfs around it."""

import json
import pathlib
import re
import shutil
import struct
import subprocess
import uuid

HERE = pathlib.Path(__file__).parent
FIRST = ("virtio_pci", "virtio_blk", "virtio_scsi", "sd_mod", "nvme", "dm-verity", "squashfs",
         "softdog", "sha256_ssse3")
LATER = ("virtio_net", "overlay")
FOLDERS = ("proc", "sys", "dev", "run", "tmp", "root", "etc/keel/trust", "etc/keel/services",
           "usr/sbin", "usr/bin", "boot", "var/lib/keel", "var/lib/containerd", "var/log")


def run(*words, **options):
    return subprocess.run([str(word) for word in words], check=True, capture_output=True,
                          timeout=300, **options)


class Modules:
    """The modules of an unpacked kernel package, and what depmod would say of them."""

    def __init__(self, package):
        home, = (package / "lib/modules").iterdir()
        self.release = home.name
        self.home = home
        self.paths = {path.stem.replace("-", "_"): path for path in home.rglob("*.ko")}

    def put(self, names, root):
        """Copies the modules and what they need below `root`, with an index."""
        folder = root / "lib/modules" / self.release
        if not (root / "lib").exists() and (root / "usr").exists():
            folder = root / "usr/lib/modules" / self.release
        known = {}
        for name in names:
            self._need(name.replace("-", "_"), known)
        dependencies, aliases = [], []
        for name, (needs, names_of) in known.items():
            path = self.paths[name].relative_to(self.home)
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(self.paths[name], folder / path)
            every = self._all(name, known)
            files = [str(self.paths[one].relative_to(self.home)) for one in every]
            dependencies.append(f"{path}: {' '.join(files)}\n")
            aliases += [f"alias {alias} {name}\n" for alias in names_of]
        (folder / "modules.dep").write_text("".join(dependencies))
        (folder / "modules.alias").write_text("".join(aliases))
        (folder / "modules.softdep").write_text("")

    def _need(self, name, known):
        if name in known or name not in self.paths:
            return
        data = self.paths[name].read_bytes()
        needs = re.search(rb"\0depends=([^\0]*)\0", data)[1].decode().split(",")
        found = re.findall(rb"(?<=\0)alias=([^\0]*)(?=\0)", data)
        known[name] = ([one.replace("-", "_") for one in needs if one],
                       [one.decode() for one in found])
        for need in known[name][0]:
            self._need(need, known)

    def _all(self, name, known):
        """Everything it needs, the most basic last, as modules.dep has it."""
        order = []
        for need in known[name][0]:
            for one in [need, *self._all(need, known)]:
                if one in known:
                    if one in order:
                        order.remove(one)
                    order.append(one)
        return order


class Tiny:
    """Makes everything in `folder`. `tools` has keel-image and BOOTX64.EFI."""

    def __init__(self, folder, init, tools, kernel, provision=None):
        self.folder = folder
        self.tools = tools
        self.init = init
        self.provision = provision
        self.modules = Modules(kernel)
        self.kernel, = (kernel / "boot").glob("vmlinuz-*")
        folder.mkdir(parents=True, exist_ok=True)
        self.door = folder / "door"
        run("cc", "-O2", "-static", "-o", self.door, HERE / "door.c")
        self.trust = folder / "trust"
        self.trust.mkdir()
        run(tools / "keel-image", "keygen", "--output", folder / "release")
        shutil.copy(folder / "release.pub", self.trust)
        (self.trust / "policy.json").write_text(
            json.dumps({"threshold": 1, "epoch": 1, "board": "x86_64-uefi"}))
        self.initramfs = folder / "initramfs"
        self._pack_initramfs(self.initramfs, self.trust)

    def _pack_initramfs(self, path, trust):
        root = self.folder / (path.name + ".d")
        for name in ("dev", "proc", "sys", "run", "root", "etc/keel"):
            (root / name).mkdir(parents=True)
        (root / "lib").mkdir()
        shutil.copy(self.init, root / "init")
        shutil.copytree(trust, root / "etc/keel/trust")
        self.modules.put(FIRST, root)
        names = "\n".join(sorted(str(one.relative_to(root)) for one in root.rglob("*")))
        packed = run("cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0", cwd=root,
                     input=names.encode()).stdout
        path.write_bytes(packed)

    def root(self, name, services, created="2026-01-02T03:04:05Z"):
        """A SquashFS with these services, {name: description}."""
        root = self.folder / name
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True)
        for link, target in (("lib", "usr/lib"), ("sbin", "usr/sbin"), ("bin", "usr/bin")):
            (root / link).symlink_to(target)
        shutil.copy(self.init, root / "usr/sbin/keel-init")
        shutil.copy(self.door, root / "usr/bin/door")
        if self.provision:
            shutil.copy(self.provision, root / "usr/sbin/keel-provision")
        self.modules.put(LATER, root)
        for file in self.trust.iterdir():
            shutil.copy(file, root / "etc/keel/trust")
        # keel-image demands these two of every root; the machine's kernel is given directly.
        shutil.copy(self.kernel, root / "boot/bzImage")
        (root / "boot/initramfs").write_bytes(b"none")
        (root / "etc/keel/build.json").write_text(
            json.dumps({"version": "1.0.0", "created": created}))
        for service, facts in services.items():
            (root / f"etc/keel/services/{service}.json").write_text(
                json.dumps({"name": service, **facts}))
        packed = self.folder / f"{name}.squashfs"
        run("mksquashfs", root, packed, "-comp", "gzip", "-noappend", "-all-root", "-quiet",
            "-no-progress", "-action", "uncompressed @ pathname(/boot/*)")
        return packed

    def disk(self, name, squashfs, size="700M", slot="192M", sector=512):
        """A disk whose slot a holds a release of this root."""
        bundle = self.folder / f"{name}.keel"
        run(self.tools / "keel-image", "pack", "--squashfs", squashfs, "--version", "1.0.0",
            "--key", self.folder / "release.key", "--output", bundle, "--trust", self.trust)
        disk = self.folder / f"{name}.img"
        run(self.tools / "keel-image", "disk", "--image", bundle, "--trust", self.trust,
            "--output", disk, "--size", size, "--slot-size", slot, "--sector-size", sector,
            "--loader", self.tools / "BOOTX64.EFI")
        return disk


def partition(disk, number):
    """GUID and bytes (start, size) of a partition."""
    with open(disk, "rb") as file:
        head = file.read(1 << 16)
    unit = 512 if head[512:520] == b"EFI PART" else 4096
    entry = head[2 * unit + 128 * (number - 1):][:128]
    first, last = struct.unpack_from("<QQ", entry, 32)
    return str(uuid.UUID(bytes_le=entry[16:32])), first * unit, (last + 1 - first) * unit
