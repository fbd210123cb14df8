"""Whose a cordon is: an administrator's outlives an upgrade, ours ends with it, whoever watches."""

from node import DONE
from report import expect

UPGRADE = ("upgrade", "--drain", "--reboot", "--timeout", "40m")


def run(cluster, report):
    tests = [_administrators, _orphaned]
    with cluster.node(1) as node:
        with report.test("a node joins, and is Ready"):
            node.join(cluster.ways(node.name)[0])
            node.wait_ready()
        drawn = tests if cluster.everything else [cluster.chance.choice(tests)]
        for number, test in enumerate(drawn, 1):
            version = f"1.{number}.0"
            test(cluster, report, node, version,
                 f"{cluster.address}/{cluster.releases.good(version)}")


def _administrators(cluster, report, node, version, source):
    with report.test("a node that an administrator cordoned stays cordoned through an upgrade"):
        cluster.plane.kubectl("cordon", node.name)
        node.osctl(*UPGRADE, source, within=2700).must(DONE, f"{version} runs")
        _runs(node, version)
        expect(node.is_cordoned(), "it was uncordoned")
        cluster.plane.kubectl("uncordon", node.name)


def _orphaned(_, report, node, version, source):
    with report.test("osctl dies while the node is cordoned: the node goes on, and opens itself"):
        with node.begin(*UPGRADE, source) as watcher:
            try:
                node.wait(node.is_cordoned_by_us, "it does not cordon itself")
                expect(watcher.poll() is None, "osctl had ended before")
            finally:
                watcher.kill()
        expect(node.is_cordoned(), "it says that it is cordoned, and is not")
        _runs(node, version)
        node.wait(lambda: not (node.is_cordoned() or node.is_cordoned_by_us()),
                  "it is still cordoned")


def _runs(node, version):
    node.wait(lambda: node.labels().get("keelos.io/version") == version, "it does not say so")
    node.settle(1200)
    node.wait_ready()
