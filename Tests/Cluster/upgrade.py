"""A node is upgraded while its cluster serves: nobody who asks notices."""

import json
import random
import threading
import time
import urllib.request

import join
import pods
import workloads
from node import DONE
from report import expect, expect_equal

NAME, REPLICAS = "shop", 3


def run(cluster, report):
    bundle = cluster.releases.good("1.1.0")
    with cluster.node(1) as node, cluster.node(2) as other:
        way, *others = cluster.ways(node.name)
        with report.test(f"a new node joins by {way.name}, and is Ready"):
            join.join(cluster, report, node, way)
        pods.run(cluster, report, node)
        number = cluster.chance.randrange(len(others))
        way = cluster.ways(other.name)[1 + number]
        with report.test(f"a second one joins by {way.name}"):
            join.join(cluster, report, other, way)
        with report.test("both say which release they run"):
            for one in (node, other):
                one.wait(lambda one=one: one.labels().get("keelos.io/version") == "1.0.0",
                         f"{one.name} does not say its release")
            facts = node.object()["status"]["nodeInfo"]
            expect_equal(facts["osImage"], "KeelOS 1.0.0", "the OS image")
        with report.test("a deployment with a disruption budget serves from both"):
            _deploy(cluster, node)
        try:
            _serve(cluster, report, node, bundle)
        finally:
            _remove(cluster, node)


def _serve(cluster, report, node, bundle):
    with Visitor(cluster, NAME) as visitor:
        with report.test("osctl upgrade --drain ends when the node runs the new release"):
            _upgrade(cluster, report, node, bundle)
        with report.test("it is Ready and takes pods again, and its own are back"):
            node.wait_ready()
            node.wait(lambda: _is_open(node), "the node is still cordoned")
            node.wait(lambda: _serves_network(cluster, node), "its network is not back")
            cluster.plane.kubectl("scale", "deployment", NAME, f"--replicas={REPLICAS + 3}")
            node.wait(lambda: node.name in _nodes(cluster), "no pod comes to it")
    with report.test("a client that follows the endpoints saw no failed request"):
        report.note(f"{visitor.asked} requests, {visitor.again} of them asked twice")
        expect(visitor.asked >= 100, f"only {visitor.asked} requests")
        expect(not visitor.failures, lambda: f"{len(visitor.failures)} requests failed twice: "
               f"{visitor.failures[:20]}; at the first:\n{visitor.scene}")
    with report.test("the node says the new release, and its Events tell how it came"):
        expect_equal(node.labels()["keelos.io/version"], "1.1.0", "the label")
        expect_equal(node.labels()["keelos.io/slot"], "b", "the slot")
        expect_equal(node.object()["status"]["nodeInfo"]["osImage"], "KeelOS 1.1.0", "the OS")
        node.wait(lambda: "Upgraded" in node.events(), "no Event tells it")


def _upgrade(cluster, report, node, bundle):
    before = node.object()["status"]["nodeInfo"]["bootID"]
    began = time.monotonic()
    answer = node.osctl("upgrade", "--drain", "--reboot", "--timeout", "40m",
                        f"{cluster.address}/{bundle}", within=2700)
    answer.must(DONE, "1.1.0 runs and is trusted")
    report.note(f"{time.monotonic() - began:.0f} s from the request to the release being trusted")
    node.wait(lambda: node.object()["status"]["nodeInfo"]["bootID"] != before,
              "the cluster has not heard of the new boot")


def _deploy(cluster, node):
    api = cluster.plane.api
    # Its pods go on serving for as long as it takes everybody to hear that they end.
    api.create(*workloads.deployment(NAME, REPLICAS, grace=40, linger=15))
    api.create("/api/v1/namespaces/default/services", {
        "metadata": {"name": NAME},
        "spec": {"selector": {"app": NAME}, "ports": [{"port": workloads.PORT}]}})
    api.create("/apis/policy/v1beta1/namespaces/default/poddisruptionbudgets", {
        "metadata": {"name": NAME},
        "spec": {"minAvailable": REPLICAS - 1, "selector": {"matchLabels": {"app": NAME}}}})
    node.wait(lambda: len(addresses(api, NAME)) == REPLICAS, "not all of its pods serve")
    node.wait(lambda: len(_nodes(cluster)) == 2, "not both nodes serve")


def _remove(cluster, node):
    """What serves, and its pods: they would come to the nodes of whoever is next."""
    cluster.plane.kubectl("delete", "deployment,service,poddisruptionbudget", NAME,
                          "--ignore-not-found")
    node.wait(lambda: not _pods(cluster), "not all of its pods are gone")


def _pods(cluster):
    return [pod for pod in cluster.plane.api.get("/api/v1/namespaces/default/pods")["items"]
            if pod["metadata"].get("labels", {}).get("app") == NAME]


def _nodes(cluster):
    """The nodes that the deployment's ready pods are on."""
    return {pod["spec"]["nodeName"] for pod in _pods(cluster)
            if any(one["type"] == "Ready" and one["status"] == "True"
                    for one in pod["status"].get("conditions", []))}


def _is_open(node):
    return not (node.is_cordoned() or node.is_cordoned_by_us())


def _serves_network(cluster, node):
    pods = cluster.plane.api.get("/api/v1/namespaces/kube-system/pods")["items"]
    return any(pod["spec"].get("nodeName") == node.name and pod["status"]["phase"] == "Running"
               for pod in pods)


def addresses(api, name):
    """Of the pods that the service of this name leads to."""
    # One that was just made has no endpoints of its name yet; a list has no such case.
    found = api.get("/api/v1/namespaces/default/endpoints")["items"]
    return [one["ip"] for service in found if service["metadata"]["name"] == name
            for part in service.get("subsets") or [] for one in part.get("addresses") or []]


class Visitor:
    """Asks a service without a pause, over routes to its pods; once more when a pod is gone."""

    def __init__(self, cluster, name):
        self._plane, self._name = cluster.plane, name
        self.asked, self.again, self.failures = 0, 0, []
        self.scene = None  # what the cluster said when the first request failed
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._chance = random.Random(7)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join(120)

    def _run(self):
        while not self._end.wait(0.2):
            self.asked += 1
            fault = self._ask()
            if fault:
                self.again += 1
                fault = self._ask()
            if fault:
                self.failures.append(f"{time.strftime('%H:%M:%S')} {fault}")
                self.scene = self.scene or self._plane.kubectl(
                    "get", "nodes,pods,endpoints,events", "-A", "-o", "wide", status=None)

    def _ask(self):
        """Why it failed, or None."""
        try:
            found = addresses(self._plane.api, self._name)
            if not found:
                return "there are no endpoints"
            url = f"http://{self._chance.choice(found)}:{workloads.PORT}/"
            with urllib.request.urlopen(url, timeout=30) as answer:
                return None if answer.status == 200 else f"{url}: {answer.status}"
        except (OSError, ValueError, json.JSONDecodeError) as fault:
            return str(fault)
