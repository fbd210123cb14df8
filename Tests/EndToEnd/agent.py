"""keel-agent as a node runs it: bootstrapped, upgraded from a server, and killed with -9 while it
works. The next start takes the operation up and nothing is done twice."""

import base64
import contextlib
import hashlib
import json
import os
import signal
import ssl
import subprocess
import sys
import time

from cost import Bound
from disk import COPIES, DiskImage
from kill import drawn
from loop import attached
from pki import EC
from programs import DONE, tool
from report import Wrong, expect, expect_equal, shown
from servers import Nginx, answers, free_port
from upgrading import Upgrading
from world import REPOSITORY, copy_sparse, wait_until

OVER = {"STATE_SUCCEEDED", "STATE_FAILED", "STATE_CANCELLED", "STATE_INTERRUPTED"}


def run(world, fixture, report):
    if not (world.programs / "keel-agent").is_file():
        raise Wrong(f"{world.programs} holds no keel-agent")
    with world.scratch("agent") as folder:
        bench = Bench(world, fixture, folder)
        lives(report, bench)
        chance = world.chance("agent")
        with Nginx(folder, rate=bench.rate) as server:
            length = bench.measure(server)
            for number in range(25 if world.runs_all else 6):
                killed(report, bench, server, number + 1, drawn(chance, length))
            ended(report, bench, server, length)
            secret(report, bench, server)
        report.note(f"kills landed {bench.landed}")


class Bench(Upgrading):
    """A disk that runs 1.0.0 in slot a, a release to install, and who may ask for it."""

    def __init__(self, world, fixture, folder):
        super().__init__(world, fixture, folder)
        self.certificates()

    def certificates(self):
        for name, subject, signer in (("ca", "/CN=clients", None),
                                      ("admin", "/CN=ada/O=keelos:admin", "ca"),
                                      ("reader", "/CN=rita/O=keelos:reader", "ca")):
            by = () if signer is None else (
                "-CA", self.folder / "ca.pem", "-CAkey", self.folder / "ca.key",
                "-addext", "basicConstraints=critical,CA:FALSE",
                "-addext", "extendedKeyUsage=clientAuth")
            tool("openssl", "req", "-x509", *EC, "-subj", subject, *by,
                 "-keyout", self.folder / f"{name}.key", "-out", self.folder / f"{name}.pem")

    def fresh(self):
        """A new disk and a new state folder."""
        tool("rm", "-rf", self.folder / "state")
        return copy_sparse(self.empty, self.folder / "disk.img")

    def history(self):
        """The events of the state folder's history, in order."""
        file = self.folder / "state" / "slots" / "history"
        lines = file.read_text().splitlines() if file.exists() else []
        return [json.loads(line)["event"] for line in lines]

    @contextlib.contextmanager
    def agent(self, device):
        with Agent(self, device) as agent:
            yield agent

    def measure(self, server):
        """How long an upgrade takes that nobody disturbs."""
        with attached(self.fresh()) as device, self.agent(device) as agent:
            agent.bootstrap()
            start = time.monotonic()
            operation = agent.upgrade(server.url("slow/new.keel"), "measure-1")
            expect_equal(agent.watch(operation["id"])["state"], "STATE_SUCCEEDED", "the upgrade")
            return time.monotonic() - start


class Agent:
    """A running keel-agent and one client of it at a time."""

    def __init__(self, bench, device):
        self.bench, self.device = bench, device
        self.port = free_port()
        self.log = open(bench.folder / "agent.log", "ab")
        self.process = self.client = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.hang_up()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(timeout=30)
        self.log.close()

    def start(self):
        words = [self.bench.world.programs / "keel-agent", "--disk", self.device, "--trust",
                 self.bench.trust, "--state", self.bench.folder / "state", "--listen",
                 f"127.0.0.1:{self.port}", "--plain-host"]
        self.process = subprocess.Popen([str(word) for word in words], stderr=self.log,
                                        stdout=self.log, stdin=subprocess.DEVNULL)
        wait_until(lambda: self.certificate() or self.process.poll() is not None, "the agent")
        expect(self.process.poll() is None, lambda: f"the agent ended: {self.said()}")
        self.own = self.bench.folder / "agent.pem"
        self.own.write_text(self.certificate())

    def certificate(self):
        """Of the door; nothing while there is none. The agent tries its port for a moment before
        it opens it, and resets who connects just then."""
        if not answers(self.port):
            return None
        try:
            return ssl.get_server_certificate(("127.0.0.1", self.port))
        except OSError:
            return None

    def said(self):
        return shown((self.bench.folder / "agent.log").read_text()[-900:], 900)

    def kill(self, number=signal.SIGKILL):
        self.process.send_signal(number)
        self.process.wait(timeout=60)
        self.hang_up()

    def hang_up(self):
        if self.client:
            self.client.stdin.close()
            self.client.kill()
            self.client.wait(timeout=30)
            self.client.stdout.close()
            self.client = None

    def dial(self, who):
        """Connects with a certificate, or with none."""
        self.hang_up()
        python, environment = peer()
        own = [] if who is None else [self.bench.folder / f"{who}.{end}" for end in ("pem", "key")]
        words = [python, os.path.join(os.path.dirname(__file__), "agent_client.py"), self.port,
                 self.own, *own]
        self.client = subprocess.Popen([str(word) for word in words], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                       env=environment)

    def call(self, method, request=None):
        """How a call ended, and what came."""
        self.client.stdin.write(f"{method} {json.dumps(request or {})}\n".encode())
        self.client.stdin.flush()
        line = self.client.stdout.readline()
        expect(line, lambda: f"the client ended at {method}; {self.said()}")
        return json.loads(line)

    def must(self, method, request=None):
        answer = self.call(method, request)
        expect_equal(answer["code"], "OK", f"{method} ({answer.get('sentence')})")
        return answer["messages"]

    def bootstrap(self):
        """Gives the node its client CA; afterwards an administrator is connected."""
        self.dial(None)
        self.must("Bootstrap", {"client_ca": {"ca": (self.bench.folder / "ca.pem").read_text()}})
        self.reach()

    def reach(self):
        """An administrator's connection to the mutual door, which may open only now."""
        for _ in range(100):
            self.dial("admin")
            if self.call("GetIdentity")["code"] == "OK":
                return
            time.sleep(0.05)
        raise Wrong(f"the mutual door does not open: {self.said()}")

    def upgrade(self, url, request_id, **more):
        request = {"source": url, "request_id": request_id, **more}
        return self.must("Upgrade", request)[0]["operation"]

    def watch(self, identifier=""):
        return self.must("WatchOperation", {"id": identifier})[-1]["operation"]

    def operations(self):
        return self.must("ListOperations")[0].get("operations", [])

    def audit(self):
        """Every line of the audit log, its chain checked by hand."""
        messages = self.must("ReadAudit")
        lines = [base64.b64decode(line)
                 for message in messages for line in message.get("lines", [])]
        previous = "0" * 64
        for number, line in enumerate(lines):
            entry = json.loads(line)
            sealed, _, rest = line.partition(b', "hash": "')
            expect_equal((entry["n"], entry["previous"]), (number, previous), f"line {number}")
            previous = hashlib.sha256(sealed).hexdigest()
            expect_equal(rest, f'{previous}"}}'.encode(), f"the seal of line {number}")
        head = messages[-1]["head"]
        expect_equal((int(head["count"]), head["hash"]), (len(lines), previous), "the head")
        return [json.loads(line) for line in lines]


def peer():
    """The interpreter with grpcio and what it needs, made once by Tests/Peer."""
    sys.path.insert(0, str(REPOSITORY / "Tests" / "Peer"))
    import setup
    python = setup.python()
    stubs = setup.stubs(python)
    return python, {**os.environ, "PYTHONPATH": str(stubs), "GRPC_VERBOSITY": "NONE",
                    "PYTHONDONTWRITEBYTECODE": "1"}


def lives(report, bench):
    with report.test("a new node is bootstrapped, refuses strangers, and remembers who called"):
        with attached(bench.fresh()) as device, bench.agent(device) as agent:
            agent.dial(None)
            status = agent.must("GetStatus")[0]
            expect_equal(status["version"], "1.0.0", "the running version")
            expect_equal(agent.call("Upgrade", {"source": "/x"})["code"], "UNIMPLEMENTED",
                         "upgrade")
            agent.bootstrap()
            agent.dial("reader")
            denied = agent.call("Reboot")
            expect_equal((denied["code"], denied["reason"]),
                         ("PERMISSION_DENIED", "REASON_DENIED"), "a reader's reboot")
            agent.dial(None)
            expect(agent.call("GetStatus")["code"] in ("UNAVAILABLE", "UNAUTHENTICATED"), "let in")
            agent.kill()
            agent.start()
            agent.reach()
            calls = [(line.get("method"), line.get("subject")) for line in agent.audit()]
            for method, who in (("GetStatus", "unauthenticated"), ("Reboot", "rita")):
                expect(any(name == method and who in subject for name, subject in calls),
                       f"{method} by {who} is not in the audit log: {shown(calls)}")


def killed(report, bench, server, number, moment):
    with report.test(f"kill {number}, after {moment * 1000:.0f} ms: the next start finishes the "
                     "operation and fetches nothing twice"):
        image = bench.fresh()
        disk = DiskImage(image)
        running = disk.digests()["slot a"]
        with attached(image) as device, bench.agent(device) as agent:
            agent.bootstrap()
            operation = agent.upgrade(server.url("slow/new.keel"), "request-1")
            time.sleep(moment)
            agent.kill()
            safe(bench, disk, device)
            # The history names a step before the record takes it: a kill between the two leaves a
            # line whose step never happened, and then alone there is another one.
            is_armed = any(disk.record(copy)["B"] != "none" for copy in COPIES)
            unkept = 0 if is_armed else bench.history().count("activate")
            bound = Bound(disk, "b", bench.bundle, bench.running)
            server.forget()
            agent.start()
            agent.reach()
            # The same request again joins what the agent has taken up by itself.
            again = agent.upgrade(server.url("slow/new.keel"), "request-1")
            expect_equal(again["id"], operation["id"], "the operation")
            last = agent.watch(operation["id"])
            expect_equal(last["state"], "STATE_SUCCEEDED", f"{shown(last)}; its end")
            expect_equal(len(agent.operations()), 1, "the number of operations")
            agent.audit()
            agent.kill(signal.SIGTERM)
            finished(bench, disk, device)
            # Each start that had bytes to write says so; the release is armed once.
            expect_equal(sorted(set(bench.history())), ["activate", "install"], "the history")
            expect_equal(bench.history().count("activate"), unkept + 1, "how often it was armed")
        sent = sum(size for _, size in server.requests())
        expect(sent <= bound.bytes, f"{sent} bytes were sent, at most {bound.bytes} are needed")
        expect_equal(disk.digests()["slot a"], running, "slot a, which runs,")


def safe(bench, disk, device):
    """Slot b is no file system, or a whole one; it may boot only when it is whole."""
    grants = {copy: disk.record(copy)["B"] for copy in COPIES}
    if disk.is_file_system("b"):
        where = f"with the slot whole and {grants['ENV0']}"
        proof = bench.world.osctl(device, bench.trust, "prove", timeout=300)
        proof.must(DONE, r"slot b: 2\.0\.0 is whole")
    else:
        where = "while the slot was no file system"
        expect_equal(set(grants.values()), {"none"}, "what the copies grant slot b")
    bench.landed[where] = bench.landed.get(where, 0) + 1


def finished(bench, disk, device):
    proved = bench.world.osctl(device, bench.trust, "prove", timeout=300)
    proved.must(DONE, r"slot a: 1\.0\.0 is whole", r"slot b: 2\.0\.0 is whole")
    expect_equal(disk.record("ENV0")["B"], "3", "the tries of slot b")


def ended(report, bench, server, length):
    with report.test("SIGTERM in the middle ends the agent in time, and the next start goes on"):
        with attached(bench.fresh()) as device, bench.agent(device) as agent:
            agent.bootstrap()
            operation = agent.upgrade(server.url("slow/new.keel"), "request-1")
            time.sleep(length / 2)
            start = time.monotonic()
            agent.kill(signal.SIGTERM)
            expect_equal(agent.process.returncode, 0, "the end code")
            expect(time.monotonic() - start < 15, "it took more than 15 s to end")
            agent.start()
            agent.reach()
            expect_equal(agent.watch(operation["id"])["state"], "STATE_SUCCEEDED", "its end")


def secret(report, bench, server):
    with report.test("an upgrade with a token over a plain line fails, and no file holds the "
                     "token"):
        with attached(bench.fresh()) as device, bench.agent(device) as agent:
            agent.bootstrap()
            busy = agent.call("Upgrade", {"source": server.url("slow/new.keel"),
                                          "bearer_token": "letmein"})
            # A token never goes over a plain line: the operation fails, and says so.
            expect_equal(busy["code"], "OK", "the upgrade")
            last = agent.watch(busy["messages"][0]["operation"]["id"])
            expect_equal(last["state"], "STATE_FAILED", "an upgrade with a token over http")
            agent.kill(signal.SIGTERM)
            for path in (bench.folder / "state").rglob("*"):
                if path.is_file():
                    expect(b"letmein" not in path.read_bytes(), f"{path} holds the token")
