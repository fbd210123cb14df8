"""The main job: up to a new release, on to the next, and back."""

import re

import memory
import monitor
from node import DONE
from report import expect, expect_equal


def run(scene, report):
    bundle = scene.releases.good("1.1.0")
    with scene.node("story") as node:
        with report.test("osctl upgrade --reboot --wait ends when the new release is trusted"):
            answer = node.osctl("upgrade", "--reboot", f"{scene.address}/{bundle}").must(
                DONE, "1.1.0 runs and is trusted")
            report.note(f"{answer.seconds:.0f} s, fetching and both boots included")
            slots = node.slots()
            expect_equal((slots["running"], slots["next"]), ("b", "b"), "running and next")
            expect_equal([slot["grant"] for slot in slots["slots"]], ["trusted"] * 2, "grants")
        with report.test("explain tells both boots, and who ended the first"):
            # The first process reads once a second whether the record trusts what runs.
            boots = node.explain(until=lambda boots: boots[0]["stage"] == "healthy")
            expect_equal(boots[0]["slot"], "b", "the slot of the newest boot")
            expect(any(boot["slot"] == "a" and "operation" in boot.get("reason", "")
                       and not boot.get("failed") for boot in boots),
                   lambda: str([(boot["slot"], boot.get("reason")) for boot in boots]))
        with report.test("the same release again is no upgrade"):
            node.osctl("upgrade", f"{scene.address}/{bundle}").must(DONE, "in slot b already")
        with report.test("history tells what was done, and the audit log is whole"):
            text = node.osctl("history").must().text
            expect(re.search(r"install +b +1\.1\.0", text) and "confirm" in text, text)
            node.osctl("audit", "verify").must()
        with report.test("the key, and so the fingerprint, outlives an upgrade"):
            shown = {found for _, text in node.machine.lines
                     for found in re.findall(r"fingerprint=(\w+)", text)}
            expect_equal(len(shown), 1, "the number of fingerprints on the console")
        with report.test("what its kernel has said can be read from outside, for one that hangs"):
            logs = memory.kernel_logs(node.machine.process.pid)
            expect(any("keel: slot b" in text for log in logs for text in log), str(logs))
            places = monitor.processors(node.machine.monitor)
            expect(len(places) == 6 and all(re.match(r"CPU#[01] .*RIP=[0-9a-f]{16}\b", place)
                                            for place in places), str(places))
        with report.test("osctl rollback --reboot --wait ends when the old release is trusted"):
            answer = node.osctl("rollback", "--reboot").must(DONE, "1.0.0 runs and is trusted")
            report.note(f"{answer.seconds:.0f} s")
            expect_equal(node.slots()["running"], "a", "the running slot")
        with report.test("the boot loader is upgraded on the node, and boots it"):
            node.osctl("upgrade-loader").must()
            node.osctl("reboot").must()
            node.answers()
        with report.test("after a power cut at rest the node comes back by itself"):
            node.machine.kill()
            node.machine.start()
            node.answers(600)
            expect_equal(node.slots()["running"], "a", "the running slot")
