"""Finds the libraries that programs need, among the unpacked packages, and nothing more."""

import pathlib

from elf import Elf
from faults import BuildError

HOME = "/usr/lib/x86_64-linux-gnu"
LOADER = "/usr/lib64/ld-linux-x86-64.so.2"
_FOLDERS = ("lib/x86_64-linux-gnu", "usr/lib/x86_64-linux-gnu")


def available(folders):
    """{library name: (package, real file)} of all that lies where the loader looks."""
    found = {}
    for package, folder in sorted(folders.items()):
        for place in _FOLDERS:
            for path in sorted((folder / place).glob("*.so*")):
                if path.is_file() and path.resolve().is_relative_to(folder):
                    found.setdefault(path.name, (package, path.resolve()))
    return found


def needed(programs, folders):
    """{library name: (package, real file)} for programs given as {name: Elf}."""
    libraries = available(folders)
    found, waiting = {}, [(name, elf) for name, elf in sorted(programs.items())]
    while waiting:
        user, elf = waiting.pop()
        for name in elf.needed:
            if name in found:
                continue
            if name not in libraries:
                raise BuildError(f"{user} needs {name}, which is in no package of packages.lock")
            found[name] = libraries[name]
            waiting.append((name, Elf(libraries[name][1].read_bytes(), name)))
    for user, elf in programs.items():
        if elf.interpreter and pathlib.PurePath(elf.interpreter).name not in libraries:
            raise BuildError(f"{user} is started by {elf.interpreter}, which is in no package")
    return dict(sorted(found.items()))
