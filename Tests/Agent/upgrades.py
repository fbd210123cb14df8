"""Upgrades through the agent from nginx onto the loop disk; osctl and the agent are killed in the
middle. Each ends in an installed, granted slot, which another program reads afterwards."""

import shutil
import time

from bundle import Bundle
from cost import Bound
from disk import DiskImage
from pki import Pki
from programs import BUSY, DONE, Running, call
from report import Wrong, expect, expect_equal
from servers import TOKEN, Nginx

SECONDS = 3
"""How long a fetch is made to take."""
MOST = 120


def run(ground, fixture, report):
    with ground.stage("upgrades", fixture) as stage:
        bench = Bench(ground, fixture, stage, report)
        with Nginx(stage.folder, rate=bench.rate) as server:
            whole(bench, server)
            busy(bench, server)
            length = bench.length
            chance = ground.chance("upgrades")
            for number in range(8 if ground.runs_all else 3):
                osctl_killed(bench, server, number, chance.uniform(0.05, 0.9) * length,
                             attach=number % 2 == 0)
            for number in range(12 if ground.runs_all else 4):
                agent_killed(bench, server, number, drawn(chance, length),
                             watched=number % 2 == 0)
            several_kills(bench, server, [chance.uniform(0.2, 0.6) * length for _ in range(3)])
            cancelled(bench, server)
        pki = Pki(stage.folder)
        # Slow, and at most half done: progress is told in steps of half a MiB, a quarter of this
        # release, so that much is still to come when the agent is found far enough to be killed.
        with Nginx(stage.folder, rate=bench.rate // 3, pki=pki) as server:
            for number in range(4 if ground.runs_all else 1):
                secret_killed(bench, server, pki, number, chance.uniform(0.05, 0.49))


def drawn(chance, length):
    """A moment of an upgrade: its ends, where slots and records change, come up more often."""
    place = chance.random()
    if place < 0.25:
        return chance.uniform(0, 0.2)
    if place < 0.5:
        return max(0.0, length - chance.uniform(0, 0.3))
    return chance.uniform(0, 1) * length


class Bench:
    """A disk that runs 1.0.0 in slot a, put back before each case."""

    def __init__(self, ground, fixture, stage, report):
        self.ground, self.stage, self.report = ground, stage, report
        self.running = Bundle.read(fixture.release("v1", "1.0.0", small=True))
        release = fixture.release("v2", "2.0.0", small=True)
        self.bundle = Bundle.read(release)
        shutil.copy(release, stage.folder / "new.keel")
        self.disk = DiskImage(stage.device)
        self.slot_a = self.disk.digest(*self.disk.slots["a"])
        self.system = self.disk.read(self.disk.system[0], self.disk.system[1] - self.disk.system[0])
        fetched = Bound(self.disk, "b", self.bundle, self.running).asked_bytes
        self.rate = max(100_000, fetched // SECONDS)
        self.operator = stage.identity("operator")
        self.reader = stage.identity("reader")
        self.length = SECONDS

    def fresh(self):
        """The disk as it was made, and a node that has no operations yet."""
        start, end = self.disk.slots["b"]
        self.disk.write(self.disk.system[0], self.system)
        for offset in range(start, end, 1 << 20):
            self.disk.write(offset, bytes(min(1 << 20, end - offset)))
        shutil.rmtree(self.stage.state / "operations", ignore_errors=True)

    def upgrade_words(self, server, agent, path="slow/new.keel", wait=True):
        words = ["upgrade", "--no-reboot", server.url(path)]
        return self.stage.osctl_words(agent, self.operator, *words,
                                      "--wait" if wait else "--no-wait")

    def upgrade(self, server, agent, path="slow/new.keel"):
        return self.stage.osctl(agent, self.operator, "upgrade", "--wait", "--no-reboot",
                                server.url(path), timeout=MOST)

    def operations(self, agent):
        with agent.client(self.reader) as client:
            answer = client.call("ListOperations")
        expect_equal(answer.code, "OK", f"the operations ({answer})")
        return answer.message.operations

    def wait_for_end(self, agent, seconds=MOST):
        """The newest operation when none runs any more."""
        states = self.ground.api.Operation.State
        end = time.monotonic() + seconds
        while True:
            found = self.operations(agent)
            if found and found[0].state not in (states.Value("STATE_RUNNING"),
                                                states.Value("STATE_PENDING")):
                return found[0]
            expect(time.monotonic() < end,
                   lambda: f"an operation runs after {seconds} s: {found[:1]}")
            time.sleep(0.1)

    def state_name(self, operation):
        return self.ground.api.Operation.State.Name(operation.state)

    def installed(self):
        """2.0.0 stands in slot b and boots next, on trial; slot a is as it was. Others say so."""
        slots = {slot["slot"]: slot for slot in self.stage.slots()}
        expect_equal(slots["b"].get("version"), "2.0.0", f"slot b's version in {slots['b']}")
        expect_equal(slots["b"].get("content"), "whole", "slot b's content")
        text = str(slots["b"])
        expect("trial" in text, f"slot b is not granted a trial: {text}")
        proved = self.ground.osctl(self.stage.device, self.stage.trust, "prove").must(
            DONE, r"slot b: 2\.0\.0 is whole")
        expect("slot a: 1.0.0 is whole" in proved.out, proved.out)
        expect_equal(self.disk.digest(*self.disk.slots["a"]), self.slot_a, "slot a, which runs,")
        record = self.disk.record("ENV0")
        expect_equal((record["A"], record["B"]), ("good", "3"), "what the record grants")


def whole(bench, server):
    with bench.report.test("osctl upgrade --wait --no-reboot installs a release through the agent"):
        with bench.stage.agent() as agent:
            start = time.monotonic()
            result = bench.upgrade(server, agent)
            bench.length = time.monotonic() - start
            result.must(DONE)
            newest = bench.operations(agent)[0]
            expect_equal(bench.state_name(newest), "STATE_SUCCEEDED", "the operation's state")
            expect_equal(newest.version, "2.0.0", "the operation's version")
            expect("operator" in newest.started_by, f"it was started by {newest.started_by}")
            agent.stop()
        bench.installed()
        bench.report.note(f"an upgrade took {bench.length:.1f} s at {bench.rate} bytes/s")
    with bench.report.test("the same command again writes nothing and is done"):
        with bench.stage.agent() as agent:
            before = bench.disk.digest(*bench.disk.slots["b"])
            bench.upgrade(server, agent).must(DONE, "already")
            expect_equal(bench.disk.digest(*bench.disk.slots["b"]), before, "slot b")
            agent.stop()
        bench.installed()


def busy(bench, server):
    with bench.report.test("a second upgrade is refused with who runs the first and how far it is"):
        bench.fresh()
        with bench.stage.agent() as agent:
            with Running(*bench.upgrade_words(server, agent),
                         env=bench.ground.environment()) as first:
                running(bench, agent)
                with agent.client(bench.operator) as client:
                    answer = client.call("Upgrade", source=server.url("whole/new.keel"),
                                         request_id="another-request-0001")
                expect_equal(answer.code, "FAILED_PRECONDITION", f"the code ({answer})")
                expect_equal(answer.reason, "REASON_BUSY", "the reason")
                expect("CN=operator" in answer.detail.operation.started_by,
                       f"it names {answer.detail.operation.started_by!r}")
                expect(answer.detail.operation.phase != 0, "it does not say how far it is")
                other = bench.ground.home / "other"
                other.mkdir(exist_ok=True)
                again = call(*bench.stage.osctl_words(
                    agent, bench.operator, "upgrade", "--no-reboot",
                    server.url("whole/new.keel")), env=bench.ground.environment(other))
                expect_equal(again.code, BUSY, f"osctl's end code ({again.sentence})")
                first.result(timeout=MOST).must(DONE)
            agent.stop()
        bench.installed()


def running(bench, agent, seconds=20):
    """Waits until an operation runs; it."""
    end = time.monotonic() + seconds
    while True:
        for operation in bench.operations(agent)[:1]:
            if bench.state_name(operation) == "STATE_RUNNING":
                return operation
        expect(time.monotonic() < end, f"no operation runs within {seconds} s")
        time.sleep(0.02)


def written(bench, agent, part, seconds=MOST):
    """Waits until that part of a release is written; the operation, which still runs."""
    end = time.monotonic() + seconds
    writing = bench.ground.api.Operation.Phase.Value("PHASE_WRITING")
    while True:
        operation = running(bench, agent)
        told = operation.progress
        if operation.phase == writing and told.total and told.bytes >= part * told.total:
            return operation
        expect(time.monotonic() < end, lambda: f"after {seconds} s it is at {operation}")
        time.sleep(0.02)


def osctl_killed(bench, server, number, moment, attach):
    how = "upgrade --attach" if attach else "the same command"
    with bench.report.test(f"osctl killed after {moment * 1000:.0f} ms ({number + 1}), then {how}: "
                           "installed"):
        bench.fresh()
        with bench.stage.agent() as agent:
            server.forget()
            with Running(*bench.upgrade_words(server, agent),
                         env=bench.ground.environment()) as first:
                operation = running(bench, agent)
                time.sleep(moment)
                first.kill()
            if attach:
                again = bench.stage.osctl(agent, bench.operator, "upgrade", "--attach",
                                          timeout=MOST)
            else:
                again = bench.upgrade(server, agent)
            again.must(DONE)
            found = bench.operations(agent)
            ours = [each for each in found if each.id == operation.id]
            expect(ours and bench.state_name(ours[0]) == "STATE_SUCCEEDED",
                   lambda: f"the operation that was begun: {ours}")
            agent.stop()
        bench.installed()


def agent_killed(bench, server, number, moment, watched):
    who = "while osctl watches" if watched else "with nobody watching"
    with bench.report.test(f"agent killed with -9 after {moment * 1000:.0f} ms ({number + 1}), "
                           f"{who}, and started again: installed"):
        bench.fresh()
        with bench.stage.agent() as agent:
            with Running(*bench.upgrade_words(server, agent, wait=watched),
                         env=bench.ground.environment()) as first:
                if watched:
                    running(bench, agent)
                else:
                    first.result(timeout=30).must(DONE)
                time.sleep(moment)
                agent.kill()
                bound = Bound(bench.disk, "b", bench.bundle, bench.running)
                server.forget()
                agent.start()
                sent = ended(bench, server, agent, first if watched else None)
            expect(sent <= bound.bytes, f"{sent} bytes were fetched after the kill, at most "
                   f"{bound.bytes} were needed ({bound.missing_bytes} missing)")
            agent.stop()
        bench.installed()


def ended(bench, server, agent, first):
    """The operation went on by itself, or the same command finishes it; osctl tells the truth.
    The bytes that it took."""
    last = bench.wait_for_end(agent)
    state = bench.state_name(last)
    if first:
        result = first.result(timeout=MOST)
        expect(result.code in (0, 1, 5), f"osctl ended with {result.code}: {result.sentence}")
        expect((result.code == 0) == (state == "STATE_SUCCEEDED") or result.code in (1, 5),
               f"osctl ended with {result.code} and the operation is {state}")
    expect(state in ("STATE_SUCCEEDED", "STATE_INTERRUPTED"), f"the operation is {state}: {last}")
    if state == "STATE_INTERRUPTED":
        bench.upgrade(server, agent).must(DONE)
    sent = sum(size for _, size in server.requests())
    bench.upgrade(server, agent).must(DONE, "already")
    return sent


def secret_killed(bench, server, pki, number, part):
    """The token is not kept, so the next start cannot go on by itself: the same request does."""
    with bench.report.test(f"agent killed with -9 at {part:.0%} of an upgrade with a token "
                           f"({number + 1}): interrupted, and the same request id takes it up"):
        bench.fresh()
        token = bench.stage.folder / "token"
        token.write_text(TOKEN + "\n")
        request = f"with-a-token-{number}"
        with bench.stage.agent() as agent:
            words = bench.stage.osctl_words(
                agent, bench.operator, "upgrade", "--no-reboot", "--request-id", request,
                "--token-file", token, "--source-ca", pki.file("ca.pem"),
                f"https://127.0.0.1:{server.tls}/slow-secret/new.keel")
            home = bench.ground.environment()
            call(*words, "--no-wait", env=home, timeout=30).must(DONE)
            begun = written(bench, agent, part)
            agent.kill()
            bound = Bound(bench.disk, "b", bench.bundle, bench.running)
            server.forget()
            agent.start()
            last = bench.wait_for_end(agent)
            expect_equal((last.id, bench.state_name(last)), (begun.id, "STATE_INTERRUPTED"),
                         "the operation after the kill")
            expect("secret is not kept" in last.outcome, f"it says: {last.outcome}")
            time.sleep(0.5)
            expect_equal(server.requests(), [], "what was asked for without the token")
            call(*words, "--wait", env=home, timeout=MOST).must(DONE)
            found = bench.operations(agent)
            expect_equal([(each.id, bench.state_name(each)) for each in found],
                         [(begun.id, "STATE_SUCCEEDED")], "the operations")
            sent = sum(size for _, size in server.requests())
            expect(sent <= bound.bytes, f"{sent} bytes were fetched after the kill, at most "
                   f"{bound.bytes} were needed")
            for path in bench.stage.state.rglob("*"):
                expect(not path.is_file() or TOKEN.encode() not in path.read_bytes(),
                       f"{path.name} holds the token")
            agent.stop()
        bench.installed()


def several_kills(bench, server, moments):
    with bench.report.test("agent killed with -9 three times in one upgrade: installed"):
        bench.fresh()
        with bench.stage.agent() as agent:
            with Running(*bench.upgrade_words(server, agent, wait=False),
                         env=bench.ground.environment()) as first:
                first.result(timeout=30).must(DONE)
            for moment in moments:
                time.sleep(moment)
                agent.kill()
                agent.start()
            ended(bench, server, agent, None)
            agent.stop()
        bench.installed()


def cancelled(bench, server):
    with bench.report.test("a cancelled upgrade stops, slot b may not boot, and the next one is "
                           "done"):
        bench.fresh()
        with bench.stage.agent() as agent:
            with Running(*bench.upgrade_words(server, agent),
                         env=bench.ground.environment()) as first:
                operation = running(bench, agent)
                time.sleep(SECONDS / 3)
                with agent.client(bench.operator) as client:
                    answer = client.call("CancelOperation", id=operation.id)
                expect_equal(answer.code, "OK", f"the code ({answer})")
                result = first.result(timeout=MOST)
                if result.code == DONE:
                    raise Wrong("osctl says it was done")
            expect_equal(bench.state_name(bench.wait_for_end(agent)), "STATE_CANCELLED",
                         "the state")
            expect_equal(bench.disk.record("ENV0")["B"], "none", "what slot b is granted")
            bench.upgrade(server, agent, "whole/new.keel").must(DONE)
            agent.stop()
        bench.installed()
