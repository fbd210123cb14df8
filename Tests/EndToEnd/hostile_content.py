"""Images whose statement is right and whose index or root is not what was signed."""

import struct

from bundle import make_index
from case import Case

MIB = 1 << 20


def flipped(member, place):
    """One bit flipped; `place` is a share of the member."""
    def make(base):
        content = bytearray(getattr(base.bundle, member))
        content[int(place * (len(content) - 1))] ^= 0x40
        return base.bundle.with_(**{member: bytes(content)}).encoded()
    return make


def lengths(change):
    """An index of other lengths, rightly signed."""
    def make(base):
        index = bytearray(base.bundle.index)
        for chunk, length in change(base).items():
            struct.pack_into("<I", index, 36 * chunk, length)
        return base.bundle.recut(base.keys, bytes(index)).encoded()
    return make


def last(base):
    return len(base.bundle.chunks) - 1


def first_length(base):
    return base.bundle.chunks[0][1]


def signed_count(change):
    """A count that the index does not have, rightly signed."""
    def make(base):
        count = change(base.bundle.fields["chunks.count"])
        return base.bundle.restated(base.keys, chunks__count=count).encoded()
    return make


def other_index(base):
    return base.bundle.with_(index=base.other.index).encoded()


def other_root(base):
    """The root of another release, as long as the signed one."""
    root = base.other.root[:len(base.bundle.root)].ljust(len(base.bundle.root), b"\0")
    return base.bundle.with_(root=root).encoded()


def other_release(base):
    return base.other.with_(manifest=base.bundle.manifest,
                            signatures=base.bundle.signatures).encoded()


def wrong_tree(base):
    """Every chunk is right, but the signed root hash belongs to another root."""
    return base.bundle.restated(base.keys, root__verity="00" * 32).encoded()


def one_chunk_wrong(base):
    """The digest of one chunk in the middle is of other bytes, and rightly signed."""
    index = bytearray(base.bundle.index)
    index[36 * (last(base) // 2) + 10] ^= 1
    return base.bundle.recut(base.keys, bytes(index)).encoded()


def one_byte_chunks(base):
    """A root cut so small that its index is larger than itself."""
    root = base.bundle.root[:8192].ljust(8192, b"\0")
    index = make_index(root, [1] * len(root))
    return base.bundle.with_(root=root).recut(
        base.keys, index, root__size=len(root), chunks__minimum=1, root__verity="11" * 32).encoded()


INDEX = [
    Case("a flipped bit in the chunk index", flipped("index", 0.5),
         r"its chunk index has digest [0-9a-f]{64}, signed is", "index digest", everywhere=True),
    Case("the chunk index of another release", other_index,
         r"(its chunk index has digest|chunks\.idx has \d+ bytes, signed are)", "other index"),
    Case("a statement with everything of another release", other_release,
         r"(its chunk index has digest|chunks\.idx has \d+ bytes, signed are)", "other index"),
    Case("a chunk of no bytes",
         lengths(lambda base: {0: 0, 1: base.bundle.chunks[1][1] + first_length(base)}),
         r"its chunk index gives chunk 0 0 bytes"),
    Case("a chunk of more than a mebibyte", lengths(lambda base: {last(base): MIB + 1}),
         r"its chunk index gives chunk \d+ 1048577 bytes"),
    Case("a chunk of four gigabytes", lengths(lambda base: {last(base): (1 << 32) - 1}),
         r"its chunk index gives chunk \d+ 4294967295 bytes"),
    Case("chunks that add up to less than the root",
         lengths(lambda base: {0: first_length(base) - 1}),
         r"its chunk index adds up to \d+ bytes, the root has \d+", "sum"),
    Case("chunks that add up to more than the root",
         lengths(lambda base: {0: first_length(base) + 1}),
         r"its chunk index adds up to \d+ bytes, the root has \d+", "sum"),
    Case("one chunk more than the index has", signed_count(lambda count: count + 1),
         r"chunks\.idx has \d+ bytes, signed are \d+", "index size"),
    Case("one chunk less than the index has", signed_count(lambda count: count - 1),
         r"chunks\.idx has \d+ bytes, signed are \d+", "index size"),
]

ALL = ("--no-reuse",)
CHUNK = r"chunk \d+, at byte \d+ of its root, is not what was signed"

ROOT = [
    Case("a flipped bit in the root's first block", flipped("root", 0.0),
         r"chunk 0, at byte 0 of its root, is not what was signed", "chunk", begun=True,
         everywhere=True),
    Case("a flipped bit in the middle of the root", flipped("root", 0.5), CHUNK, "chunk",
         begun=True, everywhere=True, options=ALL),
    Case("a flipped bit in the root's last block", flipped("root", 1.0), CHUNK, "chunk",
         begun=True, everywhere=True),
    Case("one release with the root of another", other_root, CHUNK, "chunk", begun=True),
    Case("an index with one wrong digest", one_chunk_wrong, CHUNK, "chunk", begun=True),
    Case("a root hash of another root", wrong_tree,
         r"slot a does not hold what was written: the hash tree over it ends in [0-9a-f]+, "
         r"signed is 0+", "tree", code=1, begun=True, everywhere=True),
    Case("a root in chunks of one byte, and no root hash of its", one_byte_chunks,
         r"slot a does not hold what was written: the hash tree over it ends in", "tree", code=1,
         begun=True),
]

CASES = INDEX + ROOT
