"""A keel-agent that is started, looked at from outside, ended and killed."""

import os
import pathlib
import resource
import signal
import socket
import ssl
import subprocess
import time

from authority import fingerprint
from peer import Client
from report import Wrong, expect
from servers import free_port

SOFT_FILES = 1024
"""What a service usually gets; whoever wants more raises it."""
MIB = 1 << 20


class Agent:
    """One node. It may be started many times; disk, state and port stay."""

    def __init__(self, ground, folder, device, trust, state, options=(), files=None):
        self.ground, self.folder, self.options = ground, folder, options
        self.device, self.trust, self.state = device, trust, pathlib.Path(state)
        self.files = files
        """All the descriptors it may have; as many as a service gets when nothing is said."""
        self.port = free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log = folder / f"agent-{self.port}.log"
        self.process = None
        self.calls = []
        self.peak = 0

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(timeout=30)

    def words(self):
        """It may not restart this machine, nor rename it, whatever it is asked."""
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        files = f"{self.files}:{self.files}" if self.files else f"{min(SOFT_FILES, hard)}:{hard}"
        return ["unshare", "--uts", "setpriv", "--bounding-set=-sys_boot", "--inh-caps=-sys_boot",
                "prlimit", f"--nofile={files}",
                self.ground.programs / "keel-agent", "--disk", self.device, "--trust", self.trust,
                "--state", self.state, "--listen", self.address, "--plain-host", *self.options]

    def start(self, seconds=20):
        """Starts it and waits until it shows a certificate."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(word) for word in self.words()], stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        end = time.monotonic() + seconds
        while not self._shows_certificate():
            if self.process.poll() is not None:
                raise Wrong(f"keel-agent ended with {self.process.returncode}: {self.said()}")
            if time.monotonic() > end:
                raise Wrong(f"keel-agent does not serve after {seconds} s: {self.said()}")
            time.sleep(0.02)

    def _shows_certificate(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as plain, \
                    context.wrap_socket(plain) as line:
                der = line.getpeercert(binary_form=True)
        except OSError:
            return False
        self.certificate = ssl.DER_cert_to_PEM_cert(der).encode()
        return True

    @property
    def fingerprint(self):
        return fingerprint(self.certificate)

    @property
    def pid(self):
        return self.process.pid

    @property
    def runs(self):
        return self.process.poll() is None

    def said(self, size=1500):
        return self.log.read_text(errors="replace")[-size:]

    def kill(self):
        """SIGKILL; returns when the kernel has closed its files."""
        self.process.kill()
        self.process.wait(timeout=30)

    def stop(self, seconds=20):
        """SIGTERM; it must end by itself."""
        self.note_memory()
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Wrong(f"keel-agent goes on {seconds} s after SIGTERM: {self.said()}") from None
        expect(self.process.returncode in (0, -signal.SIGTERM, 143),
               lambda: f"keel-agent ended with {self.process.returncode}: {self.said()}")

    def memory(self, name="VmRSS"):
        """Bytes; `VmHWM` is the most there ever was."""
        for line in pathlib.Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith(name + ":"):
                return int(line.split()[1]) * 1024
        return 0

    def note_memory(self):
        if self.runs:
            self.peak = max(self.peak, self.memory("VmHWM"))
        return self.peak

    def open_files(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def client(self, identity=None, options=(), calls=None):
        """A channel of its own, which checks the node's certificate."""
        return Client(self.ground.api, self.address, self.certificate, identity,
                      self.calls if calls is None else calls, options)

    def answers(self, identity, seconds=20):
        """Waits until the node answers this client; its status."""
        end = time.monotonic() + seconds
        while True:
            with self.client(identity) as client:
                answer = client.call("GetStatus", timeout=5)
            if answer.code == "OK":
                return answer.message
            if time.monotonic() > end or not self.runs:
                raise Wrong(f"no status within {seconds} s, but: {answer}; {self.said()}")
            time.sleep(0.05)

    @property
    def is_bootstrapped(self):
        """Whether strangers get an answer."""
        with self.client() as client:
            answer = client.call("GetBootstrapStatus", timeout=5)
        return answer.code != "OK" or answer.message.bootstrapped

    def bootstrap(self, authority):
        """Gives it a client CA, and waits until it obeys it."""
        api = self.ground.api
        with self.client() as client:
            answer = client.call("Bootstrap", client_ca=api.ClientCA(ca=authority.pem.decode()))
        expect(answer.code == "OK", lambda: f"the bootstrap: {answer}; {self.said()}")
        self.answers(authority.issue("admin", organisations=["keelos:admin"]))
