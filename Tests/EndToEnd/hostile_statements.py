"""Images whose manifest or signatures are wrong. All are refused before the first write."""

import base64

from bundle import sha256
from case import Case


def restated(**changes):
    return lambda base: base.bundle.restated(base.keys, **changes).encoded()


def without(field):
    return lambda base: base.bundle.restated(base.keys, remove=(field,)).encoded()


def text(change):
    """The manifest's text changed by hand, then rightly signed."""
    def make(base):
        manifest = change(base.bundle.manifest.decode(errors="surrogateescape"))
        manifest = manifest.encode(errors="surrogateescape")
        return base.bundle.with_(manifest=manifest).signed(base.keys).encoded()
    return make


def added(member):
    """One more member at the end of the object."""
    return text(lambda manifest: manifest.rstrip().removesuffix("}").rstrip() + "," + member + "}")


def signatures(make):
    return lambda base: base.bundle.with_(signatures=make(base)).encoded()


def lines(base):
    return [key.line(base.bundle.manifest) for key in base.keys]


def crossed(base):
    """The second key's id over the first key's signature."""
    first, second = base.keys
    return first.line(base.bundle.manifest) + first.line(base.bundle.manifest, second.id)


def too_many(base):
    line = lines(base)[0].decode().split(" ", 1)[1]
    return b"".join(f"{sha256(bytes([n]))} {line}".encode() for n in range(40))


def flipped(base):
    place = len(base.bundle.manifest) // 2
    manifest = bytearray(base.bundle.manifest)
    manifest[place] ^= 1
    return base.bundle.with_(manifest=bytes(manifest)).encoded()


def flipped_signature(base):
    content = bytearray(base.bundle.signatures)
    content[80] = ord("A") if content[80] != ord("A") else ord("B")
    return bytes(content)


def foreign_key(base):
    """An image that trusts only a key that did not sign it."""
    return base.bundle.restated(base.keys, keys=[der(base.stranger)], threshold=1).encoded()


def own_threshold(base):
    keys = [der(key) for key in (*base.keys, base.stranger)]
    return base.bundle.restated(base.keys, keys=keys, threshold=3).encoded()


def der(key):
    return base64.b64encode(key.der).decode()


TEN_KB = "x" * 10_000

SIGNED_WRONG = [
    Case("an unsigned image", signatures(lambda base: b""),
         r"2 trusted keys must have signed it, 0 did; it names no signer", everywhere=True),
    Case("an image with one signature too few", signatures(lambda base: lines(base)[0]),
         r"2 trusted keys must have signed it, 1 did; it names [0-9a-f]+\.", everywhere=True),
    Case("an image signed by a key that was revoked",
         lambda base: base.bundle.signed([base.keys[0], base.stranger]).encoded(),
         r"must have signed it, 1 did; it names [0-9a-f]+, [0-9a-f]+"),
    Case("an image signed by nobody we know",
         lambda base: base.bundle.signed([base.stranger]).encoded(),
         r"must have signed it, 0 did; it names [0-9a-f]+"),
    Case("an image with another manifest's signatures",
         lambda base: base.bundle.with_(signatures=base.other.signatures).encoded(),
         r"must have signed it, 0 did; it names [0-9a-f]+, [0-9a-f]+", "not these signatures"),
    Case("a flipped bit in the manifest", flipped,
         r"must have signed it, 0 did", "not these signatures", everywhere=True),
    Case("a changed character in a signature", signatures(flipped_signature),
         r"must have signed it, 1 did; it names [0-9a-f]+, [0-9a-f]+", everywhere=True),
    Case("one signature under two keys' names", signatures(crossed),
         r"must have signed it, 1 did; it names [0-9a-f]+, [0-9a-f]+"),
    Case("one signature given twice", signatures(lambda base: lines(base)[0] * 2),
         r"line 2 of its signatures repeats a key"),
    Case("a signature line that is not one",
         signatures(lambda base: lines(base)[0] + b"trust me\n"),
         r"line 2 of its signatures makes no sense", "signature line"),
    Case("a signature line without its end",
         signatures(lambda base: b"".join(lines(base))[:-1]),
         r"line 2 of its signatures makes no sense", "signature line"),
    Case("forty signatures", signatures(too_many), r"more than 32 signatures"),
    Case("16 KiB of signatures", signatures(lambda base: lines(base)[0] * 200),
         r"manifest\.sig has \d+ bytes, the limit is 16384"),
    Case("an image that would refuse its own signatures", foreign_key,
         r"a node that runs it would need 1 signatures by keys it trusts, it has 0"),
    Case("an image that asks more signatures than it has", own_threshold,
         r"a node that runs it would need 3 signatures by keys it trusts, it has 2"),
]

BADLY_WRITTEN = [
    Case("a manifest with a key twice", added('"board":"x86_64-uefi"'), r'has "board" twice'),
    Case("a manifest with a key twice, once in escapes", added(r'"\u0062oard":"other"'),
         r'has "board" twice'),
    Case("a manifest with an object inside", added('"extra":{"a":1}'), r"has a nested value"),
    Case("a manifest with a list in a list", added('"extra":[["a"]]'), r"has a nested value"),
    Case("a manifest of 50,000 brackets", added('"extra":' + "[" * 50_000), r"has a nested value"),
    Case("a manifest cut in the middle", text(lambda manifest: manifest[:len(manifest) // 2]),
         r"its manifest is not JSON at byte", "not JSON", everywhere=True),
    Case("a manifest with something behind it", text(lambda manifest: manifest + "{}"),
         r"its manifest is not JSON at byte", "not JSON"),
    Case("a manifest that is no UTF-8", added('"extra":"\udcff"'),
         r"its manifest is not JSON at byte", "not JSON"),
    Case("a manifest that is empty", text(lambda manifest: " "),
         r"its manifest is not JSON at byte", "not JSON"),
    Case("a manifest with a negative number", added('"extra":-1'),
         r"its manifest is not JSON at byte", "not JSON"),
    Case("a manifest with a fraction", added('"extra":1.5'), r"has a number out of range"),
    Case("a manifest with a number of 400 digits", added('"extra":' + "9" * 400),
         r"has a number out of range"),
    Case("a manifest with 200 members",
         added(",".join(f'"extra{number}":1' for number in range(200))),
         r"has too many members"),
    Case("a manifest of 70 KB", added(",".join(f'"e{n}":"{TEN_KB}"' for n in range(7))),
         r"manifest\.json has \d+ bytes, the limit is 65536", everywhere=True),
    Case("a manifest without an epoch", without("epoch"), r'its manifest has no "epoch"'),
    Case("a manifest with an epoch in words", restated(epoch="five"),
         r'its manifest has no good "epoch"'),
    Case("a manifest with a key that is none", restated(keys=["AAAA"]),
         r'its manifest has no good "keys"'),
    Case("a format nobody knows yet", restated(format=2), r"has format 2, known here is 1"),
    Case("a feature nobody knows yet", restated(requires=["erofs"]),
         r'requires "erofs", which is not known here'),
]

NOT_FOR_US = [
    Case("an image for another board", restated(board="rpi5"),
         r"it is for rpi5, wanted is x86_64-uefi", everywhere=True),
    Case("an image for another architecture", restated(architecture="aarch64"),
         r"it is for aarch64, wanted is x86_64\."),
    Case("an image of another system", restated(name="otheros"),
         r"expected keelos, found otheros"),
    Case("an epoch below the floor", restated(epoch=2),
         r"it is of epoch 2, the lowest allowed is 5"),
    Case("an image that cannot read our state",
         restated(state__readsMinimum=3, state__readsMaximum=4, state__writes=3),
         r"it reads state of schema 3\.\.\.4, there is schema 2"),
    Case("an image that wants a newer one first", restated(minimumVersion="2.5.0"),
         r"it needs 2\.5\.0 or newer to start from, running is 2\.0\.0"),
    Case("an older version", restated(version="1.9.0"), r"it is 1\.9\.0, older than 2\.0\.0"),
    Case("an image for a newer boot loader", restated(loader__contract=2),
         r"it needs loader contract 2, there is 1"),
    Case("an image that is not the one asked for", lambda base: base.bundle.encoded(),
         r"expected release 0{64}, found [0-9a-f]{64}", options=("--digest", "0" * 64)),
    Case("an image larger than the slot",
         lambda base: base.bundle.restated(base.keys, root__size=base.slot_size,
                                           chunks__count=base.slot_size >> 12).encoded(),
         r"it needs \d+ bytes in its slot, there are \d+", "too large", everywhere=True),
    Case("a root of a tebibyte",
         restated(root__size=1 << 40, chunks__count=1 << 22, chunks__maximum=1 << 20),
         r"it needs \d{13} bytes in its slot", "too large"),
    Case("a root of more than a tebibyte", restated(root__size=(1 << 40) + 4096),
         r'its manifest has no good "root\.size"', "root.size"),
    Case("a root that is no whole number of blocks", restated(root__size=8193),
         r'its manifest has no good "root\.size"', "root.size"),
    Case("four million chunks and one", restated(chunks__count=(1 << 22) + 1),
         r'its manifest has no good "chunks\.count"', "chunks.count"),
    Case("2^53 chunks", restated(chunks__count=1 << 53),
         r'its manifest has no good "chunks\.count"', "chunks.count"),
    Case("no chunks", restated(chunks__count=0), r'its manifest has no good "chunks\.count"',
         "chunks.count"),
]

CASES = SIGNED_WRONG + BADLY_WRITTEN + NOT_FOR_US
