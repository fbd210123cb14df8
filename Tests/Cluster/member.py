"""A node on the bridge, and what the cluster says of it."""

import functools
import json
import subprocess
import time
from typing import NamedTuple

from node import Node

CONFIG = """\
version: 1
hostname: {name}
links:
  - match: "{wire.hardware}"
    static:
      addresses: ["{wire.address}/24"]
      gateways: ["{gateway}"]
"""
# An emulated node on a busy host: it and its pods take their time.
PATIENCE = 1200


class Way(NamedTuple):
    """One way into a cluster: its words for `osctl bootstrap`."""

    name: str
    words: tuple


class Member(Node):
    """`number` is the node's on the network; its name is node-NUMBER."""

    def __init__(self, cluster, number, disk, folder, wire, **machine):
        super().__init__(cluster.programs, disk, folder, wire=wire, memory=3072, **machine)
        self.cluster, self.wire = cluster, wire
        self.name = f"node-{number}"

    def join(self, way):
        """Into the cluster; from here on `osctl` is the cluster's administrator."""
        plane = self.cluster.plane
        pinned = ("--endpoint", self.machine.address, "--fingerprint", self.fingerprint)
        self.reach(*pinned, "bootstrap", *way.words).must()
        self.osctl("--endpoint", self.machine.address, "--kubeconfig", plane.admin, "context",
                   "add", "--replace", "--use", "node").must()

    def reach(self, *words, within=300):
        """`osctl`'s answer; tried again while a busy node is too slow for a handshake."""
        end = time.monotonic() + within
        while True:
            answer = self.osctl(*words)
            if "cannot be reached" not in answer.text or time.monotonic() > end:
                return answer
            time.sleep(2)

    def object(self):
        """The cluster's Node, or None."""
        found = self.cluster.plane.api.get("/api/v1/nodes")["items"]
        return next((one for one in found if one["metadata"]["name"] == self.name), None)

    def is_cordoned(self):
        return bool(self.object()["spec"].get("unschedulable"))

    def is_cordoned_by_us(self):
        """By an upgrade of this node's own, which will take it away."""
        return "keelos.io/cordoned-by-upgrade" in self.object()["metadata"].get("annotations", {})

    def labels(self):
        node = self.object()
        return node["metadata"].get("labels", {}) if node else {}

    def events(self):
        """{reason: messages} of the Node's own Events that the agent wrote."""
        found = {}
        for event in self.cluster.plane.api.get("/api/v1/namespaces/default/events")["items"]:
            about = event["involvedObject"]
            if (about["kind"], about["name"]) == ("Node", self.name) and event.get(
                    "source", {}).get("component") == "keel-agent":
                found.setdefault(event["reason"], []).append(event["message"])
        return found

    def conditions(self):
        """{type: (status, message)} of the Node; empty as long as there is none."""
        node = self.object()
        listed = node["status"].get("conditions", []) if node else []
        return {one["type"]: (one["status"], one.get("message", "")) for one in listed}

    def wait_ready(self, within=PATIENCE):
        """Seconds until the cluster calls it Ready."""
        return self.wait(lambda: self.conditions().get("Ready", ("",))[0] == "True",
                         f"{self.name} is not Ready", within)

    def wait(self, holds, what, within=PATIENCE):
        """Seconds until it holds; says what node and control plane say when it never does."""
        began = time.monotonic()
        while not _answer(holds):
            self.cluster.plane.demand()
            if time.monotonic() - began > within:
                raise RuntimeError(f"{what} within {within} s\n{self.story()}")
            time.sleep(1)
        return time.monotonic() - began

    def story(self):
        """Everything that helps to see why; who does not answer is told as such."""
        plane = self.cluster.plane
        questions = [
            lambda: f"  conditions: {json.dumps(self.conditions())}",
            lambda: self.reach("services").text,
            *(functools.partial(self._log, name) for name in ("kubelet", "containerd", "init")),
            lambda: plane.kubectl("get", "nodes,pods,csr,events", "-A", status=None),
            lambda: f"  console:\n{self.machine.tail(15)}",
            lambda: plane.tails(6)]
        return "\n".join(map(_told, questions))

    def _log(self, service):
        said = self.reach("logs", service, "--tail", "40").text
        return f"  {service}:\n" + "\n".join(f"    {line[:300]}" for line in said.splitlines())


def _told(question):
    try:
        return question()
    except (OSError, RuntimeError, subprocess.SubprocessError) as error:
        return f"  cannot be told: {error}"


def _answer(question):
    """What the control plane says; one that is too busy to say is asked again."""
    try:
        return question()
    except OSError:
        return False
