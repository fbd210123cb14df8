"""Tar archives block by block, right or as wrong as a test wants them. POSIX.1-2017, ustar."""

BLOCK = 512
END = bytes(2 * BLOCK)
FILE, HARDLINK, SYMLINK, CHARACTER, DEVICE, FOLDER, PIPE = b"0", b"1", b"2", b"3", b"4", b"5", b"6"
PAX, PAX_GLOBAL, LONG_NAME = b"x", b"g", b"L"


def octal(number, width):
    return b"%0*o\0" % (width - 1, number)


def binary(number, width):
    """The GNU form for large and negative numbers."""
    bits = 8 * width - 1
    return ((number % (1 << bits)) | (1 << bits)).to_bytes(width, "big")


def header(name, size, kind=FILE, link="", size_field=None, checksum=None, mode=0o444):
    """The 512 bytes before a member; `size_field` replaces the 12 bytes of its size."""
    fields = [
        name.encode().ljust(100, b"\0"), octal(mode, 8), octal(0, 8), octal(0, 8),
        size_field if size_field is not None else octal(size, 12), octal(0, 12), b" " * 8,
        kind, link.encode().ljust(100, b"\0"), b"ustar\0", b"00", bytes(32), bytes(32),
        octal(0, 8), octal(0, 8), bytes(155), bytes(12),
    ]
    block = b"".join(fields)
    assert len(block) == BLOCK, len(block)
    total = sum(block) if checksum is None else checksum
    return block[:148] + b"%06o\0 " % total + block[156:]


def pad(content):
    return content + bytes(-len(content) % BLOCK)


def member(name, content, **options):
    return header(name, len(content), **options) + pad(content)


def archive(members):
    """An archive of (name, content) pairs, as `keel-image` writes it."""
    return b"".join(member(name, content) for name, content in members) + END


def pax_records(**fields):
    """Records of an extended header: length, key, value; the length counts itself."""
    records = b""
    for key, value in fields.items():
        rest = f" {key}={value}\n".encode()
        length = len(rest) + 1
        while len(str(length)) + len(rest) != length:
            length = len(str(length)) + len(rest)
        records += str(length).encode() + rest
    return records
