"""Where the processors of a running machine are, asked of QEMU's monitor.

For a machine that stands still and uses its processors: what they go round in is seen by looking
more than once.
"""

import os
import re
import socket
import time

_PROMPT = b"(qemu) "


def options(path):
    """For QEMU's command line: a monitor at the socket `path`. None at one that is longer than a
    socket's may be (107 bytes, unix(7)): the machine is worth more than what can be asked of it."""
    if len(os.fsencode(path)) > 107:
        return []
    return ["-monitor", f"unix:{path},server=on,wait=off"]


def processors(path, looks=3, pause=0.3):
    """A line for each processor and look: instruction, flags, stack, whether it is halted."""
    lines = []
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(5)
        line.connect(str(path))
        _answer(line)
        for look in range(looks):
            time.sleep(pause if look else 0)
            line.sendall(b"info registers -a\n")
            for part in re.split(r"(?=CPU#\d)", _answer(line))[1:]:
                found = dict(re.findall(r"\b([ER]IP|[ER]FL|[ER]SP|HLT) *=([0-9a-f]+)", part))
                lines.append(part.split()[0] + "".join(f" {name}={value}"
                                                       for name, value in found.items()))
    return lines


def _answer(line):
    text = b""
    while not text.endswith(_PROMPT):
        block = line.recv(65536)
        if not block:
            raise ConnectionError("the monitor was closed")
        text += block
    return text.decode("ascii", "replace")
