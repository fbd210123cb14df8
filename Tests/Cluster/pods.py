"""What a node's pods can do: serve, say, be entered, end, and come from a mirror."""

import urllib.request

import workloads
from report import expect, expect_equal

# No registry of this name is anywhere.
MIRRORS = """\
registry_mirrors:
  - registry: "*"
    endpoints: ["{address}"]
"""


def run(cluster, report, node):
    plane = cluster.plane
    with report.test("a pod becomes ready and answers over its network, from outside the node"):
        plane.api.create(*workloads.pod("first"))
        seconds = node.wait(lambda: workloads.is_ready(plane.api, "first"), "first is not ready")
        report.note(f"{seconds:.0f} s to ready")
        address = workloads.status(plane.api, "first")["podIP"]
        expect(address.startswith(node.wire.pods.rpartition(".")[0]), address)
        with urllib.request.urlopen(f"http://{address}:{workloads.PORT}/", timeout=60) as answer:
            expect_equal(answer.read().decode(), f"first on {node.name}\n", "the answer")
    with report.test("kubectl shows its log"):
        expect("worker: serving" in plane.kubectl("logs", "first"), "it does not")
    with report.test("kubectl starts a program in it"):
        said = plane.kubectl("exec", "first", "--", "/worker", "say", "well", "met")
        expect_equal(said, "well met\n", "what it says")
    with report.test("a pod that says that it is not ready is taken so"):
        plane.kubectl("exec", "first", "--", "/worker", "unready")
        node.wait(lambda: not workloads.is_ready(plane.api, "first"), "first stays ready")
    with report.test("a pod that is deleted ends by itself, and is gone"):
        plane.kubectl("delete", "pod", "first", "--wait=false")
        node.wait(lambda: workloads.status(plane.api, "first") is None, "first is still there")
    with report.test("an image that only a mirror has is pulled from there, without a restart"):
        workloads.mirror(cluster.folder, cluster.releases.served)
        config = node.folder / "mirrors.yaml"
        config.write_text((node.folder / "node.yaml").read_text()
                          + MIRRORS.format(address=cluster.address), encoding="utf-8")
        node.osctl("config", "apply", config).must()
        plane.api.create(*workloads.pod("mirrored", image_name=workloads.MIRRORED))
        node.wait(lambda: workloads.is_ready(plane.api, "mirrored"), "mirrored is not ready")
        plane.kubectl("delete", "pod", "mirrored", "--wait=false")
        node.wait(lambda: workloads.status(plane.api, "mirrored") is None, "it is still there")
