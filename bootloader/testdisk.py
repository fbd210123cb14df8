"""Makes small disks for the boot loader's tests: the loader, three record copies, two slots.

Layout, in MiB: GPT 0, EFI partition 1-21 (FAT16, 4 KiB clusters), slot A 21-22, slot B 22-23,
backup GPT 23-24.
The kernel in a slot is a few instructions that print their command line and reset the machine.
"""

import dataclasses
import hashlib
import os
import struct
import subprocess
import tempfile
import uuid
import zlib

MIB = 1 << 20
DISK_SIZE = 24 * MIB
ESP_START, ESP_END = 1 * MIB, 21 * MIB
SLOT_START = {"A": 21 * MIB, "B": 22 * MIB}
PARTITION_UUID = {
    "A": "aaaaaaaa-0001-4000-8000-0000000000aa",
    "B": "bbbbbbbb-0002-4000-8000-0000000000bb",
}
ESP_TYPE = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
ROOT_TYPE = "4f68bce3-e8cd-4db1-96e7-fbcaf984b709"
HEADER = b"# GRUB Environment Block\n"


def record(order="A B", a="good", b="none", seq="1", end="keel1"):
    """The 1024 bytes of a boot record copy."""
    lines = f"ORDER={order}\nA={a}\nB={b}\nSEQ={seq}\nEND={end}\n"
    return block(lines.encode("latin-1"))


def block(lines, size=1024):
    """A GRUB environment block holding `lines`."""
    return (HEADER + lines).ljust(size, b"#")


def kernel():
    """A file that GRUB's `linux` loads: prints its command line on the serial port, then resets.

    Header: Linux boot protocol 2.12 (Documentation/arch/x86/boot.rst); entered in 32-bit mode with
    ESI at the boot parameters.
    """
    code = bytes.fromhex(
        "8b9e28020000"  # mov   0x228(%esi),%ebx     cmd_line_ptr
        "8a23"          # next: mov (%ebx),%ah
        "84e4"          # test  %ah,%ah
        "7419"          # jz    reset
        "e80300000043"  # call  put; inc %ebx
        "ebf2"          # jmp   next
        "66bafd03"      # put:  mov $0x3fd,%dx       line status
        "ec"            # wait: in (%dx),%al
        "a820"          # test  $0x20,%al            transmitter empty
        "74fb"          # jz    wait
        "88e0"          # mov   %ah,%al
        "66baf803"      # mov   $0x3f8,%dx
        "ee"            # out   %al,(%dx)
        "c3"            # ret
        "b40a"          # reset: mov $'\\n',%ah
        "e8e8ffffff"    # call  put
        "66baf90c"      # mov   $0xcf9,%dx           reset control
        "b006"          # mov   $6,%al
        "ee"            # out   %al,(%dx)
        "f4"            # halt: hlt
        "ebfd"          # jmp   halt
    )
    image = bytearray(1024)
    for offset, form, value in (
        (0x1F1, "<B", 1),            # setup_sects: the code starts at byte 1024
        (0x1FE, "<H", 0xAA55),       # boot_flag
        (0x200, "<H", 0x66EB),       # jump: the header ends at 0x202 + 0x66
        (0x202, "<4s", b"HdrS"),     # header
        (0x206, "<H", 0x020C),       # version
        (0x211, "<B", 1),            # loadflags: LOADED_HIGH
        (0x214, "<I", 0x100000),     # code32_start
        (0x22C, "<I", 0x7FFFFFFF),   # initrd_addr_max
        (0x230, "<I", 0x200000),     # kernel_alignment
        (0x234, "<B", 1),            # relocatable_kernel
        (0x235, "<B", 21),           # min_alignment
        (0x238, "<I", 2047),         # cmdline_size
        (0x258, "<Q", 0x1000000),    # pref_address
        (0x260, "<I", 0x10000),      # init_size
    ):
        struct.pack_into(form, image, offset, value)
    return bytes(image) + code.ljust(4096, b"\x90")


def slot_image(files, compressor="gzip"):
    """A SquashFS with `files` (path -> bytes), /boot uncompressed, as slots have it."""
    with tempfile.TemporaryDirectory() as folder:
        tree = os.path.join(folder, "tree")
        for path, content in files.items():
            target = os.path.join(tree, path)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as file:
                file.write(content)
        image = os.path.join(folder, "image")
        run("mksquashfs", tree, image, "-comp", compressor, "-noappend", "-all-root", "-quiet",
            "-no-progress", "-mkfs-time", "0", "-all-time", "0",
            "-action", "uncompressed @ pathname(/boot/*)")
        with open(image, "rb") as file:
            return file.read()


def whole_slot(compressor="gzip", has_sums=False, damaged=None):
    """A slot that GRUB can start. With sums it says which its files have, or had: one bit of
    `damaged` is another."""
    files = {"boot/bzImage": kernel(), "boot/initramfs": bytes(range(256)) * 64}
    if has_sums:
        lines = [f"{hashlib.sha256(content).hexdigest()}  {path[5:]}\n"
                 for path, content in files.items()]
        files["boot/SHA256SUMS"] = "".join(lines).encode()
    if damaged:
        files[damaged] = files[damaged][:-1] + bytes([files[damaged][-1] ^ 1])
    return slot_image(files, compressor)


@dataclasses.dataclass
class Base:
    """A disk without record copies or slots, from which each case's disk is made."""

    content: bytes
    sector_size: int

    def write(self, path, copies, slots):
        """Writes a disk to `path` with `copies` (name -> bytes; None: no such file) and `slots`."""
        with open(path, "wb") as file:
            file.write(self.content)
            for letter, image in slots.items():
                file.seek(SLOT_START[letter])
                file.write(image)
        with tempfile.TemporaryDirectory() as folder:
            for name, content in copies.items():
                source = os.path.join(folder, name)
                with open(source, "wb") as file:
                    file.write(block(b"") if content is None else content)
                run("mcopy", "-i", f"{path}@@{ESP_START}", source, f"::/KEEL/{name}")
        for name, content in copies.items():
            if content is None:  # taken away last: the other copies lie where they always do
                run("mdel", "-i", f"{path}@@{ESP_START}", f"::/KEEL/{name}")


def read_copy(path, name):
    """The bytes of the record copy `name` on the disk at `path`; None if there is no such file."""
    done = subprocess.run(["mcopy", "-i", f"{path}@@{ESP_START}", f"::/KEEL/{name}", "-"],
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    return done.stdout if done.returncode == 0 else None


def offset_of_copy(path, name):
    """Where the copy `name` starts on the disk at `path`, in bytes: found by its unique content."""
    content = read_copy(path, name)
    with open(path, "rb") as file:
        disk = file.read()
    if disk.count(content) != 1:
        raise ValueError(f"{name} is not unique on {path}")
    return disk.index(content)


def make_base(loader, sector_size):
    """A Base with the file `loader` as its boot loader."""
    with tempfile.TemporaryDirectory() as folder:
        esp = os.path.join(folder, "esp")
        with open(esp, "wb") as file:
            file.truncate(ESP_END - ESP_START)
        run("mkfs.vfat", "-F", "16", "-S", str(sector_size), "-s", str(4096 // sector_size),
            "-n", "EFI-SYSTEM", "-i", "4b454553", esp)
        run("mmd", "-i", esp, "::/EFI", "::/EFI/BOOT", "::/KEEL")
        run("mcopy", "-i", esp, loader, "::/EFI/BOOT/BOOTX64.EFI")
        # The firmware reads 64 KiB and more at a time: a bad sector in a copy must not lie
        # so near to the loader, or the loader itself cannot be read.
        reserve = os.path.join(folder, "reserve")
        with open(reserve, "wb") as file:
            file.truncate(MIB)
        run("mcopy", "-i", esp, reserve, "::/KEEL/RESERVE")
        disk = bytearray(DISK_SIZE)
        write_partition_table(disk, sector_size)
        with open(esp, "rb") as file:
            disk[ESP_START:ESP_END] = file.read()
    return Base(bytes(disk), sector_size)


def write_partition_table(disk, sector_size):
    """Writes a GPT, primary and backup (UEFI specification 2.10, section 5.3)."""
    partitions = (
        (ESP_TYPE, "e5e5e5e5-0000-4000-8000-0000000000e5", ESP_START, ESP_END, "EFI-SYSTEM"),
        (ROOT_TYPE, PARTITION_UUID["A"], 21 * MIB, 22 * MIB, "KEELOS_ROOT_A"),
        (ROOT_TYPE, PARTITION_UUID["B"], 22 * MIB, 23 * MIB, "KEELOS_ROOT_B"),
    )
    entries = b"".join(
        uuid.UUID(kind).bytes_le + uuid.UUID(identity).bytes_le
        + struct.pack("<QQQ", start // sector_size, end // sector_size - 1, 0)
        + name.encode("utf-16-le").ljust(72, b"\0")
        for kind, identity, start, end, name in partitions
    ).ljust(128 * 128, b"\0")
    last = len(disk) // sector_size - 1
    entry_sectors = len(entries) // sector_size

    def header(own, other, first_entry):
        fields = struct.pack(
            "<8sIIIIQQQQ16sQIII", b"EFI PART", 0x10000, 92, 0, 0, own, other,
            2 + entry_sectors, last - entry_sectors - 1,
            uuid.UUID("4b45454c-4f53-4000-8000-000000000000").bytes_le,
            first_entry, 128, 128, zlib.crc32(entries))
        return fields[:16] + struct.pack("<I", zlib.crc32(fields)) + fields[20:]

    def put(sector, content):
        disk[sector * sector_size:sector * sector_size + len(content)] = content

    protective = struct.pack("<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff\xff\xff", 1, last)
    put(0, bytes(446) + protective.ljust(64, b"\0") + b"\x55\xaa")
    put(1, header(1, last, 2))
    put(2, entries)
    put(last - entry_sectors, entries)
    put(last, header(last, 1, last - entry_sectors))


def run(*arguments):
    subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
