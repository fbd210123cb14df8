"""A machine in QEMU whose kernel is given directly: no firmware, no boot loader."""

import os
import re
import select
import socket
import subprocess
import time

import boot


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Guest:
    """Runs until it is closed; a reset ends it."""

    def __init__(self, kernel, initramfs, disks, line, before=()):
        self.port = free_port()
        self.lines = []
        self.start = time.monotonic()
        words = [
            "qemu-system-x86_64", "-machine", "q35", *boot.ACCELERATOR, "-cpu", "max",
            "-m", "768", "-smp", "2", "-nographic", "-nodefaults", "-serial", "stdio",
            "-no-reboot", "-kernel", str(kernel), "-initrd", str(initramfs),
            # Emulated timers are late on a busy host; the kernel must not doubt them.
            "-append", line + " no_timer_check",
            "-netdev", f"user,id=n0,hostfwd=tcp:127.0.0.1:{self.port}-:7777",
            "-device", "virtio-net-pci,netdev=n0",
        ]
        words += before
        for number, (path, device) in enumerate(disks):
            words += ["-drive", f"if=none,id=d{number},format=raw,file={path}",
                      "-device", f"{device},drive=d{number}"]
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self._rest = b""

    def wait(self, pattern, within):
        """Seconds until a line of the console matches; raises when none does in time."""
        end = time.monotonic() + within
        seen = 0
        while True:
            for when, text in self.lines[seen:]:
                if re.search(pattern, text):
                    return when
            seen = len(self.lines)
            if not self._read(end):
                raise TimeoutError(f"no line like {pattern!r}; the last ones:\n"
                                   + "\n".join(text for _, text in self.lines[-25:]))

    def end(self, within):
        """Seconds until the machine was reset or switched off."""
        end = time.monotonic() + within
        while self._read(end):
            pass
        try:
            self.process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            raise TimeoutError("the machine does not end; the last lines:\n" + "\n".join(
                text for _, text in self.lines[-25:])) from None
        return time.monotonic() - self.start

    def text(self):
        return "\n".join(text for _, text in self.lines)

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def _read(self, end):
        """Takes what came; False at the end of the console or of time."""
        left = end - time.monotonic()
        if left <= 0 or not select.select([self.process.stdout], [], [], left)[0]:
            return False
        piece = os.read(self.process.stdout.fileno(), 65536)
        if not piece:
            return False
        *whole, self._rest = (self._rest + piece).split(b"\n")
        now = time.monotonic() - self.start
        self.lines += [(now, line.decode("latin1").strip("\r")) for line in whole]
        return True
