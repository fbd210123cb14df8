"""Reads what the build must know of an ELF file: how it is linked, with what, and its sections.

64-bit little-endian x86 only, as the System V ABI describes it; everything else is refused.
"""

import struct

from faults import BuildError

MAGIC = b"\x7fELF"
EXECUTABLE, SHARED, RELOCATABLE = 2, 3, 1
_LOAD, _DYNAMIC, _INTERP = 1, 2, 3
_NEEDED, _STRTAB, _SONAME = 1, 5, 14


class Elf:
    """One file, from its bytes."""

    def __init__(self, data, name="ELF file"):
        self.data, self.name = data, name
        try:
            self._read_header()
        except struct.error:
            raise BuildError(f"{name} ends within its ELF header") from None

    def _read_header(self):
        if self.data[:4] != MAGIC or self.data[4:6] != b"\x02\x01":
            raise BuildError(f"{self.name} is not a 64-bit little-endian ELF file")
        self.kind, machine = struct.unpack_from("<HH", self.data, 16)
        if machine != 62:
            raise BuildError(f"{self.name} is for ELF machine {machine}, not for x86-64")
        start, = struct.unpack_from("<Q", self.data, 32)
        size, count = struct.unpack_from("<HH", self.data, 54)
        self._segments = [struct.unpack_from("<IIQQQQQQ", self.data, start + size * index)
                          for index in range(count)]

    @property
    def interpreter(self):
        """The dynamic loader that the kernel starts for it; None for a static program."""
        for kind, _, offset, _, _, size, _, _ in self._segments:
            if kind == _INTERP:
                return self.data[offset:offset + size].rstrip(b"\0").decode()
        return None

    @property
    def needed(self):
        """The names of the libraries that it is linked with, in their order."""
        return [self._string(value) for tag, value in self._dynamic() if tag == _NEEDED]

    @property
    def soname(self):
        """The name by which others need it, or None."""
        return next((self._string(value) for tag, value in self._dynamic() if tag == _SONAME), None)

    @property
    def is_static(self):
        """Whether the kernel can start it with nothing else there."""
        return self.kind in (EXECUTABLE, SHARED) and not self.interpreter and not self.needed

    def section(self, wanted):
        """The bytes of the section of that name; empty if there is none."""
        start, = struct.unpack_from("<Q", self.data, 40)
        size, count, names = struct.unpack_from("<HHH", self.data, 58)
        headers = [struct.unpack_from("<IIQQQQ", self.data, start + size * index)
                   for index in range(count)]
        if not headers:
            return b""
        table = headers[names]
        for name, _, _, _, offset, length in headers:
            begin = table[4] + name
            if self.data[begin:self.data.index(b"\0", begin)] == wanted.encode():
                return self.data[offset:offset + length]
        return b""

    def _dynamic(self):
        for kind, _, offset, _, _, size, _, _ in self._segments:
            if kind != _DYNAMIC:
                continue
            for place in range(offset, offset + size - 15, 16):
                tag, value = struct.unpack_from("<qQ", self.data, place)
                if tag == 0:
                    return
                yield tag, value

    def _string(self, offset):
        address = next(value for tag, value in self._dynamic() if tag == _STRTAB)
        for kind, _, place, virtual, _, size, _, _ in self._segments:
            if kind == _LOAD and virtual <= address < virtual + size:
                begin = address - virtual + place + offset
                return self.data[begin:self.data.index(b"\0", begin)].decode()
        raise BuildError(f"{self.name}: its string table is in no segment")
