"""What the tests stand on: releases, a web server, and a node that was taken, to copy from."""

import concurrent.futures
import contextlib
import copy as shallow
import os
import pathlib
import queue
import random
import re
import shutil
import subprocess
import tempfile
import threading

import servers
from node import Node
from releases import IMAGE, Releases


class Scene:
    """`everything`: all rows; else the core of a table and as many drawn by the seed. `only`: the
    rows whose names match it."""

    LANES = 2

    def __init__(self, programs, everything, seed, only=None):
        self.programs, self.everything, self.only = programs.resolve(), everything, only
        self.seed, self.chance = seed, random.Random(seed)
        self._folder = tempfile.TemporaryDirectory(prefix="keelos-node-")
        self.folder = pathlib.Path(self._folder.name)
        self.folder.chmod(0o755)
        self.releases = Releases(self.programs, self.folder)
        self.metal = Metal(self.programs, self.releases.served / "metal")
        # Nodes that were taken, each with the port it was taken on. A trial that fails is mostly
        # waited for: two at once keep two cores busy.
        self.lanes = [(self.folder / f"taken-{number}", servers.free_port())
                      for number in range(self.LANES)]
        self._free = queue.SimpleQueue()
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

    def part(self, name):
        """The same for one file of tests: what it draws is a matter of the seed and its name alone."""
        part = shallow.copy(self)
        part.chance = random.Random(f"{self.seed} {name}")
        return part

    def draw(self, rows, is_core, count=1):
        if self.only:
            return [row for row in rows if re.search(self.only, row.name)]
        if self.everything:
            return rows
        others = [row for row in rows if not is_core(row)]
        drawn = self.chance.sample(others, min(count, len(others)))
        return [row for row in rows if is_core(row) or row in drawn]

    def prepare(self, report):
        """1.0.0 on a disk, its first boot, a client CA; switched off again in order."""
        for lane, taken in self.together(self._take, self.lanes):
            with report.test("a new disk boots, makes its data partition and can be bootstrapped"):
                report.note(f"{taken.result():.1f} s from power-on to the agent answering")
                self._free.put(lane)

    def _take(self, lane):
        folder, port = lane
        folder.mkdir()
        return first_boot(self.programs, self.releases, folder, port)

    @contextlib.contextmanager
    def lane(self):
        """(a taken node's folder, a port): one machine at a time has it."""
        lane = self._free.get()
        try:
            yield lane
        finally:
            self._free.put(lane)

    @contextlib.contextmanager
    def node(self, name, is_metal=False, source=None, **options):
        """A copy of a taken node, its administrator with it, powered on and answering; gone
        afterwards. Waits while every lane is taken. `source(port)` is the folder of another one."""
        folder = self.folder / name
        if is_metal:
            options = {**Metal.OPTIONS, **options}
        with self.lane() as (taken, port):
            try:
                folder.mkdir()
                source = source or (self.metal.taken if is_metal else lambda _: taken)
                for path in source(port).iterdir():
                    copy(path, folder / path.name)
                disk = folder / "disk.img"
                with Node(self.programs, disk, folder, port=port, **options) as node:
                    node.machine.start()
                    node.answers(600)
                    yield node
            finally:
                shutil.rmtree(folder, ignore_errors=True)

    def bad(self, *words, is_metal=False):
        """Where a broken release is served, and its file."""
        releases = self.metal.releases if is_metal else self.releases
        path = releases.served / releases.bad(*words)
        return path.relative_to(self.releases.served), path

    def together(self, work, rows):
        """(row, what will come of `work(row)`), as many at once as there are lanes."""
        pool = self._stack.enter_context(
            concurrent.futures.ThreadPoolExecutor(len(self.lanes)))
        return [(row, pool.submit(work, row)) for row in rows]

    def module(self, path):
        """Where the root has a module of its kernel."""
        lock = (IMAGE / "packages.lock").read_text()
        release = re.search(rf"^linux-image-(\S+-{self.releases.kernel}-\S+|\S+) ", lock,
                            re.MULTILINE).group(1)
        return f"/usr/lib/modules/{release}/kernel/{path}"


class Metal:
    """What the tests of real machines' kernel stand on, made when the first of them asks."""

    OPTIONS = {"arguments": ["-device", "i6300esb", "-action", "watchdog=reset"]}

    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        self.releases = Releases(programs, folder, "metal")
        self._turn = threading.Lock()

    def taken(self, port):
        """The folder of a node that was taken on this port."""
        folder = self.folder / f"taken-{port}"
        with self._turn:
            if not folder.exists():
                folder.mkdir()
                first_boot(self.programs, self.releases, folder, port, **self.OPTIONS)
        return folder


def first_boot(programs, releases, folder, port, **options):
    """1.0.0 on a disk in `folder`, taken, and switched off in order; seconds until it answered."""
    copy(releases.first(options.get("sector_size", 512)), folder / "disk.img")
    with Node(programs, folder / "disk.img", folder, port=port, **options) as node:
        seconds = node.power_on(600)
        node.take()
        node.osctl("status").must()
        node.osctl("shutdown").must()
        node.machine.end(180)
    return seconds


def copy(source, target):
    """As `cp -r`, without the holes of a disk image."""
    subprocess.run(["cp", "-r", "--sparse=always", os.fspath(source), os.fspath(target)],
                   check=True)
