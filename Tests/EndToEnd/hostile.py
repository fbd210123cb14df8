"""Offers hostile images to a node and looks at every sector of its disk afterwards."""

import pathlib
import re
import subprocess

from bundle import Bundle
from case import Base, Case
from disk import COPIES, DiskImage, unchanged
from programs import DONE, REFUSED
from report import expect, expect_equal
from servers import Nginx
from world import copy_sparse
import hostile_content
import hostile_forms
import hostile_statements

CASES = hostile_statements.CASES + hostile_content.CASES + hostile_forms.CASES
UNTOUCHED = "Nothing was written. Slot b runs 2.0.0 and boots next."
GIVEN_UP = ("Slot a is not bootable; the same command takes up where this one stopped. "
            "Slot b runs 2.0.0 and boots next.")
WAYS = ("file", "http", "stdin")
RULES = ("--epoch", "5", "--state-reads", "1-2", "--state-writes", "2")


class Stand:
    """A disk that runs 2.0.0 in slot b and keeps the trusted 1.0.0 in slot a."""

    def __init__(self, world, fixture, folder):
        self.world, self.folder = world, folder
        keys = fixture.keys("first", "second")
        self.trust = fixture.trust(folder / "trust", keys, threshold=2, epoch=5)
        signers = [word for key in keys for word in ("--key", key.secret)]

        def pack(root, version):
            return fixture.release(root, version, *signers, "--trust", self.trust, *RULES,
                                   small=True)
        old, running, new = pack("v3", "1.0.0"), pack("v1", "2.0.0"), pack("v2", "3.0.0")
        slot_size = 16 << 20
        self.pristine = folder / "pristine.img"
        fixture.disk(self.pristine, old, trust=self.trust, slot_size=slot_size)
        for words in (("upgrade", running), ("confirm",)):
            world.osctl(self.pristine, self.trust, *words).must(DONE)
        self.base = Base(Bundle.read(new), Bundle.read(running), keys, fixture.key("stranger"),
                         slot_size)
        self.image = folder / "image.keel"
        self.disk = None
        self.renew()

    def renew(self):
        """The disk as it was at first."""
        self.disk = DiskImage(copy_sparse(self.pristine, self.folder / "disk.img"))

    def offer(self, content, way, server, options):
        """Runs the upgrade with these bytes from a file, a server or standard input."""
        self.image.write_bytes(content)
        upgrade = ("upgrade", *options, "--retries", "0")
        if way == "stdin":
            # A pipe: of a file on standard input the length is known.
            with subprocess.Popen(["cat", self.image], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL) as sender:
                return self.world.osctl(self.disk.path, self.trust, *upgrade, "-",
                                        stdin=sender.stdout)
        source = server.url(self.image.name) if way == "http" else self.image
        return self.world.osctl(self.disk.path, self.trust, *upgrade, source)


class Sentences:
    """What was said so far, to find two causes with one sentence."""

    def __init__(self):
        self.causes = {}

    def add(self, said, origin):
        said = re.sub(r"\b[0-9a-f]{8,64}\b", "#", said)
        earlier = self.causes.setdefault(said, origin)
        expect(earlier == origin, f'"{said}" is said of two causes: {earlier} and {origin}')


def look(stand, case, way, result, before):
    """The end code, the sentence, the truth, and the disk itself."""
    result.must(case.code, case.words)
    sentence = result.sentence
    expect(sentence.startswith("osctl: "), f"it said: {sentence}")
    expect("\n" not in sentence, f"it took several lines: {sentence}")
    after = stand.disk.digests()
    changed = [name for name in before if before[name] != after[name]]
    if not case.begun and not (case.streamed and way == "stdin"):
        expect(not changed, f"{changed} changed")
        expect(sentence.endswith(UNTOUCHED), f"it said: {sentence}")
        return sentence.removesuffix(UNTOUCHED)
    expect("slot b" not in changed, "the running slot changed")
    expect_equal(stand.disk.head("a"), bytes(4096), "the start of slot a")
    for copy in COPIES:
        record = stand.disk.record(copy)
        expect_equal((record["A"], record["B"]), ("none", "good"), f"slots a and b in {copy}")
    expect(sentence.endswith(GIVEN_UP), f"it said: {sentence}")
    stand.renew()
    return sentence.removesuffix(GIVEN_UP)


def ways(case, number):
    """All three ways for some, one of them in turn for the others."""
    return WAYS if case.everywhere else (WAYS[number % len(WAYS)],)


def refuse(world, report, stand, server):
    said = Sentences()
    for number, case in enumerate(CASES):
        with report.test(f"{case.sentence} is refused"):
            content = case.make(stand.base)
            for way in ways(case, number):
                before = stand.disk.digests()
                result = stand.offer(content, way, server, case.options)
                try:
                    said.add(look(stand, case, way, result, before), case.origin)
                except Exception:
                    stand.renew()
                    raise


def accept(report, stand, server):
    """The base itself and what is no reason to refuse it."""
    with report.test("an image that expired is no matter for a disk on a workbench"):
        content = stand.base.bundle.restated(stand.base.keys, expires="2001-01-01T00:00:00Z")
        stand.offer(content.encoded(), "http", server, ()).must(DONE, "Slot a holds 3.0.0")
        stand.renew()
    for way in WAYS:
        with report.test(f"the image all others were made from is taken, by {way}"):
            stand.offer(stand.base.bundle.encoded(), way, server, ()).must(DONE, "on trial")
            stand.world.osctl(stand.disk.path, stand.trust, "prove").must(DONE)
            stand.renew()
    with report.test("an older version is taken when asked to"):
        content = stand.base.bundle.restated(stand.base.keys, version="1.9.0").encoded()
        stand.offer(content, "file", server, ("--allow-downgrade",)).must(DONE, "holds 1.9.0")
        stand.renew()


def quarantine(report, stand, server):
    """The firmware used up the tries of an image."""
    with report.test("an image that failed before is refused, until asked to retry"):
        content = stand.base.bundle.encoded()
        stand.offer(content, "file", server, ()).must(DONE)
        for copy in COPIES[:2]:
            stand.disk.write_record(copy, A="failed")
        with unchanged(stand.disk):
            result = stand.offer(content, "http", server, ())
            result.must(REFUSED, "failed or was given up")
            expect(result.sentence.endswith(UNTOUCHED), result.sentence)
        stand.offer(content, "http", server, ("--retry-quarantined",)).must(DONE, "on trial")
        stand.renew()


def run(world, fixture, report):
    with world.scratch("hostile") as folder:
        stand = Stand(world, fixture, pathlib.Path(folder))
        with Nginx(folder) as server:
            expect(all(isinstance(case, Case) for case in CASES), "a table of cases")
            report.note(f"{len(CASES)} hostile images")
            refuse(world, report, stand, server)
            quarantine(report, stand, server)
            accept(report, stand, server)
