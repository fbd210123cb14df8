"""Secure Boot: a signed release goes up and falls back, and the node's doors are locked. That nothing
unsigned starts is in Tests/Image."""

import json
import subprocess

import boot
import kernel
import packages
import secureboot
from node import DONE, ROLLED_BACK
from releases import HERE, Releases
from report import expect, expect_equal
from scene import first_boot

SIGNATURE = 28 + len(b"~Module signature appended~\n")
"""Bytes at the end of a module that tell of its signature: then it counts as one without."""
SHARE = "/usr/share/knock"


def run(scene, report):
    folder = scene.releases.served / "secure"
    folder.mkdir()
    secureboot.make(folder / "keys")
    releases = Releases(scene.programs, folder, secureboot=folder / "keys")
    options = {"firmware": boot.SECURE_FIRMWARE, "variables": folder / "keys" / "vars.fd"}

    def taken(port):
        place = folder / "taken"
        place.mkdir()
        first_boot(scene.programs, releases, place, port, **options)
        return place

    served = f"{scene.address}/secure/served"
    releases.bad("1.1.0", knocking(scene, folder))
    releases.bad("1.2.0", without=("/usr/bin/keel-agent",))
    with scene.node("secure", source=taken, **options) as node:
        with report.test("under Secure Boot a signed release is upgraded to, and trusted"):
            node.osctl("upgrade", "--reboot", f"{served}/keelos-1.1.0.keel").must(
                DONE, "1.1.0 runs and is trusted")
        with report.test("even root can open no memory and load no module that nobody signed"):
            text = node.osctl("logs", "knock").must().text
            told = dict(line.partition("knock: ")[2].split(": ", 1)
                        for line in text.splitlines() if "knock: " in line)
            expect_equal(told, {"/dev/mem": "EPERM", "an unsigned module": "EKEYREJECTED",
                                "a signed module": "done", "another kernel": "EPERM"},
                         "what was tried")
        with report.test("under Secure Boot a release that does not hold falls back"):
            node.osctl("upgrade", "--reboot", f"{served}/keelos-1.2.0.keel", within=1000).must(
                ROLLED_BACK)
            node.settle(600)
            slots = node.slots()
            expect_equal(slots["running"], "b", "the running slot")
            boots = [each for each in node.explain() if each.get("slot") == "a"]
            expect("agent" in json.dumps(boots), lambda: json.dumps(boots)[:2000])


def knocking(scene, folder):
    """A service that tries the doors, and the modules it tries them with."""
    program = folder / "knock"
    subprocess.run(["gcc", "-static", "-Os", "-s", "-o", program, HERE / "knock.c"], check=True)
    locked = [one for one in packages.read_lock() if one.flavour == scene.releases.kernel]
    found = kernel.Kernel(locked[0].name, packages.unpacked(locked, packages.cache_folder())
                          [locked[0].name])
    module = found.module("ifb").source.read_bytes()
    return {
        "/usr/bin/knock": program,
        "/etc/keel/services/knock.json": json.dumps({"name": "knock",
                                                     "command": ["/usr/bin/knock"]}),
        f"{SHARE}/signed.ko": module,
        f"{SHARE}/unsigned.ko": module[:-SIGNATURE],
    }
