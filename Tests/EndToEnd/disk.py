"""A KeelOS disk seen from outside: read and damaged byte by byte, never through osctl."""

import contextlib
import hashlib
import os
import struct
import uuid

from report import Wrong, expect_equal

MIB = 1 << 20
PIECE = 1 << 16
ZEROS = bytes(PIECE)
COPIES = ("ENV0", "ENV1", "ENV2")
TYPES = {"ESP": "c12a7328-f81f-11d2-ba4b-00a0c93ec93b",
         "ROOT": "4f68bce3-e8cd-4db1-96e7-fbcaf984b709",
         "DATA": "0fc63daf-8483-4772-8e79-3d69d8477de4"}


class DiskImage:
    """The file of an image, or the one behind a loop device."""

    def __init__(self, path, sector=512):
        self.path = path
        self.sector = sector
        self.partitions = self._read_table()
        self.system = self.partitions["EFI-SYSTEM"]
        self.slots = {"a": self.partitions["KEELOS_ROOT_A"], "b": self.partitions["KEELOS_ROOT_B"]}

    def read(self, offset, size):
        with open(self.path, "rb") as file:
            file.seek(offset)
            return file.read(size)

    def write(self, offset, content):
        with open(self.path, "r+b") as file:
            file.seek(offset)
            file.write(content)
            os.fsync(file.fileno())

    def flip(self, offset):
        """Changes one bit."""
        self.write(offset, bytes([self.read(offset, 1)[0] ^ 0x10]))

    def _read_table(self):
        """Name to (start, end) in bytes. UEFI specification 2.10, 5.3."""
        header = self.read(self.sector, 92)
        if header[:8] != b"EFI PART":
            raise Wrong(f"{self.path} has no partition table at byte {self.sector}")
        start, count, size = struct.unpack("<QII", header[72:88])
        table = self.read(start * self.sector, count * size)
        found = {}
        for entry in (table[place:place + size] for place in range(0, count * size, size)):
            if any(entry[:16]):
                kind = str(uuid.UUID(bytes_le=entry[:16]))
                first, last = struct.unpack("<QQ", entry[32:48])
                name = entry[56:128].decode("utf-16-le").rstrip("\0")
                kinds = {"EFI-SYSTEM": "ESP", "KEELOS_ROOT_A": "ROOT", "KEELOS_ROOT_B": "ROOT"}
                expected = TYPES[kinds.get(name, "DATA")]
                expect_equal(kind, expected, f"the type of {name}")
                found[name] = (first * self.sector, (last + 1) * self.sector)
        return found

    def slot_bytes(self, slot, offset, size):
        return self.read(self.slots[slot][0] + offset, size)

    def head(self, slot):
        """The first 4 KiB of a slot, which an install zeroes first and writes last."""
        return self.slot_bytes(slot, 0, 4096)

    def is_file_system(self, slot):
        """Whether its first sector, zeroed before and written after all others, holds anything."""
        return any(self.slot_bytes(slot, 0, self.sector))

    def digest(self, start, end):
        """Of the blocks that are not zero and their places: holes and zeros are the same."""
        total = hashlib.sha256()
        with open(self.path, "rb") as file:
            for offset in data_blocks(file.fileno(), start, end):
                file.seek(offset)
                block = file.read(min(PIECE, end - offset))
                if block != ZEROS[:len(block)]:
                    total.update(struct.pack("<Q", offset) + block)
        return total.hexdigest()

    def digests(self):
        """Of the system partition, each slot, and the whole disk."""
        ranges = {"system": self.system, **{f"slot {name}": at for name, at in self.slots.items()}}
        found = {name: self.digest(*at) for name, at in ranges.items()}
        found["disk"] = self.digest(0, os.path.getsize(self.path))
        return found

    def file(self, *path):
        """(offset on the disk, size, first cluster) of a file on the system partition."""
        return Fat16(self).find(path)

    def record(self, copy):
        """The variables in one copy of the boot record."""
        text = self.read(self.file("KEEL", copy)[0], 1024).decode()
        lines = [line for line in text.split("\n") if "=" in line and not line.startswith("#")]
        return dict(line.split("=", 1) for line in lines)

    def whole_record(self, copy):
        """The same of a copy that is whole; else `None`."""
        block = self.read(self.file("KEEL", copy)[0], 1024)
        if not block.startswith(b"# GRUB Environment Block\n") or b"\nEND=keel1\n" not in block:
            return None
        return self.record(copy)

    def write_record(self, copy, **changes):
        """Writes a copy as GRUB would, with other values."""
        variables = {**self.record(copy), **changes}
        lines = "".join(f"{name}={value}\n" for name, value in variables.items())
        block = ("# GRUB Environment Block\n" + lines).encode()
        self.write(self.file("KEEL", copy)[0], block.ljust(1024, b"#"))


def data_blocks(descriptor, start, end):
    """Offsets of 64 KiB pieces that are not holes."""
    place = start
    while place < end:
        try:
            place = os.lseek(descriptor, place, os.SEEK_DATA)
        except OSError:
            return
        place -= (place - start) % PIECE
        stop = min(max(os.lseek(descriptor, place, os.SEEK_HOLE), place + 1), end)
        while place < stop:
            yield place
            place += PIECE


class Fat16:
    """Finds files by their short names. Microsoft FAT specification 1.03."""

    def __init__(self, disk):
        self.disk, self.start = disk, disk.system[0]
        boot = disk.read(self.start, 512)
        sector, per_cluster, reserved, tables, entries = struct.unpack("<HBHBH", boot[11:19])
        table_sectors, = struct.unpack("<H", boot[22:24])
        self.cluster = sector * per_cluster
        self.root = self.start + (reserved + tables * table_sectors) * sector
        self.root_size = entries * 32
        self.data = self.root + (self.root_size + sector - 1) // sector * sector
        expect_equal(boot[54:59], b"FAT16", "the system partition's kind")

    def entry(self, place, size, name):
        wanted = (name + ".").split(".")[0].ljust(8) + name.partition(".")[2].ljust(3)
        table = self.disk.read(place, size)
        for offset in range(0, size, 32):
            if table[offset:offset + 11] == wanted.encode():
                cluster, length = struct.unpack("<HI", table[offset + 26:offset + 32])
                return self.data + (cluster - 2) * self.cluster, length, cluster
        raise Wrong(f"no {name} on the system partition")

    def find(self, path):
        place, size = self.root, self.root_size
        for name in path:
            found = self.entry(place, size, name)
            place, size = found[0], self.cluster
        return found


@contextlib.contextmanager
def unchanged(image, what="the disk"):
    """Nothing on the disk may differ after the block."""
    before = image.digests()
    yield
    after = image.digests()
    changed = [name for name in before if before[name] != after[name]]
    if changed:
        raise Wrong(f"{what} changed: {', '.join(changed)}")
