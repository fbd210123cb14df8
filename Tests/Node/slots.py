"""A switched-off node's disk under the knife."""

import json
import subprocess
import tempfile

BLOCK = 4096


class Slots:
    """Offsets by others' tools: `sfdisk` for partitions, the bundle for what lies in a slot."""

    def __init__(self, disk, sector_size=512):
        self.disk, self.sector_size = disk, sector_size
        done = subprocess.run(["sfdisk", "--json", "--sector-size", str(sector_size), disk]
                              if sector_size != 512 else ["sfdisk", "--json", disk],
                              capture_output=True, text=True, check=True)
        table = json.loads(done.stdout)["partitiontable"]
        self.parts = {part["name"]: (part["start"] * sector_size, part["size"] * sector_size)
                      for part in table["partitions"]}

    def start(self, slot):
        return self.parts[f"KEELOS_ROOT_{slot.upper()}"][0]

    def flip(self, at):
        """One bit of the disk."""
        with open(self.disk, "r+b") as disk:
            disk.seek(at)
            byte = disk.read(1)[0]
            disk.seek(at)
            disk.write(bytes([byte ^ 1]))

    def flip_root(self, slot, bundle, every=1 << 20):
        """One bit in each MiB of a root, behind what the boot loader reads of it: kernel and
        initramfs come first, and are as they should be."""
        size = member_size(bundle, "root.squashfs")
        for at in range(self.boot_size(slot) + every + 777, size, every):
            self.flip(self.start(slot) + at)

    def flip_kernel(self, slot):
        """One bit in the middle of /boot, where the kernel's own compressed body is."""
        self.flip(self.start(slot) + self.boot_size(slot) // 2)

    def boot_size(self, slot):
        """Bytes of the files in a root's /boot, which lie first in it and are not compressed."""
        listing = subprocess.run(
            ["unsquashfs", "-o", str(self.start(slot)), "-lls", self.disk, "boot"],
            capture_output=True, text=True, check=True).stdout
        return sum(int(line.split()[2]) for line in listing.splitlines() if line.startswith("-"))

    def flip_signature(self, slot, bundle):
        """One bit of the first signature in the trailer."""
        text = member(bundle, "manifest.sig")
        root = round_up(member_size(bundle, "root.squashfs"))
        at = self.find(self.start(slot) + root, text[:200], 1 << 20)
        assert at is not None, "the signatures are not in the trailer"
        self.flip(at + len(text) // 2)

    def find(self, begin, what, within):
        with open(self.disk, "rb") as disk:
            disk.seek(begin)
            place = disk.read(within).find(what)
        return None if place < 0 else begin + place

    def fill_data(self):
        """Leaves no free block in the data partition's file system."""
        start, _ = self.parts["KEELOS_DATA"]
        image = f"{self.disk}?offset={start}"
        done = subprocess.run(["dumpe2fs", "-h", image], capture_output=True, text=True, check=True)
        facts = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
        free = int(facts["Free blocks"])
        with tempfile.NamedTemporaryFile("w") as orders:
            orders.write("write /dev/null filler\n" + f"fallocate filler 0 {free - 1}\n")
            orders.flush()
            subprocess.run(["debugfs", "-w", "-f", orders.name, image], capture_output=True,
                           check=True)


def round_up(size):
    return -(-size // BLOCK) * BLOCK


def member(bundle, name):
    return subprocess.run(["tar", "-xOf", bundle, name], capture_output=True, check=True).stdout


def member_size(bundle, name):
    listing = subprocess.run(["tar", "-tvf", bundle, name], capture_output=True, text=True,
                             check=True).stdout
    return int(listing.split()[2])
