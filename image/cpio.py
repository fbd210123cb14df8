"""Writes and reads cpio archives of the kind the kernel unpacks ("newc").

Layout: Documentation/driver-api/early-userspace/buffer-format.rst of the kernel. The same members
give the same bytes: numbered in order, time 0, owner 0.
"""

import stat
from typing import NamedTuple

END = "TRAILER!!!"


class Member(NamedTuple):
    """`mode` with the file's kind in it; `content` is a link's target; `device` (major, minor)."""

    name: str
    mode: int
    content: bytes = b""
    device: tuple = (0, 0)


def folder(name, mode=0o755):
    return Member(name, stat.S_IFDIR | mode)


def file(name, content, mode=0o644):
    return Member(name, stat.S_IFREG | mode, content)


def console(name):
    """What the kernel gives the first process as its terminal."""
    return Member(name, stat.S_IFCHR | 0o600, device=(5, 1))


def archive(members):
    """The archive, members sorted by name so that each folder comes before what is in it."""
    parts = [_member(number, member)
             for number, member in enumerate(sorted(members, key=lambda one: one.name), 1)]
    parts.append(_member(0, Member(END, 0)))
    data = b"".join(parts)
    return data + b"\0" * (-len(data) % 512)


def _member(number, member):
    links = 2 if stat.S_ISDIR(member.mode) else 1
    name = member.name.encode() + b"\0"
    fields = (number, member.mode, 0, 0, links, 0, len(member.content), 0, 0, *member.device,
              len(name), 0)
    head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
    return _padded(head) + _padded(member.content)


def _padded(data):
    return data + b"\0" * (-len(data) % 4)


def members(data):
    """What an archive holds, in its order."""
    place = 0
    while True:
        head = data[place:place + 110]
        if len(head) < 110 or head[:6] != b"070701":
            raise ValueError(f"no member of a newc archive at byte {place}")
        fields = [int(head[start:start + 8], 16) for start in range(6, 110, 8)]
        begin = place + 110
        name = data[begin:begin + fields[11] - 1].decode()
        begin += fields[11] + -(110 + fields[11]) % 4
        content = data[begin:begin + fields[6]]
        if len(content) < fields[6]:
            raise ValueError(f"the archive ends within {name}")
        if name == END:
            return
        yield Member(name, fields[1], content, (fields[9], fields[10]))
        place = begin + fields[6] + -fields[6] % 4
