"""Kills osctl in the middle of upgrades. A slot is whole or no file system, the same command
finishes the work, and what was written is not fetched again."""

import time

from cost import Bound
from disk import COPIES, DiskImage
from loop import attached
from programs import DONE, Running
from report import expect, expect_equal
from servers import Nginx
from upgrading import Upgrading
from world import copy_sparse

KILLED = -9


def run(world, fixture, report):
    with world.scratch("kill") as folder:
        bench = Bench(world, fixture, folder)
        chance = world.chance("kill")
        with Nginx(folder, rate=bench.rate) as server:
            length = bench.measure(server)
            for number in range(25 if world.runs_all else 6):
                moment = drawn(chance, length)
                name = f"kill {number + 1}, after {moment * 1000:.0f} of {length * 1000:.0f} ms"
                killed(report, bench, server, name, moment, earlier=chance.random() < 0.5)
            verbs(report, bench, chance, rounds=40 if world.runs_all else 12)
        report.note(f"kills landed {bench.landed_text()}")
        report.note(f"reruns fetched {bench.fetched} bytes, {bench.allowed} were allowed, "
                    f"{bench.whole} are all of their bundles")


def drawn(chance, length):
    """A moment of an upgrade: often near its ends, where slots and records change."""
    place = chance.random()
    if place < 0.2:
        return chance.uniform(0, 0.15)
    if place < 0.4:
        return max(0.0, length - chance.uniform(0, 0.15))
    return chance.uniform(0, 1.05) * length


class Bench(Upgrading):
    """A disk that runs 1.0.0 in slot a, and in slot b nothing or an older release."""

    def __init__(self, world, fixture, folder):
        super().__init__(world, fixture, folder)
        # Slot b first runs and is trusted; then slot a is, so that b is a file system.
        self.full = copy_sparse(self.empty, folder / "full.img")
        older = fixture.release("v3", "0.9.0", small=True)
        for words in (("upgrade", "--allow-downgrade", older), ("confirm",), ("rollback",),
                      ("confirm",)):
            world.osctl(self.full, self.trust, *words).must(DONE)
        self.fetched = self.allowed = self.whole = 0

    def osctl(self, disk, *words, **options):
        return self.world.osctl(disk, self.trust, *words, timeout=300, **options)

    def words(self, device, url):
        return self.world.osctl_words(device, self.trust, "upgrade", url)

    def measure(self, server):
        """How long an upgrade takes that nobody kills."""
        with attached(copy_sparse(self.empty, self.folder / "disk.img")) as device:
            start = time.monotonic()
            self.osctl(device, "upgrade", server.url("slow/new.keel")).must(DONE)
            return time.monotonic() - start

    def landed_text(self):
        return ", ".join(f"{count} {where}" for where, count in sorted(self.landed.items()))


def killed(report, bench, server, name, moment, earlier):
    before = "over an older release" if earlier else "into an empty slot"
    with report.test(f"{name}, {before}: the slot is safe and the rerun finishes"):
        image = copy_sparse(bench.full if earlier else bench.empty, bench.folder / "disk.img")
        disk = DiskImage(image)
        running = disk.digests()["slot a"]
        with attached(image) as device:
            with Running(*bench.words(device, server.url("slow/new.keel"))) as upgrade:
                time.sleep(moment)
                result = upgrade.kill()
            expect(result.code in (KILLED, DONE), f"it ended with {result.code}: {result.err}")
            safe(bench, disk, device)
            finishes(bench, server, disk, device)
        expect_equal(disk.digests()["slot a"], running, "slot a, which runs,")


def safe(bench, disk, device):
    """Slot b is no file system, or a whole one; it may boot only when it is whole."""
    grants = {copy: disk.record(copy)["B"] for copy in COPIES}
    if not disk.is_file_system("b"):
        where = "while the slot was no file system"
        expect_equal(set(grants.values()), {"none"}, "what the copies grant slot b")
    else:
        where = f"with the slot whole and {grants['ENV0']}"
        proof = bench.osctl(device, "prove").must(DONE, r"slot b: \S+ is whole")
        if "slot b: 2.0.0" not in proof.out:
            where = "before anything was written"
            expect("3" not in grants.values(), "a release is armed that is not the new one")
    bench.landed[where] = bench.landed.get(where, 0) + 1


def finishes(bench, server, disk, device):
    """The same command again: done, proved, and cheap."""
    bound = Bound(disk, "b", bench.bundle, bench.running)
    server.forget()
    result = bench.osctl(device, "upgrade", server.url("new.keel"))
    result.must(DONE, "already, on trial|Slot b holds 2.0.0 and boots next, on trial")
    proved = bench.osctl(device, "prove")
    proved.must(DONE, r"slot a: 1\.0\.0 is whole", r"slot b: 2\.0\.0 is whole")
    if "bytes fetched in" in result.out:
        count = int(result.out.split(" bytes fetched in ")[1].split()[0])
        sent = sum(size for _, size in server.requests(count))
        expect(count <= bound.requests, f"{count} requests, at most {bound.requests} are needed")
        bench.fetched += sent
        bench.allowed += bound.bytes
        bench.whole += len(bench.bundle.encoded())
        expect(sent <= bound.bytes, f"{sent} bytes were sent, at most {bound.bytes} are needed "
               f"({bound.missing_bytes} missing, {bound.asked_bytes} with gaps)")


def verbs(report, bench, chance, rounds):
    """The short verbs, each killed within its first milliseconds, then given again."""
    for verb, order, grant in (("confirm", "B A", "good"), ("rollback", "A B", "failed")):
        with report.test(f"kill {verb}, {rounds} times: the old or the new record is in force"):
            armed = copy_sparse(bench.empty, bench.folder / "armed.img")
            bench.osctl(armed, "upgrade", bench.folder / "new.keel").must(DONE)
            for _ in range(rounds):
                disk = DiskImage(copy_sparse(armed, bench.folder / "disk.img"))
                with Running(*bench.world.osctl_words(disk.path, bench.trust, verb)) as running:
                    time.sleep(chance.uniform(0, 0.06))
                    running.kill()
                bench.osctl(disk.path, "status").must(
                    DONE, "env0 whole, env1 whole, env2 whole", "boots next")
                expect(disk.record("ENV0")["B"] in ("3", grant), f"{disk.record('ENV0')}")
                again = bench.osctl(disk.path, verb)
                expect(again.code == DONE or "slot b failed before" in again.sentence,
                       again.sentence)
                left = [disk.record(copy) for copy in COPIES[:2]]
                expect_equal(left[1], left[0], "the second copy")
                expect_equal((left[0]["ORDER"], left[0]["B"]), (order, grant), "order and slot b")
