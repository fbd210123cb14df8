"""Releases that are no node of Kubernetes: the old one comes back by itself, and the cluster
hears why. And a cluster that is away, which is no release's fault."""

import dataclasses
import re
import time
from collections.abc import Callable

from node import DONE, ROLLED_BACK
from releases import misfit
from report import expect, expect_equal

CONFIG = "trial:\n  deadline: {deadline}\n  attempts: 1\nhealth:\n  steady: 3\n"
# An emulated node needs minutes for what a real one does in seconds.
DEADLINE = 420
RUNTIME = "/etc/containerd/config.toml"


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    says: str = ""  # in an Event of the Node
    overlay: Callable | None = None  # (cluster) -> {place: content}; without it, a good release
    away: bool = False  # the cluster, from the reboot to the end of the trial


def rows():
    return [
        Row("the kubelet cannot start", "kubelet: kubelet is",
            lambda cluster: {"/usr/bin/kubelet": misfit(cluster.folder, "ENDS")}),
        Row("its configuration of pods' networks is gone", "sandbox: No pod can be made|node: ",
            lambda cluster: {RUNTIME: without_network(cluster)}),
        Row("containerd ends again and again", "containerd: containerd is",
            lambda cluster: {"/usr/bin/containerd": misfit(cluster.folder, "ENDS")}),
        Row("the kubelet cannot start, and the cluster is away", "kubelet: kubelet is",
            lambda cluster: {"/usr/bin/kubelet": misfit(cluster.folder, "ENDS")}, away=True),
        Row("the cluster is away, and nothing else is wrong", away=True),
    ]


def run(cluster, report):
    with cluster.node(1) as node:
        with report.test("a node joins, and its trials have a deadline"):
            node.join(cluster.ways(node.name)[0])
            node.wait_ready()
            config = node.folder / "trial.yaml"
            config.write_text((node.folder / "node.yaml").read_text()
                              + CONFIG.format(deadline=DEADLINE))
            node.osctl("config", "apply", config).must()
        for number, row in enumerate(cluster.draw(rows(), ()), 2):
            work = _fall if row.overlay else _stay
            end = "the node is back, Ready and schedulable, and says why" if row.overlay else (
                "that is no reason to go back")
            with report.test(f"{row.name}: {end}"):
                work(cluster, report, node, row, f"2.{number}.0")


def _fall(cluster, report, node, row, version):
    bundle = cluster.releases.bad(version, row.overlay(cluster))
    began = time.monotonic()
    if row.away:
        _try_alone(cluster, node, bundle)
    else:
        node.osctl("upgrade", "--drain", "--reboot", "--timeout", "40m",
                   f"{cluster.address}/{bundle}", within=2700).must(ROLLED_BACK)
    node.wait_ready()
    node.wait(lambda: not node.is_cordoned(), "it is still cordoned")
    report.note(f"{time.monotonic() - began:.0f} s from the request to being back")
    expect_equal(node.slots()["running"], "a", "the running slot")
    node.wait(lambda: node.labels().get("keelos.io/version") == "1.0.0", "it does not say so")
    for reason in ("RolledBack", "Quarantined"):
        node.wait(lambda reason=reason: _told(node, reason, version),
                  f"no {reason} tells of {version}", 180)
    told = _told(node, "RolledBack", version)
    expect(any(re.search(row.says, text) for text in told), f"nobody says {row.says!r}: {told}")


def _stay(cluster, report, node, _, version):
    began = time.monotonic()
    _try_alone(cluster, node, cluster.releases.good(version))
    report.note(f"{time.monotonic() - began:.0f} s from the request to the release being trusted")
    expect_equal(node.slots()["running"], "b", "the running slot")
    node.wait_ready()
    node.wait(lambda: node.labels().get("keelos.io/version") == version, "it does not say so")


def _try_alone(cluster, node, bundle):
    """The node's trial of this release, from its reboot to its end, with the cluster away."""
    node.osctl("upgrade", f"{cluster.address}/{bundle}", "--timeout", "15m", within=1000).must()
    cluster.plane.freeze()
    try:
        mark = node.machine.mark
        node.osctl("reboot", "--no-wait").must(DONE)
        node.machine.wait("fingerprint=", 900, mark)
        node.settle(DEADLINE + 600)
    finally:
        cluster.plane.thaw()


def _told(node, reason, version):
    """What the node's Events of this reason say of the release."""
    return [text for text in node.events().get(reason, ()) if f" {version} " in text]


def without_network(cluster):
    """containerd's configuration, with no network for pods."""
    from releases import IMAGE
    text = (IMAGE / "files" / RUNTIME.lstrip("/")).read_text(encoding="utf-8")
    changed = text.replace("/etc/cni/net.d", "/run/no-net.d")
    expect(changed != text, "the configuration names no folder")
    return changed.encode()
