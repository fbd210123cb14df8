"""A node leaves its cluster, and joins it again as if it were new."""

from node import DONE
from report import expect, expect_equal

REFUSED = 2


def run(cluster, report):
    with cluster.node(1) as node:
        way = cluster.ways(node.name)[0]
        with report.test("a node that has joined shows its cluster's certificate"):
            node.join(way)
            node.wait_ready()
            node.wait(lambda: _is_clusters(node), "it still shows its own")
        with report.test("the administrator's kubeconfig alone knows it and is known"):
            home = node.home
            node.home = node.folder / "elsewhere"
            node.home.mkdir()
            answer = node.osctl("--endpoint", node.machine.address, "--kubeconfig",
                                cluster.plane.admin, "status")
            node.home = home
            answer.must(DONE, "1.0.0")
        with report.test("reset --cluster leaves it: the node waits for a bootstrap"):
            node.osctl("reset", "--cluster", "--timeout", "20m", within=1500).must(
                DONE, "It waits for a bootstrap")
            pinned = ("--endpoint", node.machine.address, "--fingerprint", node.fingerprint)
            status = node.reach(*pinned, "bootstrap-status").must(DONE).text
            expect_equal(status.split("\n")[1].split()[0], "no", "bootstrapped")
            node.reach(*pinned, "status").must(DONE, "1.0.0")
        with report.test("what is not in a cluster cannot leave one"):
            node.osctl("pki", "init", "pki").must()
            node.reach(*pinned, "bootstrap", "--client-ca", "pki/ca.crt").must()
            node.reach(*pinned, "--cert", "pki/admin.crt", "--key", "pki/admin.key", "reset",
                       "--cluster").must(REFUSED, "belongs to no cluster")
        with report.test("it joins again, and says what it waits for until it is Ready"):
            cluster.plane.kubectl("delete", "node", node.name)
            admin = ("--cert", "pki/admin.crt", "--key", "pki/admin.key")
            answer = node.reach(*pinned, *admin, "bootstrap", *way.words)
            answer.must(DONE, "It belongs to the cluster")
            answer = node.reach(*pinned, "--kubeconfig", cluster.plane.admin, "bootstrap",
                                *way.words, "--wait", "--timeout", "30m", within=2000)
            answer.must(DONE, "waits for")
            expect(node.conditions()["Ready"][0] == "True", "it is not Ready")


def _is_clusters(node):
    status = node.osctl("bootstrap-status", "--output", "json")
    return '"clusterCertificate":true' in status.text.replace(" ", "")
