#!/usr/bin/env python3
"""A node of a real cluster in QEMU, without a peer: how long from power-on and from its bootstrap
to Ready, from the cordon of an upgrade to taking pods again, and what its programs keep in memory.

Prints a table and, as its last line, what it found as JSON. Wants root; lives in a network
namespace of its own.
"""

import argparse
import contextlib
import json
import pathlib
import re
import statistics
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[0:1] = [str(ROOT / "scripts" / "fixtures" / "cluster"), str(ROOT / "Tests" / "EndToEnd"),
                 str(ROOT / "Tests" / "Cluster"), str(ROOT / "Tests" / "Node"),
                 str(ROOT / "scripts" / "qemu"), str(ROOT / "image")]

NAMES = ("keel-init", "keel-agent", "containerd", "kubelet")
PODS = 3


def measure(cluster, rounds):
    found = {"power_on": [], "bootstrap": [], "again": [], "drain": [], "memory": {}}
    for number in range(1, rounds + 1):
        with cluster.node(number) as node:
            found["power_on"].append(node.machine.passed)
            began = time.monotonic()
            node.join(cluster.ways(node.name)[0])
            node.wait_ready()
            found["bootstrap"].append(time.monotonic() - began)
            node.osctl("shutdown").must()
            node.machine.end(180)
            before = boot(node)
            node.machine.start()
            node.wait(lambda: boot(node) != before and is_ready(node), "it does not come back")
            found["again"].append(node.machine.passed)
            found["memory"] = memory(node)
            found["drain"].append(drain(cluster, node, number))
    return found


def boot(node):
    return node.object()["status"]["nodeInfo"]["bootID"]


def is_ready(node):
    return node.conditions().get("Ready", ("",))[0] == "True"


def drain(cluster, node, number):
    """Seconds from the cordon to its end, through an upgrade with pods to move away."""
    import workloads
    name = f"shop-{number}"
    cluster.plane.api.create(*workloads.deployment(name, PODS))
    node.wait(lambda: ready(cluster, name) == PODS, "its pods are not ready")
    bundle = cluster.releases.good("1.1.0")
    with Cordon(node) as cordon:
        node.osctl("upgrade", "--drain", "--reboot", "--timeout", "40m",
                   f"{cluster.address}/{bundle}", within=2700).must()
        node.wait(lambda: cordon.end is not None, "it is still cordoned")
    cluster.plane.kubectl("delete", "deployment", name)
    return cordon.end - cordon.begin


def ready(cluster, name):
    path = f"/apis/apps/v1/namespaces/default/deployments/{name}"
    return cluster.plane.api.get(path)["status"].get("readyReplicas", 0)


class Cordon:
    """When a node's cordon came and went, seen from outside, each half second."""

    def __init__(self, node):
        self._node, self.begin, self.end = node, None, None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(60)

    def _run(self):
        while not self._over.wait(0.5):
            with contextlib.suppress(OSError):
                is_cordoned = self._node.object()["spec"].get("unschedulable", False)
                now = time.monotonic()
                if is_cordoned and self.begin is None:
                    self.begin = now
                if not is_cordoned and self.begin is not None and self.end is None:
                    self.end = now


def memory(node):
    """{name: KiB now} of what makes the machine a node."""
    (node.folder / "support.tar.gz").unlink(missing_ok=True)
    node.osctl("support-bundle", "support.tar.gz").must()
    text = subprocess.run(["tar", "-xzOf", node.folder / "support.tar.gz", "support/processes.txt"],
                          capture_output=True, text=True, check=True).stdout
    found = {}
    for words in (line.split() for line in text.splitlines()[1:]):
        name = "keel-init" if words[0] == "1" else words[6]
        if name in NAMES:
            found[name] = found.get(name, 0) + int(words[4])
    return found


def table(found):
    lines = ["", "cluster: A node of a cluster in QEMU, emulated in software", "",
             "  seconds, median (min-max)"]
    for name, key in (("power-on to the agent answering, a new disk", "power_on"),
                      ("osctl bootstrap to Node Ready", "bootstrap"),
                      ("power-on to Node Ready, a node that has joined", "again"),
                      (f"cordon to uncordon, {PODS} pods, the upgrade between", "drain")):
        values = found[key]
        lines.append(f"  {name:<50}{statistics.median(values):7.1f}"
                     f" ({min(values):.1f}-{max(values):.1f}, {len(values)} runs)")
    whole = sum(found["memory"].values()) / 1024
    parts = ", ".join(f"{name} {found['memory'].get(name, 0) / 1024:.1f}" for name in NAMES)
    return "\n".join([*lines, "", f"  RSS MiB, idle: {whole:.1f} ({parts})"])


def main():
    parser = argparse.ArgumentParser(description=re.sub(r"\s+", " ", __doc__.split("\n\n")[0]))
    parser.add_argument("--programs", type=pathlib.Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    import wires
    from provide import provide
    wires.enter(provide)

    from cluster import Cluster
    from report import Report
    report = Report(False)
    with Cluster(options.programs, False, 1) as cluster:
        cluster.start(report)
        if report.failures:
            sys.exit(1)
        found = measure(cluster, options.rounds)
    print(table(found), flush=True)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
