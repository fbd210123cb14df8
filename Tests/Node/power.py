"""Power cuts with real loss: an upgrade and a first boot are recorded write by write; the disk as a
cut would leave it is checked from outside, and booted."""

import contextlib
import hashlib
import json
import random
import shutil
import subprocess
import time

from disk import COPIES, DiskImage
from node import DONE, Node
from report import Wrong, expect, expect_equal
from slots import Slots, member_size
from writelog import Replay

# (cuts, of which booted) with every row, and without.
UPGRADE = ((140, 22), (16, 1))
FIRST_BOOT = ((60, 18), (8, 1))
KILLS = (10, 1)


def run(scene, report):
    scene.releases.good("1.1.0")
    scene.releases.good("1.2.0")
    everything = 0 if scene.everything else 1
    upgrade, first = Power(scene, report, "upgrade"), Power(scene, report, "first")

    def of_first_boot():
        first.cuts("a first boot", first.record_first_boot, *FIRST_BOOT[everything])
        first.kills(KILLS[everything])

    works = [lambda: upgrade.cuts("an upgrade", upgrade.record_upgrade, *UPGRADE[everything]),
             of_first_boot]
    for _, ended in scene.together(lambda work: work(), works):
        ended.result()


class Power:
    """What is recorded under one name, and then cut; chances of its own, so that what runs beside
    it changes nothing."""

    def __init__(self, scene, report, name):
        self.scene, self.report = scene, report
        self.chance = random.Random(scene.chance.random())
        self.folder = scene.folder / f"power-{name}"
        self.folder.mkdir()
        self.torn = 0

    def bundle(self, version):
        return self.scene.releases.served / f"keelos-{version}.keel"

    def url(self, version):
        return f"{self.scene.address}/keelos-{version}.keel"

    @contextlib.contextmanager
    def recorded(self, folder, port):
        """A node whose disk keeps what it wrote before, and a log of all it writes from now on."""
        disk, log = folder / "disk.img", folder / "writes.log"
        shutil.copyfile(disk, folder / "before.img")
        with open(log, "wb") as file:
            file.truncate(4 << 30)
        drive = (f"driver=blklogwrites,log-sector-size=512,cache=writeback,file.driver=file,"
                 f"file.filename={disk},log.driver=file,log.filename={log}")
        with Node(self.scene.programs, disk, folder, port=port, drive=drive) as node:
            yield node

    def record_upgrade(self, lane):
        """From a node that runs 1.0.0 to one that trusts 1.1.0."""
        taken, port = lane
        folder = self.folder / "record"
        copy_folder(taken, folder)
        with self.recorded(folder, port) as node:
            node.machine.start()
            node.answers(600)
            node.osctl("upgrade", "--reboot", self.url("1.1.0")).must(DONE, "runs and is trusted")
            node.osctl("shutdown").must()
            node.machine.end(180)
        return folder

    def record_first_boot(self, lane):
        """From a disk as it was made to a node that answers."""
        folder = self.folder / "record"
        folder.mkdir()
        shutil.copyfile(self.scene.releases.first(), folder / "disk.img")
        with self.recorded(folder, lane[1]) as node:
            node.power_on(600)
            time.sleep(5)  # what the kernel writes back by itself
        return folder

    def cuts(self, what, record, count, boots):
        """Cuts `record`'s writes at `count` places; boots `boots` of what is left."""
        report, chance = self.report, self.chance
        with self.scene.lane() as lane:
            folder = None
            with report.test(f"{what} is recorded, write by write"):
                folder = record(lane)
            if folder is None:
                return
            replay = Replay(folder / "before.img", folder / "writes.log", chance)
            numbers = replay.draw(count)
            booted = set(chance.sample(numbers, min(boots, len(numbers))))
            flushes = sum(operation.is_flush for operation in replay.operations)
            report.note(f"{len(replay.operations)} operations, {flushes} of them flushes")
            faults, left = [], []
            for number in numbers:
                with replay.cut(number):
                    torn = self.torn
                    fault = self.look(replay.disk)
                    if fault:
                        faults.append(f"before operation {number}: {fault}")
                    if number in booted or self.torn > torn:
                        left.append((number, folder / f"cut-{number}.img"))
                        sparse(replay.disk, left[-1][1])
            report.note(f"{self.torn} that tore the data partition's superblock, each booted")
            with report.test(f"after each of {len(numbers)} power cuts in {what} record, slots, "
                             "table and data are sound"):
                expect(not faults, lambda: f"{len(faults)} are not: " + "; ".join(faults[:5]))
            for number, disk in left:
                with report.test(f"{what} cut before operation {number}: the node answers on a "
                                 "granted slot, and the next upgrade succeeds"):
                    self.boot(folder, disk, lane[1])
                disk.unlink(missing_ok=True)

    def look(self, path):
        """What is wrong with a disk that is switched off; `None` when nothing is."""
        try:
            table = subprocess.run(["sfdisk", "--verify", path], capture_output=True, text=True,
                                   check=False)
            if table.returncode:
                return f"sfdisk: {table.stdout}{table.stderr}".strip()
            disk = DiskImage(path)
            records = [record for record in map(disk.whole_record, COPIES) if record]
            expect(len(records) >= 2, f"{len(records)} copies of the record are whole")
            slots = self.slots(path)
            expect(slots["next"], "no slot boots next")
            for slot in slots["slots"]:
                if slot["grant"] in ("trusted", "trial"):
                    expect_equal(slot["content"], "whole", f"slot {slot['slot']}")
                    self.expect_root(disk, slot)
            return self.look_at_data(path)
        except (Wrong, OSError, ValueError, LookupError, RuntimeError) as fault:
            return str(fault)

    def slots(self, path):
        trust = self.scene.releases.served / "keys" / "trust"
        done = subprocess.run(
            [self.scene.programs / "osctl", "--disk", path, "--trust", trust, "slots", "--output",
             "json"], capture_output=True, text=True, check=False, timeout=60)
        if done.returncode:
            raise Wrong(f"osctl --disk slots: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def expect_root(self, disk, slot):
        """Every byte of a granted slot's root is its release's."""
        bundle = self.bundle(slot["version"])
        root = subprocess.run(["tar", "-xOf", bundle, "root.squashfs"], capture_output=True,
                              check=True).stdout
        found = disk.slot_bytes(slot["slot"], 0, member_size(bundle, "root.squashfs"))
        expect(hashlib.sha256(found).digest() == hashlib.sha256(root).digest(),
               f"slot {slot['slot']} is granted and is not {slot['version']}")

    def look_at_data(self, path):
        """After its journal is replayed the data partition has no fault, or is not named yet. A
        superblock that is torn is mended by the node itself, before."""
        place = Slots(path).parts.get("KEELOS_DATA")
        if place is None:
            return None
        copy, whole = self.folder / "data.img", self.folder / "mended.img"
        try:
            extract(path, place, copy)
            mend = e2fsck("-p", copy)
            if mend.returncode == 8:
                self.torn += 1
                sparse(path, whole)
                self.provision(whole)
                extract(whole, place, copy)
            elif mend.returncode not in (0, 1):
                return f"e2fsck -p ends with {mend.returncode}: {mend.stdout}{mend.stderr}"
            check = e2fsck("-fn", copy)
            return f"e2fsck: {check.stdout}" if check.returncode else None
        finally:
            copy.unlink(missing_ok=True)
            whole.unlink(missing_ok=True)

    def provision(self, disk):
        """What a node does to its data partition before it mounts it."""
        run = self.folder / "run"
        run.mkdir(exist_ok=True)
        done = subprocess.run([self.scene.programs / "keel-provision", "--disk", disk, "--run", run],
                              capture_output=True, text=True, check=False, timeout=600)
        expect_equal(json.loads(done.stdout)["state"], "repaired",
                     f"keel-provision: {done.stdout}{done.stderr}")

    def boot(self, source, disk, port):
        """Powers on what a cut left; then goes on to 1.2.0."""
        granted = {slot["slot"] for slot in self.slots(disk)["slots"]
                   if slot["grant"] in ("trusted", "trial")}
        folder = self.folder / "boot"
        copy_folder(source, folder, "disk.img", "before.img", "writes.log", "cut-")
        try:
            sparse(disk, folder / "disk.img")
            with Node(self.scene.programs, folder / "disk.img", folder, port=port) as node:
                node.power_on(600)
                if (folder / "pki").exists():
                    node.answers(600)
                else:
                    node.take()
                node.settle(600)
                running = node.slots()["running"]
                expect(running in granted, f"slot {running} runs, granted were {sorted(granted)}")
                node.rest()
                node.osctl("upgrade", "--reboot", self.url("1.2.0"), within=1000).must(
                    DONE, "1.2.0 runs and is trusted")
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def kills(self, count):
        """QEMU is killed at moments of an upgrade that nobody chose."""
        with self.scene.node("killed") as node:
            for number in range(count):
                version = ("1.1.0", "1.2.0")[number % 2]
                after = self.chance.uniform(0.5, 45)
                with self.report.test(f"killed {after:.1f} s into an upgrade: the node answers, and "
                                      "the same upgrade succeeds"):
                    # Every other one is a downgrade.
                    words = ("upgrade", "--allow-downgrade", "--reboot", self.url(version))
                    node.osctl(*words, "--no-wait", within=60).must(DONE)
                    time.sleep(after)
                    node.machine.kill()
                    node.machine.start()
                    node.answers(600)
                    node.rest()
                    node.osctl(*words, within=1000).must(DONE)
                    running = next(slot for slot in node.slots()["slots"]
                                   if slot["slot"] == node.slots()["running"])
                    expect_equal(running["version"], version, "what runs")


def sparse(source, target):
    subprocess.run(["cp", "--sparse=always", source, target], check=True)


def copy_folder(source, target, *without):
    """All of a folder's files and folders but those whose names begin so."""
    target.mkdir()
    for path in source.iterdir():
        if not path.name.startswith(tuple(without) or ("\0",)):
            subprocess.run(["cp", "-r", "--sparse=always", path, target], check=True)


def extract(disk, place, to):
    """The bytes of a partition, holes left out."""
    subprocess.run(["dd", f"if={disk}", f"of={to}", "bs=1M", "iflag=skip_bytes,count_bytes",
                    f"skip={place[0]}", f"count={place[1]}", "conv=sparse", "status=none"],
                   check=True)


def e2fsck(how, path):
    return subprocess.run(["e2fsck", how, path], capture_output=True, text=True, check=False)
