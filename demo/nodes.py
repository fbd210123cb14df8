"""The second half of the demo: a real node in QEMU, its upgrade, its fall back, its way back."""

import sys

from stage import ROOT, free_port, web_server
from workbench import show, step

sys.path[1:1] = [str(ROOT / "Tests" / "Node"), str(ROOT / "Tests" / "EndToEnd")]
import node as nodes  # noqa: E402
from releases import Releases  # noqa: E402

# A trial that is not healthy within this many seconds of its kernel's start is given up.
CONFIG = "version: 1\ntrial:\n  deadline: 100\n"


def tell(programs, folder):
    step("the node: kernel, first process, agent and containerd in one signed image")
    folder.mkdir()
    releases = Releases(programs, folder)
    disk = releases.first()
    good = releases.good("1.1.0")
    broken = releases.bad("1.2.0", without=["/usr/bin/containerd"])
    mended = releases.good("1.2.1")
    for name in ("keelos-1.0.0.keel", good, broken, mended):
        size = (releases.served / name).stat().st_size / 1e6
        show(f"{name}  {size:.1f} MB" + ("  broken on purpose: no containerd" * (name == broken)))
    with web_server(folder, releases.served) as local, \
            nodes.Node(programs, disk, folder, port=free_port()) as node:
        address = local.replace("127.0.0.1", "10.0.2.2")  # as the machine reaches it
        step("its first boot, in QEMU with UEFI and GRUB")
        node.power_on(600)
        for when, text in node.machine.lines:
            if text.startswith("keel:"):
                show(f"{when:5.1f} s  {text}"[:110])
        node.take()
        (folder / "node.yaml").write_text(CONFIG)
        command(node, "config", "apply", "node.yaml")
        step("1.1.0, from the web server: on trial, healthy, trusted")
        command(node, "upgrade", "--reboot", f"{address}/{good}")
        command(node, "slots")
        step("1.2.0 is broken: its trial fails, and the node comes back by itself")
        command(node, "upgrade", "--reboot", f"{address}/{broken}", ends=nodes.ROLLED_BACK)
        command(node, "slots")
        failed = next(boot for boot in node.explain()["boots"] if boot.get("failed"))
        print("$ osctl explain", flush=True)
        show(f"boot {failed['number']}, slot {failed['slot']}: {failed['version']} came to "
             f"\"{failed['stage']}\"\nfailed {failed['failed']}: {failed['reason']}")
        step("1.2.1 is mended; and back from it, which is a trial of the old release")
        command(node, "upgrade", "--reboot", f"{address}/{mended}")
        command(node, "rollback", "--reboot")
        command(node, "slots")
        command(node, "history")


def command(node, *words, ends=nodes.DONE):
    """One osctl command as it is typed, and what it says."""
    print(f"$ osctl {' '.join(words)}", flush=True)
    answer = node.osctl(*words)
    answer.must(ends)
    show("\n".join(line for line in answer.text.strip().splitlines() if " % " not in line))
