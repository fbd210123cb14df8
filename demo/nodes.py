#!/usr/bin/env python3
"""Shows a whole node in QEMU, up to a new release and back: usage: nodes.py --bin FOLDER."""

import argparse
import pathlib
import re
import sys

from stage import ROOT, free_port, scratch, show, step, web_server

sys.path.append(str(ROOT / "Tests" / "Node"))
from node import DONE, ROLLED_BACK, Node  # noqa: E402
from releases import Releases  # noqa: E402


class Demo:
    def __init__(self, node, address):
        self.node, self.address = node, address

    def command(self, *words, status=DONE):
        """One osctl command as it is typed, what it says, and how long it took."""
        typed = [f"{word[:8]}..." if word == self.node.fingerprint else word for word in words]
        print(f"$ osctl {' '.join(typed)}", flush=True)
        answer = self.node.osctl(*words, within=1200).must(status)
        show(answer.text)
        if answer.seconds > 10:
            show(f"({answer.seconds:.0f} s)")

    def boot(self):
        """Power on, and what the console says until the agent serves."""
        seconds = self.node.power_on(600)
        for when, line in self.node.machine.lines:
            if found := re.search(r"keel: .*", line):
                show(f"{when:5.1f} s  {found.group()[:100]}")
        show(f"power-on to an agent that answers: {seconds:.1f} s")

    def take(self):
        here = ("--endpoint", self.node.machine.address)
        self.command("pki", "init", "pki")
        self.command(*here, "--fingerprint", self.node.fingerprint, "bootstrap", "--client-ca",
                     "pki/ca.crt")
        self.command(*here, "--cert", "pki/admin.crt", "--key", "pki/admin.key", "context", "add",
                     "node")
        self.command("status")

    def tell(self):
        step("a machine with firmware, and a disk: 1.0.0 boots, and makes room for what it keeps")
        self.boot()
        step("its fingerprint is on the console; whoever has it takes the node")
        self.take()
        step("an upgrade: fetched, written, tried by GRUB, judged by the node itself, trusted")
        self.command("upgrade", "--reboot", "--wait", f"{self.address}/keelos-1.1.0.keel")
        self.command("slots")
        step("another one, that is broken on purpose: it has no agent")
        self.command("upgrade", "--reboot", "--wait", f"{self.address}/keelos-1.2.0.keel",
                     status=ROLLED_BACK)
        self.command("slots")
        self.command("explain", "--boots", "2", "--lines", "8")
        step("1.2.1 mends that; and going back from it is one command")
        self.command("upgrade", "--reboot", "--wait", f"{self.address}/keelos-1.2.1.keel")
        self.command("rollback", "--reboot", "--wait")
        self.command("slots")
        self.command("shutdown")
        self.node.machine.end(180)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    programs = parser.parse_args().bin.resolve()
    with scratch() as folder:
        step("releases of the node itself, made of Debian packages and signed")
        releases = Releases(programs, folder)
        first = releases.first()
        names = ["keelos-1.0.0.keel", releases.good("1.1.0"),
                 releases.bad("1.2.0", without=("/usr/bin/keel-agent",)), releases.good("1.2.1")]
        for name in names:
            show(f"{name}  {(releases.served / name).stat().st_size / 1e6:.1f} MB")
        with web_server(folder, releases.served) as address, \
                Node(programs, first, folder / "node", port=free_port()) as node:
            # As a machine in QEMU reaches the host.
            Demo(node, address.replace("127.0.0.1", "10.0.2.2")).tell()
    print("\nNobody logged in to it, and nobody could. Next: README.md, docs/osctl.md.")


if __name__ == "__main__":
    main()
