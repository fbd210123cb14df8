"""The small parts, each against another program's opinion."""

import pathlib
import re
import stat
import subprocess
import tempfile

import cpio
import elf
import entries
import keys
import libraries
import packages
import recipe
import rules
import sbom
import tree
from faults import BuildError
from refused import refuses
from report import expect, expect_equal


def run(scene, report):
    folder = pathlib.Path(tempfile.mkdtemp(dir=scene.folder))
    for test in (_elf, _cpio, _tree, _recipe, _lock, _links, _bill, _trust):
        test(folder, scene, report)


def _elf(folder, scene, report):
    with report.test("the ELF reader names the libraries that readelf names, in their order"):
        for path in (scene.bin / "keel-agent", scene.bin / "keel-image", "/usr/bin/readelf"):
            said = subprocess.run(["readelf", "-d", path], capture_output=True, text=True).stdout
            expected = re.findall(r"\(NEEDED\).*\[(.*)\]", said)
            expect(expected, f"readelf says nothing of {path}")
            expect_equal(elf.Elf(pathlib.Path(path).read_bytes()).needed, expected, str(path))
    with report.test("a program that the kernel starts alone is static, one with a loader is not"):
        expect(elf.Elf((scene.bin / "keel-init").read_bytes()).is_static, "the stand-in is static")
        expect(not elf.Elf((scene.bin / "keel-agent").read_bytes()).is_static, "the agent is not")
    with report.test("what is no x86-64 ELF file, or ends too early, is refused"):
        whole = (scene.bin / "keel-init").read_bytes()
        refuses("not a 64-bit", elf.Elf, b"#!/bin/sh\n")
        refuses("ends within", elf.Elf, whole[:40])
        refuses("machine 40", elf.Elf, whole[:18] + b"\x28\0" + whole[20:])
    with report.test("a library that no package has ends the search with its name"):
        agent = elf.Elf((scene.bin / "keel-agent").read_bytes())
        refuses("keel-agent needs lib", libraries.needed, {"keel-agent": agent}, {})


def _cpio(folder, scene, report):
    found = [cpio.folder("etc"), cpio.file("etc/a", b"one"), cpio.console("dev/console"),
             cpio.folder("dev"), cpio.file("init", b"x" * 5000, 0o755)]
    data = cpio.archive(found)
    with report.test("an archive read back is what went in, sorted"):
        expect_equal(list(cpio.members(data)), sorted(found), "the members")
    with report.test("the cpio command lists the same names, modes and sizes"):
        said = subprocess.run(["cpio", "-itvn", "--quiet"], input=data, capture_output=True,
                              check=True).stdout.decode()
        rows = [line.split() for line in said.splitlines()]
        names = {row[-1]: row[0] for row in rows}
        expect_equal(sorted(names), sorted(one.name for one in found), "the names")
        expect_equal(names["init"], "-rwxr-xr-x", "the mode of init")
        expect_equal(names["dev/console"], "crw-------", "the mode of dev/console")
    with report.test("the order in which members are named makes no difference"):
        expect_equal(cpio.archive(found[::-1]), data, "the archive")
    with report.test("an archive that was cut off is refused"):
        for length in (50, 200, len(data) - 600):
            try:
                list(cpio.members(data[:length]))
            except ValueError:
                continue
            raise ValueError(f"{length} bytes were taken")


def _tree(folder, scene, report):
    with report.test("a tree sets modes whatever the umask, and takes each place once"):
        made = tree.Tree(folder / "tree")
        made.add("/usr/bin/a", b"x", "part", 0o755)
        made.make("/var/log")
        mode = stat.S_IMODE((folder / "tree/usr").stat().st_mode)
        expect_equal(mode, 0o755, "the mode of /usr")
        refuses("put into the root twice", made.add, "/usr/bin/a", b"y", "part")
    with report.test("a tree lets nothing out, by dots or by links"):
        made.link("/bin", "usr/bin")
        made.link("/away", "/tmp")
        refuses("not a place", made.add, "/../a", b"", "part")
        refuses("not a place", made.add, "a", b"", "part")
        refuses("leads out", made.add, "/away/a", b"", "part")


def _recipe(folder, scene, report):
    with report.test("a variant that nobody described is refused with those that are"):
        refuses("known: cloud, metal", recipe.variant, kernel="toaster")
        expect_equal(recipe.variant().kernel, "cloud", "the default kernel")
    with report.test("lines of the lists that say too little are refused by number"):
        path = folder / "list"
        path.write_text("# a comment\nchrony usr/sbin/chronyd\n")
        refuses("line 2: expected PACKAGE", recipe.picks, path)
        path.write_text("boot all sometimes a\n")
        refuses("line 1: expected boot", recipe.modules, "cloud", path)
        path.write_text("boot all\n")
        refuses("line 1: expected boot", recipe.modules, "cloud", path)
    with report.test("a line for another kernel is passed over"):
        path.write_text("boot metal device ahci\nroot all always overlay veth\n")
        expect_equal([line.names for line in recipe.modules("cloud", path)],
                     [("overlay", "veth")], "the lines")


def _lock(folder, scene, report):
    path = folder / "packages.lock"
    with report.test("the lock is what writing it again gives"):
        packages.write_lock(packages.read_lock(), path)
        expect_equal(path.read_text(), packages.LOCK.read_text(), "packages.lock")
    with report.test("a lock with a bare name, or a name twice, is refused"):
        path.write_text("chrony\n")
        refuses("line 1: expected NAME", packages.read_lock, path)
        line = f"chrony 4.3 {'0' * 64}\n"
        path.write_text(line * 2)
        refuses("stands there twice", packages.read_lock, path)
    with report.test("a package whose bytes are not those of its name is not unpacked"):
        cache = folder / "cache"
        (cache / "debs").mkdir(parents=True)
        (cache / "debs" / f"{'0' * 64}.deb").write_bytes(b"another")
        locked = [packages.Locked("chrony", "4.3", "0" * 64, None)]
        refuses("other bytes than its name", packages.unpacked, locked, cache)


def _links(folder, scene, report):
    def entry(place, target=""):
        kind = stat.S_IFLNK if target else stat.S_IFREG
        return entries.Entry(place, kind | 0o644, 0, 0, target, bytes)

    table = {one.place: one for one in (
        entry("/bin", "usr/bin"), entry("/usr/bin/a"), entry("/x", "../bin/a"), entry("/l", "l"))}
    with report.test("links are followed through links, over the top and round in circles"):
        expect_equal(rules.resolve("/bin/a", table), "/usr/bin/a", "/bin/a")
        expect_equal(rules.resolve("/x", table), "/usr/bin/a", "/x")
        expect_equal(rules.resolve("/l", table), None, "a circle")


def _bill(folder, scene, report):
    with report.test("the bill of materials is the same for the same, and named by itself"):
        package = packages.Locked("libstdc++6", "1:2~3+b1", "a" * 64, None)
        image = ("registry.k8s.io/pause:3.2", "sha256:" + "d" * 64, "e" * 64)

        def made(digest):
            return sbom.document("1.0.0", "2026-11-21T00:00:00Z", [package], {"keel-init": digest},
                                 {}, [image])

        one, same, other = (made(letter * 64) for letter in "bbc")
        expect_equal(one, same, "the second document")
        spaces = {re.search(rb'"documentNamespace": "(.*)"', text)[1] for text in (one, other)}
        expect_equal(len(spaces), 2, "the number of name spaces")
        expect(b"pkg:deb/debian/libstdc%2B%2B6@1%3A2~3%2Bb1?arch=amd64" in one, "no such purl")
        expect(b"pkg:oci/pause@sha256%3A" + b"d" * 64 + b"?repository_url=registry.k8s.io%2Fpause"
               b"&tag=3.2" in one, "no such purl of an image")


def _trust(folder, scene, report):
    with report.test("a trust directory without keys or policy, or without a signer, is refused"):
        (folder / "trust").mkdir()
        refuses("needs --key", keys.given, folder / "trust", [])
        refuses("not a trust directory", keys.given, folder / "trust", ["a.key"])
    with report.test("a key is made once and kept"):
        first, _ = keys.made(folder / "keys", scene.bin / "keel-image")
        before = keys.files(first)
        again, signers = keys.made(folder / "keys", scene.bin / "keel-image")
        expect_equal(keys.files(again), before, "the trust directory")
        expect_equal(stat.S_IMODE(signers[0].stat().st_mode), 0o600, "the secret's mode")
    with report.test("a tool that makes no key ends the build"):
        try:
            keys.made(folder / "none", "/bin/false")
        except BuildError as fault:
            expect("no key was made" in str(fault), str(fault))
        else:
            raise ValueError("it went on")
