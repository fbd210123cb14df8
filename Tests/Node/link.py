"""The control socket's messages, as little of them as the tests need (control.proto)."""

import socket
import struct
import time

CONDITIONS = {1: "running", 2: "starting", 3: "stopped", 4: "failed", 5: "waiting"}


def number(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes(out + bytes([value]))


def field(tag, value):
    """One field: an int or bytes."""
    if isinstance(value, int):
        return number(tag << 3) + number(value)
    return number(tag << 3 | 2) + number(len(value)) + value


def fields(data):
    """The fields of a message: (tag, int or bytes)."""
    found, place = [], 0

    def take():
        nonlocal place
        value = shift = 0
        while True:
            byte = data[place]
            place += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    while place < len(data):
        key = take()
        value = take()
        if key & 7 == 2:
            value, place = data[place:place + value], place + value
        found.append((key >> 3, value))
    return found


class Link:
    """A connection to the first process, through the door on a forwarded port."""

    def __init__(self, port, within):
        end = time.monotonic() + within
        while True:
            try:
                self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)
                self._send(field(1, 1))
                if fields(self._receive()) == [(1, 1)]:
                    return
            except (OSError, EOFError):
                pass
            if time.monotonic() > end:
                raise TimeoutError("the first process does not answer")
            time.sleep(0.3)

    def ask(self, verb, content=b""):
        """The outcome: (which, its fields)."""
        self._send(field(verb, content))
        (outcome, value), = fields(self._receive())
        return outcome, fields(value)

    def services(self):
        """By name: (condition, pid, restarts, last exit)."""
        _, listed = self.ask(1)
        found = {}
        for _, service in listed:
            facts = dict(fields(service))
            found[facts[1].decode()] = (CONDITIONS[facts.get(2, 0)], facts.get(3, 0),
                                        facts.get(5, 0), facts.get(6, b"").decode())
        return found

    def restart(self, name):
        return self.ask(2, field(1, name.encode()))

    def logs(self, service, limit=1000):
        query = field(1, service.encode()) + field(6, limit)
        outcome, page = self.ask(3, query)
        assert outcome == 4, (outcome, page)
        return [dict(fields(line)).get(3, b"").decode() for tag, line in page if tag == 1]

    def reboot(self, reason):
        return self.ask(4, field(1, reason.encode()))

    def power_off(self, reason):
        return self.ask(5, field(1, reason.encode()))

    def apply(self, host, addresses=(), gateways=(), match=b"eth0"):
        content = field(1, host.encode())
        if addresses:
            fixed = b"".join(field(1, one.encode()) for one in addresses)
            fixed += b"".join(field(2, one.encode()) for one in gateways)
            content += field(2, field(1, match) + field(3, fixed))
        return self.ask(6, content)

    def trial(self):
        """(attempts, seconds) or None."""
        _, standing = self.ask(7)
        if not standing:
            return None
        facts = dict(fields(standing[0][1]))
        return facts.get(1, 0), facts.get(2, 0)

    def close(self):
        self.socket.close()

    def _send(self, message):
        self.socket.sendall(struct.pack("<I", len(message)) + message)

    def _receive(self):
        size, = struct.unpack("<I", self._take(4))
        return self._take(size)

    def _take(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data
