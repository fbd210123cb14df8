"""A disk with faults, for QEMU: an image file, served over NBD, of which chosen areas are broken.

    with faulty.Disk(image, socket_path, [faulty.Fault(start, length, "lose writes")]) as disk:
        boot.boot(boot.Job(disk.address))

Protocol: NBD fixed newstyle, one client, as far as QEMU needs it
(https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md).
"""

import dataclasses
import errno
import os
import socket
import struct
import threading

OPTION_MAGIC = b"IHAVEOPT"
REPLY_MAGIC = 0x3E889045565A9
REQUEST_MAGIC = 0x25609513
SIMPLE_REPLY_MAGIC = 0x67446698
EXPORT_NAME, ABORT, GO = 1, 2, 7
ACK, INFO, UNSUPPORTED = 1, 3, 0x80000001
HAS_FLAGS, SEND_FLUSH, SEND_FUA = 1, 4, 8
READ, WRITE, DISCONNECT, FLUSH = 0, 1, 2, 3


@dataclasses.dataclass
class Fault:
    """What happens to requests that touch `length` bytes from `start`.

    kind: "fail reads", "fail writes" (both: EIO) or "lose writes" (success, nothing written).
    """

    start: int
    length: int
    kind: str

    def hits(self, kind, offset, length):
        touches = offset < self.start + self.length and self.start < offset + length
        return self.kind == kind and touches


class Disk:
    """Serves the file `image` on the Unix socket `path`; `writes` are all (offset, length)."""

    def __init__(self, image, path, faults):
        self.faults = faults
        self.writes = []
        self.address = f"nbd+unix:///?socket={path}"
        self.file = os.open(image, os.O_RDWR)
        self.size = os.fstat(self.file).st_size
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(1)
        self.listener.settimeout(30)
        self.thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join(10)
        os.close(self.file)

    def _serve(self):
        try:
            client, _ = self.listener.accept()
            with client, client.makefile("rb") as reader:
                if self._negotiate(client, reader):
                    self._answer_requests(client, reader)
        except (OSError, struct.error):
            pass  # the client or the listener has gone: QEMU reports a disk that ends early

    def _negotiate(self, client, reader):
        flags = HAS_FLAGS | SEND_FLUSH | SEND_FUA
        client.sendall(b"NBDMAGIC" + OPTION_MAGIC + struct.pack(">H", 3))
        no_zeroes = struct.unpack(">I", reader.read(4))[0] & 2
        while True:
            magic, option, length = struct.unpack(">8sII", reader.read(16))
            reader.read(length)
            if magic != OPTION_MAGIC:
                return False

            def reply(kind, content=b"", option=option):
                head = struct.pack(">QIII", REPLY_MAGIC, option, kind, len(content))
                client.sendall(head + content)

            if option == EXPORT_NAME:
                padding = bytes(0 if no_zeroes else 124)
                client.sendall(struct.pack(">QH", self.size, flags) + padding)
                return True
            if option == GO:
                reply(INFO, struct.pack(">HQH", 0, self.size, flags))
                reply(ACK)
                return True
            if option == ABORT:
                reply(ACK)
                return False
            reply(UNSUPPORTED)

    def _answer_requests(self, client, reader):
        while True:
            header = reader.read(28)
            if len(header) < 28:
                return
            magic, _, kind, handle, offset, length = struct.unpack(">IHH8sQI", header)
            if magic != REQUEST_MAGIC or kind == DISCONNECT:
                return
            error, content = 0, b""
            if kind == READ:
                error, content = self._read(offset, length)
            elif kind == WRITE:
                error = self._write(offset, reader.read(length))
            elif kind != FLUSH:
                error = errno.EINVAL
            client.sendall(struct.pack(">II8s", SIMPLE_REPLY_MAGIC, error, handle) + content)

    def _read(self, offset, length):
        if self._broken("fail reads", offset, length):
            return errno.EIO, b""
        return 0, os.pread(self.file, length, offset)

    def _write(self, offset, content):
        self.writes.append((offset, len(content)))
        if self._broken("fail writes", offset, len(content)):
            return errno.EIO
        if not self._broken("lose writes", offset, len(content)):
            os.pwrite(self.file, content, offset)
        return 0

    def _broken(self, kind, offset, length):
        return any(fault.hits(kind, offset, length) for fault in self.faults)
