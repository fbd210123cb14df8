"""What a user trips over first: names with spaces, missing files, folders where files belong,
trust that cannot be read. Each has its own sentence and its own code."""

import contextlib
import json
import os
import shutil
import socket
import subprocess

from disk import unchanged
from programs import DONE, FAILED, REFUSED, USAGE, call, tool
from report import expect, expect_equal
from world import copy_sparse


def run(world, fixture, report):
    with world.scratch("trip") as folder:
        trip = Trip(world, fixture, report, folder)
        trip.names()
        trip.sources()
        trip.disks()
        trip.trusts()
        trip.streams()
        trip.help()
        trip.differ()


EMPTY = {"an empty bundle", "an empty standard input"}
NOT_AN_ARCHIVE = {"a root instead of a bundle", "the disk itself as a bundle"}
SAME = [EMPTY, NOT_AN_ARCHIVE, {"a policy that is no JSON", "an empty policy"},
        {"a policy without threshold", "a policy with a threshold of zero"}]


@contextlib.contextmanager
def opened(folder):
    """A folder as a program may get it for its standard input."""
    number = os.open(folder, os.O_RDONLY)
    try:
        yield number
    finally:
        os.close(number)


class Trip:
    """A good disk, and many ways to name something else."""

    def __init__(self, world, fixture, report, folder):
        self.world, self.fixture, self.report, self.folder = world, fixture, report, folder
        self.trust = fixture.usual_trust
        self.new = fixture.release("v2", "2.0.0", small=True)
        self.disk = fixture.disk(folder / "disk.img", fixture.release("v1", "1.0.0", small=True))
        self.said = {}

    def osctl(self, *words, disk=None, trust=None, **options):
        return self.world.osctl(disk or self.disk.path, trust or self.trust, *words, **options)

    def wrong(self, what, code, expected, *words, **options):
        """Ends with `code`, says `expected`, writes nothing, and says so."""
        with self.report.test(f"{what} is told as such"), unchanged(self.disk):
            result = self.osctl(*words, timeout=60, **options)
            result.must(code, expected)
            self.said[what] = result.sentence.replace(str(self.folder), "")
            expect("\n" not in result.sentence, f"it took several lines: {result.sentence}")
            expect(result.sentence.startswith("osctl: "), result.sentence)
            if words[0] in ("upgrade", "confirm"):
                expect("Nothing was written." in result.sentence, result.sentence)

    def names(self):
        odd = self.folder / "a folder with spaces, ünïcode & 100% 'quotes'"
        odd.mkdir()
        disk, trust = odd / "my disk.img", odd / "my trust"
        copy_sparse(self.disk.path, disk)
        shutil.copytree(self.trust, trust)
        bundle = odd / "new release #2 (final)?.keel"
        shutil.copy(self.new, bundle)
        with self.report.test("disk, trust, state and bundle may have odd names"):
            self.osctl("upgrade", bundle, disk=disk, trust=trust, state=odd / "my state").must(DONE)
            self.osctl("confirm", disk=disk, trust=trust, state=odd / "my state").must(DONE)
            told = self.osctl("history", "--output", "json", disk=disk, trust=trust,
                              state=odd / "my state").must(DONE)
            expect_equal(len(json.loads(told.out)), 3, "lines of the history")
            status = self.osctl("status", "--output", "json", disk=disk, trust=trust).must(DONE)
            expect_equal(json.loads(status.out)["disk"], str(disk), "the disk's name in JSON")
        with self.report.test("names may be relative, and begin with a dash after --"):
            dashed = odd / "-release.keel"
            bundle.rename(dashed)
            self.osctl("upgrade", "--", "-release.keel", disk="my disk.img", trust="my trust",
                       cwd=odd).must(DONE, "already, trusted")
        shutil.rmtree(odd)

    def sources(self):
        empty, folder = self.folder / "empty.keel", self.folder / "folder"
        empty.write_bytes(b"")
        folder.mkdir()
        self.wrong("a bundle that is not there", FAILED, "could not be fetched: ", "upgrade",
                   self.folder / "none.keel")
        is_folder = r"is a folder; a release is a file ending in \.keel\."
        self.wrong("a folder as a bundle", FAILED,
                   rf"could not be fetched: /\S+/folder {is_folder}", "upgrade", folder)
        with opened(folder) as number:
            self.wrong("a folder as standard input", FAILED,
                       rf"could not be fetched: standard input {is_folder}", "upgrade", "-",
                       stdin=number)
        with socket.socket(socket.AF_UNIX) as ours:
            ours.bind(str(self.folder / "socket"))
            self.wrong("a socket as a bundle", FAILED, r"could not be fetched: .*/socket",
                       "upgrade", self.folder / "socket")
        is_empty = r"the bundle is refused: it is empty; a release is a file ending in \.keel\."
        self.wrong("an empty bundle", REFUSED, is_empty, "upgrade", empty)
        self.wrong("an empty standard input", REFUSED, is_empty, "upgrade", "-")
        self.wrong("a source without a name", FAILED, "empty location", "upgrade", "")
        self.wrong("a root instead of a bundle", REFUSED, "not a tar archive of our form",
                   "upgrade", self.fixture.small_root("v2"))
        self.wrong("the disk itself as a bundle", REFUSED, "not a tar archive of our form",
                   "upgrade", self.disk.path)
        self.wrong("a URL that is none", FAILED, "could not be fetched: ", "upgrade", "http://")
        self.wrong("a certificate authority that is not there", FAILED, r"could not read \S+/none",
                   "upgrade", "--ca", self.folder / "none.pem", "https://127.0.0.1:1/x")
        garbage = self.folder / "garbage.pem"
        garbage.write_text("this is no certificate\n")
        self.wrong("a certificate authority that is none", FAILED, "could not be fetched: ",
                   "upgrade", "--ca", garbage, "https://127.0.0.1:1/x", "--retries", "0")

    def disks(self):
        none, text, tiny = (self.folder / name for name in ("none.img", "text.img", "tiny.img"))
        text.write_text("not a disk\n" * 100_000)
        for verb in ("slots", "upgrade"):
            words = (verb, self.new) if verb == "upgrade" else (verb,)
            self.wrong(f"a disk that is not there ({verb})", FAILED,
                       r"none\.img could not be used: No such file", *words, disk=none)
            self.wrong(f"a folder as a disk ({verb})", REFUSED,
                       "found a directory", *words,
                       disk=self.folder / "folder")
            self.wrong(f"a text file as a disk ({verb})", REFUSED,
                       "expected a GUID partition table, found none", *words, disk=text)
            for size in (0, 1, 600):
                tiny.write_bytes(bytes(size))
                self.wrong(f"a file of {size} bytes as a disk ({verb})", REFUSED,
                           r"tiny\.img is refused: expected a GUID partition table, found none",
                           *words, disk=tiny)
        self.wrong("a terminal as a disk", REFUSED, "found a ", "slots", disk="/dev/null")
        with self.report.test("a disk cut short is told as such"):
            short = copy_sparse(self.disk.path, self.folder / "short.img")
            os.truncate(short, 100 << 20)
            self.osctl("slots", disk=short).must(REFUSED, "short.img")

    def trusts(self):
        good = self.trust

        def folder(name, change):
            made = shutil.copytree(good, self.folder / name)
            change(made)
            return made

        def policy(**changes):
            def change(made):
                file = made / "policy.json"
                fields = {**json.loads(file.read_text()), **changes}
                file.write_text(json.dumps({name: value for name, value in fields.items()
                                            if value is not None}))
            return change

        def key(name, *words):
            def change(made):
                tool("openssl", "genpkey", *words, "-out", made / "secret")
                tool("openssl", "pkey", "-in", made / "secret", "-pubout", "-out", made / name)
                (made / "secret").unlink()
            return change

        wrong = [
            ("a trust folder without policy", lambda made: (made / "policy.json").unlink(),
             "it has no policy.json"),
            ("a policy that is no JSON", lambda made: (made / "policy.json").write_text("epoch: 1"),
             r"its policy\.json is not JSON at byte 0"),
            ("an empty policy", lambda made: (made / "policy.json").write_text(""),
             r"its policy\.json is not JSON at byte 0"),
            ("a policy without threshold", policy(threshold=None), 'has no good "threshold"'),
            ("a policy with a threshold of zero", policy(threshold=0), 'has no good "threshold"'),
            ("a policy with an epoch in words", policy(epoch="one"), 'has no good "epoch"'),
            ("a policy without a board", policy(board=None), 'has no good "board"'),
            ("a threshold nobody can meet", policy(threshold=5),
             "5 keys must sign, but it holds 1"),
            ("a trust folder without keys", lambda made: (made / "release.pub").unlink(),
             "1 keys must sign, but it holds 0"),
            ("a nested policy", policy(board={"name": "x"}), "has a nested value at byte"),
            ("an RSA key", key("rsa.pub", "-algorithm", "RSA"),
             r"rsa\.pub is no Ed25519 public key"),
            ("an X25519 key", key("x.pub", "-algorithm", "X25519"),
             r"x\.pub is no Ed25519 public key"),
            ("a secret key as a public one", lambda made: shutil.copy(
                self.fixture.key("release").secret, made / "secret.pub"),
             r"secret\.pub is no Ed25519 public key"),
            ("an empty key", lambda made: (made / "empty.pub").write_text(""),
             r"empty\.pub is no Ed25519 public key"),
        ]
        for number, (what, change, expected) in enumerate(wrong):
            self.wrong(what, REFUSED, expected, "upgrade", self.new,
                       trust=folder(f"trust-{number}", change))
        self.wrong("a trust folder that is not there", FAILED, r"could not read \S+none: No such",
                   "slots", trust=self.folder / "none")
        self.wrong("a trust folder that is a file", FAILED, r"could not read \S+: Not a directory",
                   "slots", trust=self.fixture.key("release").public)
        with self.report.test("a trust folder may hold a README and links to keys"):
            made = folder("trust-linked", lambda made: (made / "README").write_text("hello"))
            (made / "release.pub").rename(self.folder / "elsewhere.pub")
            (made / "release.pub").symlink_to(self.folder / "elsewhere.pub")
            self.osctl("slots", trust=made).must(DONE, "whole +1.0.0")
        with self.report.test("with another's trust a slot is not believed"):
            made = self.fixture.trust(self.folder / "stranger", [self.fixture.key("stranger")])
            result = self.osctl("slots", trust=made).must(DONE)
            expect("1.0.0" not in result.out, f"it believes it: {result.out}")

    def streams(self):
        """Standard output and error may be anything."""
        with self.report.test("an upgrade is done although nobody listens"):
            disk = copy_sparse(self.disk.path, self.folder / "deaf.img")
            ours, theirs = socket.socketpair()
            with ours, theirs, open("/dev/full", "wb") as full:
                words = [str(word) for word in self.world.osctl_words(disk, self.trust, "upgrade",
                                                                      self.new)]
                done = subprocess.run(words, stdout=full, stderr=theirs, timeout=60)
            expect(done.returncode >= 0, f"it was ended by signal {-done.returncode}")
            self.osctl("slots", disk=disk).must(DONE, r"b +whole +2\.0\.0 .* trial, 3 left")
            self.osctl("prove", disk=disk).must(DONE)
        with self.report.test("a closed pipe on standard output does no harm to the disk"):
            disk = copy_sparse(self.disk.path, self.folder / "deaf.img")
            words = " ".join(f"'{word}'" for word in self.world.osctl_words(
                disk, self.trust, "upgrade", self.new))
            tool("bash", "-c", f"{words} 2>&1 | true")
            self.osctl("upgrade", self.new, disk=disk).must(DONE)
            self.osctl("prove", disk=disk).must(DONE, r"slot b: 2\.0\.0 is whole")

    def help(self):
        osctl = self.world.programs / "osctl"
        with self.report.test("help and version need no disk and are done"):
            for words in (("--help",), ("upgrade", "--help"), ("help", "confirm"), ("--version",)):
                tool(osctl, *words)
        with self.report.test("no program carries Foundation or ICU along"):
            for name in ("osctl", "keel-agent", "keel-image"):
                program = (self.world.programs / name).read_bytes()
                for mark in (b"FoundationInternationalization", b"icudt", b"libFoundation.so"):
                    expect(mark not in program, f"{name} holds {mark}")
        with self.report.test("without a disk it says which option is missing"):
            call(osctl, "slots").must(USAGE, "--disk")
            call(osctl, "--disk", "x", "slots").must(USAGE, "--trust")

    def differ(self):
        with self.report.test("what is different is told in different words"):
            words = {}
            for what, sentence in self.said.items():
                if "as a disk" not in what:
                    words.setdefault(sentence, []).append(what)
            same = {sentence: names for sentence, names in words.items()
                    if len(names) > 1 and not any(set(names) <= group for group in SAME)}
            expect(not same, f"{same}")
