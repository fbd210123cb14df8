"""Cuts the line in the middle of upgrades. osctl takes the transfer up again; when the line stays
dead it fails, says so, and the same command finishes later."""

from bundle import Bundle
from disk import COPIES, DiskImage
from programs import DONE, FAILED
from report import expect, expect_equal
from servers import CuttingProxy, Nginx
from world import copy_sparse


def run(world, fixture, report):
    with world.scratch("cut") as folder:
        trust = fixture.usual_trust
        pristine = folder / "pristine.img"
        disk = fixture.disk(pristine, fixture.release("v1", "1.0.0", small=True))
        release = fixture.release("v2", "2.0.0", small=True)
        (folder / "new.keel").symlink_to(release)
        size = len(Bundle.read(release).encoded())
        chance = world.chance("cut")
        with Nginx(folder) as server:
            for number in range(25 if world.runs_all else 6):
                disk = DiskImage(copy_sparse(pristine, folder / "disk.img"))
                reuse = chance.random() < 0.6
                words = ("upgrade", *(() if reuse else ("--no-reuse",)))
                most = size // 2 if reuse else size
                limits = [chance.randrange(1, most) for _ in range(chance.randint(1, 3))]
                case = Cut(world, trust, disk, server, words, limits, whole=chance.random() < 0.2)
                if number % 3 == 2:
                    dead(report, case, number + 1)
                else:
                    healed(report, case, number + 1)


class Cut:
    """One upgrade through a line that is cut."""

    def __init__(self, world, trust, disk, server, words, limits, whole):
        self.world, self.trust, self.disk, self.server = world, trust, disk, server
        self.words, self.limits = words, limits
        self.path = "whole/new.keel" if whole else "new.keel"
        self.name = (f"after {' and '.join(map(str, limits))} bytes"
                     + ("" if "--no-reuse" not in words else ", without reuse")
                     + (", of a server without ranges" if whole else ""))

    def upgrade(self, proxy, *words):
        return self.world.osctl(self.disk.path, self.trust, *self.words, *words,
                                proxy.url(self.path), timeout=120)

    def proved(self):
        self.world.osctl(self.disk.path, self.trust, "prove").must(
            DONE, r"slot a: 1\.0\.0 is whole", r"slot b: 2\.0\.0 is whole")


def healed(report, case, number):
    with report.test(f"cut {number}, {case.name}: the transfer is taken up again"):
        with CuttingProxy(case.server.port, case.limits) as proxy:
            result = case.upgrade(proxy, "--retries", "8")
            cuts = proxy.cuts
        result.must(DONE, "Slot b holds 2.0.0 and boots next, on trial")
        told = int(result.out.split(" of them retries")[0].split()[-1]) \
            if "retries" in result.out else 0
        expect(told <= cuts, f"{told} retries are told of, {cuts} cuts were made")
        case.proved()


def dead(report, case, number):
    with report.test(f"cut {number}, {case.name}, for good: it fails safely, the rerun finishes"):
        case.limits = case.limits[:1]
        before = case.disk.digests()
        with CuttingProxy(case.server.port, case.limits, for_good=True) as proxy:
            result = case.upgrade(proxy, "--retries", "1")
        if result.code == DONE:
            expect(proxy.cuts == 0, "it was cut for good and yet done")
        else:
            result.must(FAILED, "could not be fetched: .*attempts?\\)",
                        r"Slot a runs 1\.0\.0 and boots next")
            after = case.disk.digests()
            expect_equal(after["slot a"], before["slot a"], "slot a")
            if after["disk"] != before["disk"]:
                expect_equal(case.disk.head("b"), bytes(4096), "the start of slot b")
                found = {case.disk.record(copy)["B"] for copy in COPIES}
                expect_equal(found, {"none"}, "what the copies grant slot b")
                expect("Slot b is not bootable" in result.sentence, result.sentence)
            else:
                expect("Nothing was written" in result.sentence, result.sentence)
        with CuttingProxy(case.server.port, []) as proxy:
            case.upgrade(proxy).must(DONE, "on trial")
        case.proved()
