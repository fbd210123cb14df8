"""Releases that must not stay: each ends on the old slot, and the node says why."""

import dataclasses
import json
import re
import time
from collections.abc import Callable

from node import DONE, ROLLED_BACK
from releases import LIBRARIES, misfit
from report import expect, expect_equal
from slots import Slots

DEADLINE = 90
CONFIG = f"version: 1\ntrial:\n  deadline: {DEADLINE}\n  attempts: 1\nhealth:\n  steady: 3\n"
# A certificate of ours is ECDSA: nobody can shake hands with a server that may not sign with it.
NO_HANDSHAKE = """\
openssl_conf = all
[all]
ssl_conf = ssl
[ssl]
system_default = narrow
[narrow]
SignatureAlgorithms = ed25519
"""


@dataclasses.dataclass(frozen=True)
class Row:
    """What is wrong, and what `explain` must say of it."""

    name: str
    says: str  # in the failed check, the reason or the lines of a boot; nothing: it never began
    overlay: Callable | None = None  # (scene) -> {place: content}
    without: tuple = ()
    damage: Callable | None = None  # (Slots, bundle), between the grant and the trial
    config: str = ""  # more of the node's configuration
    reaches: str = ""  # the last stage, when nothing else can tell
    is_metal: bool = False  # on real machines' kernel, with a watchdog of the machine's own
    forgets: bool = False  # the history takes no line
    core: bool = False


def rows():
    init, agent = "/usr/sbin/keel-init", "/usr/bin/keel-agent"
    return [
        Row("the first process ends", "Attempted to kill init|after switch",
            lambda scene: {init: misfit(scene.folder, "ENDS")}, reaches="switch"),
        Row("the kernel panics", "sysrq|after switch",
            lambda scene: {init: misfit(scene.folder, "PANICS")}, reaches="switch"),
        Row("the first process hangs", "after switch",
            lambda scene: {init: misfit(scene.folder, "SLEEPS")}, reaches="switch"),
        Row("the kernel hangs", "sysrq|after switch",
            lambda scene: {init: misfit(scene.folder, "HANGS")}, reaches="switch", is_metal=True),
        Row("there is no agent", r"agent: keel-agent ended: .*(no such|ENOENT|127)",
            without=(agent,), core=True),
        Row("the agent ends at once", "agent: keel-agent ended: exit 1",
            lambda scene: {agent: misfit(scene.folder, "ENDS")}),
        Row("the agent starts, and never serves", "deadline: .*the agent was never heard",
            lambda scene: {agent: misfit(scene.folder, "SLEEPS")}),
        Row("the agent cannot shake hands", "agent: .*does not answer|handshake",
            lambda scene: {"/usr/lib/ssl/openssl.cnf": NO_HANDSHAKE}),
        Row("a library of the agent is damaged", r"agent: keel-agent ended|libssl",
            lambda scene: {f"{LIBRARIES}/libssl.so.3": b"\x7fELF no more" * 100}),
        Row("there is no containerd",
            "(?s)containerd: containerd is.*not healthy yet.*containerd: containerd is",
            without=("/usr/bin/containerd",), core=True),
        Row("containerd runs, and answers nobody", "containerd: containerd runs, and .* reached",
            lambda scene: {"/usr/bin/containerd": misfit(scene.folder, "SLEEPS")}),
        Row("it is slower than its deadline", "deadline: .*never heard",
            lambda scene: {agent: misfit(scene.folder, "DAWDLES"),
                           f"{agent}-in-time": scene.programs / "keel-agent"}),
        Row("there is no network", "network: No link has an address",
            without=("drivers/net/virtio_net.ko",)),
        Row("a probe of the operator's fails", "shop: http://127.0.0.1:81/ ",
            config="  probes:\n  - name: shop\n    url: http://127.0.0.1:81/\n"),
        Row("the root is damaged after the grant", "verity|root|I/O|after",
            damage=lambda slots, bundle: slots.flip_root("b", bundle)),
        Row("the kernel is damaged on the disk", "",
            damage=lambda slots, bundle: slots.flip_kernel("b")),
        Row("a block of the root is flipped on the disk", "verity|I/O|agent",
            damage=lambda slots, bundle: slots.flip_root("b", bundle, 16 << 20)),
        Row("a signature in the trailer is wrong", "signature|signed",
            damage=lambda slots, bundle: slots.flip_signature("b", bundle)),
        Row("the data partition is full", "state: .*(no space|No space|ENOSPC|full)",
            damage=lambda slots, bundle: slots.fill_data(), forgets=True),
    ]


def run(scene, report):
    """Each row on a copy of one node that was taken and configured."""
    wanted = scene.draw(rows(), lambda row: row.core)
    versions = {row: f"2.{number}.0" for number, row in enumerate(wanted, 2)}
    overlays = {row: row.overlay(scene) for row in wanted if row.overlay}
    for row, ended in scene.together(
            lambda row: one(scene, row, overlays.get(row), versions[row]), wanted):
        with report.test(f"{row.name}: the old slot answers again, and says why"):
            report.note(f"{ended.result():.0f} s from the restart to the old slot answering")


def one(scene, row, overlay, version):
    """Seconds from the restart into the bad release to the old slot answering."""
    without = [place if place.startswith("/") else scene.module(place) for place in row.without]
    place, bundle = scene.bad(version, overlay, without, is_metal=row.is_metal)
    with scene.node(f"bad-{version}", row.is_metal) as node:
        config = node.folder / "node.yaml"
        config.write_text(CONFIG + row.config)
        node.osctl("config", "apply", config).must()
        upgrade = ["upgrade", f"{scene.address}/{place}", "--timeout", "15m"]
        mark = node.machine.mark
        if row.damage:
            node.osctl(*upgrade).must()
            node.osctl("shutdown").must()
            node.machine.end(180)
            row.damage(Slots(node.machine.disk), bundle)
            node.machine.start()
            began = node.machine.begun
        else:
            node.osctl(*upgrade, "--reboot", within=1000).must(ROLLED_BACK)
            began = node.machine.begun + node.machine.wait("restarting: operation", 1, mark)[0]
        node.settle(900)
        seconds = time.monotonic() - began
        check(node, row)
        return seconds


def check(node, row):
    slots = node.slots()
    expect_equal(slots["running"], "a", "the running slot")
    states = {slot["slot"]: slot for slot in slots["slots"]}
    expect_equal(states["a"]["grant"], "trusted", "the old slot")
    expect_equal(states["b"]["grant"], "forbidden", "the new slot")
    history = node.osctl("history").must().text
    expect(row.forgets or re.search(r"fail +b +2\.", history), f"no failure in it:\n{history}")
    boots = [boot for boot in node.explain() if boot.get("slot") == "b"]
    if not row.says:
        expect(not boots, lambda: f"slot b has begun to boot: {json.dumps(boots)[:2000]}")
        expect(any("keel: slot B [trial1] cannot be loaded" in text
                   for _, text in node.machine.lines), node.machine.tail)
        node.osctl("explain").must(DONE, "no boot of it ever began")
        return
    expect(boots, "explain has no boot of slot b")
    told = [f"{boot.get('failed', '')}: {boot.get('reason', '')} after {boot.get('stage')}\n"
            + "\n".join(boot.get("lines", [])) for boot in boots]
    expect(any(re.search(row.says, text) for text in told),
           lambda: f"nobody says {row.says!r}: " + json.dumps(boots)[:3000])
