#!/usr/bin/env python3
"""Shows the main job of KeelOS on real input: usage: demo.py --bin FOLDER."""

import argparse
import os
import pathlib
import sys

from stage import ROOT, loop_device, run, scratch, show, step, web_server
from workbench import Node


class Demo:
    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        self.served, self.trust = folder / "served", folder / "trust"

    def image_tool(self, *words):
        return run(self.programs / "keel-image", *words)

    def releases(self):
        """Two real root file systems, packed and signed."""
        step("two real Debian root file systems, a minor update apart, packed and signed")
        roots = self.folder / "roots"
        roots.mkdir()
        run(sys.executable, ROOT / "scripts" / "fixtures" / "roots.py", roots, "demo", limit=3600)
        self.trust.mkdir()
        self.served.mkdir()
        self.image_tool("keygen", "--output", self.folder / "release")
        os.rename(self.folder / "release.pub", self.trust / "release.pub")
        (self.trust / "policy.json").write_text(
            '{"threshold": 1, "epoch": 1, "board": "x86_64-uefi"}\n')
        for number in (1, 2):
            root = roots / f"demo-v{number}.squashfs"
            bundle = self.bundle(number)
            self.image_tool("pack", "--squashfs", root, "--version", f"1.{number}.0",
                            "--key", self.folder / "release.key", "--output", bundle)
            self.image_tool("verify", bundle, "--trust", self.trust)
            show(f"{bundle.name}  {os.path.getsize(bundle) / 1e6:.1f} MB  signed, verified")

    def bundle(self, number):
        return self.served / f"keelos-1.{number}.0.keel"

    def install(self, disk):
        step("a disk with 1.1.0 in slot a; keel-agent looks after it, and is the only way in")
        self.image_tool("disk", "--image", self.bundle(1), "--trust", self.trust, "--output", disk)

    def command(self, node, *words):
        """One osctl command as it is typed, and what it says."""
        typed = [f"{word[:8]}..." if word == node.fingerprint else word for word in words]
        print(f"$ osctl {' '.join(typed)}", flush=True)
        show(node.osctl(*words))

    def boot(self, node):
        """Real GRUB takes a slot, and counts a trial down before it makes it."""
        slot, state, before, after = node.boot()
        show(f"record by grub-editenv: {before}")
        show(f"agent ended; started in QEMU: GRUB boots slot {slot} [{state}]"
             + (f" and has counted: {after}" if after != before else ""))

    def take(self, node):
        """A client CA for a node without a cluster; from here on mutual TLS, or no connection."""
        here = ("--endpoint", node.address)
        show(f"keel-agent serves {node.address} over TLS, fingerprint {node.fingerprint[:8]}...")
        self.command(node, "pki", "init", "pki")
        self.command(node, *here, "--fingerprint", node.fingerprint, "bootstrap",
                     "--client-ca", "pki/ca.crt")
        self.command(node, *here, "--cert", "pki/admin.crt", "--key", "pki/admin.key",
                     "context", "add", "demo")

    def tell(self, node, address):
        self.take(node)
        self.command(node, "slots")
        self.boot(node)
        step("an upgrade: streamed, checked, written, read back, armed")
        self.command(node, "upgrade", f"{address}/keelos-1.2.0.keel")
        self.command(node, "slots")
        self.boot(node)
        step("it is healthy: trust it")
        self.command(node, "confirm")
        self.command(node, "slots")
        self.boot(node)
        step("and back: a trial of the old release")
        self.command(node, "rollback")
        self.command(node, "slots")
        self.boot(node)
        step("what the node remembers")
        self.command(node, "history")
        self.command(node, "audit", "verify")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    programs = parser.parse_args().bin.resolve()
    with scratch() as folder:
        demo = Demo(programs, folder)
        demo.releases()
        with web_server(folder, demo.served) as address, \
                loop_device(folder / "disk", 4 << 30) as disk:
            demo.install(disk)
            with Node(programs, folder, disk, demo.trust) as node:
                demo.tell(node, address)
                node.stop()
    print("\nThe agent took every command over mutual TLS and wrote it down; GRUB tried the "
          "release, and going\nback was one command.")


if __name__ == "__main__":
    main()
