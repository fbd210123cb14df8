"""Several nodes asked by one osctl: a result for each, and an end code that hides no failure."""

import contextlib
import json

from agent import Agent
from programs import DONE, call
from report import expect, expect_equal
from servers import free_port

FAILED, REFUSED = 1, 2


def run(ground, fixture, report):
    with ground.stage("many", fixture) as stage, contextlib.ExitStack() as ending:
        other = stage.folder / "other.img"
        fixture.disk(other, fixture.release("v1", "1.0.0", small=True), slot_size=32 << 20)
        agents = []
        for number, disk in enumerate((stage.device, other)):
            agent = Agent(ground, stage.folder, disk, stage.trust, stage.folder / f"state-{number}")
            ending.enter_context(agent)
            agent.bootstrap(stage.authority)
            agents.append(agent)
        nodes(stage, agents, report)


def nodes(stage, agents, report):
    reader = stage.identity("reader")
    home = stage.folder / "home-of-many"
    home.mkdir()
    environment = stage.ground.environment(home)
    who = ["--cert", reader.certificate, "--key", reader.key]
    osctl = stage.ground.programs / "osctl"
    for agent in agents:
        words = [osctl, "--endpoint", agent.address, "--fingerprint", agent.fingerprint, *who]
        call(*words, "identity", env=environment).must(DONE)
    names = [agent.address for agent in agents]
    dead = f"127.0.0.1:{free_port()}"

    def ask(endpoints, *words):
        return call(osctl, "-n", ",".join(endpoints), *who, *words, env=environment)

    with report.test("several nodes stand in one table, in the order given, and end with 0"):
        told = ask(names[::-1], "slots").must(DONE, "NODE")
        places = [told.out.index(name) for name in names[::-1]]
        expect_equal(places, sorted(places), "the order of the nodes")
    with report.test("one node of three that does not answer is named, and the others are shown"):
        told = ask([names[0], dead, names[1]], "slots")
        expect(told.code in (FAILED, REFUSED), f"it ended with {told.code}: {told.err}")
        expect(dead in told.err and all(name in told.out for name in names), told.err + told.out)
    with report.test("for programs each node is an object on a line, with its answer or its error"):
        told = ask([names[0], dead, names[1]], "status", "--output", "json")
        lines = [json.loads(line) for line in told.out.splitlines()]
        expect_equal([line["node"] for line in lines], [names[0], dead, names[1]], "the nodes")
        expect_equal(["answer" in line for line in lines], [True, False, True], "the answers")
        expect_equal(lines[1]["code"], told.code, "the end code")
    with report.test("a refusal by all nodes is the worst of all codes"):
        told = ask(names, "reboot")
        expect_equal(told.code, REFUSED, "the end code")
        expect_equal(len(told.sentence.splitlines()), 2, f"sentences in {told.sentence}")
