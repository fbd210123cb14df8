"""Disks whose record is damaged, and disks that are not ours or not whole."""

import contextlib
import itertools
import json
import struct
import zlib

from disk import COPIES, DiskImage, unchanged
from loop import attached
from programs import DONE, FAILED, REFUSED, tool
from report import expect, expect_equal
from world import copy_sparse

WAYS = {"zeroed": lambda disk, at: disk.write(at, bytes(1024)),
        "garbled": lambda disk, at: disk.write(at, b"\xa5" * 512),
        "cut": lambda disk, at: disk.write(at + 60, bytes(964))}


def run(world, fixture, report):
    with world.scratch("rescue") as folder:
        rescue = Rescue(world, fixture, report, folder)
        for lost in itertools.chain.from_iterable(
                itertools.combinations(COPIES, count) for count in (1, 2, 3)):
            rescue.survives(lost)
        rescue.all_lost()
        rescue.tables()
        rescue.broken_slots()
        rescue.devices()


class Rescue:
    """A disk that runs 2.0.0 in slot b with 1.0.0 in slot a, broken in many ways."""

    def __init__(self, world, fixture, report, folder):
        self.world, self.report, self.folder = world, report, folder
        self.trust, self.new = fixture.usual_trust, fixture.release("v3", "3.0.0", small=True)
        self.pristine = folder / "pristine.img"
        fixture.disk(self.pristine, fixture.release("v1", "1.0.0", small=True))
        for words in (("upgrade", fixture.release("v2", "2.0.0", small=True)), ("confirm",)):
            self.osctl(self.pristine, *words).must(DONE)
        self.chance = world.chance("rescue")

    def osctl(self, path, *words, **options):
        return self.world.osctl(path, self.trust, *words, **options)

    def copy(self):
        return DiskImage(copy_sparse(self.pristine, self.folder / "disk.img"))

    def damage(self, disk, copies):
        for copy in copies:
            WAYS[self.chance.choice(sorted(WAYS))](disk, disk.file("KEEL", copy)[0])

    def survives(self, lost):
        """Whatever is lost, status tells it, and while one copy is left life goes on."""
        names = " and ".join(copy.lower() for copy in lost)
        with self.report.test(f"with {names} lost, status says so and writes nothing"):
            disk = self.copy()
            self.damage(disk, lost)
            with unchanged(disk):
                status = json.loads(self.osctl(disk.path, "status", "--output", "json")
                                    .must(DONE).out)
            expected = ", ".join(f"{copy.lower()} {'damaged' if copy in lost else 'whole'}"
                                 for copy in COPIES)
            expect_equal(status["record"], expected, "the record")
            running = None if len(lost) == 3 else "b"
            expect_equal(status["state"]["running"], running, "the running slot")
        if len(lost) == 3:
            return
        with self.report.test(f"with {names} lost, an upgrade repairs the record and is done"):
            self.osctl(disk.path, "upgrade", self.new).must(DONE, "Slot a holds 3.0.0")
            for copy in COPIES[:2]:
                expect_equal(disk.record(copy)["A"], "3", f"slot a in {copy}")
            expect_equal(disk.record("ENV2")["B"], "good", "slot b in ENV2")

    def all_lost(self):
        test = self.report.test
        disk = self.copy()
        self.damage(disk, COPIES)
        with test("with every copy lost nothing is changed but by rescue"), unchanged(disk):
            for words in (("upgrade", self.new), ("rollback",), ("confirm",), ("activate",),
                          ("upgrade-loader",)):
                self.osctl(disk.path, *words).must(
                    REFUSED, "no slot may boot by the boot record", "Nothing was written",
                    "the firmware would try both as a last resort")
        with test("with every copy lost, confirm --slot trusts a slot that proves"):
            self.osctl(disk.path, "confirm", "--slot", "a").must(DONE, "Slot a runs 1.0.0 and boot")
            for copy in COPIES:
                found = disk.record(copy)
                expect_equal((found["A"], found["B"]), ("good", "none"), f"the slots in {copy}")
            self.osctl(disk.path, "upgrade", self.new).must(DONE, "Slot b holds 3.0.0")
        with test("with every copy lost, confirm --slot refuses a slot with one wrong bit"):
            disk = self.copy()
            self.damage(disk, COPIES)
            disk.flip(disk.slots["b"][0] + 500_000)
            with unchanged(disk):
                self.osctl(disk.path, "confirm", "--slot", "b").must(
                    FAILED, "a block of its root differs", "Nothing was written")
        with test("with every copy missing, confirm --slot makes them anew"):
            disk = self.copy()
            for copy in COPIES:
                tool("mdel", "-i", f"{disk.path}@@{disk.system[0]}", f"::KEEL/{copy}")
            self.osctl(disk.path, "status").must(DONE, "env0 missing, env1 missing, env2 missing")
            self.osctl(disk.path, "confirm", "--slot", "b").must(DONE, "Slot b runs 2.0.0")
            self.osctl(disk.path, "status").must(DONE, "env0 whole, env1 whole, env2 whole")
            system = self.folder / "system.img"
            system.write_bytes(disk.read(disk.system[0], disk.system[1] - disk.system[0]))
            tool("fsck.vfat", "-n", system)
            system.unlink()

    def refused(self, what, disk, *words, code=REFUSED, verbs=(("slots",), ("confirm",))):
        with self.report.test(f"{what} is refused"):
            before = disk.digest(0, disk.path.stat().st_size) if disk else None
            for verb in verbs:
                self.osctl(disk.path, *verb).must(code, *words)
            after = disk.digest(0, disk.path.stat().st_size)
            expect_equal(after, before, "the disk")

    def tables(self):
        """Partition tables of others, and ours bent."""
        disk = self.copy()
        tool("sfdisk", "--quiet", "--part-label", disk.path, 2, "KEELOS_ROOT_B2")
        self.refused("a disk without slot a", disk, r"it has no partition KEELOS_ROOT_A")
        tool("sfdisk", "--quiet", "--part-label", disk.path, 2, "KEELOS_ROOT_B")
        self.refused("a disk with two slots b", disk, r"partitions 2 and 3 are both KEELOS_ROOT_B"
                     "|it has no partition KEELOS_ROOT_A")
        tool("sfdisk", "--quiet", "--part-label", disk.path, 3, "KEELOS_ROOT_A")
        self.refused("a disk whose slots are swapped", disk,
                     r"KEELOS_ROOT_A is partition 3, the boot loader looks for it as 2")
        disk = self.copy()
        tool("sfdisk", "--quiet", "--part-type", disk.path, 3,
             "0FC63DAF-8483-4772-8E79-3D69D8477DE4")
        self.refused("a disk whose slot has another type", disk, "KEELOS_ROOT_B has type")
        disk = self.copy()
        tool("sfdisk", "--quiet", "--part-label", disk.path, 1, "EFI")
        self.refused("a disk without a system partition", disk, "no partition EFI-SYSTEM")
        disk = self.copy()
        shrink_last(disk)
        self.refused("a disk with unequal slots", disk, "they must be equal")
        disk = self.copy()
        disk.write(512, bytes(512))
        with self.report.test("a disk with a damaged table can be read, not changed"):
            with unchanged(disk):
                self.osctl(disk.path, "slots").must(DONE, "boots next")
                self.osctl(disk.path, "confirm").must(
                    REFUSED, "its partition table is damaged; the backup at its end is sound")
        disk.write(disk.path.stat().st_size - 512, bytes(512))
        self.refused("a disk with both tables damaged", disk,
                     "its partition table is damaged, and so is the backup")
        disk = self.copy()
        tool("sfdisk", "--quiet", disk.path, stdin=b"label: dos\nsize=10M\n")
        self.refused("a disk of another system", disk,
                     "expected a GUID partition table, found a dos table")
        blank = self.copy()
        blank.write(0, bytes(34 * 512))
        blank.write(blank.path.stat().st_size - 33 * 512, bytes(33 * 512))
        self.refused("a blank disk", blank, "expected a GUID partition table, found none")

    def broken_slots(self):
        """Content that is not what the record believes."""
        for part, words in (("root", "a block of its root differs"),
                            ("index", "its trailer differs"),
                            ("top of the tree", "the hash tree over it ends in"),
                            ("tree", "its hash tree differs")):
            with self.report.test(f"prove finds one wrong bit in the {part} of a slot"):
                disk = self.copy()
                disk.flip(disk.slots["b"][0] + places(disk, "b")[part])
                self.osctl(disk.path, "prove").must(FAILED, words)
        with self.report.test("a slot with one wrong bit in its manifest holds no release"):
            disk = self.copy()
            disk.flip(disk.slots["a"][0] + places(disk, "a")["manifest"])
            self.osctl(disk.path, "prove").must(DONE, "slot a: no release", "slot b: 2.0.0 is whol")
            self.osctl(disk.path, "rollback").must(REFUSED, "nothing bootable is in slot a")
        with self.report.test("a slot whose trailer is gone counts as no release"):
            disk = self.copy()
            disk.write(disk.slots["a"][0] + places(disk, "a")["trailer"], bytes(4096))
            self.osctl(disk.path, "slots").must(DONE, r"a +partial +- ")
            self.osctl(disk.path, "rollback").must(REFUSED, "nothing bootable is in slot a")

    def devices(self):
        """Block devices that must not be touched."""
        disk = self.copy()
        with attached(disk.path) as device:
            with self.report.test("one partition of a disk is refused"), unchanged(disk):
                for words in (("slots",), ("upgrade", self.new)):
                    self.osctl(f"{device}p2", *words).must(
                        REFUSED, "expected a whole disk, found one partition of it")
            with self.report.test("a disk with a mounted slot is not changed"), \
                    mounted(f"{device}p2", self.folder / "mounted"), unchanged(disk):
                self.osctl(device, "upgrade", self.new).must(
                    REFUSED, "is refused: it is mounted or in use on this machine")
            with self.report.test("a disk with a mounted slot can be looked at"), \
                    mounted(f"{device}p2", self.folder / "mounted"), unchanged(disk):
                self.osctl(device, "slots").must(DONE, "boots next")
                self.osctl(device, "prove").must(DONE, "slot a: 1.0.0 is whole")
            with self.report.test("a disk whose slot was mounted is changed afterwards"):
                self.osctl(device, "upgrade", self.new).must(DONE, "Slot a holds 3.0.0")
                self.osctl(device, "prove").must(DONE, "slot a: 3.0.0 is whole")
                with mounted(f"{device}p2", self.folder / "mounted") as root:
                    expect((root / "boot" / "bzImage").is_file(), "it has no kernel")


@contextlib.contextmanager
def mounted(node, folder):
    folder.mkdir(exist_ok=True)
    tool("mount", "-t", "squashfs", "-o", "ro", node, folder)
    try:
        yield folder
    finally:
        tool("umount", folder)


def places(disk, slot):
    """An offset inside each part of a slot."""
    used, = struct.unpack("<Q", disk.slot_bytes(slot, 40, 8))
    trailer = -(-used // 4096) * 4096
    lengths = struct.unpack("<III", disk.slot_bytes(slot, trailer + 8, 12))
    end = trailer + 24 + sum(lengths)
    tree = -(-end // 4096) * 4096
    return {"root": 500_000, "trailer": trailer, "manifest": trailer + 24 + 5, "index": end - 5,
            "top of the tree": tree + 5, "tree": tree + 4096 + 5}


def shrink_last(disk):
    """Slot b one MiB shorter, in both tables with right checksums."""
    for header_at in (512, disk.path.stat().st_size - 512):
        header = bytearray(disk.read(header_at, 512))
        start, count, size = struct.unpack("<QII", header[72:88])
        table = bytearray(disk.read(start * 512, count * size))
        last, = struct.unpack_from("<Q", table, 2 * size + 40)
        struct.pack_into("<Q", table, 2 * size + 40, last - 2048)
        struct.pack_into("<I", header, 88, zlib.crc32(table))
        header[16:20] = bytes(4)
        struct.pack_into("<I", header, 16, zlib.crc32(header[:92]))
        disk.write(start * 512, table)
        disk.write(header_at, header)
