"""Images that are no bundle: cut, glued, reordered, bent, wrapped."""

import gzip
import io
import os
import zipfile

import tar
from bundle import MEMBERS
from case import Case

MANIFEST, SIGNATURES, INDEX, ROOT = MEMBERS


def cut(place):
    """Cut at a byte that `place` finds in the bundle."""
    return lambda base: base.bundle.encoded()[:place(base.bundle)]


def at(member, part, beyond=0):
    """0: the member's header, 1: its first byte, 2: its end."""
    return lambda bundle: bundle.places[member][part] + beyond


def middle(member):
    return lambda bundle: sum(bundle.places[member][1:]) // 2


def glued(tail):
    return lambda base: base.bundle.encoded() + tail


def members(change):
    """The members as a list, changed, then packed again."""
    return lambda base: tar.archive(change(base.bundle.members))


def renamed(member, name):
    return members(lambda all: [(name if found == member else found, content)
                                for found, content in all])


def without(member):
    return members(lambda all: [pair for pair in all if pair[0] != member])


def headed(member, **options):
    """The member's header made anew with these options; everything else as it was."""
    def make(base):
        content = dict(base.bundle.members)[member]
        start = base.bundle.places[member][0]
        encoded = base.bundle.encoded()
        block = tar.header(member, len(content), **options)
        return encoded[:start] + block + encoded[start + tar.BLOCK:]
    return make


def before(member, block):
    """Something in front of a member."""
    def make(base):
        start = base.bundle.places[member][0]
        return base.bundle.encoded()[:start] + block + base.bundle.encoded()[start:]
    return make


def pax(filling, kind=tar.PAX, **fields):
    records = tar.pax_records(**fields) if fields else tar.pax_records(comment="x" * filling)
    return tar.header("PaxHeaders/x", len(records), kind=kind) + tar.pad(records)


def zipped(base):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in base.bundle.members:
            archive.writestr(name, content)
    return packed.getvalue()


def dirty_padding(base):
    """One byte after the root's end that is not zero: in the end mark."""
    encoded = bytearray(base.bundle.encoded())
    encoded[-700] = 1
    return bytes(encoded)


def huge(number):
    return {"size_field": tar.binary(number, 12)}


CUTS = [
    Case("a bundle cut inside the manifest's header", cut(at(MANIFEST, 0, 100)),
         r"(not a tar archive of our form|it ends inside manifest\.json)", "archive",
         everywhere=True),
    Case("a bundle cut after the manifest's header", cut(at(MANIFEST, 1)),
         r"it ends inside manifest\.json", "cut"),
    Case("a bundle cut inside the manifest", cut(middle(MANIFEST)),
         r"it ends inside manifest\.json", "cut", everywhere=True),
    Case("a bundle cut after the manifest", cut(at(SIGNATURES, 0)),
         r"(expected member manifest\.sig, found the end|it ends inside manifest\.sig)", "cut"),
    Case("a bundle cut inside the signatures", cut(middle(SIGNATURES)),
         r"it ends inside manifest\.sig", "cut"),
    Case("a bundle cut after the signatures", cut(at(INDEX, 0)),
         r"(expected member chunks\.idx, found the end|it ends inside chunks\.idx)", "cut"),
    Case("a bundle cut inside the chunk index", cut(middle(INDEX)),
         r"it ends inside chunks\.idx", "cut", everywhere=True),
    Case("a bundle cut after the chunk index", cut(at(ROOT, 0)),
         r"(expected member root\.squashfs, found the end|it ends inside root\.squashfs"
         r"|expected its end at byte \d+, found \d+ bytes)", "cut", everywhere=True),
    Case("a bundle cut inside the root's header", cut(at(ROOT, 0, 300)),
         r"(it ends inside root\.squashfs|expected its end at byte \d+)", "cut"),
    Case("a bundle cut after the root's header", cut(at(ROOT, 1)),
         r"(it ends inside root\.squashfs|expected its end at byte \d+)", "cut", streamed=True),
    Case("a bundle cut inside the root", cut(middle(ROOT)),
         r"(it ends inside root\.squashfs|expected its end at byte \d+)", "cut", streamed=True,
         everywhere=True),
    Case("a bundle cut after the root", cut(at(ROOT, 2)),
         r"expected its end at byte \d+, found \d+ bytes", "length", streamed=True,
         everywhere=True),
    Case("a bundle with half an end mark", lambda base: base.bundle.encoded()[:-512],
         r"expected its end at byte \d+, found \d+ bytes", "length", streamed=True),
]

GLUED = [
    Case("a bundle with bytes behind it", glued(b"and more"),
         r"expected its end at byte \d+, found \d+ bytes", "length", streamed=True,
         everywhere=True),
    Case("a bundle with one more block of zeros", glued(bytes(512)),
         r"expected its end at byte \d+, found \d+ bytes", "length", streamed=True),
    Case("a bundle padded to 10 KiB as tar does", glued(bytes(20 * 512)),
         r"expected its end at byte \d+, found \d+ bytes", "length", streamed=True),
    Case("two bundles in one", lambda base: base.bundle.encoded() * 2,
         r"expected its end at byte \d+, found \d+ bytes", "length", streamed=True),
    Case("an end mark that is not zero", dirty_padding,
         r"byte \d+ is not zero", begun=True, everywhere=True, options=("--no-reuse",)),
    Case("a bundle with a fifth member",
         members(lambda all: [*all, ("install.sh", b"#!/bin/sh\n")]),
         r"expected its end at byte \d+, found \d+ bytes", "length", streamed=True),
]

REORDERED = [
    Case("a bundle whose signatures come first",
         members(lambda all: [all[1], all[0], *all[2:]]),
         r"expected member manifest\.json, found manifest\.sig"),
    Case("a bundle whose root comes before its index",
         members(lambda all: [all[0], all[1], all[3], all[2]]),
         r"expected member chunks\.idx, found root\.squashfs"),
    Case("a bundle with two manifests", members(lambda all: [all[0], *all]),
         r"expected member manifest\.sig, found manifest\.json"),
    Case("a bundle with two indexes", members(lambda all: [*all[:3], *all[2:]]),
         r"expected member root\.squashfs, found chunks\.idx"),
    Case("a bundle without a manifest", without(MANIFEST),
         r"expected member manifest\.json, found manifest\.sig"),
    Case("a bundle without signatures", without(SIGNATURES),
         r"expected member manifest\.sig, found chunks\.idx"),
    Case("a bundle without an index", without(INDEX),
         r"expected member chunks\.idx, found root\.squashfs"),
    Case("a bundle without a root", without(ROOT),
         r"expected member root\.squashfs, found the end", "cut"),
    Case("a bundle with another name for the manifest", renamed(MANIFEST, "Manifest.json"),
         r"expected member manifest\.json, found Manifest\.json"),
    Case("a bundle with another name for the root", renamed(ROOT, "root.img"),
         r"expected member root\.squashfs, found root\.img"),
    Case("a bundle with an absolute path", renamed(MANIFEST, "/etc/passwd"),
         r"expected member manifest\.json, found /etc/passwd"),
    Case("a bundle with a path upwards", renamed(MANIFEST, "../manifest.json"),
         r"expected member manifest\.json, found \.\./manifest\.json"),
    Case("a bundle with a path from here", renamed(MANIFEST, "./manifest.json"),
         r"expected member manifest\.json, found \./manifest\.json"),
    Case("a bundle that is an empty archive", lambda base: tar.END,
         r"expected member manifest\.json, found the end", everywhere=True),
]

BENT = [
    Case("a manifest of 8 GB", headed(MANIFEST, **huge(8 << 30)),
         r"manifest\.json has 8589934592 bytes, the limit is 65536"),
    Case("a manifest of 2^63 - 1 bytes", headed(MANIFEST, **huge((1 << 63) - 1)),
         r"manifest\.json has \d{18,} bytes, the limit is|not a tar archive of our form",
         "2^63 - 1"),
    Case("a manifest of minus one byte", headed(MANIFEST, **huge(-1)),
         r"not a tar archive of our form", "archive"),
    Case("signatures of 8 GB", headed(SIGNATURES, **huge(8 << 30)),
         r"manifest\.sig has 8589934592 bytes, the limit is 16384"),
    Case("an index of 8 GB", headed(INDEX, **huge(8 << 30)),
         r"chunks\.idx has 8589934592 bytes, signed are \d+"),
    Case("a root of 8 GB", headed(ROOT, **huge(8 << 30)),
         r"root\.squashfs has 8589934592 bytes, signed are \d+"),
    Case("a root one block longer than signed",
         lambda base: base.bundle.with_(root=base.bundle.root + bytes(4096)).encoded(),
         r"root\.squashfs has \d+ bytes, signed are \d+", everywhere=True),
    Case("a header with a wrong checksum", headed(MANIFEST, checksum=1),
         r"not a tar archive of our form", "archive", everywhere=True),
    Case("a manifest that is a symlink", headed(MANIFEST, kind=tar.SYMLINK, link="/etc/passwd"),
         r"manifest\.json is not a plain file but a symlink"),
    Case("signatures that are a hard link",
         headed(SIGNATURES, kind=tar.HARDLINK, link="manifest.json"),
         r"manifest\.sig is not a plain file but a hardlink"),
    Case("an index that is a device", headed(INDEX, kind=tar.DEVICE),
         r"chunks\.idx is not a plain file but a device", "index device"),
    Case("a manifest that is a terminal", headed(MANIFEST, kind=tar.CHARACTER),
         r"manifest\.json is not a plain file but a device"),
    Case("a manifest that is a folder", headed(MANIFEST, kind=tar.FOLDER),
         r"(is not a plain file but a directory|found manifest\.json/)", "folder"),
    Case("a manifest that is a pipe", headed(MANIFEST, kind=tar.PIPE),
         r"manifest\.json is not a plain file but a pipe"),
    Case("a root that is a symlink", headed(ROOT, kind=tar.SYMLINK, link="/dev/sda"),
         r"root\.squashfs (is not a plain file but a symlink|has 0 bytes, signed are)",
         "root symlink"),
    Case("an extended header of 1 MB", before(MANIFEST, pax(1 << 20)),
         r"Special header too large", everywhere=True),
    Case("an extended header of 4 KB", before(MANIFEST, pax(4000)),
         r"header of manifest\.json longer than 512 bytes", "long header", everywhere=True),
    Case("an extended header that renames the root", before(ROOT, pax(0, path="other")),
         r"header of root\.squashfs longer than 512 bytes"),
    Case("a global extended header", before(MANIFEST, pax(100, kind=tar.PAX_GLOBAL)),
         r"header of manifest\.json longer than 512 bytes", "long header"),
    Case("an extended header that makes the manifest 8 GB", before(MANIFEST, pax(0, size=8 << 30)),
         r"header of manifest\.json longer than 512 bytes", "long header"),
    Case("a GNU long name", before(MANIFEST, tar.member("././@LongLink", b"n" * 4000,
                                                        kind=tar.LONG_NAME)),
         r"header of manifest\.json longer than 512 bytes", "long header"),
]

WRAPPED = [
    Case("a compressed bundle", lambda base: gzip.compress(base.bundle.encoded(), 1),
         r"not a tar archive of our form", "archive", everywhere=True),
    Case("a zip file", zipped, r"not a tar archive of our form", "archive"),
    Case("a root without its bundle", lambda base: base.bundle.root,
         r"not a tar archive of our form", "archive"),
    Case("noise", lambda base: os.urandom(1 << 20), r"not a tar archive of our form", "archive",
         everywhere=True),
    Case("a web page", lambda base: b"<!DOCTYPE html><title>404</title>" * 100,
         r"not a tar archive of our form", "archive"),
]

CASES = CUTS + GLUED + REORDERED + BENT + WRAPPED
