"""What the tests of keel-init alone stand on: a disk with a tiny root, and its boot record."""

import re

import packages
from guest import Guest
from scene import copy
from tiny import Tiny, partition

SERVICES = {
    "door": {"command": ["/usr/bin/door", "serve"], "after": ["network"]},
    "die": {"command": ["/usr/bin/door", "die"], "restart.first": 2},
    "stubborn": {"command": ["/usr/bin/door", "stubborn"], "after": ["door"], "stop.seconds": 2},
    "orphans": {"command": ["/usr/bin/door", "children"]},
    "later": {"command": ["/usr/bin/door", "later"], "starts": "bootstrapped"},
    "missing": {"command": ["/usr/bin/nothing"], "restart.first": 5},
}
DYING_AGENT = {"keel-agent": {"command": ["/usr/bin/door", "die"]}}
HEAD = b"# GRUB Environment Block\n"
# The loader has the first line in it, too.
COPY = re.compile(re.escape(HEAD + b"ORDER="))


class Bench:
    """What every case starts from."""

    def __init__(self, programs, folder, flavour="cloud"):
        locked = [one for one in packages.read_lock() if one.flavour == flavour]
        unpacked = packages.unpacked(locked, packages.cache_folder())
        self.tiny = tiny = Tiny(folder / "tiny", programs / "keel-init", programs,
                                unpacked[locked[0].name])
        self.folder = folder
        self.pristine = tiny.disk("pristine", tiny.root("plain", SERVICES))
        self.dying = tiny.disk("dying", tiny.root("dying", DYING_AGENT))

    def copy(self, disk=None):
        path = self.folder / "case.img"
        path.unlink(missing_ok=True)
        copy(disk or self.pristine, path)
        return path

    def boot(self, disk, state="good", device="virtio-blk-pci", before=(), more=()):
        uuid, _, _ = partition(disk, 2)
        line = (f"console=ttyS0 quiet panic=2 oops=panic keel.slot=A keel.state={state} "
                f"keel.partuuid={uuid} keel.loader=1")
        return Guest(self.tiny.kernel, self.tiny.initramfs, [(disk, device), *more], line, before)


def record(disk):
    """The states in env0 and env1."""
    data = system(disk)
    found = []
    for place in [match.start() for match in COPY.finditer(data)]:
        lines = data[place:place + 512].decode("latin1").split("\n")
        found.append({key: value for key, _, value in (line.partition("=") for line in lines)
                      if value})
    return found


def set_record(disk, a, b):
    """Gives every copy these states."""
    _, start, _ = partition(disk, 1)
    data = system(disk)
    text = HEAD + f"ORDER=A B\nA={a}\nB={b}\nSEQ=7\nEND=keel1\n".encode()
    with open(disk, "r+b") as file:
        for match in COPY.finditer(data):
            file.seek(start + match.start())
            file.write(text.ljust(1024, b"#"))


def system(disk):
    _, start, size = partition(disk, 1)
    with open(disk, "rb") as file:
        file.seek(start)
        return file.read(size)


def flip(disk, pattern):
    """Flips a bit of the first byte after `pattern` in slot a."""
    _, start, size = partition(disk, 2)
    with open(disk, "r+b") as file:
        file.seek(start)
        data = file.read(size)
        place = data.rindex(pattern) + len(pattern)
        file.seek(start + place)
        file.write(bytes([data[place] ^ 1]))
