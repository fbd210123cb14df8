#!/usr/bin/env python3
"""Measures KeelOS's upgrade and its API against their peers on this machine. Needs root.

Every contender runs once per round, the order rotates, the first round is not counted. After each
run the slot is read from the device and must hold the image. Raw runs go to build/bench/.
"""

import argparse
import contextlib
import json
import os
import pathlib
import platform
import shutil
import subprocess
import sys
import time

import api
import nodes
import report
from experiments import EXPERIMENTS
from host import (MIB, Disk, Host, Scratch, Server, allocate, call, plain_disk)
from measure import Meter
from ours import Templates
from peers import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "bench"
QUICK = {"v1": "demo-v1", "v2": "demo-v2"}
SPACE = 10_000_000_000


def say(text=""):
    print(text, flush=True)


class Bench:
    """The machine as the experiments see it."""

    def __init__(self, host, arguments, fixtures):
        self.host, self.fixtures, self.images = host, fixtures, {}
        self.names = QUICK if arguments.quick else {}
        self.running = self.image("v1")
        self.server = Server(host)
        self.templates = Templates(arguments.ours, arguments.programs, host)
        image = host.work / "disk.img"
        if not self.templates.disk(self.running, image):
            plain_disk(image, self.running.path, 1024 * MIB)
        allocate(image)
        self.disk = Disk(host, image)
        self.scratch = Scratch(host, 1_600_000_000)
        self.meter = Meter(host, self.scratch, timeout=300)
        self.prepared = set()

    def image(self, name):
        name = self.names.get(name, name)
        if name not in self.images:
            self.images[name] = Image.of(self.fixtures / f"{name}.squashfs")
        return self.images[name]

    def serve(self, image):
        with contextlib.suppress(FileExistsError):
            (self.server.root / image.path.name).symlink_to(image.path)

    def certificate(self):
        """A self-signed certificate and its key, for the peers that want X.509."""
        certificate, key = self.host.work / "cert.pem", self.host.work / "cert.key"
        if not certificate.exists():
            call("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bench",
                 "-days", "3650", "-keyout", key, "-out", certificate)
        return certificate, key

    def prepare(self, contender, image):
        """Why it cannot take part, or None when all it needs is made."""
        reason = contender.missing()
        if reason is None and (contender.name, image.name) not in self.prepared:
            try:
                contender.prepare(image)
            except (RuntimeError, OSError) as fault:
                return f"could not be prepared: {fault}"
            self.prepared.add((contender.name, image.name))
        return reason

    def run(self, contender, image, base):
        """One measured run, from a dirty slot to a checked one."""
        self.disk.dirty(image.size)
        contender.reset()
        mark, load = self.server.mark(), os.getloadavg()[0]
        cost = self.meter.measure(contender.command(image, base), contender.service,
                                  getattr(contender, "ready", None), contender.environment)
        wire, requests = self.server.since(mark)
        if cost.status:
            raise RuntimeError(f"ended with {cost.status}: {cost.output}")
        if self.disk.target_digest(image.size) != image.sha256_with(contender.withheld):
            raise RuntimeError(f"left other bytes in the slot: {cost.output}")
        return {"contender": contender.name, "size": image.size, "whole": contender.size(image),
                "wall": cost.wall, "cpu": cost.cpu, "rss": cost.rss, "wire": wire,
                "requests": requests, "temporary": cost.temporary, "load": load}


def perform(bench, experiment, rounds, contenders):
    """All rounds of one experiment: ({contender: runs}, {contender: why it is not there})."""
    image, notes, taking = bench.image(experiment.image), {}, []
    bench.serve(image)
    for kind in experiment.contenders:
        contender = contenders.setdefault(kind, kind(bench))
        reason = bench.prepare(contender, image)
        if reason:
            notes[contender.name] = reason
        else:
            taking.append(contender)
    base = bench.server.slow if experiment.slow else bench.server.url
    results, failed = {contender.name: [] for contender in taking}, set()
    for number in range(-1, rounds):  # round -1 warms up
        turn = (number + 1) % max(1, len(taking))
        for contender in taking[turn:] + taking[:turn]:
            if contender.name in failed:
                continue
            try:
                run = bench.run(contender, image, base)
            except RuntimeError as fault:
                failed.add(contender.name)
                notes[contender.name] = f"FAILED: {fault}"
                continue
            if number >= 0:
                results[contender.name].append({"round": number, **run})
    for name in failed:
        results[name] = []
    return results, notes, bool(failed)


def limits(bench, rounds):
    """Bytes a second of each single stage that an install cannot do without."""
    image, slot = bench.image("v2"), bench.disk.slot_b
    bench.serve(image)
    stages = {
        "SHA-256 of a cached file (openssl, one core)": f"openssl dgst -sha256 {image.path}",
        "HTTP on loopback to /dev/null (curl)":
            f"curl -sf -o /dev/null {bench.server.url}/{image.name}.squashfs",
        "device write, direct, flushed (dd)":
            f"dd if={image.path} of={slot} bs=1M oflag=direct conv=fsync,notrunc status=none",
        "device read, direct (dd)":
            f"dd if={slot} of=/dev/null bs=1M count={image.size // MIB} iflag=direct status=none",
    }
    speeds = {name: [] for name in stages}
    for number in range(-1, rounds):
        for name, command in stages.items():
            # `timeout` bounds it: Python's own would poll, and measure in steps of 50 ms.
            begun = time.perf_counter()
            subprocess.run(["timeout", "300", "bash", "-c", command], check=True,
                           stdout=subprocess.DEVNULL)
            if number >= 0:
                speeds[name].append(image.size / (time.perf_counter() - begun))
    return speeds


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="ascii")
                  if line.startswith("model name")), platform.machine())
    return {"cpu": model, "cores": os.cpu_count(), "kernel": platform.release(),
            "load": os.getloadavg()[0], "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def fixtures(arguments):
    if arguments.fixtures:
        return arguments.fixtures.resolve()
    folder = BUILD / "fixtures"
    for name in ["demo"] if arguments.quick else ["bench"]:
        subprocess.run([ROOT / "scripts/fixtures/roots.py", folder, name], check=True)
    return folder


def measure_all(arguments, chosen):
    rounds = arguments.rounds or (3 if arguments.quick else 9)
    record = {"machine": machine(), "rounds": rounds, "limits": {}, "experiments": {}}
    say("{cpu}, {cores} cores, kernel {kernel}, load {load:.2f}".format(**record["machine"]))
    if record["machine"]["load"] > 0.5:
        say("The machine is not idle: compare ratios, and mistrust even those.")
    broken, verdicts = False, []
    if not arguments.only or "api" in arguments.only:
        with Host(BUILD) as host:
            found, judged = api.measure(host, arguments.programs, rounds, say)
        record["experiments"]["api"] = found
        verdicts += [{"verdict": verdict, "goal": f"api: {goal}"} for verdict, goal in judged]
    if not arguments.only or "node" in arguments.only:
        with Host(BUILD) as host:
            found, judged = nodes.measure(host, arguments.programs, rounds, say)
        record["experiments"]["node"] = found
        verdicts += [{"verdict": verdict, "goal": f"node: {goal}"} for verdict, goal in judged]
    if not arguments.only or "cluster" in arguments.only:
        record["experiments"]["cluster"] = joined(arguments.programs, min(rounds, 3))
    if chosen:
        broken = measure_upgrades(arguments, chosen, rounds, record, verdicts)
    record["goals"] = verdicts
    return record, broken


def joined(programs, rounds):
    """Lives in a network of its own, and so in a process of its own."""
    done = subprocess.run([sys.executable, "-B", ROOT / "bench" / "joined.py", "--programs",
                           programs, "--rounds", str(rounds)], text=True, stdout=subprocess.PIPE,
                          check=True, timeout=14400)
    shown, _, found = done.stdout.rstrip().rpartition("\n")
    say(shown)
    return json.loads(found)


def measure_upgrades(arguments, chosen, rounds, record, verdicts):
    """Adds what it finds to the record; whether a contender failed."""
    results, broken = {}, False
    with Host(BUILD) as host:
        bench, contenders = Bench(host, arguments, fixtures(arguments)), {}
        if bench.templates.fault:
            say(f"ours takes no part: {bench.templates.fault}")
        record["limits"] = limits(bench, 3)
        say(report.limits_table(record["limits"]))
        for experiment in chosen:
            found, notes, failed = perform(bench, experiment, rounds, contenders)
            results[experiment.name], broken = found, broken or failed
            record["experiments"][experiment.name] = {"runs": found, "left_out": notes}
            say(report.table(experiment, bench.image(experiment.image), found, notes))
            if experiment.name == "full":
                say(report.distance(record["limits"], found, bench.image(experiment.image).size))
            for verdict, sentence in report.judge(experiment, results):
                say(f"  {verdict:<11}{sentence}")
                verdicts.append({"verdict": verdict, "goal": f"{experiment.name}: {sentence}"})
    return broken


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true",
                        help="three rounds of the smaller pair: does everything work?")
    parser.add_argument("--only", action="append", metavar="NAME",
                        choices=[experiment.name for experiment in EXPERIMENTS]
                        + ["api", "node", "cluster"],
                        help="one experiment (repeatable): %(choices)s")
    parser.add_argument("--rounds", type=int, help="counted rounds (default 9)")
    parser.add_argument("--programs", type=pathlib.Path, metavar="DIR",
                        default=ROOT / ".build/release",
                        help="where osctl and keel-image lie (default .build/release)")
    parser.add_argument("--ours", type=pathlib.Path, metavar="FILE",
                        default=pathlib.Path(__file__).resolve().parent / "ours.json",
                        help="our command lines (default ours.json)")
    parser.add_argument("--fixtures", type=pathlib.Path, metavar="DIR",
                        help="take the images from here")
    arguments = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("bench: it makes loop devices and mounts a scratch file system: run it as root")
    BUILD.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(BUILD).free < SPACE:
        sys.exit(f"bench: {SPACE / 1e9:.0f} GB of free disk space are needed in {BUILD}")
    chosen = [experiment for experiment in EXPERIMENTS
              if (experiment.name in arguments.only if arguments.only
                  else experiment.quick or not arguments.quick)]
    record, broken = measure_all(arguments, chosen)
    file = BUILD / time.strftime("runs-%Y%m%d-%H%M%S.json", time.gmtime())
    file.write_text(json.dumps(record, indent=1) + "\n")
    counts = {verdict: sum(1 for goal in record["goals"] if goal["verdict"] == verdict)
              for verdict in ("met", "NOT MET", "not judged", "shown")}
    if arguments.quick:
        say("\nThe goals are for the larger images of a full run: here they are no verdict.")
    say("\nGoals: " + ", ".join(f"{count} {verdict}" for verdict, count in counts.items()))
    for goal in record["goals"]:
        if goal["verdict"] != "met":
            say(f"  {goal['verdict']}: {goal['goal']}")
    say(f"Raw runs: {file.relative_to(ROOT)}")
    sys.exit(1 if broken else 0)


if __name__ == "__main__":
    main()
