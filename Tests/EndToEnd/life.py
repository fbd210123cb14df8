"""A disk's life, step by step: what each command does, says, and leaves untouched."""

import fcntl
import json
import os

from disk import unchanged
from loop import attached
from programs import BUSY, DONE, REFUSED, USAGE
from report import expect, expect_equal
from world import copy_sparse

OLD, NEW = "1.0.0", "2.0.0"


def run(world, fixture, report):
    with world.scratch("life") as folder:
        pristine = folder / "pristine.img"
        disk = fixture.disk(pristine, fixture.release("v1", OLD))
        life = Life(world, fixture, report, folder, disk)
        life.looks()
        life.previews()
        life.upgrades()
        life.goes_back()
        life.stages()
        life.waits()
        life.is_misused()
        other_sources(world, fixture, report, folder)


class Life:
    """One disk from its making on."""

    def __init__(self, world, fixture, report, folder, disk):
        self.world, self.report, self.disk, self.folder = world, report, disk, folder
        self.trust, self.state = fixture.usual_trust, folder / "state"
        self.new, self.old = fixture.release("v2", NEW), fixture.release("v1", OLD)
        self.fresh = copy_sparse(disk.path, folder / "fresh.img")

    def osctl(self, *words, **options):
        options.setdefault("state", self.state)
        return self.world.osctl(self.disk.path, self.trust, *words, **options)

    def slots(self):
        return json.loads(self.osctl("slots", "--output", "json").must(DONE).out)

    def expect_slots(self, next_slot, **slots):
        """`b=("whole", "2.0.0", "trial", 3)` and so on."""
        found = self.slots()
        expect_equal(found["next"], next_slot, "the slot that boots next")
        for slot in found["slots"]:
            facts = tuple(slot[name] for name in ("content", "version", "grant", "attempts"))
            expect_equal(facts, slots[slot["slot"]], f"slot {slot['slot']}")

    def looks(self):
        test = self.report.test
        with test("a new disk runs slot a and has an empty slot b"), unchanged(self.disk):
            self.expect_slots("a", a=("whole", OLD, "trusted", None),
                              b=("empty", None, "forbidden", None))
        with test("status is JSON and names the record, the loader and the trust"), \
                unchanged(self.disk):
            status = json.loads(self.osctl("status", "--output", "json").must(DONE).out)
            expect_equal(status["in force"], "env0: ORDER=A B A=good B=none SEQ=1", "the record")
            expect_equal(status["loader"], "contract 1", "the loader")
            expect_equal(status["standing"], "trusted", "the standing")
            expect_equal(status["state"]["next"], "a", "what boots next")
        with test("status and slots are tables for people"):
            self.osctl("status").must(DONE, r"record +env0 whole, env1 whole, env2 whole",
                                      r"a +whole +1\.0\.0 .* trusted +good +boots next")
        with test("a new disk has no history"):
            expect_equal(json.loads(self.osctl("history", "--output", "json").must(DONE).out), [],
                         "the history")

    def previews(self):
        with self.report.test("a dry run tells the plan and writes nothing"), \
                unchanged(self.disk):
            result = self.osctl("upgrade", "--dry-run", self.new)
            result.must(DONE, r"2\.0\.0 would go into slot b\. Nothing was written\.",
                        r"fetch +\d+ bytes in \d+ requests", r"copied +\d+ bytes from the running")
            expect(not self.state.exists() or not any(self.state.iterdir()), "it wrote a history")

    def upgrades(self):
        test = self.report.test
        with test("an upgrade arms slot b for three tries and leaves slot a alone"):
            before = self.disk.digests()["slot a"]
            self.osctl("upgrade", self.new).must(
                DONE, r"2\.0\.0 \([0-9a-f]{12}\) is installed", r"Slot b holds 2\.0\.0 and boots "
                r"next, on trial with 3 tries left\.")
            expect_equal(self.disk.digests()["slot a"], before, "slot a")
            self.expect_slots("b", a=("whole", OLD, "trusted", None),
                              b=("whole", NEW, "trial", 3))
        with test("the same upgrade during its trial writes nothing and is done"), \
                unchanged(self.disk):
            self.osctl("upgrade", self.new).must(DONE, "already, on trial", "Nothing was written")
        with test("another upgrade during a trial is refused"), unchanged(self.disk):
            self.osctl("upgrade", "--allow-downgrade", self.old).must(
                REFUSED, "slot b is on trial; confirm it or roll it back first")
        with test("confirm makes slot b trusted"):
            self.osctl("confirm").must(DONE, r"Slot b is trusted now\. Slot b runs 2\.0\.0")
            self.expect_slots("b", a=("whole", OLD, "trusted", None),
                              b=("whole", NEW, "trusted", None))
        with test("confirm again writes nothing"), unchanged(self.disk):
            self.osctl("confirm").must(DONE, "was trusted before. Nothing was written")
        with test("the same upgrade again writes nothing and is done"), unchanged(self.disk):
            self.osctl("upgrade", self.new).must(DONE, "already, trusted", "Nothing was written")
        with test("both slots prove, every byte"), unchanged(self.disk):
            self.osctl("prove").must(DONE, r"slot a: 1\.0\.0 is whole", r"slot b: 2\.0\.0 is whole")

    def goes_back(self):
        test = self.report.test
        with test("rollback is a trial of the old slot and writes no slot"):
            before = self.disk.digests()
            self.osctl("rollback").must(DONE, r"Slot a is armed\..* on trial with 3 tries left")
            after = self.disk.digests()
            for slot in ("slot a", "slot b"):
                expect_equal(after[slot], before[slot], slot)
            self.expect_slots("a", a=("whole", OLD, "trial", 3), b=("whole", NEW, "trusted", None))
        with test("rollback of a trial gives it up and goes home"):
            self.osctl("rollback").must(DONE, r"Slot a is given up\. Slot b runs 2\.0\.0")
        with test("rollback into a slot that was given up is refused"), unchanged(self.disk):
            self.osctl("rollback").must(REFUSED, r"slot a failed before \(operator\)",
                                        r"Nothing was written\. Slot b runs 2\.0\.0")

    def stages(self):
        test = self.report.test
        with test("a release that lies there already is staged without writing"), \
                unchanged(self.disk):
            self.osctl("upgrade", "--stage", "--allow-downgrade", "--retry-quarantined",
                       self.old).must(DONE, "is staged, in slot a. Slot b runs 2.0.0")
            self.expect_slots("b", a=("whole", OLD, "forbidden", None),
                              b=("whole", NEW, "trusted", None))
        with test("activate refuses an older version unless asked to"), unchanged(self.disk):
            self.osctl("activate").must(REFUSED, "it is 1.0.0, older than 2.0.0")
        with test("activate refuses what was given up unless asked to"), unchanged(self.disk):
            self.osctl("activate", "--allow-downgrade").must(
                REFUSED, "failed or was given up on this node before; --retry-quarantined accepts")
        with test("activate proves the staged release and arms it"):
            self.osctl("activate", "--allow-downgrade", "--retry-quarantined").must(
                DONE, r"1\.0\.0 in slot a was proved and is armed\. Slot a holds 1\.0\.0")
            self.osctl("confirm").must(DONE, "Slot a is trusted now")
        with test("the history tells it all in order"):
            entries = json.loads(self.osctl("history", "--output", "json").must(DONE).out)
            found = [(entry["event"], entry["slot"]) for entry in entries]
            expect_equal(found, [
                ("install", "b"), ("activate", "b"), ("confirm", "b"), ("rollback", "a"),
                ("fail", "a"), ("activate", "a"), ("confirm", "a")],
                "the history")
        with test("activate with nothing to activate is refused"):
            self.world.osctl(self.fresh, self.trust, "activate").must(
                REFUSED, "slot b holds no whole release", "Nothing was written")
        with test("a staged release is whole, may not boot, and is armed by activate"):
            staged = copy_sparse(self.fresh, self.folder / "staged.img")
            self.world.osctl(staged, self.trust, "upgrade", "--stage", self.new).must(
                DONE, r"2\.0\.0 is staged, in slot b\. Slot a runs 1\.0\.0 and boots next")
            self.world.osctl(staged, self.trust, "slots").must(
                DONE, r"b +whole +2\.0\.0 .* forbidden +none")
            self.world.osctl(staged, self.trust, "activate").must(DONE, "in slot b was proved")
            staged.unlink()

    def waits(self):
        with self.report.test("a disk that another program changes is busy, and says so"), \
                unchanged(self.disk), open(self.disk.path, "rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            for words in (("upgrade", self.new), ("confirm",), ("rollback",), ("activate",),
                          ("upgrade-loader",)):
                self.osctl(*words, timeout=20).must(BUSY, "is busy: another program is changing it")
        with self.report.test("looking at a busy disk is allowed"), \
                open(self.disk.path, "rb") as other:
            fcntl.flock(other, fcntl.LOCK_EX)
            for words in (("slots",), ("status",), ("prove",), ("upgrade", "--dry-run", self.new)):
                self.osctl(*words, timeout=60).must(DONE)

    def is_misused(self):
        wrong = [
            ((), "no verb"), (("frobnicate",), "an unknown verb"),
            (("upgrade",), "no source"), (("upgrade", "a", "b"), "two sources"),
            (("upgrade", "--digest", "12", "x"), "a digest too short"),
            (("upgrade", "--rate", "0", "x"), "a rate of zero"),
            (("upgrade", "--disk-rate", "-5", "x"), "a negative disk rate"),
            (("upgrade", "--retries", "5000", "x"), "too many retries"),
            (("upgrade", "--client-cert", "x", "x"), "a certificate without its key"),
            (("confirm", "--slot", "c"), "a third slot"),
            (("slots", "--output", "xml"), "an output nobody knows"),
        ]
        for words, what in wrong:
            with self.report.test(f"{what} is a usage error"), unchanged(self.disk):
                result = self.osctl(*words)
                if words:
                    result.must(USAGE, "Usage: ")
                else:
                    expect(result.code in (DONE, USAGE) and "USAGE: " in result.out + result.err,
                           f"it ended with {result.code} and said {result.out + result.err}")


def other_sources(world, fixture, report, folder):
    """A release comes from a file, from standard input, or from a pipe."""
    new, trust = fixture.release("v2", NEW), fixture.usual_trust
    fresh = folder / "fresh.img"

    def taken(name, source, **options):
        with report.test(f"a release comes from {name}"):
            disk = copy_sparse(fresh, folder / "from.img")
            world.osctl(disk, trust, "upgrade", source, **options).must(DONE, "boots next, on")
            world.osctl(disk, trust, "prove").must(DONE, r"slot b: 2\.0\.0 is whole")
            os.unlink(disk)

    taken("a relative path", new.name, cwd=new.parent)
    taken("a file URL", f"file://{new}")
    with open(new, "rb") as stream:
        taken("standard input that is a file", "-", stdin=stream)
    taken("standard input that is a pipe", "-", stdin=new.read_bytes())
    with report.test("a release comes through a loop device, and the image file shows it"):
        image = copy_sparse(fresh, folder / "loop.img")
        with attached(image) as device:
            world.osctl(device, trust, "upgrade", new).must(DONE, "Slot b holds 2.0.0")
            world.osctl(device, trust, "confirm").must(DONE)
            world.osctl(device, trust, "prove").must(DONE, r"slot b: 2\.0\.0 is whole")
        world.osctl(image, trust, "slots").must(DONE, r"b +whole +2\.0\.0 .* trusted")
