"""What the tests install: roots, keys, trust folders, bundles and disks, made once."""

import functools
import json
import os
import pathlib
import shutil

from bundle import Bundle, Key
from disk import DiskImage
from programs import tool
from world import REPOSITORY

BOARD = "x86_64-uefi"
SOURCES = ("/usr/bin", "/usr/sbin", "/usr/lib/x86_64-linux-gnu")


class Fixture:
    """The same for the same machine; `quick` roots have a few MB."""

    def __init__(self, world):
        self.world = world
        self.folder = world.folder / "fixture"
        self.folder.mkdir()

    @functools.cached_property
    def loader(self):
        path = self.folder / "BOOTX64.EFI"
        tool("bash", REPOSITORY / "bootloader" / "build.sh", path)
        return path

    @functools.cached_property
    def other_loader(self):
        """A later loader: another digest, the same contract."""
        path = self.folder / "LATER.EFI"
        path.write_bytes(self.loader.read_bytes() + b"a later build".ljust(512, b"\0"))
        return path

    @functools.cache
    def key(self, name):
        made = self.world.keel_image("keygen", "--output", self.folder / name)
        made.must(0)
        return Key(self.folder / f"{name}.key", self.folder / f"{name}.pub")

    @functools.cache
    def keys(self, *names):
        return [self.key(name) for name in names]

    def trust(self, folder, keys, threshold=1, epoch=1, board=BOARD):
        """A trust folder made anew."""
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True)
        for key in keys:
            shutil.copy(key.public, folder)
        policy = {"threshold": threshold, "epoch": epoch, "board": board}
        (folder / "policy.json").write_text(json.dumps(policy))
        return folder

    @functools.cached_property
    def usual_trust(self):
        return self.trust(self.folder / "trust", [self.key("release")])

    @functools.cache
    def small_root(self, name):
        """A root of real files: v1 and v2 share half of them, v3 shares none with v2."""
        first, count, loader = {"v1": (0, 30, self.loader), "v2": (15, 30, self.other_loader),
                                "v3": (60, 20, self.other_loader)}[name]
        tree = self.folder / f"tree-{name}"
        (tree / "boot").mkdir(parents=True)
        (tree / "usr").mkdir()
        for path in real_files()[first:first + count]:
            shutil.copyfile(path, tree / "usr" / path.name)
        shutil.copyfile(loader, tree / "boot" / "BOOTX64.EFI")
        (tree / "boot" / "bzImage").write_bytes(f"kernel of {name}\n".encode() * 5000)
        (tree / "boot" / "initramfs").write_bytes(f"initramfs of {name}\n".encode() * 5000)
        root = self.folder / f"{name}.squashfs"
        tool("mksquashfs", tree, root, "-comp", "gzip", "-b", "131072", "-all-time", "0",
             "-mkfs-time", "0", "-reproducible", "-no-xattrs", "-all-root", "-noappend",
             "-no-progress", "-quiet", "-action", "uncompressed @ pathname(/boot/*)")
        shutil.rmtree(tree)
        return root

    def root(self, name):
        """A real root when the environment names one, else a small one."""
        given = os.environ.get(f"KEEL_ROOT_{name.upper()}")
        return pathlib.Path(given) if given else self.small_root(name)

    @property
    def slot_size(self):
        """Room for the roots in use, in whole MiB."""
        largest = max(self.root(name).stat().st_size for name in ("v1", "v2"))
        return (largest * 5 // 4 // (1 << 20) + 4) << 20

    @functools.cache
    def release(self, name, version, *options, small=False):
        """The path of a packed bundle. `options` go to `keel-image pack`."""
        number = len(list(self.folder.glob("*.keel"))) + 1
        path = self.folder / f"{number}-keelos-{version}.keel"
        root = self.small_root(name) if small else self.root(name)
        words = () if "--key" in options else ("--key", self.key("release").secret)
        made = self.world.keel_image("pack", "--squashfs", root, "--version", version,
                                     *words, *options, "--output", path, timeout=300)
        made.must(0)
        return path

    def bundle(self, *arguments, **options):
        return Bundle.read(self.release(*arguments, **options))

    def disk(self, output, release, trust=None, sector=512, slot_size=None, size=None, loader=None):
        """A disk made by `keel-image disk`."""
        slot_size = slot_size or self.slot_size
        size = size or 131 * (1 << 20) + 2 * slot_size + (4 << 20)
        self.world.keel_image(
            "disk", "--image", release, "--trust", trust or self.usual_trust, "--size", size,
            "--slot-size", slot_size, "--sector-size", sector, "--loader", loader or self.loader,
            "--output", output, timeout=300).must(0)
        return DiskImage(output, sector)


@functools.cache
def real_files(smallest=40_000, largest=260_000):
    """Files of this machine, always in the same order."""
    found = {}
    for folder in SOURCES:
        for path in sorted(pathlib.Path(folder).iterdir()):
            if path.is_file() and not path.is_symlink() and path.name not in found \
                    and smallest <= path.stat().st_size <= largest:
                found[path.name] = path
    return list(found.values())
