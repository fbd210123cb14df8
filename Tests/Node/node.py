"""A node in a machine, and the osctl of whoever looks after it."""

import json
import os
import re
import subprocess
import time

from machine import Machine

DONE, ROLLED_BACK = 0, 4


class Answer:
    """What a command printed, and how it ended."""

    def __init__(self, words, status, text, seconds):
        self.words, self.status, self.text, self.seconds = words, status, text, seconds

    def must(self, status=DONE, *sentences):
        missing = [words for words in sentences if words not in self.text]
        if self.status != status or missing:
            raise RuntimeError(f"osctl {' '.join(map(str, self.words))}: exit {self.status}, "
                               f"expected {status}; not said: {missing}; said:\n{self.text}")
        return self


class Node:
    """One node for a test: `power_on`, `take`, then everything by `osctl`."""

    def __init__(self, programs, disk, folder, **machine):
        self.programs, self.folder = programs, folder
        self.home = folder / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        self.machine = Machine(disk, folder, **machine)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.machine.kill()

    def osctl(self, *words, within=900):
        began = time.monotonic()
        with self.begin(*words) as process:
            try:
                text, _ = process.communicate(timeout=within)
            except BaseException:
                process.kill()
                raise
        return Answer(words, process.returncode, text, time.monotonic() - began)

    def begin(self, *words):
        """`osctl`, under way: a Popen, its words on `stdout`."""
        told = {name: value for name, value in os.environ.items()
                if not name.startswith(("XDG_", "OSCTL_", "KUBECONFIG"))}
        return subprocess.Popen(
            [self.programs / "osctl", *map(str, words)], text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=self.folder,
            env={**told, "HOME": str(self.home), "PWD": str(self.folder)})

    def power_on(self, within=300):
        """Until the agent serves, told by the fingerprint on the console: seconds from power-on."""
        self.machine.start()
        when, line = self.machine.wait(r"fingerprint=\w+", within)
        self.fingerprint = re.search(r"fingerprint=(\w+)", line).group(1)
        return when

    def take(self):
        """A client CA of our own; from here on `osctl` is an administrator of this node."""
        self.osctl("pki", "init", "pki").must()
        self.osctl("--endpoint", self.machine.address, "--fingerprint", self.fingerprint,
                   "bootstrap", "--client-ca", "pki/ca.crt").must()
        self.osctl("--endpoint", self.machine.address, "--cert", "pki/admin.crt", "--key",
                   "pki/admin.key", "context", "add", "node").must()

    def answers(self, within=300):
        """Seconds until the node answers."""
        began = time.monotonic()
        while True:
            answer = self.osctl("status", "--output", "json", within=60)
            if answer.status == DONE:
                return time.monotonic() - began
            if time.monotonic() - began > within:
                raise RuntimeError(f"no answer within {within} s: {answer.text}\n"
                                   + self.machine.tail())
            time.sleep(0.5)

    def settle(self, within=300):
        """Until what runs is trusted, and no trial is under way."""
        end = time.monotonic() + within
        while True:
            answer = self.osctl("slots", "--output", "json", within=60)
            if answer.status == DONE:
                node = json.loads(answer.text)
                grants = {slot["slot"]: slot["grant"] for slot in node["slots"]}
                if grants.get(node["running"]) == "trusted":
                    return
            if time.monotonic() > end:
                raise RuntimeError(f"no trusted slot runs after {within} s: {answer.text}\n"
                                   + self.machine.tail())
            time.sleep(0.5)

    def rest(self, within=900):
        """Until what runs is trusted and no operation is under way: one that a power cut ended is
        taken up by the node itself, to its reboot."""
        end = time.monotonic() + within
        while True:
            self.settle(max(1, end - time.monotonic()))
            answer = self.osctl("status", "--output", "json", within=60)
            if answer.status == DONE and not json.loads(answer.text).get("operation"):
                return
            if time.monotonic() > end:
                raise RuntimeError(f"no rest within {within} s: {answer.text}\n"
                                   + self.machine.tail())
            time.sleep(0.5)

    def status(self):
        return json.loads(self.osctl("status", "--output", "json").must().text)

    def slots(self):
        return json.loads(self.osctl("slots", "--output", "json").must().text)

    def explain(self, until=lambda boots: True, within=60):
        """The boots of the black box, the newest first, as soon as they are as is asked."""
        end = time.monotonic() + within
        while True:
            boots = json.loads(self.osctl("explain", "--output", "json").must().text)["boots"]
            if until(boots):
                return boots
            if time.monotonic() > end:
                raise RuntimeError(f"not so after {within} s: {json.dumps(boots)[:2000]}")
            time.sleep(0.5)
