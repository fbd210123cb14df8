"""How the programs end: libcrypto must not be taken down under threads that still use it, for then
a program that has done its work crashes, once in thousands of times."""

import contextlib
import os
import pathlib
import signal
import subprocess

from agent import Agent, Bench
from programs import DONE, call
from report import expect, expect_equal

HERE = pathlib.Path(__file__).resolve().parent
HANDLER = "OPENSSL_cleanup"


def run(world, fixture, report):
    with world.scratch("ending") as folder:
        probe = folder / "exits.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-Wall", "-Werror", "-o", probe,
                        HERE / "exits.c", "-ldl"], check=True, timeout=120)
        exits = Exits(folder / "exits", probe)
        with report.test("a program that leaves libcrypto its handler is seen to do so"):
            with exits.watched():
                call("openssl", "rand", "-hex", "8").must(DONE)
            expect(HANDLER in exits.names(), f"only {exits.names()}")
        with report.test("osctl leaves libcrypto as it is when it ends"):
            with exits.watched():
                call(world.programs / "osctl", "pki", "init", folder / "pki").must(DONE)
            exits.expect_none()
        with report.test("keel-image leaves libcrypto as it is when it ends"):
            with exits.watched():
                world.keel_image("keygen", "--output", folder / "key").must(DONE)
            exits.expect_none()
        _agent(world, fixture, report, folder, exits)


def _agent(world, fixture, report, folder, exits):
    bench = Bench(world, fixture, folder)
    with report.test("keel-agent leaves libcrypto as it is when it ends, and so does who asked it"):
        with exits.watched(), Agent(bench, bench.fresh()) as agent:
            home = {"HOME": str(folder)}
            call(world.programs / "osctl", "--endpoint", f"127.0.0.1:{agent.port}", "--ca",
                 agent.own, "bootstrap-status", env=home).must(DONE)
            agent.kill(signal.SIGTERM)
            expect_equal(agent.process.returncode, 0, "how the agent ended")
        exits.expect_none()


class Exits:
    """What programs that are started meanwhile want to be called at their end."""

    def __init__(self, path, probe):
        self.path, self.probe = path, probe

    @contextlib.contextmanager
    def watched(self):
        self.path.write_text("")
        os.environ.update(LD_PRELOAD=str(self.probe), EXITS=str(self.path))
        try:
            yield
        finally:
            del os.environ["LD_PRELOAD"], os.environ["EXITS"]

    def names(self):
        return set(self.path.read_text().split())

    def expect_none(self):
        expect("loaded" in self.names(), "the probe was not there")
        expect(HANDLER not in self.names(), f"{HANDLER} is among them")
