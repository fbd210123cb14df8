"""The client CA is changed at run time, under load, while an upgrade runs."""

import threading
import time

from authority import Authority
from programs import DONE, Running
from report import expect, expect_equal
from servers import Nginx
from upgrades import MOST, Bench, running

LOAD = 6
GRACE = 5.0
"""Seconds after which an old client must be refused on a connection that was open before."""


def run(ground, fixture, report):
    with ground.stage("swap", fixture) as stage:
        bench = Bench(ground, fixture, stage, report)
        with Nginx(stage.folder, rate=bench.rate) as server, stage.agent() as agent:
            swapped(bench, server, agent, Authority(stage.folder / "next", "next"))
    with ground.stage("both", fixture) as stage, stage.agent() as agent:
        both(stage, agent, report)


class Load:
    """Clients that ask again and again; half of them on one connection, half on new ones."""

    def __init__(self, agent, identity, calls):
        self.agent, self.identity, self.calls = agent, identity, calls
        self.answers = []
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._ask, args=(number % 2 == 0,), daemon=True)
                        for number in range(LOAD)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join(timeout=30)

    def _ask(self, keeps):
        kept = self.agent.client(self.identity, calls=self.calls) if keeps else None
        while not self.stopping.is_set():
            client = kept or self.agent.client(self.identity, calls=self.calls)
            answer = client.call("GetStatus", timeout=5)
            self.answers.append((time.monotonic(), keeps, answer.code))
            if not kept:
                client.close()
            time.sleep(0.02)
        if kept:
            kept.close()

    def codes(self, keeps, since):
        return [code for when, kept, code in self.answers if kept == keeps and when >= since]


def swapped(bench, server, agent, following):
    report, stage, ground = bench.report, bench.stage, bench.ground
    old_reader, old_admin = stage.identity("reader"), stage.identity("admin")
    new_reader = following.issue("reader2", organisations=["keelos:reader"])
    new_operator = following.issue("operator2", organisations=["keelos:operator"])
    pid, api, watching = agent.pid, ground.api, None
    with agent.client(old_admin) as admin, agent.client(old_reader) as idle, \
            Running(*bench.upgrade_words(server, agent, wait=False),
                    env=ground.environment()) as first, Load(agent, old_reader, []) as load:
        with report.test("an upgrade is begun, and old clients are answered under load"):
            first.result(timeout=30).must(DONE)
            operation = running(bench, agent)
            watching = admin.stream("WatchOperation", id=operation.id)
            expect_equal(idle.call("GetStatus").code, "OK", "a status")
            time.sleep(0.5)
            failed = {code for _, _, code in load.answers} - {"OK"}
            expect(not failed, f"under load there were {failed}")
            expect(len(load.answers) > LOAD, f"only {len(load.answers)} answers came")
        with report.test("the admin gives the node another client CA while all of that goes on"):
            answer = admin.call("Bootstrap", client_ca=api.ClientCA(ca=following.pem.decode()),
                                timeout=20)
            swapped_at = time.monotonic()
            expect_equal(answer.code, "OK", f"the bootstrap ({answer})")
        with report.test("clients of the new CA are accepted, by the same process"):
            agent.answers(new_reader, seconds=10)
            expect(agent.runs and agent.pid == pid, "the agent is another process")
        with report.test("clients of the old CA get no new connection"):
            with agent.client(old_reader) as client:
                answer = client.call("GetStatus", timeout=5)
            expect(answer.code in ("UNAVAILABLE", "UNAUTHENTICATED"), f"it answered {answer}")
        with report.test(f"clients of the old CA are refused within {GRACE:.0f} s on connections "
                         "that were open"):
            time.sleep(max(0.0, swapped_at + GRACE - time.monotonic()))
            answer = idle.call("GetStatus", timeout=5)
            expect(answer.code in ("UNAVAILABLE", "UNAUTHENTICATED"), f"it answered {answer}")
            answer = admin.call("Bootstrap", client_ca=api.ClientCA(
                ca=stage.authority.pem.decode()), timeout=20)
            expect(answer.code in ("UNAVAILABLE", "UNAUTHENTICATED"),
                   f"the old admin took the node back: {answer}")
        with report.test("under load nobody of the old CA is answered any more"):
            since = time.monotonic() + 0.2
            time.sleep(1)
            for keeps, where in ((True, "kept connections"), (False, "new connections")):
                late = set(load.codes(keeps, since))
                expect("OK" not in late, f"on {where} they still get {late}")
                expect(late, f"on {where} nobody asked")
        with report.test("the upgrade that ran went on to its end"):
            bench.reader = new_reader
            last = bench.wait_for_end(agent, MOST)
            expect_equal(last.id, operation.id, "the newest operation")
            expect_equal(bench.state_name(last), "STATE_SUCCEEDED", "its state")
            expect(watching is not None, "nobody watched it")
            watching.cancel()
    with report.test("osctl of the new CA sees the upgrade done; the slot is installed and "
                     "granted"):
        bench.operator = new_operator
        stage.osctl(agent, new_operator, "status").must(DONE)
        expect_equal(agent.pid, pid, "the agent's process")
        agent.stop()
        bench.installed()


def both(stage, agent, report):
    """A CA file with an old and a new authority lets both in, so that nobody is locked out."""
    following = Authority(stage.folder / "next", "next")
    api = stage.ground.api
    with report.test("with both authorities in force clients of both are accepted"):
        with agent.client(stage.identity("admin")) as admin:
            answer = admin.call("Bootstrap", client_ca=api.ClientCA(
                ca=(stage.authority.pem + following.pem).decode()))
            expect_equal(answer.code, "OK", f"the bootstrap ({answer})")
            expect_equal(len(answer.message.client_ca_fingerprints), 2, "the authorities in force")
        agent.answers(stage.identity("reader"), seconds=10)
        agent.answers(following.issue("reader2", organisations=["keelos:reader"]), seconds=10)
    with report.test("after kill -9 and a new start both are accepted still"):
        agent.kill()
        agent.start()
        agent.answers(stage.identity("reader"), seconds=10)
        agent.answers(following.issue("reader2", organisations=["keelos:reader"]), seconds=10)
