"""One kernel package: its image, its modules, and the index files that a loader of modules reads.

Debian's package brings no index; it is made here from the modules' own `.modinfo`, in the form of
modprobe's text files.
"""

import pathlib
from typing import NamedTuple

import recipe
from elf import Elf
from faults import BuildError

SIGNATURE = b"~Module signature appended~\n"


class Module(NamedTuple):
    """What a module says of itself. `path` is from the folder of the kernel's release on."""

    name: str
    path: str
    source: pathlib.Path
    depends: tuple
    before: tuple   # soft dependencies: loaded first where they exist
    after: tuple
    aliases: tuple


def spelled(name):
    """A module's name as the kernel spells it."""
    return name.replace("-", "_")


class Kernel:
    """The modules are read when they are asked for: a whole kernel has thousands."""

    def __init__(self, package, folder):
        """`folder` is the unpacked package of that name."""
        self.package = package
        self.image, = (folder / "boot").glob("vmlinuz-*")
        self.config, = (folder / "boot").glob("config-*")
        self.release = self.image.name.removeprefix("vmlinuz-")
        self._home = next(home for home in (folder / "lib/modules" / self.release,
                                            folder / "usr/lib/modules" / self.release)
                          if home.is_dir())
        self._paths = {spelled(path.stem): path for path in self._home.rglob("*.ko")}
        text = (self._home / "modules.builtin").read_text(encoding="ascii")
        self.builtin = {spelled(pathlib.PurePath(line).stem) for line in text.split()}
        self._known = {}

    def module(self, name):
        """The module of that name; None if it is built into the kernel."""
        name = spelled(name)
        if name not in self._known:
            if name in self._paths:
                self._known[name] = self._read(name, self._paths[name])
            elif name in self.builtin:
                self._known[name] = None
            else:
                raise BuildError(f"kernel {self.release} has no module {name}")
        return self._known[name]

    def _read(self, name, path):
        data = path.read_bytes()
        if not data.endswith(SIGNATURE):
            raise BuildError(f"{path.name} of kernel {self.release} is not signed")
        facts = {"depends": [], "softdep": [], "alias": []}
        for line in Elf(data, path.name).section(".modinfo").split(b"\0"):
            key, _, value = line.decode("latin-1").partition("=")
            if key in facts:
                facts[key].append(value)
        depends = [spelled(word) for text in facts["depends"] for word in text.split(",") if word]
        before, after = self._soft(facts["softdep"])
        return Module(name, str(path.relative_to(self._home)), path, tuple(depends), before, after,
                      tuple(facts["alias"]))

    def _soft(self, texts):
        """`pre: a b post: c`. A word that is no module may be an algorithm, also as `crypto-a`: the
        kernel's own program for it counts where that is a module. Others are built in."""
        found = {"pre:": [], "post:": []}
        for text in texts:
            kind = None
            for word in text.split():
                if word in found:
                    kind = word
                elif kind:
                    algorithm = spelled(word).removeprefix("crypto_")
                    names = [spelled(word), algorithm + "_generic"]
                    found[kind] += [name for name in names if name in self._paths][:1]
        return tuple(found["pre:"]), tuple(found["post:"])

    def closure(self, names):
        """{name: module} of these and all that they depend on."""
        found, waiting = {}, [spelled(name) for name in names]
        while waiting:
            name = waiting.pop()
            module = None if name in found else self.module(name)
            if module:
                found[name] = module
                waiting += [*module.depends, *module.before, *module.after]
        return found


def selection(kernel, flavour, places, lines=None):
    """The modules of modules.list for these places (`boot`, `root`), and the names to load always.

    The names keep the list's order, without what is built in.
    """
    lines = recipe.modules(flavour) if lines is None else lines
    lines = [line for line in lines if line.where in places]
    found = kernel.closure(name for line in lines for name in line.names)
    always = [spelled(name) for line in lines if line.how == "always" for name in line.names]
    return found, [name for name in always if name in found]


def index(modules):
    """{file name: text} of modules.dep, modules.alias and modules.softdep, as depmod does."""
    paths = sorted(modules.values(), key=lambda module: module.path)
    dep = "".join(f"{module.path}:{_chain(module, modules)}\n" for module in paths)
    alias = sorted(f"alias {alias} {module.name}\n" for module in paths for alias in module.aliases)
    soft = ""
    for module in paths:
        pre = " pre: " + " ".join(module.before) if module.before else ""
        post = " post: " + " ".join(module.after) if module.after else ""
        if pre or post:
            soft += f"softdep {module.name}{pre}{post}\n"
    return {"modules.dep": dep, "modules.alias": "".join(alias), "modules.softdep": soft}


def _chain(module, modules):
    """All it depends on, each before what that depends on itself: loaded from right to left."""
    order = []

    def visit(name):
        if name in modules and name not in order:  # else built in, or there already
            for deeper in modules[name].depends:
                visit(deeper)
            order.append(name)

    for name in module.depends:
        visit(name)
    return "".join(f" {modules[name].path}" for name in reversed(order))
