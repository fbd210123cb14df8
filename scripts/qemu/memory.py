"""What the kernel of a running machine has said, read from QEMU's own memory.

For a machine that stands still and says nothing on its serial port: a node's kernel is quiet.
"""

import re
import struct

# Source: Linux' `kernel/printk/printk_ringbuffer.h`, 5.10 and later: messages lie one behind the
# other, at multiples of eight bytes, each behind its number. The first one is the kernel's version.
_BEGIN = b"Linux version "
_PIECE = 64 << 20
# The longest message, with its number and padding.
_LONGEST = 1 << 11


def kernel_logs(pid):
    """The messages of each kernel that QEMU's guest has run since its power-on and that is still in
    its memory, in no order. A kernel is missing before its first messages, and after so many that
    they are overwritten."""
    with open(f"/proc/{pid}/maps", encoding="ascii") as maps:
        areas = [_area(line) for line in maps if line.split()[1].startswith("rw")]
    begin, end = max(areas, key=lambda area: area[1] - area[0])  # the machine's memory
    logs = []
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        while begin < end:
            memory.seek(begin)
            piece = memory.read(min(_PIECE, end - begin))
            at = piece.find(_BEGIN)
            while at >= 0:
                messages = _messages(memory, begin + at - 8)
                # Elsewhere these words are followed by no numbered message.
                if len(messages) > 1:
                    logs.append(messages)
                at = piece.find(_BEGIN, at + 1)
            begin += len(piece)
    return logs


def _messages(memory, place):
    messages = []
    while True:
        memory.seek(place)
        block = memory.read(_LONGEST)
        following = _following(block[:8])
        size = next((at for at in range(8, len(block), 8) if block[at:at + 8] == following), None)
        # Two bytes may hang on that stood at its end before its level was taken off its front.
        text = re.split(rb"[\0\n]", block[8:size])[0]
        messages.append(text.decode("ascii", "replace"))
        if size is None:
            return messages
        place += size


def _following(number):
    (value,) = struct.unpack("<Q", number)
    return struct.pack("<Q", (value + 1) % (1 << 64))


def _area(line):
    begin, _, end = line.split()[0].partition("-")
    return int(begin, 16), int(end, 16)
