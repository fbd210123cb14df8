"""What a disk was told to write, in order, and the disk as a power cut would have left it.

The log is QEMU's `blklogwrites`, in the form of the kernel's dm-log-writes: a superblock, then for
each operation an entry of one sector (sector, count, flags, all little-endian, 64 bits) and, for a
write, its data. Source: Documentation/admin-guide/device-mapper/log-writes.rst of Linux."""

import contextlib
import dataclasses
import os
import struct

SECTOR = 512
MAGIC = 0x6A736677736872
FLUSH, FUA, DISCARD = 1, 2, 4


@dataclasses.dataclass(frozen=True)
class Operation:
    """A write with `size` bytes at `start`, found at `data` in the log; a flush has none."""

    start: int
    size: int
    flags: int
    data: int

    @property
    def is_flush(self):
        return bool(self.flags & FLUSH)


def read(path):
    """All operations. The superblock's count is only as new as the last flush: entries tell."""
    found = []
    end = os.path.getsize(path)
    with open(path, "rb") as file:
        magic, version, _, sector = struct.unpack("<QQQI", file.read(28))
        if (magic, version, sector) != (MAGIC, 1, SECTOR):
            raise ValueError(f"{path} is no log of writes with sectors of {SECTOR} bytes")
        place = SECTOR
        while place + SECTOR <= end:
            file.seek(place)
            start, count, flags, _ = struct.unpack("<QQQQ", file.read(32))
            if not (count or flags):
                break
            place += SECTOR
            found.append(Operation(start * SECTOR, count * SECTOR, flags, place))
            if not flags & DISCARD:
                place += count * SECTOR
    return found


class Replay:
    """A disk that is written to as it was, and can be cut off anywhere."""

    def __init__(self, disk, log, chance):
        self.disk, self.log, self.chance = disk, log, chance
        self.operations = read(log)
        self._done = 0

    def near_flushes(self, reach=3):
        """Numbers of operations that a flush is close to: there order matters."""
        near = set()
        for number, operation in enumerate(self.operations):
            if operation.is_flush:
                near.update(range(max(0, number - reach), number + reach + 1))
        return sorted(number for number in near if number <= len(self.operations))

    def draw(self, count):
        """Numbers to cut before, rising: half of them anywhere, half of them near a flush."""
        everywhere = range(len(self.operations) + 1)
        near = self.near_flushes()
        drawn = set(self.chance.sample(near, min(count // 2, len(near))))
        rest = [number for number in everywhere if number not in drawn]
        drawn.update(self.chance.sample(rest, min(count - len(drawn), len(rest))))
        return sorted(drawn)

    @contextlib.contextmanager
    def cut(self, number):
        """The disk as it may be found when the power went before operation `number`: what was
        flushed, and of the rest what chance kept, in an order of its own, torn between sectors.
        Cuts come in rising order; afterwards the disk is as it was flushed."""
        last = max((at + 1 for at in range(number) if self.operations[at].is_flush), default=0)
        last = max(last, self._done)
        with open(self.disk, "r+b") as disk, open(self.log, "rb") as log:
            for operation in self.operations[self._done:last]:
                self._write(disk, operation.start, self._bytes(log, operation))
            self._done = last
            before = []
            for start, data in self._kept(log, self.operations[last:number]):
                disk.seek(start)
                before.append((start, disk.read(len(data))))
                self._write(disk, start, data)
        try:
            yield
        finally:
            with open(self.disk, "r+b") as disk:
                for start, data in reversed(before):
                    self._write(disk, start, data)

    def _kept(self, log, pending):
        """(place, bytes) of what reached the medium without a flush."""
        forced = {}  # sector: the last write that said it must be there
        for at, operation in enumerate(pending):
            if operation.flags & FUA:
                for sector in range(operation.start, operation.start + operation.size, SECTOR):
                    forced[sector] = at
        share = self.chance.choice((0.0, 0.3, 0.7, 1.0))
        order = list(range(len(pending)))
        self.chance.shuffle(order)
        for at in order:
            operation = pending[at]
            is_forced = bool(operation.flags & FUA)
            if not is_forced and self.chance.random() >= share:
                continue
            torn = not is_forced and self.chance.random() < 0.3
            data = self._bytes(log, operation)
            for offset in range(0, len(data), SECTOR):
                sector = operation.start + offset
                if forced.get(sector, -1) > at or torn and self.chance.random() < 0.5:
                    continue
                yield sector, data[offset:offset + SECTOR]

    @staticmethod
    def _bytes(log, operation):
        if operation.flags & DISCARD:
            return bytes(operation.size)
        log.seek(operation.data)
        return log.read(operation.size)

    @staticmethod
    def _write(disk, start, data):
        if data:
            disk.seek(start)
            disk.write(data)
