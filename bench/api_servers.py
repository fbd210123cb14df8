"""The servers of the part `api`: an agent on a small disk of its own, and grpcio in Python."""

import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import time

from host import call, free_port

HERE = pathlib.Path(__file__).resolve().parent
PEER = HERE.parent / "Tests" / "Peer"
TICK = os.sysconf("SC_CLK_TCK")
MIB = 1 << 20


class Stage:
    """A disk with one small release on a loop device, and a client CA."""

    def __init__(self, host, programs):
        self.host, self.programs = host, programs.resolve()
        self.folder = host.work / "api"
        self.state, self.trust = self.folder / "state", self.folder / "trust"
        tree = self.folder / "tree"
        tree.mkdir(parents=True)
        self.trust.mkdir()
        (tree / "file").write_bytes(os.urandom(3 * MIB))
        root, release = self.folder / "root.squashfs", self.folder / "release.keel"
        call("mksquashfs", tree, root, "-quiet", "-no-progress", "-all-root")
        tool, key, disk = self.programs / "keel-image", self.folder / "key", self.folder / "disk"
        call(tool, "keygen", "--output", key)
        shutil.move(self.folder / "key.pub", self.trust / "key.pub")
        (self.trust / "policy.json").write_text(
            '{"threshold": 1, "epoch": 1, "board": "x86_64-uefi"}\n')
        call(tool, "pack", "--squashfs", root, "--version", "1.0.0", "--key", f"{key}.key",
             "--output", release)
        call(tool, "disk", "--image", release, "--trust", self.trust, "--slot-size", "32M",
             "--size", "256M", "--output", disk)
        self.device = host.loop(disk, "--direct-io=on")
        self.osctl("pki", "init", self.folder / "pki")
        self.client_ca = self.folder / "pki" / "ca.crt"
        self.identity = self.state / "identity"
        self.certificates = (self.identity / "agent.crt", self.folder / "pki" / "admin.crt",
                             self.folder / "pki" / "admin.key")

    def osctl(self, *words):
        told = {name: value for name, value in os.environ.items()
                if not name.startswith(("XDG_", "OSCTL_", "KUBECONFIG"))}
        return call(self.programs / "osctl", *words, env={**told, "HOME": str(self.folder)},
                    timeout=60)


class Server:
    """A process that serves NodeService over mutual TLS, as seen from outside."""

    name = ""

    def __init__(self, stage):
        self.stage = stage
        self.port = free_port()
        self.log = stage.folder / f"{self.port}.log"
        self.process = None

    def spawn(self, *words):
        with open(self.log, "wb") as log:
            self.process = self.stage.host.spawn(*words, stdin=subprocess.PIPE, stdout=log,
                                                 stderr=log)

    def wait_for(self, ready):
        for _ in range(400):
            if found := ready():
                return found
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} does not serve: {self.log.read_text()[-1500:]}")

    def listens(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def cpu(self):
        """Seconds of user and system time, of threads that have ended too."""
        text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def memory(self):
        """Bytes in memory now, and how many of them are its own (the rest is mapped files)."""
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        found = dict(re.findall(r"^(VmRSS|RssAnon):\s+(\d+) kB", text, re.MULTILINE))
        return {name: int(value) * 1024 for name, value in found.items()}


class Agent(Server):
    name = "keel-agent"

    def start(self):
        stage = self.stage
        # It may not restart this machine nor rename it, whatever it is asked.
        self.spawn("unshare", "--uts", "setpriv", "--bounding-set=-sys_boot",
                   "--inh-caps=-sys_boot", stage.programs / "keel-agent", "--disk", stage.device,
                   "--trust", stage.trust, "--state", stage.state, "--listen",
                   f"127.0.0.1:{self.port}", "--plain-host")
        said = self.wait_for(lambda: self.said(r"The agent serves door=open fingerprint=(\w+)"))
        stage.osctl("--endpoint", f"127.0.0.1:{self.port}", "--fingerprint", said.group(1),
                    "bootstrap", "--client-ca", stage.client_ca)
        self.wait_for(lambda: self.said(r"The agent serves door=mutual"))

    def said(self, what):
        return re.search(what, self.log.read_text())


class GrpcioThreads(Server):
    name, kind = "grpcio, threads", "threads"

    def start(self):
        sys.path.append(str(PEER))
        import setup
        python = setup.python()
        stubs, stage = setup.stubs(python), self.stage
        audit = stage.folder / "audit"
        if not audit.exists():
            shutil.copytree(stage.state / "audit", audit)
        self.spawn(python, HERE / "grpcio_server.py", self.port, stage.identity, stage.client_ca,
                   audit, stubs, self.kind)
        self.wait_for(self.listens)


class GrpcioAio(GrpcioThreads):
    name, kind = "grpcio, asyncio", "aio"
