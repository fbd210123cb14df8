"""Real kernels: what a module needs comes along, and the index files say so in modprobe's words."""

import fnmatch
import shutil
import subprocess

import kernel
import packages
from recipe import ModuleLine
from refused import refuses
from report import expect, expect_equal


def run(scene, report):
    cache = packages.cache_folder()
    flavours = ("cloud", "metal") if scene.everything else ("cloud",)
    for flavour in flavours:
        locked = [one for one in packages.read_lock() if one.flavour == flavour]
        folder = packages.unpacked(locked, cache)[locked[0].name]
        _of(kernel.Kernel(locked[0].name, folder), flavour, scene, report)


def _of(found, flavour, scene, report):
    modules, always = kernel.selection(found, flavour, ("boot", "root"))
    early, early_always = kernel.selection(found, flavour, ("boot",))
    index = kernel.index(modules)
    with report.test(f"{flavour}: every module that a module needs is there, or built in"):
        for module in modules.values():
            for name in module.depends:
                expect(name in modules or name in found.builtin, f"{module.name} needs {name}")
    with report.test(f"{flavour}: a line of modules.dep, loaded from its end, needs nothing else"):
        names = {module.path: module for module in modules.values()}
        for line in index["modules.dep"].splitlines():
            path, _, rest = line.partition(":")
            loaded = set(found.builtin)
            for file in [*rest.split()[::-1], path]:
                missing = set(names[file].depends) - loaded
                expect(not missing, f"{file} of {line} needs {missing} first")
                loaded.add(names[file].name)
    with report.test(f"{flavour}: the initramfs has the way to the root, and no network"):
        for name in ("dm_verity", "squashfs", "virtio_blk", "virtio_scsi", "sd_mod", "softdog"):
            expect(name in early, f"{name} is missing")
        expect(not {"virtio_net", "overlay"} & set(early), "it has more than that")
        expect(set(early) <= set(modules), "the root does not have them all")
        expect_equal(always[:len(early_always)], early_always, "what is loaded first")
    with report.test(f"{flavour}: the data partition's file system is there, with its checksums"):
        for name in ("ext4", "libcrc32c", "crc32c_generic"):
            expect(name in modules or name in found.builtin, f"{name} is missing")
        wanted = ("crc32c_generic",) if "crc32c_generic" in modules else ()
        for name in {"ext4", "jbd2", "libcrc32c"} & set(modules):
            expect_equal(modules[name].before, wanted, f"what {name} wants first")
    with report.test(f"{flavour}: a virtio disk's own words find its module"):
        lines = [line.split() for line in index["modules.alias"].splitlines()]
        asked = {name for _, pattern, name in lines
                 if fnmatch.fnmatchcase("virtio:d00000002v00001AF4", pattern)}
        expect_equal(asked, {"virtio_blk"}, "the modules")
    with report.test(f"{flavour}: a module that the kernel lacks is refused, one built in is not"):
        line = [ModuleLine("boot", "all", "device", ("no-such",))]
        refuses("has no module no_such", kernel.selection, found, flavour, ("boot",), line)
        line = [ModuleLine("boot", "all", "always", ("ext4" if flavour == "cloud" else "unix",))]
        expect_equal(kernel.selection(found, flavour, ("boot",), line), ({}, []), "the selection")
    with report.test(f"{flavour}: a module without a signature is refused"):
        folder = scene.folder / f"unsigned-{flavour}"
        home = folder / "lib/modules" / found.release
        (home / "kernel").mkdir(parents=True)
        shutil.copytree(found.image.parent, folder / "boot")
        (home / "modules.builtin").write_text("")
        (home / "kernel/loop.ko").write_bytes(found.module("loop").source.read_bytes()[:-28])
        refuses("not signed", kernel.Kernel("kernel", folder).module, "loop")
    if shutil.which("depmod"):
        with report.test(f"{flavour}: depmod says the same of the same modules"):
            _depmod(found, modules, index, scene, flavour)


def _depmod(found, modules, index, scene, flavour):
    base = scene.folder / f"depmod-{flavour}"
    home = base / "lib/modules" / found.release
    for module in modules.values():
        (home / module.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(module.source, home / module.path)
    subprocess.run(["depmod", "-b", base, found.release], check=True, capture_output=True)
    wanted = {line.split(":")[0]: set(line.split(":")[1].split())
              for line in (home / "modules.dep").read_text().splitlines()}
    ours = {line.split(":")[0]: set(line.split(":")[1].split())
            for line in index["modules.dep"].splitlines()}
    expect_equal(ours, wanted, "modules.dep")
    lines = {line for line in (home / "modules.alias").read_text().splitlines() if line[0] != "#"}
    expect_equal(set(index["modules.alias"].splitlines()), lines, "modules.alias")
