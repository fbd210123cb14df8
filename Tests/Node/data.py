"""A data partition that is not as it should be: nothing unknown is erased, and the node says what
it sees."""

import dataclasses
import hashlib
import subprocess
from collections.abc import Callable

from node import DONE
from report import expect, expect_equal
from slots import Slots

REFUSED = 2
XFS = b"XFSB"


@dataclasses.dataclass(frozen=True)
class Row:
    name: str
    damage: Callable  # (node), which is switched off, or will be
    says: str
    keeps: bool  # it is the same node afterwards; else it is nobody's to take
    is_touched: bool = True  # whether the partition may change
    core: bool = False


def rows():
    return [
        Row("there is no data partition in the table", remove, "free room of .* holds ext", False,
            False),
        Row("it holds a file system of others", foreign, "holds XFS and is not touched", False,
            False, core=True),
        Row("its superblock is lost", no_superblock, "was damaged and is mended", True),
        Row("its journal is dirty", dirty, "The data partition is", True),
        Row("it is full", full, "The data partition is", True),
    ]


def run(scene, report):
    wanted = scene.draw(rows(), lambda row: row.core)
    for row, ended in scene.together(lambda row: one(scene, row), wanted):
        with report.test(f"{row.name}: the node is reached, and says what it sees"):
            ended.result()
    with scene.node("data-new") as node, \
            report.test("it was never made to its end: it is made again, and the node is new"):
        half_made(node)


def one(scene, row):
    with scene.node(f"data-{len(row.name)}") as node:
        try_row(node, row)


def try_row(node, row):
    was = node.osctl("identity", "--output", "json").must().text
    if row.damage is not dirty:
        node.osctl("shutdown").must()
        node.machine.end(180)
    place = Slots(node.machine.disk).parts["KEELOS_DATA"]
    row.damage(node)
    before = digest(node, place)
    node.machine.start()
    node.machine.wait(row.says, 600)
    if row.keeps:
        node.answers(600)
        expect_equal(node.osctl("identity", "--output", "json").must().text, was, "the identity")
    else:
        nobodys(node)
    node.machine.kill()
    expect(row.is_touched or digest(node, place) == before, "the partition has changed")


def nobodys(node):
    """It serves with a key of the moment, tells how it stands, and cannot be taken."""
    found = fingerprint(node)
    pinned = ("--endpoint", node.machine.address, "--fingerprint", found)
    node.osctl(*pinned, "status").must(DONE)
    node.osctl(*pinned, "bootstrap", "--client-ca", "pki/ca.crt").must(
        REFUSED, "has no data partition and keeps nothing")


def half_made(node):
    """As a first boot leaves it that was cut short inside mke2fs."""
    node.osctl("shutdown").must()
    node.machine.end(180)
    disk = node.machine.disk
    number = 1 + list(Slots(disk).parts).index("KEELOS_DATA")
    subprocess.run(["sfdisk", "--part-label", disk, str(number), "KEELOS_DATA_NEW"], check=True,
                   capture_output=True)
    start, _ = Slots(disk).parts["KEELOS_DATA_NEW"]
    write(disk, start + (1 << 20), bytes(64 << 20))
    node.machine.start()
    node.machine.wait("The data partition is made", 600)
    node.fingerprint = fingerprint(node)
    node.osctl("--endpoint", node.machine.address, "--fingerprint", node.fingerprint, "bootstrap",
               "--client-ca", "pki/ca.crt").must(DONE)


def fingerprint(node):
    line = node.machine.wait(r"fingerprint=\w+", 600)[1]
    return line.partition("fingerprint=")[2].split()[0]


def digest(node, place):
    """Of the partition's first and last 32 MiB."""
    start, size = place
    total = hashlib.sha256()
    with open(node.machine.disk, "rb") as disk:
        for at in (start, start + size - (32 << 20)):
            disk.seek(at)
            total.update(disk.read(32 << 20))
    return total.hexdigest()


def remove(node):
    disk = node.machine.disk
    number = 1 + list(Slots(disk).parts).index("KEELOS_DATA")
    subprocess.run(["sfdisk", "--delete", disk, str(number)], check=True, capture_output=True)


def foreign(node):
    start, _ = Slots(node.machine.disk).parts["KEELOS_DATA"]
    write(node.machine.disk, start, XFS + bytes(4092))


def no_superblock(node):
    start, _ = Slots(node.machine.disk).parts["KEELOS_DATA"]
    write(node.machine.disk, start, bytes(4096))


def dirty(node):
    """Switched off in the middle of what it does."""
    node.machine.kill()


def full(node):
    Slots(node.machine.disk).fill_data()


def write(disk, at, data):
    with open(disk, "r+b") as file:
        file.seek(at)
        file.write(data)
