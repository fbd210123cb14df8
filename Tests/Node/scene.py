"""What the tests stand on: releases, a web server, and a node that was taken, to copy from."""

import contextlib
import os
import pathlib
import random
import re
import shutil
import subprocess
import tempfile

import servers
from node import Node
from releases import IMAGE, Releases


class Scene:
    """`everything`: all rows; else the core of a table and as many drawn by the seed. `only`: a
    text, and the rows with it in their names."""

    def __init__(self, programs, everything, seed, only=None):
        self.programs, self.everything, self.only = programs.resolve(), everything, only
        self.chance = random.Random(seed)
        self._folder = tempfile.TemporaryDirectory(prefix="keelos-node-")
        self.folder = pathlib.Path(self._folder.name)
        self.folder.chmod(0o755)
        self.releases = Releases(self.programs, self.folder)
        self.port = servers.free_port()
        self.taken = self.folder / "taken"
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        self.server = self._stack.enter_context(
            servers.Nginx(self.releases.served))
        return self

    def __exit__(self, *_):
        self._stack.close()
        self._folder.cleanup()

    @property
    def address(self):
        """The web server, as a node in QEMU reaches it."""
        return f"http://10.0.2.2:{self.server.port}"

    def draw(self, rows, is_core, count=1):
        if self.only:
            return [row for row in rows if self.only in row.name]
        if self.everything:
            return rows
        others = [row for row in rows if not is_core(row)]
        drawn = self.chance.sample(others, min(count, len(others)))
        return [row for row in rows if is_core(row) or row in drawn]

    def prepare(self, report):
        """1.0.0 on a disk, its first boot, a client CA; switched off again in order."""
        with report.test("a new disk boots, makes its data partition and can be bootstrapped"):
            self.taken.mkdir()
            copy(self.releases.first(), self.taken / "disk.img")
            with self.machine_of(self.taken) as node:
                seconds = node.power_on(600)
                report.note(f"{seconds:.1f} s from power-on to the agent answering")
                node.take()
                node.osctl("status").must()
                node.osctl("shutdown").must()
                node.machine.end(180)

    def copy(self, name):
        """A folder of its own for a node: its disk, variable store and administrator."""
        folder = self.folder / name
        folder.mkdir()
        for path in self.taken.iterdir():
            copy(path, folder / path.name)
        return folder

    def machine_of(self, folder, **options):
        """The node whose disk lies in a folder, switched off still."""
        return Node(self.programs, folder / "disk.img", folder, port=self.port, **options)

    @contextlib.contextmanager
    def node(self, name, **options):
        """A copy of the taken node, powered on and answering; gone afterwards."""
        folder = self.copy(name)
        try:
            with self.machine_of(folder, **options) as node:
                node.machine.start()
                node.answers(600)
                yield node
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def module(self, path):
        """Where the root has a module of its kernel."""
        lock = (IMAGE / "packages.lock").read_text()
        release = re.search(rf"^linux-image-(\S+-{self.releases.kernel}-\S+|\S+) ", lock,
                            re.MULTILINE).group(1)
        return f"/usr/lib/modules/{release}/kernel/{path}"


def copy(source, target):
    """As `cp -r`, without the holes of a disk image."""
    subprocess.run(["cp", "-r", "--sparse=always", os.fspath(source), os.fspath(target)],
                   check=True)
