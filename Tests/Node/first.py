"""keel-init in QEMU on a tiny root: both stages, without firmware, boot loader, agent."""

import dataclasses
import time
from collections.abc import Callable

from link import Link
from report import Wrong
from scene import copy
from tiny import partition
from tinybench import COPY, Bench, flip, record, set_record, system

# Emulation on a busy host: how long a machine may take to come up.
PATIENCE = 240


@dataclasses.dataclass(frozen=True)
class Row:
    """A case and, as its name, the first sentence on it."""

    case: Callable

    @property
    def name(self):
        return self.case.__doc__.splitlines()[0].rstrip(".")


def run(scene, report):
    folder = scene.folder / "first"
    folder.mkdir()
    bench = Bench(scene.programs, folder)
    for row in scene.draw([Row(case) for case in CASES], lambda row: row.case in (up, trailer)):
        with report.test(row.name), scene.lane():
            note = row.case(bench)
            if note:
                report.note(note)


def expect(fact, *shown):
    if not fact:
        raise Wrong(f"not as expected: {shown}")


def settled(link, what):
    """The services, as soon as `what` of them holds."""
    end = time.monotonic() + PATIENCE
    while not what(services := link.services()) and time.monotonic() < end:
        time.sleep(0.2)
    return services


def up(bench):
    """A good slot comes up, answers, restarts a service, and switches off in order."""
    guest = bench.boot(bench.copy())
    try:
        guest.wait(r"keel: slot a holds 1\.0\.0", PATIENCE)
        guest.wait(r"by DHCP of 10\.0\.2\.2", PATIENCE)
        link = Link(guest.port, PATIENCE)
        ready = time.monotonic() - guest.start
        services = settled(link, lambda services: services["die"][2] >= 1)
        expect(services["door"][0] == "running", services)
        expect(services["orphans"][0] == "running", services)
        expect(services["later"][0] == "waiting", services)
        expect(services["missing"][0] == "failed" and "ENOENT" in services["missing"][3], services)
        expect(services["die"][2] >= 1 and services["die"][3] == "exit 3", services)
        expect(link.trial() is None)
        was = services["stubborn"][1]
        outcome, _ = link.restart("stubborn")
        expect(outcome == 3, outcome)
        again = settled(link, lambda services: services["stubborn"][0] == "running"
                        and services["stubborn"][1] != was)["stubborn"]
        expect(again[0] == "running" and again[1] != was, again)
        expect(again[3] == "signal 9", again)
        expect(link.restart("nobody")[0] == 1)
        own = "\n".join(link.logs("init"))
        expect("slot a" not in own and "by DHCP of" in own, own)
        expect(any("Linux version" in line for line in link.logs("kernel")))
        expect(any("keel: slot a holds" in line for line in link.logs("kernel")))
        expect(link.power_off("the test is over")[0] == 5)
        guest.wait("keel: powering off: the test is over", 60)
        ended = guest.end(PATIENCE)
        expect("Power down" in guest.text(), guest.text()[-300:])
        return f"answers after {ready:.1f} s, off after {ended:.1f} s"
    finally:
        guest.close()


def network(bench):
    """Fixed addresses replace the lease; nonsense changes nothing; a reboot is in order."""
    guest = bench.boot(bench.copy())
    try:
        link = Link(guest.port, PATIENCE)
        expect(link.apply("node-1", ["10.0.2.15/24x"])[0] == 1)
        expect(link.apply("node-1", ["10.0.2.15/24", "fd00::7/64"], ["10.0.2.2"])[0] == 5)
        guest.wait(r"eth0: 10\.0\.2\.15/24, fd00:", 60)
        link.close()
        link = Link(guest.port, PATIENCE)
        expect(link.reboot("again")[0] == 5)
        guest.end(PATIENCE)
        expect("keel: restarting: again" in guest.text())
    finally:
        guest.close()


def trailer(bench):
    """A slot whose manifest was touched is marked failed when the other one is good."""
    disk = bench.copy()
    flip(disk, b'"version": "')
    set_record(disk, "good", "good")
    refused(bench, disk, "trailer")
    expect([one["A"] for one in record(disk)[:2]] == ["failed", "failed"], record(disk))
    expect(record(disk)[0]["ORDER"] == "B A", record(disk))


def alone(bench):
    """The same slot, when no other may start, is tried again and keeps its right."""
    disk = bench.copy()
    flip(disk, b'"version": "')
    guest = bench.boot(disk)
    try:
        guest.wait(r"keel: stopped \(trailer\)", PATIENCE)
        guest.wait(r"trying again in a minute", 60)
        guest.end(PATIENCE)
        expect(record(disk)[0]["A"] == "good", record(disk))
    finally:
        guest.close()


def verity(bench):
    """A slot whose root was changed is not entered."""
    disk = bench.copy()
    _, start, _ = partition(disk, 2)
    with open(disk, "r+b") as file:
        file.seek(start + 8)
        file.write(b"\xff\xff")
    set_record(disk, "2", "good")
    refused(bench, disk, "root", state="trial3")


def refused(bench, disk, check, state="good"):
    guest = bench.boot(disk, state)
    try:
        guest.wait(rf"keel: stopped \({check}\)", PATIENCE)
        guest.end(PATIENCE)
        expect(record(disk)[0]["A"] == "failed", record(disk))
    finally:
        guest.close()


def agent(bench):
    """A trial whose agent never lives is given up before its time."""
    disk = bench.copy(bench.dying)
    set_record(disk, "2", "good")
    guest = bench.boot(disk, "trial3")
    try:
        when = guest.wait(r"keel: the trial failed \(agent\): keel-agent ended: exit 3", PATIENCE)
        ended = guest.end(PATIENCE)
        expect(record(disk)[0]["A"] == "failed", record(disk))
        return f"given up after {when:.1f} s, restarted after {ended:.1f} s"
    finally:
        guest.close()


def twins(bench):
    """The same partition on two disks: the first on the bus is used, and it is said."""
    disk = bench.copy()
    other = bench.folder / "other.img"
    copy(bench.pristine, other)
    guest = bench.boot(disk, more=[(other, "virtio-blk-pci")])
    try:
        guest.wait(r"keel: 2 disks hold partition [0-9a-f-]+; /dev/vda is used", PATIENCE)
        Link(guest.port, PATIENCE).power_off("done")
        guest.end(PATIENCE)
    finally:
        guest.close()


def worn(bench):
    """A lost copy of the record is made anew before anything else."""
    disk = bench.copy()
    _, start, _ = partition(disk, 1)
    place = COPY.search(system(disk)).start()
    with open(disk, "r+b") as file:
        file.seek(start + place)
        file.write(bytes(512))
    expect(len(record(disk)) == 2)
    guest = bench.boot(disk)
    try:
        guest.wait(r"keel: slot a holds", PATIENCE)
        expect([one["A"] for one in record(disk)] == ["good"] * 3, record(disk))
    finally:
        guest.close()


def nvme(bench):
    """The root is found on NVMe."""
    other_bus(bench, "nvme,serial=1")


def scsi(bench):
    """The root is found behind a SCSI controller."""
    other_bus(bench, "scsi-hd", before=["-device", "virtio-scsi-pci"])


def sectors(bench):
    """The root is found on a disk with sectors of 4096 bytes."""
    disk = bench.tiny.disk("large", bench.folder / "tiny/plain.squashfs", sector=4096)
    uuid = "logical_block_size=4096,physical_block_size=4096"
    other_bus(bench, f"virtio-blk-pci,{uuid}", disk=disk)


def other_bus(bench, device, before=(), disk=None):
    guest = bench.boot(bench.copy(disk), device=device, before=before)
    try:
        guest.wait(r"keel: slot a holds", PATIENCE)
        Link(guest.port, PATIENCE).power_off("done")
        guest.end(PATIENCE)
    finally:
        guest.close()


CASES = (up, network, trailer, alone, verity, agent, twins, worn, nvme, scsi, sectors)
