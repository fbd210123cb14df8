"""Nodes join by every way there is; the first one carries pods that answer."""

import pods
from report import expect_equal


def run(cluster, report):
    ways = cluster.ways("node-1")
    for row in cluster.draw(ways, (ways[0].name,)):
        with cluster.node(1) as node:
            is_in = False
            with report.test(f"a new node joins by {row.name}, and is Ready"):
                join(cluster, report, node, row)
                is_in = True
            if is_in and row is ways[0]:
                pods.run(cluster, report, node)


def join(cluster, report, node, way):
    """The node is Ready, has its serving certificate, and is known by its address."""
    before = len(cluster.plane.approved)
    node.join(way)
    report.note(f"{node.wait_ready():.0f} s from the bootstrap to Ready")
    node.wait(lambda: f"system:node:{node.name}" in cluster.plane.approved[before:],
              "the kubelet asks for no serving certificate")
    expect_equal([one["address"] for one in node.object()["status"]["addresses"]
                  if one["type"] == "InternalIP"], [node.wire.address], "addresses")
