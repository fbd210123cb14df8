"""A release with a later containerd, and back: what the one keeps, the other goes on with."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parents[1] / "image"), str(HERE.parents[1] / "scripts" / "fixtures")]

import debian  # noqa: E402
import packages  # noqa: E402
import workloads  # noqa: E402
from node import DONE  # noqa: E402
from report import expect  # noqa: E402

# Of the next Debian; it runs with the libraries of this one.
LATER = packages.Locked(
    "containerd", "1.7.24~ds1-6+deb13u1",
    "ed708deb96fe476a3bce4efa5c0538dfbcf717ab9a7c7944ba7260342c25899c", None)
RELEASE = "trixie"
PROGRAMS = ("/usr/bin/containerd", "/usr/bin/containerd-shim-runc-v2")


def run(cluster, report):
    tree = later()
    bundle = cluster.releases.bad("3.0.0", {place: tree / place.lstrip("/") for place in PROGRAMS})
    with cluster.node(1) as node:
        with report.test("a node with containerd 1.6 joins, and a pod runs"):
            node.join(cluster.ways(node.name)[0])
            node.wait_ready()
            _runs(cluster, node, "1.6.20", "before")
        with report.test("upgraded to a release with containerd 1.7 it is Ready, and a pod runs"):
            node.osctl("upgrade", "--drain", "--reboot", "--timeout", "40m",
                       f"{cluster.address}/{bundle}", within=2700).must(DONE, "3.0.0 runs")
            node.wait_ready()
            _runs(cluster, node, "1.7.24", "between")
        with report.test("gone back to containerd 1.6 it is Ready, and a pod runs"):
            node.osctl("rollback", "--reboot", "--timeout", "40m", within=2700).must(
                DONE, "1.0.0 runs")
            node.wait_ready()
            _runs(cluster, node, "1.6.20", "after")


def _runs(cluster, node, runtime, name):
    """The node says that its container runtime is of this version, and a new pod is ready."""
    node.wait(lambda: runtime in node.object()["status"]["nodeInfo"]["containerRuntimeVersion"],
              f"its runtime is not {runtime}")
    api = cluster.plane.api
    api.create(*workloads.pod(name))
    node.wait(lambda: workloads.is_ready(api, name), f"{name} is not ready")
    said = cluster.plane.kubectl("exec", name, "--", "/worker", "say", runtime)
    expect(said == f"{runtime}\n", said)


def later():
    """The unpacked package; it takes a network unless it is in the cache."""
    cache = packages.cache_folder()
    if not (cache / "debs" / f"{LATER.sha256}.deb").exists():
        apt = debian.ReleaseApt(cache, RELEASE)
        apt.update()
        apt.fetch([debian.Package(*LATER[:3])])
    return packages.unpacked([LATER], cache)[LATER.name]
