"""A node that falls silent without a goodbye: its machine stops, or the line to it goes dark. Who
waits for it is told so in a sentence, and soon, however long there was nothing to say before."""

import contextlib
import os
import signal
import socket
import threading
import time

from bundle import Bundle
from cost import Bound
from disk import DiskImage
from programs import DONE, FAILED, Running
from report import expect, expect_equal
from servers import Nginx

UNKNOWN = 5
QUIET = 35
"""Seconds without a word before it happens: more than the core's two pings without data."""
NOTICED = 45
"""Seconds within which it is noticed: 10 until the client asks, 10 for the answer (or 15 in all for a
connection that is new), 10 for a look at whether another machine answers instead, and room."""
WAIT = 25
"""The --timeout of a command that waits."""
SLOW = 7
"""Seconds until a node that is all but out of processor time answers to a handshake."""


def run(ground, fixture, report):
    with ground.stage("silence", fixture) as stage, stage.agent() as agent:
        release = fixture.release("v2", "2.0.0", small=True)
        (stage.folder / "new.keel").symlink_to(release)
        fetched = Bound(DiskImage(stage.device), "b", Bundle.read(release),
                        Bundle.read(fixture.release("v1", "1.0.0", small=True))).asked_bytes
        with Nginx(stage.folder, rate=max(20_000, fetched // 90)) as server:
            slow(stage, agent, report)
            silent(stage, agent, server, report)


class Line:
    """Passes bytes between clients and a port, the first answer late by `delay` seconds, until it
    goes dark: then it keeps every connection open, and nothing passes any more."""

    def __init__(self, port, delay=0):
        self.target = port
        self.delay = delay
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.dark = threading.Event()
        self.sockets = [self.listener]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.dark.set()
        for one in self.sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def instead(self, agent, words):
        """The command of `words`, through here."""
        return [f"127.0.0.1:{self.port}" if word == agent.address else word for word in words]

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                here = self.listener.accept()[0]
                there = socket.create_connection(("127.0.0.1", self.target))
                self.sockets += [here, there]
                for ends in ((here, there, 0), (there, here, self.delay)):
                    threading.Thread(target=self._pass, args=ends, daemon=True).start()

    def _pass(self, source, sink, delay):
        with contextlib.suppress(OSError):
            while piece := source.recv(65536):
                if self.dark.wait(delay):
                    return
                delay = 0
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)


def slow(stage, agent, report):
    reader = stage.identity("reader")
    with Line(agent.port, SLOW) as line:
        words = line.instead(agent, stage.osctl_words(agent, reader, "status"))
        with report.test(f"a node that needs {SLOW} s for a handshake is asked all the same"):
            with Running(*words, env=stage.ground.environment()) as asked:
                asked.result(timeout=NOTICED).must(DONE, "boots next")


def silent(stage, agent, server, report):
    reader, operator = stage.identity("reader"), stage.identity("operator")
    follow = ["logs", "agent", "--follow", "--level", "error"]
    with Line(agent.port) as line, contextlib.ExitStack() as ending:
        def start(*words):
            running = Running(*words, env=stage.ground.environment())
            return ending.enter_context(running)

        far = line.instead(agent, stage.osctl_words(agent, reader, *follow))
        through, direct = start(*far), start(*stage.osctl_words(agent, reader, *follow))
        time.sleep(QUIET)
        with report.test(f"after {QUIET} s without a line, logs --follow still follows"):
            expect(through.runs and direct.runs, "it ended")
        upgrade = start(*stage.osctl_words(agent, operator, "upgrade", "--timeout", f"{WAIT}s",
                                           server.url("slow/new.keel")))
        time.sleep(3)
        os.kill(agent.pid, signal.SIGSTOP)
        line.dark.set()
        began = time.monotonic()
        asked = start(*stage.osctl_words(agent, reader, "status"))
        try:
            ends(report, "a line that went dark ends logs --follow", through, FAILED, began,
                 NOTICED, "does not answer: the machine is down, or the line to it")
            ends(report, "a machine that stopped ends logs --follow", direct, FAILED, began,
                 NOTICED, "does not answer: the machine is down, or the line to it")
            ends(report, "a machine that stopped is told by who asks it anew", asked, None, began,
                 NOTICED, "does not answer|did not answer|cannot be reached")
            ends(report, "an upgrade that is waited for ends when its time is over, and does not "
                 "say that it goes on", upgrade, UNKNOWN, began, WAIT + 15,
                 "the time is over and the node does not answer [(]last seen: upgrade")
        finally:
            os.kill(agent.pid, signal.SIGCONT)
    with report.test("a machine that comes back has lost nothing, and its upgrade goes on"):
        agent.answers(reader)
        result = stage.osctl(agent, operator, "upgrade", "--attach", "--timeout", "5m",
                             timeout=320)
        expect_equal(result.code, DONE, f"the upgrade ({result.sentence}): the end code")


def ends(report, what, running, code, began, seconds, words):
    """It ends in time, with the code and the words."""
    with report.test(what):
        result = running.result(timeout=max(1, began + seconds - time.monotonic()))
        result.must(result.code if code is None else code, words)
        expect(result.code != DONE, "it was done")
