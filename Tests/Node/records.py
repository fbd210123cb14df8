"""A boot record that is damaged while the node is off: a slot boots by the rules, and the record is
repaired."""

import dataclasses
import itertools
import random
import subprocess

from disk import COPIES, DiskImage
from node import DONE
from report import expect, expect_equal

HALF = 512
REFUSED = 2


@dataclasses.dataclass(frozen=True)
class Row:
    """What has become of which copies."""

    kind: str
    copies: tuple

    @property
    def name(self):
        which = "all copies" if len(self.copies) == len(COPIES) else " and ".join(self.copies)
        return f"{which} {self.kind}"

    @property
    def runs(self):
        """The record says that b boots. A stale one said that a does; the last of three is only
        asked when both others are lost; without any, a is tried first."""
        if self.kind == "stale":
            return "a" if {"ENV0", "ENV1"} <= set(self.copies) else "b"
        return "a" if len(self.copies) == len(COPIES) else "b"


def rows():
    sets = [each for size in (1, 2, 3) for each in itertools.combinations(COPIES, size)]
    kinds = ("missing", "blank", "torn", "swapped", "garbage", "stale")
    return [Row(kind, each) for kind in kinds for each in sets]


def run(scene, report):
    """The rows, dealt out to as many nodes as there are lanes."""
    bundle = scene.releases.good("1.1.0")
    drawn = scene.draw(rows(), lambda row: row == Row("torn", ("ENV0", "ENV1")))
    count = len(scene.lanes)
    hands = [(number, drawn[number::count], random.Random(scene.chance.random()))
             for number in range(count)]
    for _, ended in scene.together(lambda hand: play(scene, report, bundle, *hand), hands):
        ended.result()


def play(scene, report, bundle, number, dealt, chance):
    with scene.node(f"records-{number}") as node:
        stale = read(node)
        node.machine.start()
        node.answers(600)
        with report.test("a node with two trusted slots is at hand"):
            node.osctl("upgrade", "--reboot", f"{scene.address}/{bundle}").must(DONE)
            node.osctl("shutdown").must()
            node.machine.end(180)
        disk = DiskImage(node.machine.disk)
        good = disk.read(disk.system[0], disk.system[1] - disk.system[0])
        for row in dealt:
            with report.test(f"{row.name}: slot {row.runs} runs, and the record is whole again"):
                disk.write(disk.system[0], good)
                for copy in row.copies:
                    damage(disk, copy, row.kind, stale, chance)
                try:
                    look(node, row)
                finally:
                    node.machine.kill()
                found = [disk.whole_record(copy) for copy in COPIES]
                expect(all(found), lambda: f"whole are only {found}")
                orders = {(each["ORDER"], each[row.runs.upper()]) for each in found[:2]}
                expect_equal(orders, {(order(row.runs), "good")}, "what the copies say")


def look(node, row):
    """What runs; then the node is switched off in order."""
    node.machine.start()
    node.answers(600)
    expect_equal(node.slots()["running"], row.runs, "the running slot")
    if row.kind != "stale" and len(row.copies) == len(COPIES):
        # Nothing is known of any slot any more: a person must say so.
        node.osctl("confirm").must(REFUSED, "last resort", "--insist")
        node.osctl("confirm", "--insist").must(DONE)
    node.osctl("shutdown").must()
    node.machine.end(180)


def order(slot):
    return "A B" if slot == "a" else "B A"


def read(node):
    """The copies of a node that is switched off for it."""
    node.osctl("shutdown").must()
    node.machine.end(180)
    disk = DiskImage(node.machine.disk)
    return {copy: disk.read(disk.file("KEEL", copy)[0], 2 * HALF) for copy in COPIES}


def damage(disk, copy, kind, stale, chance):
    place = disk.file("KEEL", copy)[0]
    block = disk.read(place, 2 * HALF)
    if kind == "missing":
        subprocess.run(["mdel", "-i", f"{disk.path}@@{disk.system[0]}", f"::/KEEL/{copy}"],
                       check=True, capture_output=True)
        return
    cut = block.index(b"\nB=") + 2
    disk.write(place, {
        "blank": lambda: bytes(2 * HALF),
        # In the middle of its words: spoiled behind the last one it is worn, and still whole.
        "torn": lambda: block[:cut] + chance.randbytes(HALF - cut) + block[HALF:],
        "swapped": lambda: block[HALF:] + block[:HALF],
        "garbage": lambda: chance.randbytes(2 * HALF),
        "stale": lambda: stale[copy],
    }[kind]())
