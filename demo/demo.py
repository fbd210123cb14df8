#!/usr/bin/env python3
"""Shows the main job of KeelOS on real input: usage: demo.py --bin FOLDER."""

import argparse
import os
import pathlib
import sys

from stage import ROOT, boot_once, loop_device, record, run, scratch, web_server


def step(title):
    print(f"\n== {title}", flush=True)


def show(text):
    for line in text.splitlines():
        print("   " + line, flush=True)


class Demo:
    def __init__(self, programs, folder):
        self.programs = programs
        self.folder = folder
        self.served = folder / "served"
        self.trust = folder / "trust"
        self.disk = None

    def image_tool(self, *words):
        return run(self.programs / "keel-image", *words)

    def osctl(self, *words):
        done = run(self.programs / "osctl", "--disk", self.disk, "--trust", self.trust,
                   "--state", self.folder / "state", *words)
        return done

    def releases(self):
        """Two real root file systems, packed and signed."""
        step("two real Debian root file systems, a minor update apart, packed and signed")
        roots = self.folder / "roots"
        roots.mkdir()
        run(sys.executable, ROOT / "scripts" / "fixtures" / "roots.py", roots, "demo", limit=3600)
        self.trust.mkdir()
        self.served.mkdir()
        (self.folder / "state").mkdir()
        self.image_tool("keygen", "--output", self.folder / "release")
        os.rename(self.folder / "release.pub", self.trust / "release.pub")
        (self.trust / "policy.json").write_text(
            '{"threshold": 1, "epoch": 1, "board": "x86_64-uefi"}\n')
        for number in (1, 2):
            root = roots / f"demo-v{number}.squashfs"
            bundle = self.served / f"keelos-1.{number}.0.keel"
            self.image_tool("pack", "--squashfs", root, "--version", f"1.{number}.0",
                            "--key", self.folder / "release.key", "--output", bundle)
            self.image_tool("verify", bundle, "--trust", self.trust)
            show(f"keelos-1.{number}.0.keel  {os.path.getsize(bundle) / 1e6:.1f} MB  "
                 "signed, verified")
        show(self.image_tool("diff", self.served / "keelos-1.1.0.keel",
                             self.served / "keelos-1.2.0.keel"))

    def look(self):
        """Slots, record and what real GRUB does with them."""
        show(self.osctl("slots"))
        show("record (grub-editenv): " + record(self.disk))
        slot, state = boot_once(self.disk)
        show(f"QEMU, OVMF, GRUB: boots slot {slot} [{state}]")

    def tell(self, address):
        step("a disk with 1.1.0 in slot a")
        self.image_tool("disk", "--image", self.served / "keelos-1.1.0.keel", "--trust", self.trust,
                        "--output", self.disk)
        self.look()
        step(f"osctl upgrade {address}/keelos-1.2.0.keel")
        show(self.osctl("upgrade", f"{address}/keelos-1.2.0.keel"))
        self.look()
        step("healthy: osctl confirm")
        show(self.osctl("confirm"))
        self.look()
        step("osctl rollback: a trial of the old release")
        show(self.osctl("rollback"))
        self.look()
        step("what the node remembers: osctl history")
        show(self.osctl("history"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=pathlib.Path, required=True)
    programs = parser.parse_args().bin.resolve()
    with scratch() as folder:
        demo = Demo(programs, folder)
        demo.releases()
        with web_server(folder, demo.served) as address, \
                loop_device(folder / "disk", 4 << 30) as demo.disk:
            demo.tell(address)
    print("\nThe update was streamed, checked, written, read back and armed; GRUB tried it, and "
          "going back\nwas one command. Next: README.md, docs/osctl.md.")


if __name__ == "__main__":
    main()
