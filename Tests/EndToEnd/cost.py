"""What an upgrade may fetch at most, worked out from the disk and the index alone.

The rules are the engine's (`Sources/Slots/FetchPlan.swift`), written down a second time on purpose:

- a chunk that lies at its place in the target, and none of the first 4 KiB, is not fetched;
- a chunk that the running slot's index names is not fetched;
- gaps of less than 1024 bytes between wanted ranges are fetched with them, and so are the smallest
  gaps until no more than 48 ranges are left;
- from nine tenths of the root on, all of it is fetched in one request.
"""

import hashlib

HEAD = 4096
RANGES = 48
GAP = 1024
HEADERS = 600
"""Bytes of an answer's header fields, at most."""
OPENING = 64 * 1024
"""The first request asks for this much: statement, index, and perhaps the start of the root."""


def wanted(chunks, in_slot, running):
    """Ascending [start, end] of the root; `in_slot` reads the target, `running` are digests."""
    ranges = []
    for offset, length, digest in chunks:
        if offset >= HEAD and hashlib.sha256(in_slot(offset, length)).digest() == digest:
            continue
        if (digest, length) in running:
            continue
        if ranges and ranges[-1][1] == offset:
            ranges[-1][1] = offset + length
        else:
            ranges.append([offset, offset + length])
    return ranges


def merged(ranges, root_size):
    """The ranges that are asked for."""
    gaps = sorted((after[0] - before[1], number)
                  for number, (before, after) in enumerate(zip(ranges, ranges[1:])))
    excess = max(0, len(ranges) - RANGES)
    closed = {number for place, (size, number) in enumerate(gaps) if place < excess or size < GAP}
    result = []
    for number, (start, end) in enumerate(ranges):
        if number and number - 1 in closed:
            result[-1][1] = end
        else:
            result.append([start, end])
    if sum(end - start for start, end in result) * 10 >= root_size * 9:
        return [[0, root_size]]
    return result


class Bound:
    """The most that an upgrade to `bundle` may fetch, seen from this disk."""

    def __init__(self, disk, target, bundle, running_bundle):
        known = {(digest, length) for _, length, digest in running_bundle.chunks}
        self.missing = wanted(bundle.chunks, lambda offset, length: disk.slot_bytes(
            target, offset, length), known)
        self.ranges = merged(self.missing, len(bundle.root))
        self.missing_bytes = sum(end - start for start, end in self.missing)
        self.asked_bytes = sum(end - start for start, end in self.ranges)
        before_root = bundle.places["root.squashfs"][1]
        # The opening, the rest of the index, the ranges, and the end of the bundle.
        self.requests = len(self.ranges) + 3
        self.bytes = (self.asked_bytes + max(before_root, OPENING) + 1024
                      + self.requests * HEADERS)
