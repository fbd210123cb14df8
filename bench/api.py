"""The part `api`: what the agent's door costs, beside the same service by Python's grpcio.

One load generator (`load.c`) drives all of them: calls one after the other, 32 at once, a stream
read to its end, 200 clients that stay. Server CPU is what the kernel counted for the server.
"""

import contextlib
import json
import statistics
import subprocess
import time

from api_servers import HERE, MIB, Agent, GrpcioAio, GrpcioThreads, Stage
from experiments import median_of
from host import call

TITLE = "Calls and streams over mutual TLS"
CHECK = "/grpc.health.v1.Health/Check"
STATUS = "/keel.v1.NodeService/GetStatus"
AUDIT = "/keel.v1.NodeService/ReadAudit"
CLIENTS, SECONDS = 200, "2"
SETTLE = 8.0  # longer than the pause after which the agent gives freed memory back
FULL = 24_000_000  # bytes of audit log before anything is streamed
MEASURES = {
    "Check, 1 in flight": ("calls", CHECK, "1", SECONDS),
    "Check, 32 in flight": ("calls", CHECK, "32", SECONDS),
    "GetStatus, 1 in flight": ("calls", STATUS, "1", SECONDS),
    "GetStatus, 32 in flight": ("calls", STATUS, "32", SECONDS),
    "ReadAudit": ("stream", AUDIT, "2"),
}


class Load:
    """The load generator, compiled, with a client's certificate."""

    def __init__(self, stage):
        self.stage, self.program = stage, stage.host.work / "load"
        call("gcc", "-O2", "-Wall", HERE / "load.c", "-o", self.program, "-lgrpc", "-lgpr")

    def words(self, server, *what):
        return [str(word) for word in (self.program, f"127.0.0.1:{server.port}",
                                       *self.stage.certificates, *what)]

    def run(self, server, *what):
        """What it printed, and the CPU seconds that the server needed meanwhile."""
        before = server.cpu()
        said = json.loads(call(*self.words(server, *what), timeout=300))
        return {**said, "server_cpu": server.cpu() - before}

    @contextlib.contextmanager
    def holding(self, server, count):
        """`count` clients are connected, and have had an answer, until the block ends."""
        process = subprocess.Popen(self.words(server, "hold", count), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True)
        try:
            if not process.stdout.readline():
                raise RuntimeError(f"{count} clients of {server.name} could not stay")
            yield
        finally:
            process.stdin.close()
            process.wait(timeout=60)


def memory(load, server):
    """Idle after the start, under many clients, and when they have gone."""
    time.sleep(SETTLE)
    found = {"idle": server.memory()}
    with load.holding(server, CLIENTS):
        found[f"{CLIENTS} clients"] = server.memory()
    time.sleep(SETTLE)
    found["afterwards"] = server.memory()
    return found


def fill(load, server, folder):
    """Makes an audit log worth streaming; the agent writes it by itself, a line for each call."""
    end = time.monotonic() + 120
    while sum(file.stat().st_size for file in folder.glob("*.jsonl")) < FULL:
        if time.monotonic() > end:
            raise RuntimeError("the audit log does not grow")
        load.run(server, "calls", CHECK, "32", "3")


def measure(host, programs, rounds, say):
    """All rounds: ({"memory", "runs", "left_out"}, verdicts)."""
    stage = Stage(host, programs)
    load, servers, left_out = Load(stage), [], {}
    memories, runs = {}, {name: {} for name in MEASURES}
    for kind in (Agent, GrpcioThreads, GrpcioAio):
        server = kind(stage)
        try:
            server.start()
            memories[server.name] = memory(load, server)
            if kind is Agent:
                fill(load, server, stage.state / "audit")
        except (RuntimeError, OSError, subprocess.SubprocessError) as fault:
            if kind is Agent:
                raise
            left_out[server.name] = str(fault)
            continue
        servers.append(server)
    for number in range(-1, rounds):  # round -1 warms up
        turn = (number + 1) % len(servers)
        for name, what in MEASURES.items():
            for server in servers[turn:] + servers[:turn]:
                run = load.run(server, *what)
                if number >= 0:
                    runs[name].setdefault(server.name, []).append({"round": number, **run})
    for server in servers:
        memories[server.name]["after all rounds"] = server.memory()
    found = {"memory": memories, "runs": runs, "left_out": left_out}
    say(table(found, rounds))
    verdicts = judge(found)
    for verdict, sentence in verdicts:
        say(f"  {verdict:<11}{sentence}")
    return found, verdicts


def rate(run):
    """Calls a second, or MB a second of a stream."""
    if run["messages"] > run["calls"]:
        return run["bytes"] / run["seconds"] / 1e6
    return run["calls"] / run["seconds"]


def cost(run):
    """Server CPU: microseconds for a call, or for a MB of a stream."""
    if run["messages"] > run["calls"]:
        return run["server_cpu"] / run["bytes"] * 1e12
    return run["server_cpu"] / run["calls"] * 1e6


def share(run):
    """Of all CPU time that server and load generator took, what the generator took: percent."""
    return 100 * run["cpu"] / max(run["cpu"] + run["server_cpu"], 1e-9)


def table(found, rounds):
    lines = ["", f"api: {TITLE}", f"  {rounds} paired rounds of {SECONDS} s, median (min-max); "
             "ReadAudit in MB/s and us/MB", ""]
    row = "  {:<24}{:<17}{:>24}{:>14}{:>11}{:>9}{:>8}"
    lines.append(row.format("", "", "calls/s", "CPU us/call", "p50 us", "p99 us", "load %"))
    for name, contenders in found["runs"].items():
        for who, runs in contenders.items():
            middle = lambda value: statistics.median(map(value, runs))
            lines.append(row.format(
                name, who, "{:.0f} ({:.0f}-{:.0f})".format(*median_of(list(map(rate, runs)))),
                f"{middle(cost):.0f}", f"{middle(lambda run: run['p50']) * 1e6:.0f}",
                f"{middle(lambda run: run['p99']) * 1e6:.0f}", f"{middle(share):.0f}"))
    lines.append("")
    for who, moments in found["memory"].items():
        lines.append(f"  {who}: RSS MiB (its own of it) " + ", ".join(
            f"{moment} {value['VmRSS'] / MIB:.1f} ({value['RssAnon'] / MIB:.1f})"
            for moment, value in moments.items()))
    lines += [f"  {who}: left out, {why}" for who, why in found["left_out"].items()]
    return "\n".join(lines)


def judge(found):
    """(verdict, sentence) for each goal."""
    def ratio(name, value, other):
        """Round by round."""
        ours, theirs = found["runs"][name][Agent.name], found["runs"][name].get(other)
        return theirs and median_of([value(a) / value(b) for a, b in zip(ours, theirs)])

    judged = []

    def add(what, figures, good, aim):
        if not figures:
            judged.append(("not judged", f"{what}: no runs, {aim}"))
            return
        verdict = "shown" if good is None else "met" if good(figures[0]) else "NOT MET"
        text = "{:.3g} ({:.3g}-{:.3g})".format(*figures) if figures[0] < 1000 else \
            "{:.0f} ({:.0f}-{:.0f})".format(*figures)
        judged.append((verdict, f"{what}: {text}, {aim}"))

    busy = found["runs"]["Check, 32 in flight"][Agent.name]
    add("Check, 32 in flight, calls/s", median_of(list(map(rate, busy))),
        lambda value: value >= 10_000, "goal >= 10000")
    add("Check, 32 in flight, server CPU us", median_of(list(map(cost, busy))),
        lambda value: value <= 47, "goal <= 47")
    for name in MEASURES:
        for other in (GrpcioThreads.name, GrpcioAio.name):
            add(f"{name}: rate of ours / {other}", ratio(name, rate, other),
                (lambda value: value >= 1) if name.startswith("Check") else None,
                "goal >= 1" if name.startswith("Check") else "no goal")
    mine = found["memory"][Agent.name]
    idle, after = (mine[moment]["VmRSS"] / MIB for moment in ("idle", "afterwards"))
    add("RSS MiB, idle", (idle,) * 3, None, "no goal")
    add(f"RSS after {CLIENTS} clients / idle", (after / idle,) * 3, lambda value: value <= 1.5,
        "goal <= 1.5")
    return judged
