"""The boot loader is replaced like a slot: beside the old one, then in one write of one sector."""

from disk import unchanged
from programs import DONE, REFUSED, tool
from report import expect, expect_equal

ROOM = 2 << 20
NAMES = ("BOOTX64.EFI", "BOOTX64.OLD")


def run(world, fixture, report):
    with world.scratch("loader") as folder:
        steps = Steps(world, fixture, report, folder)
        for step in (steps.in_place, steps.on_trial, steps.replaced, steps.again, steps.refused):
            step()


class Steps:
    """A disk made with one loader; its next release brings another."""

    def __init__(self, world, fixture, report, folder):
        self.world, self.fixture, self.report, self.folder = world, fixture, report, folder
        self.trust = fixture.usual_trust
        self.first, self.later = fixture.loader.read_bytes(), fixture.other_loader.read_bytes()
        old = fixture.release("v1", "4.0.0", "--loader", fixture.loader, small=True)
        self.new = fixture.release("v2", "5.0.0", "--loader", fixture.other_loader, small=True)
        self.silent = fixture.release("v3", "6.0.0", small=True)
        self.disk = fixture.disk(folder / "disk.img", old)

    def osctl(self, *words):
        return self.world.osctl(self.disk.path, self.trust, *words)

    def loaders(self):
        """The bytes of both files, by name."""
        found = {}
        for name in NAMES:
            place, size, _ = self.disk.file("EFI", "BOOT", name)
            found[name] = self.disk.read(place, size)
        return found

    def in_place(self):
        with self.report.test("upgrade-loader writes nothing when the loader is there already"), \
                unchanged(self.disk):
            self.osctl("upgrade-loader").must(DONE, "contract 1, already. Nothing was written")

    def on_trial(self):
        self.osctl("upgrade", self.new).must(DONE)
        with self.report.test("upgrade-loader is refused during a trial"), unchanged(self.disk):
            self.osctl("upgrade-loader").must(REFUSED, "slot b is on trial")
        self.osctl("confirm").must(DONE)

    def replaced(self):
        with self.report.test("upgrade-loader refuses a file that the release did not sign"), \
                unchanged(self.disk):
            self.osctl("upgrade-loader", "--loader", self.fixture.loader).must(
                REFUSED, "the release signs the boot loader with digest [0-9a-f]{12}, this one has")
        with self.report.test("upgrade-loader brings the signed loader and keeps the old one"):
            before = self.disk.digests()
            folder = self.disk.file("EFI", "BOOT")[0]
            entries = self.disk.read(folder, 4096)
            self.osctl("upgrade-loader").must(DONE, "contract 1, from now on")
            found = self.loaders()
            for name, loader in (("BOOTX64.EFI", self.later), ("BOOTX64.OLD", self.first)):
                expect_equal(len(found[name]), ROOM, f"the size of {name}")
                expect(found[name] == loader.ljust(ROOM, b"\0"), f"{name} is another loader")
            changed = [place for place in range(0, 4096, 512)
                       if self.disk.read(folder + place, 512) != entries[place:place + 512]]
            expect_equal(len(changed), 1, "sectors of the folder that changed")
            after = self.disk.digests()
            for slot in ("slot a", "slot b"):
                expect_equal(after[slot], before[slot], slot)
        with self.report.test("after upgrade-loader fsck.vfat finds no fault"):
            system = self.folder / "system.img"
            start, end = self.disk.system
            system.write_bytes(self.disk.read(start, end - start))
            tool("fsck.vfat", "-n", system)

    def again(self):
        with self.report.test("upgrade-loader a second time writes nothing"), unchanged(self.disk):
            self.osctl("upgrade-loader").must(DONE, "already. Nothing was written")
        with self.report.test("the loader comes from a file too, when it is the signed one"), \
                unchanged(self.disk):
            self.osctl("upgrade-loader", "--loader", self.fixture.other_loader).must(
                DONE, "already. Nothing was written")

    def refused(self):
        with self.report.test("a release that names no loader has none to bring"):
            self.osctl("upgrade", self.silent).must(DONE)
            self.osctl("confirm").must(DONE)
            with unchanged(self.disk):
                self.osctl("upgrade-loader").must(REFUSED, "slot a names no boot loader")
