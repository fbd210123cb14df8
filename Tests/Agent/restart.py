"""What osctl says of a machine that started again: the agent restarts its machine, a PID namespace,
and is started under another boot, as the boot loader would have chosen it."""

import contextlib
import shutil
import time
import uuid

from agent import Agent
from disk import COPIES, DiskImage
from programs import DONE, Running, tool
from report import expect, expect_equal
from servers import Nginx
from world import wait_until

ROLLED_BACK, UNKNOWN = 4, 5
MOST = 60
SHORT = 15
"""The --timeout of a command that shall not see the end."""


def run(ground, fixture, report):
    with ground.stage("restart", fixture) as stage:
        shutil.copy(fixture.release("v2", "2.0.0", small=True), stage.folder / "new.keel")
        with Nginx(stage.folder) as server:
            Restarts(stage, server, report).run()


class Machine(Agent):
    """An agent that may restart its machine: a PID namespace with a boot of its own."""

    def boot(self, slot, state):
        """What the next start finds in /proc."""
        number = {"A": 2, "B": 3}[slot]
        partition = tool("sfdisk", "--part-uuid", self.device, number).strip()
        self.command_line = self.folder / "cmdline"
        self.command_line.write_text(f"quiet keel.slot={slot} keel.state={state} "
                                     f"keel.partuuid={partition.lower()} keel.loader=1\n")
        self.boot_id = self.folder / "boot_id"
        self.boot_id.write_text(f"{uuid.uuid4()}\n")

    def words(self):
        bind = ('mount --bind "$1" /proc/cmdline && mount --bind "$2" '
                '/proc/sys/kernel/random/boot_id && shift 2 && exec "$@"')
        program = super().words()
        program = program[program.index(self.ground.programs / "keel-agent"):]
        return ["unshare", "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                bind, "sh", self.command_line, self.boot_id, *program, "--allow-reboot"]

    def wait_for_end(self):
        wait_until(lambda: not self.runs, "the restart", MOST)


class Restarts:
    """One disk, put back before each row, and what became of a restart."""

    def __init__(self, stage, server, report):
        self.stage, self.server, self.report = stage, server, report
        self.disk = DiskImage(stage.device)
        self.system = self.disk.read(self.disk.system[0], self.disk.system[1] - self.disk.system[0])
        self.operator = stage.identity("operator")

    def run(self):
        upgrade = ("upgrade", "--reboot", self.server.url("new.keel"))
        with self.row("a release that is confirmed after the restart ends upgrade --reboot with 0",
                      upgrade) as (machine, osctl):
            self.start_trial(machine)
            self.stage.osctl(machine, self.operator, "confirm").must(DONE)
            osctl.result(MOST).must(DONE, "2[.]0[.]0 runs and is trusted")
        with self.row("a release that was given up by the boot loader ends it with 4",
                      upgrade) as (machine, osctl):
            self.record(B="failed")
            self.start(machine, "A", "good")
            osctl.result(MOST).must(ROLLED_BACK, "2[.]0[.]0 did not hold", "went back to 1[.]0[.]0")
        with self.row("a node that does not come back ends it with 5, and says so",
                      upgrade, SHORT) as (machine, osctl):
            osctl.result(MOST).must(UNKNOWN, "the node went away and did not come back")
        with self.row("a release that is still on trial when the time is over ends it with 5",
                      upgrade, SHORT) as (machine, osctl):
            self.start_trial(machine)
            osctl.result(MOST).must(UNKNOWN, "2[.]0[.]0 runs, but is not trusted yet")
        with self.row("a release that is on trial and then given up ends it with 4",
                      upgrade) as (machine, osctl):
            self.start_trial(machine)
            time.sleep(2)
            expect(osctl.runs, "it ended while the release was on trial")
            machine.kill()
            self.record(B="failed")
            self.start(machine, "A", "good")
            osctl.result(MOST).must(ROLLED_BACK, "went back to 1[.]0[.]0")
        with self.row("a restart without an upgrade ends reboot with 0 when the node is back",
                      ("reboot",)) as (machine, osctl):
            self.start(machine, "A", "good")
            osctl.result(MOST).must(DONE, "is back and runs 1[.]0[.]0")
        with self.row("a rollback that is confirmed after its restart ends with 0",
                      ("rollback", "--reboot"), prepare=self.settle_on_new) as (machine, osctl):
            variables = self.disk.record("ENV0")
            expect_equal(variables["A"], "3", "what the record grants to slot a")
            self.record(A="2")
            self.start(machine, "A", "trial3")
            self.stage.osctl(machine, self.operator, "confirm").must(DONE)
            osctl.result(MOST).must(DONE, "1[.]0[.]0 runs and is trusted")

        with self.row("a rollback that was given up by the boot loader ends with 4",
                      ("rollback", "--reboot"), prepare=self.settle_on_new) as (machine, osctl):
            self.record(A="failed")
            self.start(machine, "B", "good")
            osctl.result(MOST).must(ROLLED_BACK, "1[.]0[.]0 did not hold", "went back to 2[.]0[.]0")

    @contextlib.contextmanager
    def row(self, sentence, words, timeout=MOST, prepare=None):
        """The machine after it went down for `words`, which still waits for it."""
        stage = self.stage
        with self.report.test(sentence):
            self.disk.write(self.disk.system[0], self.system)
            shutil.rmtree(stage.state / "operations", ignore_errors=True)
            shutil.rmtree(stage.state / "slots", ignore_errors=True)
            machine = Machine(stage.ground, stage.folder, stage.device, stage.trust, stage.state)
            machine.boot("A", "good")
            with machine:
                if not machine.is_bootstrapped:
                    machine.bootstrap(stage.authority)
                if prepare:
                    prepare(machine)
                osctl = Running(*stage.osctl_words(machine, self.operator, *words, "--wait",
                                                   "--timeout", f"{timeout}s"),
                                env=stage.ground.environment())
                with osctl:
                    machine.wait_for_end()
                    expect(osctl.runs, lambda: f"osctl did not wait: {osctl.result(5)}")
                    yield machine, osctl

    def record(self, **changes):
        """The boot loader writes a try, or what became of it, into every copy."""
        for copy in COPIES:
            self.disk.write_record(copy, **changes)

    def start(self, machine, slot, state):
        machine.boot(slot, state)
        machine.start()

    def start_trial(self, machine):
        """Slot b boots on trial: one try is counted first."""
        expect_equal(self.disk.record("ENV0")["B"], "3", "what the record grants to slot b")
        self.record(B="2")
        self.start(machine, "B", "trial3")

    def settle_on_new(self, machine):
        """2.0.0 runs and is trusted."""
        self.stage.osctl(machine, self.operator, "upgrade", self.server.url("new.keel")).must(DONE)
        machine.kill()
        self.start_trial(machine)
        self.stage.osctl(machine, self.operator, "confirm").must(DONE)
