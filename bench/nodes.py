"""A whole node in QEMU, without a peer: what its image weighs, how long it takes to come up, to come
back, and to come back from a release that does not hold; what its first programs keep in memory."""

import os
import pathlib
import re
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path += [str(ROOT / "Tests" / "Node"), str(ROOT / "scripts" / "qemu")]
# One machine at a time: each of its processors has a core.
os.environ.setdefault("QEMU_THREADS", "multi")
from host import Server, free_port  # noqa: E402
from node import DONE, ROLLED_BACK, Node  # noqa: E402
from releases import Releases  # noqa: E402

MOST = 100_000_000
"""Bytes that the release may have, a kubelet included."""
BOOTS, TRIALS = 5, 3
CONFIG = "version: 1\ntrial:\n  deadline: 90\n  attempts: 1\nhealth:\n  steady: 3\n"
# From power-on to the line on the console by which each is told.
STEPS = (("GRUB", r"Welcome to GRUB"), ("kernel", r"keel: boot slot="),
         ("first process", r"keel: slot \w, "), ("root proven and entered", r"keel: slot \w holds"),
         ("agent serves", r"fingerprint=\w+"))


def measure(host, programs, rounds, say):
    """({"size", "steps", ...}, verdicts)."""
    programs = programs.resolve()
    releases = Releases(programs, host.work / "node", compressor="gzip")
    disk = releases.first(sizes=True)
    sizes = [line for line in releases.said.splitlines() if line.startswith("  ")]
    size = (releases.served / "keelos-1.0.0.keel").stat().st_size
    bad = releases.bad("1.1.0", without=("/usr/bin/keel-agent",))
    found = {"size": size, "initramfs": initramfs(releases), "steps": [], "answers": [],
             "restarts": [], "trials": []}
    server = Server(host)
    (server.root / bad).symlink_to(releases.served / bad)
    with Node(programs, disk, host.work / "node" / "machine", port=free_port()) as node:
        node.power_on(600)
        node.take()
        config = node.folder / "node.yaml"
        config.write_text(CONFIG)
        node.osctl("config", "apply", config).must()
        for _ in range(min(rounds, BOOTS)):
            node.osctl("shutdown").must()
            node.machine.end(180)
            node.machine.start()
            node.answers(600)
            found["answers"].append(node.machine.passed)
            found["steps"].append([node.machine.wait(line, 60)[0] for _, line in STEPS])
        found["memory"] = memory(node)
        for _ in range(min(rounds, BOOTS)):
            found["restarts"].append(node.osctl("reboot", "--wait").must(DONE).seconds)
        for _ in range(min(rounds, TRIALS)):
            mark = node.machine.mark
            # As a machine in QEMU reaches the host.
            url = f"{server.url}/{bad}".replace("127.0.0.1", "10.0.2.2")
            node.osctl("upgrade", "--reboot", "--retry-quarantined", url, within=1000).must(
                ROLLED_BACK)
            node.settle(600)
            found["trials"].append(
                node.machine.passed - node.machine.wait("restarting: operation", 1, mark)[0])
        node.osctl("shutdown").must()
        node.machine.end(180)
    say(table(found, sizes))
    verdicts = [("met" if size <= MOST else "NOT MET",
                 f"release with containerd, MB: {size / 1e6:.1f}, goal <= {MOST / 1e6:.0f}")]
    for verdict, sentence in verdicts:
        say(f"  {verdict:<11}{sentence}")
    return found, verdicts


def initramfs(releases):
    """Bytes of it, as it lies in the root."""
    bundle, root = releases.served / "keelos-1.0.0.keel", releases.folder / "root.squashfs"
    with open(root, "wb") as file:
        subprocess.run(["tar", "-xOf", bundle, "root.squashfs"], stdout=file, check=True)
    listing = subprocess.run(["unsquashfs", "-lls", root, "boot/initramfs"], capture_output=True,
                             text=True, check=True).stdout
    root.unlink()
    return next(int(line.split()[2]) for line in listing.splitlines() if line.startswith("-"))


def memory(node):
    """{name: (KiB now, KiB at most)} of the first process and of the agent."""
    node.osctl("support-bundle", "support.tar.gz").must()
    text = subprocess.run(["tar", "-xzOf", node.folder / "support.tar.gz", "support/processes.txt"],
                          capture_output=True, text=True, check=True).stdout
    lines = [line.split() for line in text.splitlines()[1:]]
    return {words[6]: (int(words[4]), int(words[5])) for words in lines
            if words[0] == "1" or re.fullmatch("keel-agent", words[6])}


def table(found, sizes):
    lines = ["", "node: The node's image in QEMU, emulated in software", ""] + sizes
    lines += ["", f"  release {found['size'] / 1e6:.1f} MB, of it initramfs "
              f"{found['initramfs'] / 1e6:.1f} MB"]
    lines += ["", "  seconds since power-on, median (min-max)"]
    for number, (name, _) in enumerate(STEPS):
        lines.append(line(name, [steps[number] for steps in found["steps"]]))
    lines.append(line("osctl is answered", found["answers"]))
    lines += ["", "  seconds, median (min-max)",
              line("osctl reboot to answering again", found["restarts"]),
              line("a trial without an agent to the old slot", found["trials"]), ""]
    lines += [f"  RSS MiB of {name}: {now / 1024:.1f}, at most {most / 1024:.1f}"
              for name, (now, most) in found["memory"].items()]
    return "\n".join(lines)


def line(name, values):
    return (f"  {name:<42}{statistics.median(values):7.1f}"
            f" ({min(values):.1f}-{max(values):.1f}, {len(values)} runs)")
