"""Reads the data files beside it: variants, kernel modules, and what is taken from packages.

All of them are lines of words; `#` begins a comment.
"""

import json
import pathlib
from typing import NamedTuple

from faults import BuildError

HOW = ("device", "always", "asked")
HERE = pathlib.Path(__file__).resolve().parent


class Variant(NamedTuple):
    """One choice of each kind in variants.json; the values are what that file says of them."""

    console: str
    kernel: str
    compressor: str
    secureboot: str
    arguments: str      # of the kernel, for the console
    metapackage: str    # of the kernel
    packing: dict       # options of mksquashfs for the root, of zstd for the initramfs
    loader: dict        # what the boot loader needs to check signatures


class Pick(NamedTuple):
    """One file of a package and its place in the root."""

    package: str
    path: str
    place: str


class ModuleLine(NamedTuple):
    """One line of modules.list: modules that are needed at the same time for the same reason."""

    where: str
    kernels: str
    how: str
    names: tuple


def lines(path):
    """(number, words) of each line that says something."""
    text = pathlib.Path(path).read_text(encoding="utf-8")
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split("#")[0].split()
        if words:
            yield number, words


def variant(console=None, kernel=None, compressor=None, secureboot=None, path=None):
    """The variant of these choices; None takes the default."""
    data = json.loads((path or HERE / "variants.json").read_text(encoding="utf-8"))
    asked = {"console": console, "kernel": kernel, "compressor": compressor,
             "secureboot": secureboot}
    chosen = {}
    for kind, name in asked.items():
        chosen[kind] = name or data["defaults"][kind]
        if chosen[kind] not in data[kind]:
            known = ", ".join(sorted(data[kind]))
            raise BuildError(f"{kind} {chosen[kind]} is not in variants.json; known: {known}")
    values = [data[kind][chosen[kind]] for kind in asked]
    return Variant(*chosen.values(), *values)


def metapackages(path=None):
    """{flavour: the metapackage that follows its kernel}."""
    return json.loads((path or HERE / "variants.json").read_text(encoding="utf-8"))["kernel"]


def picks(path=HERE / "root.list"):
    """What root.list takes from packages, in its order."""
    found = []
    for number, words in lines(path):
        if len(words) not in (2, 3) or not words[1].startswith("/"):
            raise BuildError(f"{path.name}, line {number}: expected PACKAGE /PATH [/PLACE]")
        found.append(Pick(words[0], words[1], words[2] if len(words) == 3 else merged(words[1])))
    return found


def merged(path):
    """The same path in a root whose /bin, /sbin and /lib are links into /usr."""
    first = path.split("/")[1]
    return "/usr" + path if first in ("bin", "sbin", "lib", "lib64") else path


def modules(kernel, path=HERE / "modules.list"):
    """The lines of modules.list that speak of this kernel flavour."""
    found = []
    for number, words in lines(path):
        where, kernels, how, *names = words if len(words) > 3 else ["?", "?", "?"]
        if where not in ("boot", "root") or how not in HOW:
            raise BuildError(f"{path.name}, line {number}: expected"
                             " boot|root KERNEL|all device|always|asked MODULE...")
        if kernels in ("all", kernel):
            found.append(ModuleLine(where, kernels, how, tuple(names)))
    return found
