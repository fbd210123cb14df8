"""A root file system in the making: a folder on disk, of which every entry was asked for.

Modes are set whatever the umask is; owner and time are the squasher's matter.
"""

import hashlib
import os
import pathlib
import shutil

from faults import BuildError


class Tree:
    """Places are absolute paths in the finished root."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self.folder.chmod(0o755)
        self.parts = {}  # {place of a file: the part of the system that it belongs to}
        self.packages = {}  # {place of a file: the package that it came from}

    def add(self, place, content, part, mode=0o644, package=None):
        """A file of these bytes, or a copy of the file at this path."""
        target = self._free(place)
        if isinstance(content, pathlib.Path):
            shutil.copyfile(content, target)
        else:
            target.write_bytes(content if isinstance(content, bytes) else content.encode())
        target.chmod(mode)
        self.parts[place] = part
        if package:
            self.packages[place] = package

    def link(self, place, target):
        self._free(place).symlink_to(target)

    def make(self, *places):
        """Empty folders."""
        for place in places:
            self._folder(self.path(place))

    def path(self, place):
        if not place.startswith("/") or ".." in place.split("/"):
            raise BuildError(f"{place} is not a place in the root")
        return self.folder / place[1:]

    def holds(self, place):
        return os.path.lexists(self.path(place))

    def digest(self, place):
        return hashlib.sha256(self.path(place).read_bytes()).hexdigest()

    def _free(self, place):
        target = self.path(place)
        self._folder(target.parent)
        if os.path.lexists(target):
            raise BuildError(f"{place} is put into the root twice")
        return target

    def _folder(self, folder):
        if folder.is_symlink() or not folder.resolve().is_relative_to(self.folder.resolve()):
            raise BuildError(f"{folder} leads out of its place in the root")
        if not folder.is_dir():
            self._folder(folder.parent)
            folder.mkdir()
            folder.chmod(0o755)
