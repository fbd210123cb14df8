"""Clients that do not play by the rules. Nobody gets in, the agent stays up, memory is bounded."""

import contextlib
import pathlib
import re
import socket
import ssl
import statistics
import threading
import time

import grpc

import wire
from chain import Chain
from report import Wrong, expect, expect_equal

MIB = 1 << 20
PEAK = 256 * MIB
"""The most memory the agent may ever have held, whatever was done to it here."""
SETTLED = 96 * MIB
"""And when all of it is over."""
PATIENCE = 2.0
"""Seconds within which half of the answers to well-behaved clients must come meanwhile."""


def run(ground, fixture, report):
    with ground.stage("abuse", fixture) as stage:
        with stage.agent(bootstrap=False) as agent:
            abuse = Abuse(ground, stage, agent, report)
            abuse.unbootstrapped()
            agent.bootstrap(stage.authority)
            abuse.idle = agent.memory()
            abuse.foreign_protocols()
            abuse.garbage()
            abuse.half_open()
            abuse.large()
            abuse.slow_readers()
            abuse.streams_that_vanish()
            abuse.rapid_reset()
            abuse.afterwards()
        no_descriptors(ground, stage, report)


class Abuse:
    def __init__(self, ground, stage, agent, report):
        self.ground, self.stage, self.agent, self.report = ground, stage, agent, report
        self.chance = ground.chance("abuse")
        self.reader = stage.identity("reader")
        self.operator = stage.identity("operator")
        self.admin = stage.identity("admin")
        self.idle = 0

    @contextlib.contextmanager
    def test(self, sentence):
        """Whatever it was, afterwards the same agent answers and its memory is bounded."""
        with self.report.test(sentence):
            pid = self.agent.pid
            yield
            self.alive(pid)
            if self.report.verbose:
                self.report.note(f"memory {self.agent.memory() / 1e6:.1f} MB, at most "
                                 f"{self.agent.peak / 1e6:.1f} MB")

    def alive(self, pid):
        expect(self.agent.runs and self.agent.pid == pid,
               lambda: f"the agent ended with {self.agent.process.poll()}: {self.agent.said()}")
        if self.idle:
            self.agent.answers(self.reader, seconds=10)
        peak = self.agent.note_memory()
        expect(peak <= PEAK,
               f"its memory rose to {peak >> 20} MiB, at most {PEAK >> 20} are allowed")

    def unbootstrapped(self):
        """Strangers have a door of their own before bootstrap; it must not be a wide one."""
        with self.test("before bootstrap 100 MB of Bootstrap from a stranger are refused"):
            with self.agent.client() as client:
                answer = client.raw("/keel.v1.NodeService/Bootstrap", b"\x0a" + b"x" * 100_000_000,
                                    timeout=60)
            expect(answer.code in ("RESOURCE_EXHAUSTED", "INVALID_ARGUMENT", "UNAVAILABLE"),
                   f"it answered {answer}")
        with self.test("before bootstrap a stranger's 2 MB of CA are refused"):
            with self.agent.client() as client:
                answer = client.call("Bootstrap", client_ca=self.ground.api.ClientCA(
                    ca="A" * (2 * MIB)), timeout=30)
            expect(answer.code in ("RESOURCE_EXHAUSTED", "INVALID_ARGUMENT"), f"{answer}")
        with self.test("before bootstrap garbage leaves the agent up"):
            self.throw_garbage(40, None)

    def foreign_protocols(self):
        path = "/keel.v1.NodeService/GetStatus"
        with self.test("HTTP/2 without TLS gets no answer"):
            call = (wire.PREFACE + wire.frame(wire.SETTINGS)
                    + wire.frame(wire.HEADERS, wire.END_HEADERS, 1,
                                 wire.request_fields(path, "http"))
                    + wire.frame(wire.DATA, wire.END_STREAM, 1, wire.message(b"")))
            with wire.plain(self.agent.port) as connection:
                connection.sendall(call)
                self.no_answer(wire.read_all(connection))
        with self.test("grpcio without TLS gets no answer"):
            with grpc.insecure_channel(self.agent.address) as channel:
                with self.refused():
                    channel.unary_unary(path)(b"", timeout=3)
        with self.test("HTTP/1.1 without TLS gets no answer"):
            with wire.plain(self.agent.port) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: node\r\n\r\n")
                self.no_answer(wire.read_all(connection))
        for name, version in (("1.0", ssl.TLSVersion.TLSv1), ("1.1", ssl.TLSVersion.TLSv1_1)):
            with self.test(f"TLS {name} is refused, by whoever holds a good certificate"):
                self.old_tls(version)
        for name, version in (("1.2", ssl.TLSVersion.TLSv1_2), ("1.3", ssl.TLSVersion.TLSv1_3)):
            with self.test(f"TLS {name} is spoken"):
                with wire.line(self.agent.port, self.reader, oldest=version,
                               newest=version) as line:
                    expect_equal(line.selected_alpn_protocol(), "h2", "the protocol")
        with self.test("HTTP/1.1 over TLS gets no answer, with a good certificate"):
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                with wire.line(self.agent.port, self.reader, protocols=("http/1.1",)) as line:
                    line.sendall(b"GET / HTTP/1.1\r\nHost: node\r\n\r\n")
                    self.no_answer(wire.read_all(line))

    @staticmethod
    def no_answer(content):
        for mark in (b"HTTP/", b"grpc-status", b"machine", b"keelos"):
            expect(mark not in content, f"it said {content[:200]}")

    @contextlib.contextmanager
    def refused(self):
        try:
            yield
        except grpc.RpcError as error:
            expect(error.code().name in ("UNAVAILABLE", "DEADLINE_EXCEEDED"), f"{error.code()}")
        else:
            raise Wrong("it was answered")

    def old_tls(self, version):
        """The client can do it, as a server of our own shows; the agent does not."""
        self.control(version)
        try:
            with wire.line(self.agent.port, self.reader, oldest=version, newest=version) as line:
                raise Wrong(f"the agent speaks {line.version()}")
        except (ssl.SSLError, ConnectionError):
            pass

    def control(self, version):
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with wire.quiet():
            server.set_ciphers("ALL:@SECLEVEL=0")
            server.minimum_version = server.maximum_version = version
        server.load_cert_chain(self.reader.certificate, self.reader.key)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(5)

            def serve():
                with contextlib.suppress(OSError):
                    plain, _ = listener.accept()
                    with server.wrap_socket(plain, server_side=True) as line:
                        line.recv(1)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            with wire.line(listener.getsockname()[1], oldest=version, newest=version,
                           protocols=()) as line:
                expect(line.version() in ("TLSv1", "TLSv1.1"), f"{line.version()}")
            thread.join(timeout=5)

    def garbage(self):
        rounds = 400 if self.ground.runs_all else 120
        with self.test(f"{rounds} lines of garbage before and inside TLS leave the agent up"):
            self.throw_garbage(rounds, self.reader)
        with self.test("messages that are no protobuf are INVALID_ARGUMENT or INTERNAL at most"):
            with self.agent.client(self.admin) as client:
                for name, method in self.ground.api.methods.items():
                    for _ in range(3):
                        noise = bytes([0x0a, 0xff]) + self.chance.randbytes(
                            self.chance.randrange(1, 300))
                        answer = client.raw(method.path, noise, 10, method.streams, limit=20)
                        expect(answer.code in ("INVALID_ARGUMENT", "INTERNAL",
                                               "RESOURCE_EXHAUSTED"), f"{name}: {answer}")

    def throw_garbage(self, rounds, identity):
        for _ in range(rounds):
            kind = self.chance.randrange(4)
            with contextlib.suppress(OSError):
                if kind == 0:
                    with wire.plain(self.agent.port, timeout=1) as line:
                        line.sendall(self.chance.randbytes(self.chance.randrange(1, 4000)))
                elif kind == 1:
                    with wire.plain(self.agent.port, timeout=1) as line:
                        line.sendall(self.hello())
                        line.settimeout(0.05)
                        line.recv(4096)
                else:
                    with wire.line(self.agent.port, identity, timeout=1) as line:
                        line.sendall(self.frames(kind == 3))
                        line.settimeout(0.05)
                        line.recv(4096)

    def hello(self):
        """A ClientHello that would be right, with bytes changed."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        side = wire.context().wrap_bio(incoming, outgoing)
        with contextlib.suppress(ssl.SSLWantReadError):
            side.do_handshake()
        return self.changed(outgoing.read())

    def frames(self, well_begun):
        """HTTP/2 that begins well, then frames of chance or right ones with bytes changed."""
        begin = wire.PREFACE + wire.frame(wire.SETTINGS) if well_begun else b""
        call = (wire.frame(wire.HEADERS, wire.END_HEADERS, 1,
                           wire.request_fields("/keel.v1.NodeService/GetStatus"))
                + wire.frame(wire.DATA, wire.END_STREAM, 1, wire.message(b"")))
        noise = b"".join(
            wire.frame(self.chance.randrange(12), self.chance.randrange(256),
                       self.chance.randrange(9),
                       self.chance.randbytes(self.chance.randrange(0, 200)))
            for _ in range(self.chance.randrange(1, 20)))
        return begin + (self.changed(call) if self.chance.random() < 0.5 else noise)

    def changed(self, content):
        content = bytearray(content)
        for _ in range(self.chance.randrange(1, 8)):
            content[self.chance.randrange(len(content))] = self.chance.randrange(256)
        return bytes(content)

    def half_open(self):
        with contextlib.ExitStack() as lines:
            for what, begin in (("say nothing", b""), ("begin a handshake", self.hello_head())):
                with self.test(f"1,000 more connections that {what}: a real client gets its "
                               "answers"):
                    for _ in range(1000):
                        line = lines.enter_context(wire.plain(self.agent.port, timeout=10))
                        if begin:
                            line.sendall(begin)
                    self.prompt("while they are open", rounds=20)
                    self.report.note(f"with 1,000 more that {what}: {self.agent.open_files()} "
                                     f"files, {self.agent.memory() / 1e6:.1f} MB")

    def hello_head(self):
        return b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + self.chance.randbytes(40)

    def prompt(self, when, rounds=10):
        """New connections, each answered, and in time but for moments that belong to others."""
        times = []
        for _ in range(rounds):
            start = time.monotonic()
            with self.agent.client(self.reader) as client:
                answer = client.call("GetStatus", timeout=10)
            times.append(time.monotonic() - start)
            expect_equal(answer.code, "OK", f"a status {when} ({answer})")
        median = statistics.median(times)
        expect(median <= PATIENCE, f"half of the answers {when} took {median:.1f} s or more")
        self.report.note(f"an answer {when}: {median * 1000:.0f} ms, {max(times) * 1000:.0f} at "
                         "most, connection included")

    def large(self):
        refusals = ("RESOURCE_EXHAUSTED", "INVALID_ARGUMENT", "UNAVAILABLE")
        with self.test("a message of 100 MB is refused"):
            with self.agent.client(self.operator) as client:
                answer = client.raw("/keel.v1.NodeService/Upgrade", b"\x0a" + b"x" * 100_000_000,
                                    timeout=60)
            expect(answer.code in refusals, f"it answered {answer}")
        with self.test("100 MB that are compressed to 100 KB are refused, and never unpacked"):
            with self.agent.client(self.operator) as client:
                answer = client.raw("/keel.v1.NodeService/Upgrade", bytes(100_000_000), timeout=60,
                                    compression=grpc.Compression.Gzip)
            expect(answer.code in (*refusals, "UNIMPLEMENTED"), f"it answered {answer}")
        with self.test("header fields of 1 MB are refused"):
            with self.agent.client(self.operator) as client:
                call = client.channel.unary_unary("/keel.v1.NodeService/GetStatus")
                try:
                    call(b"", timeout=20, metadata=[(f"x-{n}", "y" * 8000) for n in range(130)])
                    raise Wrong("it was answered")
                except grpc.RpcError as error:
                    expect(error.code().name in (*refusals, "INTERNAL", "UNKNOWN"),
                           f"{error.code()}")
        for size, codes in ((300 * 1024, ("INVALID_ARGUMENT", "RESOURCE_EXHAUSTED")),
                            (5000, ("INVALID_ARGUMENT",))):
            with self.test(f"a source of {size} bytes is refused before anything is done"):
                with self.agent.client(self.operator) as client:
                    answer = client.call("Upgrade", source="/" + "x" * size,
                                         request_id="abuse-large-0001")
                expect(answer.code in codes, f"it answered {answer}")

    def slow_readers(self):
        """Streams that are asked for and never read."""
        number = 100 if self.ground.runs_all else 40
        for name, identity, fields in (
                ("StreamLogs", self.reader, {"service": "agent", "follow": True}),
                ("StreamLogs", self.reader, {"service": "kernel"}),
                ("ReadAudit", self.admin, {}),
                ("SupportBundle", self.operator, {})):
            what = name + (" that follow" if fields.get("follow") else "")
            with self.test(f"{number} {what}, never read: others get their answers"):
                with contextlib.ExitStack() as stack:
                    clients = [stack.enter_context(self.agent.client(identity, options=[
                        ("grpc.http2.lookahead_bytes", 1024)])) for _ in range(4)]
                    streams = [clients[n % 4].stream(name, **fields) for n in range(number)]
                    time.sleep(2)
                    self.prompt(f"beside {number} {what}", rounds=5)
                    for stream in streams:
                        stream.cancel()

    def streams_that_vanish(self):
        with self.test("60 streams whose client is gone without a word leave nothing open"):
            before = self.agent.open_files()
            lines = []
            for _ in range(60):
                line = wire.line(self.agent.port, self.reader)
                body = self.ground.api.StreamLogsRequest(service="agent", follow=True)
                line.sendall(wire.PREFACE + wire.frame(wire.SETTINGS) + wire.frame(
                    wire.HEADERS, wire.END_HEADERS, 1,
                    wire.request_fields("/keel.v1.NodeService/StreamLogs"))
                    + wire.frame(wire.DATA, wire.END_STREAM, 1,
                                 wire.message(body.SerializeToString())))
                lines.append(line)
            time.sleep(0.5)
            for line in lines:
                # A reset, not an orderly end.
                line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                line.close()
            end = time.monotonic() + 20
            while self.agent.open_files() > before + 10:
                expect(time.monotonic() < end, f"{self.agent.open_files()} files are open, "
                       f"{before} were before")
                time.sleep(0.1)

    def rapid_reset(self):
        number = 20_000 if self.ground.runs_all else 5_000
        with self.test(f"{number} calls reset as soon as they are made leave the agent up"):
            fields = wire.request_fields("/keel.v1.NodeService/GetStatus")
            with contextlib.suppress(OSError), wire.line(self.agent.port, self.reader) as line:
                line.sendall(wire.PREFACE + wire.frame(wire.SETTINGS))
                for stream in range(1, 2 * number, 2):
                    line.sendall(wire.frame(wire.HEADERS, wire.END_HEADERS, stream, fields)
                                 + wire.frame(wire.RST_STREAM, 0, stream, b"\0\0\0\x08"))
            self.prompt("after them", rounds=3)

    def afterwards(self):
        with self.test("when it is over the agent has given its memory and files back"):
            end = time.monotonic() + 30
            while self.agent.memory() > SETTLED and time.monotonic() < end:
                time.sleep(0.5)
            memory, files = self.agent.memory(), self.agent.open_files()
            self.report.note(f"memory: idle {self.idle / 1e6:.1f} MB, at most "
                             f"{self.agent.note_memory() / 1e6:.1f} MB, now {memory / 1e6:.1f} MB; "
                             f"{files} files open")
            expect(memory <= SETTLED, f"{memory >> 20} MiB, at most {SETTLED >> 20} are allowed")
            expect(files < 200, f"{files} files are open")
        with self.test("the audit log has kept its chain through all of it"):
            Chain.of_agent(self.agent).check()
        with self.report.test("the agent ends by itself when it is told to"):
            self.agent.stop()


def no_descriptors(ground, stage, report):
    """An agent with few descriptors, and more connections than it can take."""
    few, reader = 96, stage.identity("reader")
    with stage.agent(files=few) as agent:
        with report.test("a soft limit of open files is raised to the hard one at start"):
            with stage.agent() as usual:
                limits = pathlib.Path(f"/proc/{usual.pid}/limits").read_text()
                soft, hard = re.search(r"Max open files +(\d+) +(\d+)", limits).groups()
                expect(soft == hard or int(soft) >= 65_536, f"{soft} of {hard}")
        for number in range(3):
            with report.test(f"400 connections to an agent that may have {few} files "
                             f"({number + 1}): it stays up, says so, and recovers"):
                pid = agent.pid
                said = len(agent.log.read_text())
                with agent.client(reader) as kept, contextlib.ExitStack() as lines:
                    expect_equal(kept.call("GetStatus").code, "OK", "a status before")
                    stream = kept.stream("StreamLogs", service="agent", follow=True)
                    next(stream)
                    for _ in range(400):
                        lines.enter_context(wire.plain(agent.port, timeout=10))
                    end = time.monotonic() + 10
                    while "many open files" not in agent.log.read_text()[said:]:
                        expect(time.monotonic() < end, f"its log does not say so: {agent.said()}")
                        time.sleep(0.1)
                    expect(agent.runs, "it ended")
                    # What needs a file of its own fails now, and says so; the rest goes on.
                    for name in ("grpc.health.v1.Health/Check", "ListOperations"):
                        answer = kept.call(name, timeout=10)
                        expect_equal(answer.code, "OK", f"who was there before ({name}: {answer})")
                    stream.cancel()
                begun = time.monotonic()
                agent.answers(reader, seconds=20)
                report.note(f"answers again {time.monotonic() - begun:.1f} s after they are gone")
                end = time.monotonic() + 10
                while "accepted again" not in agent.log.read_text()[said:]:
                    expect(time.monotonic() < end, f"it does not say so: {agent.said()}")
                    time.sleep(0.1)
                for _ in range(5):
                    agent.answers(reader, seconds=5)
                expect_equal(agent.pid, pid, "the agent's process")
        with report.test("its audit log is whole, and it ends by itself when it is told to"):
            Chain.of_agent(agent).check()
            agent.stop()
