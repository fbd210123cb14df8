"""Holds every format against the tool that everybody has: tar, openssl, unsquashfs, veritysetup,
sfdisk, fsck.vfat and grub-editenv."""

import base64
import contextlib
import struct
import tarfile

from bundle import MEMBERS, sha256
from disk import COPIES
from loop import attached
from programs import DONE, call, tool
from report import expect, expect_equal

BLOCK = 4096


def run(world, fixture, report):
    with world.scratch("interop") as folder:
        release = fixture.release("v1", "1.0.0")
        bundle_as_tar(fixture, report, folder, release)
        for sector in (512, 4096):
            on_disk(world, fixture, report, folder, release, sector)


def bundle_as_tar(fixture, report, folder, release):
    bundle = fixture.bundle("v1", "1.0.0")
    with report.test("tar lists the four members of a bundle, in order, as plain files"):
        expect_equal(tool("tar", "tf", release).split(), list(MEMBERS), "tar tf")
        for line in tool("tar", "tvf", release).splitlines():
            expect(line.startswith("-r--r--r-- 0/0"), f"tar tvf says {line}")
    with report.test("a bundle is ustar, nobody's and of no time, and ends after two blocks of 0"):
        content = release.read_bytes()
        expect_equal(len(content), len(bundle.encoded()), "its size")
        expect_equal(content[-1024:], bytes(1024), "its end")
        with tarfile.open(release) as archive:
            for found in archive:
                facts = (found.mode, found.uid, found.gid, found.uname, found.gname, found.mtime)
                expect_equal(facts, (0o444, 0, 0, "", "", 0), f"the header of {found.name}")
                expect_equal(found.offset, bundle.places[found.name][0], f"{found.name}'s place")
                magic = content[found.offset + 257:found.offset + 265]
                expect_equal(magic, b"ustar\x0000", f"{found.name}'s format")
    with report.test("openssl verifies each signature over the manifest's bytes"):
        tool("tar", "xf", release, "-C", folder)
        for line in bundle.signatures.decode().splitlines():
            key_id, algorithm, signature = line.split(" ")
            expect_equal(algorithm, "ed25519", "the algorithm")
            key = fixture.key("release")
            expect_equal(key_id, key.id, "the key id")
            (folder / "signature").write_bytes(base64.b64decode(signature))
            tool("openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", key.public,
                 "-in", folder / "manifest.json", "-sigfile", folder / "signature")
    with report.test("sha256sum finds the digests that the manifest names"):
        fields = bundle.fields
        for member, field in (("root.squashfs", "root.sha256"), ("chunks.idx", "chunks.sha256")):
            found = tool("sha256sum", folder / member).split()[0]
            expect_equal(found, fields[field], field)
        expect_equal(len(bundle.root), fields["root.size"], "root.size")
        expect_equal(len(bundle.index), 36 * fields["chunks.count"], "the size of chunks.idx")
    with report.test("every chunk of the index has the digest of its bytes"):
        for offset, length, digest in bundle.chunks:
            found = sha256(bundle.root[offset:offset + length])
            expect_equal(found, digest.hex(), f"the chunk at {offset}")
        expect_equal(sum(length for _, length, _ in bundle.chunks), len(bundle.root), "their sum")
    with report.test("unsquashfs lists the root of a bundle"):
        listing = tool("unsquashfs", "-l", folder / "root.squashfs")
        expect("squashfs-root/boot/bzImage" in listing, "it has no boot/bzImage")


def on_disk(world, fixture, report, folder, release, sector):
    trust, path = fixture.usual_trust, folder / f"disk-{sector}.img"
    disk = None
    with report.test(f"keel-image disk makes a disk with sectors of {sector} bytes"):
        disk = fixture.disk(path, release, sector=sector)
    if disk is None:
        return
    later = fixture.release("v2", "2.0.0")
    table_and_system(world, report, folder, disk, sector)
    slot_holds(report, folder, disk, "a", fixture.bundle("v1", "1.0.0"), sector)
    record_reads(report, folder, disk, "disk", {"ORDER": "A B", "A": "good", "B": "none"})
    steps = [
        ("upgrade", ("upgrade", later), {"ORDER": "B A", "A": "good", "B": "3"}),
        ("confirm", ("confirm",), {"ORDER": "B A", "A": "good", "B": "good"}),
        ("rollback", ("rollback",), {"ORDER": "A B", "A": "3", "B": "good"}),
    ]
    for name, words, variables in steps:
        with report.test(f"osctl {name} works on sectors of {sector} bytes"):
            world.osctl(path, trust, *words).must(DONE)
        record_reads(report, folder, disk, f"{name}, {sector}", variables)
    slot_holds(report, folder, disk, "b", fixture.bundle("v2", "2.0.0"), sector)
    table_and_system(world, report, folder, disk, sector)


def table_and_system(world, report, folder, disk, sector):
    """The table as sfdisk sees it, the system partition as fsck does."""
    with report.test(f"sfdisk finds no fault in the partition table, sectors of {sector}"):
        with sector_view(disk) as view:
            found = call("sfdisk", "--verify", view)
            expect(found.code == 0 and "No errors detected" in found.out + found.err,
                   found.out + found.err)
            dump = tool("sfdisk", "--dump", view)
            for name in ("EFI-SYSTEM", "KEELOS_ROOT_A", "KEELOS_ROOT_B"):
                expect(f'name="{name}"' in dump, f"{name} is not in its table: {dump}")
    with report.test(f"fsck.vfat finds no fault in the system partition, sectors of {sector}"):
        system = folder / "system.img"
        system.write_bytes(disk.read(disk.system[0], disk.system[1] - disk.system[0]))
        tool("fsck.vfat", "-n", "-v", system)
        system.unlink()


def sector_view(disk):
    """A name under which sfdisk sees the image with the sectors it was made for."""
    if disk.sector == 512:
        return contextlib.nullcontext(disk.path)
    return attached(disk.path, "--read-only", "--sector-size", str(disk.sector), direct=False,
                    partitions=False)


def record_reads(report, folder, disk, when, variables):
    """grub-editenv reads what GRUB itself will; env2 grants one slot and never a trial."""
    with report.test(f"grub-editenv reads the boot record after {when}"):
        sequences = set()
        for copy in COPIES:
            file = folder / "env"
            file.write_bytes(disk.read(disk.file("KEEL", copy)[0], 1024))
            lines = tool("grub-editenv", file, "list").splitlines()
            found = dict(line.split("=", 1) for line in lines)
            expect_equal(list(found), ["ORDER", "A", "B", "SEQ", "END"], f"variables of {copy}")
            expect_equal(found["END"], "keel1", f"END of {copy}")
            if copy == "ENV2":
                states = [found["A"], found["B"]]
                expect_equal(sorted(states), ["good", "none"], "what env2 grants")
                granted = "A" if found["A"] == "good" else "B"
                expect_equal(variables[granted], "good", f"{granted}, which env2 grants,")
                continue
            sequences.add(found["SEQ"])
            for name, value in variables.items():
                expect_equal(found[name], value, f"{name} of {copy}")
        expect_equal(len(sequences), 1, "sequences of env0 and env1")


def slot_holds(report, folder, disk, slot, bundle, sector):
    """Root, trailer and tree where the design says they lie."""
    start, end = disk.slots[slot]
    root, fields = bundle.root, bundle.fields
    name = f"slot {slot}, sectors of {sector}"
    trailer = (b"KEELSLT1" + struct.pack("<IIII", len(bundle.manifest), len(bundle.signatures),
                                         len(bundle.index), 0)
               + bundle.manifest + bundle.signatures + bundle.index)
    trailer += bytes(-len(trailer) % BLOCK)
    with report.test(f"{name}: root and trailer lie where their signed sizes say"):
        expect_equal(sha256(disk.slot_bytes(slot, 0, len(root))), fields["root.sha256"], "the root")
        expect(disk.slot_bytes(slot, len(root), len(trailer)) == trailer, "the trailer differs")
    with report.test(f"{name}: veritysetup finds the signed root hash and the same tree"):
        data, tree = folder / "data", folder / "tree"
        data.write_bytes(root)
        tree.write_bytes(b"")
        said = tool("veritysetup", "format", *VERITY, f"--salt={fields['root.salt']}", data, tree)
        found = [line.split()[-1] for line in said.splitlines() if line.startswith("Root hash")]
        expect_equal(found, [fields["root.verity"]], "the root hash")
        offset = len(root) + len(trailer)
        expect(tree.stat().st_size <= end - start - offset, "the tree has no room in its slot")
        written = disk.slot_bytes(slot, offset, tree.stat().st_size)
        expect(written == tree.read_bytes(), "the tree in the slot differs")
        tree.write_bytes(written)
        tool("veritysetup", "verify", *VERITY, f"--data-blocks={len(root) // BLOCK}",
             f"--salt={fields['root.salt']}", data, tree, fields["root.verity"])
    with report.test(f"{name}: unsquashfs lists it on the disk itself"):
        listing = tool("unsquashfs", "-offset", start, "-l", disk.path)
        expect("squashfs-root/boot/bzImage" in listing, "it has no boot/bzImage")


VERITY = ("--no-superblock", "--hash=sha256", "--data-block-size=4096", "--hash-block-size=4096")
