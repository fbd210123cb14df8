"""What a root file system holds, entry by entry, read from a SquashFS or a cpio archive."""

import pathlib
import re
import stat
import subprocess
from typing import Callable, NamedTuple

import cpio

_LINE = re.compile(r"(?P<mode>[-dlcbps][-rwxsStT]{9}) (?P<uid>\d+)/(?P<gid>\d+) +"
                   r"(?P<size>\d+|\d+, *\d+) \d{4}-\d\d-\d\d \d\d:\d\d squashfs-root(?P<name>.*)")
_KINDS = {"-": stat.S_IFREG, "d": stat.S_IFDIR, "l": stat.S_IFLNK, "c": stat.S_IFCHR,
          "b": stat.S_IFBLK, "p": stat.S_IFIFO, "s": stat.S_IFSOCK}


class Entry(NamedTuple):
    """`place` is absolute; `mode` has the kind in it; `target` is a link's."""

    place: str
    mode: int
    uid: int
    gid: int
    target: str
    read: Callable[[], bytes]

    @property
    def is_file(self):
        return stat.S_ISREG(self.mode)

    @property
    def is_link(self):
        return stat.S_ISLNK(self.mode)

    @property
    def is_folder(self):
        return stat.S_ISDIR(self.mode)


def of_squashfs(image, scratch):
    """The entries of an image; its files are unpacked into the folder `scratch`/root."""
    root = pathlib.Path(scratch) / "root"
    listing = _unsquashfs("-lln", image)
    # Devices need root to unpack; that they are there at all is seen in the listing.
    subprocess.run(["unsquashfs", "-quiet", "-no-progress", "-no-xattrs", "-ignore-errors",
                    "-dest", root, image], check=False, capture_output=True, timeout=600)
    found = []
    for line in listing.splitlines():
        match = _LINE.fullmatch(line)
        if not match:
            if "squashfs-root" in line:
                raise ValueError(f"unsquashfs says what nobody understands: {line}")
            continue
        mode = _mode(match["mode"])
        name, _, target = match["name"].partition(" -> ") if stat.S_ISLNK(mode) else (
            match["name"], "", "")
        found.append(Entry(name or "/", mode, int(match["uid"]), int(match["gid"]), target,
                           (root / name[1:]).read_bytes))
    return found


def _mode(text):
    """`-rwsr-xr-x` as a number."""
    mode = _KINDS[text[0]]
    for index, letter in enumerate(text[1:]):
        if letter in "rwxst":
            mode |= 0o400 >> index
    for index, bit in ((3, stat.S_ISUID), (6, stat.S_ISGID), (9, stat.S_ISVTX)):
        if text[index] in "sStT":
            mode |= bit
    return mode


def stores_attributes(image):
    """Whether files of the image may carry extended attributes, such as capabilities."""
    return "Xattrs are not stored" not in _unsquashfs("-s", image)


def _unsquashfs(option, image):
    return subprocess.run(["unsquashfs", option, image], check=True, text=True,
                          capture_output=True, timeout=600).stdout


def of_initramfs(data):
    """The entries of a zstd-compressed newc archive."""
    plain = subprocess.run(["zstd", "-q", "-d", "-c"], input=data, check=True,
                           stdout=subprocess.PIPE, timeout=120).stdout
    return [Entry("/" + member.name, member.mode, 0, 0,
                  member.content.decode() if stat.S_ISLNK(member.mode) else "",
                  lambda content=member.content: content)
            for member in cpio.members(plain)]
