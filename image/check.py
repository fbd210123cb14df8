#!/usr/bin/env python3
"""Walks a finished root and proves what may be in it: usage: check.py ROOT.squashfs

Says each violation on a line of its own and ends with 1; with none, says what was looked at. The
initramfs inside is held to the same rules. README.md lists them.
"""

import argparse
import mmap
import pathlib
import sys
import tempfile

import entries
import kubelet
import preload
import recipe
import root
import rules
from faults import BuildError

BOOT = ("/boot/bzImage", "/boot/initramfs")
NEEDED = (*[place for _, place, _ in root.OURS], kubelet.PLACE, *root.FOLDERS, *root.LINKS, *BOOT,
          "/boot/BOOTX64.EFI", "/etc/keel/build.json", "/etc/keel/trust/policy.json",
          "/etc/keel/modules", "/etc/keel/services/keel-agent.json",
          "/etc/keel/services/kubelet.json", "/etc/os-release",
          "/etc/hosts", root.AUTHORITIES, root.BILL, f"{preload.FOLDER}/pause.tar")
NEEDED_EARLY = ("/init", "/dev", "/proc", "/sys", "/run", "/root", "/dev/console",
                "/etc/keel/build.json", "/etc/keel/trust/policy.json", "/etc/keel/modules")


def programs():
    """The places where programs may lie."""
    return {*[place for _, place, _ in root.OURS], kubelet.PLACE,
            *[pick.place for pick in recipe.picks()]}


def violations(image):
    """Every sentence that is to be said against the image."""
    with tempfile.TemporaryDirectory(prefix="keelos-check-") as scratch:
        found = entries.of_squashfs(image, scratch)
        try:
            yield from _root(image, found)
        finally:
            for folder in pathlib.Path(scratch).rglob("*"):
                if folder.is_dir() and not folder.is_symlink():
                    folder.chmod(0o700)


def _root(image, found):
    if entries.stores_attributes(image):
        yield "the image stores extended attributes"
    yield from rules.kinds(found)
    yield from rules.names(found)
    yield from rules.contents(found, programs())
    yield from rules.images(found)
    yield from rules.links(found)
    yield from rules.libraries(found)
    yield from rules.presence(found, NEEDED)
    table = {entry.place: entry for entry in found}
    for place in BOOT:
        if place in table and not _is_plain(image, table[place].read()):
            yield f"{place} is compressed: the boot loader would read it slowly"
    if BOOT[1] in table:
        for sentence in _early(table[BOOT[1]].read()):
            yield f"initramfs: {sentence}"


def _early(data):
    try:
        found = entries.of_initramfs(data)
    except (ValueError, OSError, entries.subprocess.SubprocessError) as fault:
        yield f"it cannot be read: {fault}"
        return
    yield from rules.kinds(found, devices=("/dev/console",))
    yield from rules.names(found)
    yield from rules.contents(found, {"/init"})
    yield from rules.links(found)
    yield from rules.libraries(found)
    yield from rules.presence(found, NEEDED_EARLY)
    for folder in ("kernel", "modules.dep", "modules.alias", "modules.softdep"):
        if not any(entry.place.startswith("/lib/modules/") and f"/{folder}" in entry.place
                   for entry in found):
            yield f"it has no {folder} of the kernel's modules"


def _is_plain(image, data):
    """Whether the file's first block lies in the image as it is."""
    with open(image, "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as whole:
        return whole.find(data[:65536]) >= 0


def demand(image):
    """Refuses an image that breaks a rule."""
    found = list(violations(image))
    if found:
        shown = "\n  ".join(found[:40])
        raise BuildError(f"the root breaks {len(found)} rules:\n  {shown}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("image", type=pathlib.Path)
    options = parser.parse_args()
    found = list(violations(options.image))
    for sentence in found:
        print(sentence)
    if not found:
        print(f"{options.image}: nothing but known programs, signed modules, libraries and data")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
