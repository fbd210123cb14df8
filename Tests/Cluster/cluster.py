"""What the tests stand on: a network, a control plane, releases, a web server, nodes."""

import contextlib
import pathlib
import random
import re
import shutil
import subprocess
import tempfile

import servers
import wires
import workloads
from member import CONFIG, PATIENCE, Member, Way
from plane import Plane
from releases import Releases


class Cluster:
    """`everything`: all rows; else the core of a table and as many drawn by the seed. `only`: the
    rows whose names match it."""

    def __init__(self, programs, everything, seed, only=None):
        self.programs, self.everything, self.only = programs.resolve(), everything, only
        self.chance = random.Random(seed)
        self._stack = contextlib.ExitStack()

    def __enter__(self):
        try:
            self._enter()
        except BaseException:
            self._stack.close()
            raise
        return self

    def _enter(self):
        self.folder = pathlib.Path(self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="keelos-cluster-")))
        self.folder.chmod(0o755)
        self.network = wires.Network()
        self._wires = {}
        self.releases = Releases(self.programs, self.folder,
                                 preload=[workloads.image(self.folder)])
        self.server = self._stack.enter_context(
            servers.Nginx(self.releases.served, address=wires.GATEWAY))

    def __exit__(self, *_):
        self._stack.close()

    @property
    def address(self):
        """The web server, as nodes reach it."""
        return f"http://{wires.GATEWAY}:{self.server.port}"

    def start(self, report):
        """The control plane, and the network of the pods to come."""
        with report.test("a control plane comes up from source, and signs its cluster-info"):
            self.plane = self._stack.enter_context(
                Plane(self.folder / "plane", wires.GATEWAY, say=report.note))
            self.plane.api.create(*workloads.network())
        with report.test("a release carries the tests' container image"):
            self.releases.first()

    def draw(self, rows, core, count=1):
        """The rows of this run: `core` names those that are always there."""
        if self.only:
            return [row for row in rows if re.search(self.only, row.name)]
        if self.everything:
            return rows
        others = [row for row in rows if row.name not in core]
        drawn = self.chance.sample(others, min(count, len(others)))
        return [row for row in rows if row.name in core or row in drawn]

    @contextlib.contextmanager
    def node(self, number, **options):
        """A new node, node-NUMBER, powered on and answering; gone afterwards, from the cluster
        too."""
        name = f"node-{number}"
        folder = self.folder / name
        folder.mkdir()
        if number not in self._wires:
            self._wires[number] = self.network.wire(number)
        try:
            disk = self._disk(name, folder, self._wires[number])
            with Member(self, number, disk, folder, self._wires[number], **options) as node:
                node.power_on(PATIENCE)
                yield node
        finally:
            self.plane.kubectl("delete", "node", name, "--ignore-not-found", status=None)
            shutil.rmtree(folder, ignore_errors=True)

    def _disk(self, name, folder, wire):
        """1.0.0 on a disk made for this node."""
        disk, served = folder / "disk.img", self.releases.served
        (folder / "node.yaml").write_text(
            CONFIG.format(name=name, wire=wire, gateway=wires.GATEWAY), encoding="utf-8")
        self.releases.first()
        done = subprocess.run(
            [self.programs / "keel-image", "disk", "--image", served / "keelos-1.0.0.keel",
             "--trust", served / "keys" / "trust", "--size", "4G", "--slot-size", "256M",
             "--config", folder / "node.yaml", "--output", disk], text=True, capture_output=True,
            timeout=600, check=False)
        if done.returncode:
            raise RuntimeError(f"no disk for {name}: {done.stderr}")
        return disk

    def ways(self, node):
        """The ways into this cluster, for the node of this name."""
        plane = self.plane
        server = ("--api-server", plane.server)
        authority = ("--ca-cert", plane.authority.path)
        return [
            Way("a token and the CA", (*server, *authority, "--token", plane.token)),
            Way("a token and the CA's hash",
                (*server, "--token", plane.token, "--ca-cert-hash", plane.authority.hash)),
            Way("a service account's token",
                (*server, *authority, "--token", plane.join_jwt())),
            Way("a kubeconfig with a certificate",
                ("--from-kubeconfig", plane.node_kubeconfig(node)))]
