"""A machine with firmware and a disk: its console with times, its port, its end."""

import pathlib
import re
import shutil
import subprocess
import threading
import time

import boot
import memory
import monitor

NODE_PORT = 50051
# What a disk can hang on: QEMU's arguments, the kernel flavour that has its driver.
CONTROLLERS = {
    "virtio": (["-device", "virtio-blk-pci,{drive}"], "cloud"),
    "scsi": (["-device", "virtio-scsi-pci,id=bus{n}", "-device", "scsi-hd,bus=bus{n}.0,{drive}"],
             "cloud"),
    "nvme": (["-device", "nvme,serial=keel{n},{drive}"], "cloud"),
    "ahci": (["-device", "ich9-ahci,id=bus{n}", "-device", "ide-hd,bus=bus{n}.0,{drive}"],
             "metal"),
}


class Machine:
    """Powered on by `start`, until `stop`; a reset by the guest is a reset, and goes on."""

    def __init__(self, disk, folder, **options):
        self.disk, self.folder = pathlib.Path(disk), pathlib.Path(folder)
        self.controller = options.pop("controller", "virtio")
        self.sector_size = options.pop("sector_size", 512)
        self.firmware = options.pop("firmware", boot.FIRMWARE)
        self.before = options.pop("before", [])  # other disks that the bus has first
        self.after = options.pop("after", [])
        self.arguments = options.pop("arguments", [])
        self.memory = options.pop("memory", 1536)
        self.read_only_variables = options.pop("read_only_variables", False)
        self.drive = options.pop("drive", None)  # a way to the disk of one's own
        self.variables = self.folder / "variables.fd"
        self.monitor = self.folder / "monitor"
        factory = options.pop("variables", boot.VARIABLES)
        if not self.variables.exists():
            shutil.copyfile(factory, self.variables)
        self.wire = options.pop("wire", None)  # a tap to a bridge, instead of QEMU's own network
        self.port = NODE_PORT if self.wire else options.pop("port")
        if options:
            raise TypeError(f"a machine has no {', '.join(options)}")
        self.lines = []
        self.process = None
        self.begun = None
        self._news = threading.Condition()

    @property
    def address(self):
        return f"{self.wire.address if self.wire else '127.0.0.1'}:{self.port}"

    def start(self):
        secure = self.firmware == boot.SECURE_FIRMWARE
        guard = ["-global", "driver=cfi.pflash01,property=secure,value=on",
                 "-global", "ICH9-LPC.disable_s3=1"] if secure else []
        words = ["-machine", f"q35,smm={'on' if secure else 'off'},vmport=off,hpet=off", *guard,
                 *boot.ACCELERATOR, "-cpu", "max", "-smp", "2", "-m", str(self.memory),
                 "-nodefaults", "-no-user-config", "-nographic", "-serial", "stdio",
                 "-boot", "menu=off",
                 "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={self.firmware}",
                 "-drive", f"if=pflash,format=raw,unit=1,file={self.variables}"
                 + (",readonly=on" if self.read_only_variables else ""),
                 *self._network(), "-device", "virtio-rng-pci"]
        disks = [*self.before, self.disk, *self.after]
        for number, disk in enumerate(disks):
            words += self._disk(number, disk, disk is self.disk)
        words += monitor.options(self.monitor)
        self.lines.clear()
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", boot.QEMU, *words, *self.arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        threading.Thread(target=self._listen, args=(self.process,), daemon=True).start()

    def _network(self):
        if self.wire:
            return ["-netdev", f"tap,id=net,ifname={self.wire.tap},script=no,downscript=no",
                    "-device", f"virtio-net-pci,netdev=net,mac={self.wire.hardware}"]
        return ["-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{self.port}-:{NODE_PORT}",
                "-device", "virtio-net-pci,netdev=net"]

    def _disk(self, number, disk, is_ours):
        source = f"file={str(disk).replace(',', ',,')},format=raw,cache=writethrough"
        if is_ours and self.drive:
            source = self.drive
        size = self.sector_size
        drive = (f"drive=disk{number},logical_block_size={size},physical_block_size={size}"
                 + (",bootindex=0" if is_ours else ""))
        device, _ = CONTROLLERS[self.controller]
        return ["-drive", f"if=none,id=disk{number},{source}",
                *(word.format(n=number, drive=drive) for word in device)]

    def _listen(self, process):
        rest = b""
        while block := process.stdout.read1(65536):
            *whole, rest = (rest + block).split(b"\n")
            with self._news:
                now = time.monotonic() - self.begun
                self.lines += [(now, boot.clean(line)) for line in whole]
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    @property
    def passed(self):
        """Seconds since power-on."""
        return time.monotonic() - self.begun

    @property
    def mark(self):
        """Where the console is now: what `wait` can begin after."""
        return len(self.lines)

    def wait(self, pattern, within, after=0):
        """(seconds since power-on, the line) of the first line from `after` on that matches."""
        end = time.monotonic() + within
        seen = after
        with self._news:
            while True:
                for when, text in self.lines[seen:]:
                    if re.search(pattern, text):
                        return when, text
                seen = len(self.lines)
                left = end - time.monotonic()
                if left <= 0:
                    raise RuntimeError(f"no line like {pattern!r} within {within} s; the last:\n"
                                       + self.tail())
                if self.process.poll() is not None and seen == len(self.lines):
                    raise RuntimeError(f"QEMU ended: no line like {pattern!r}; the last:\n"
                                       + self.tail())
                self._news.wait(min(left, 1.0))

    def tail(self, count=30):
        """The last lines of the console and of each kernel's own log, which a console does not
        show, and where the processors are."""
        lines = [f"    {when:7.1f} {text}" for when, text in self.lines[-count:]]
        if self.process.poll() is None:
            for log in memory.kernel_logs(self.process.pid):
                lines += [f"    kernel: {text}" for text in log[-count:]]
            try:
                lines += [f"    {text}" for text in monitor.processors(self.monitor)]
            except OSError as error:
                lines.append(f"    the monitor does not answer: {error}")
        return "\n".join(lines)

    def end(self, within):
        """Waits until the node has switched itself off."""
        self.process.wait(within)

    def kill(self):
        """As a power cut: what the guest had not written is gone."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        if self.process:
            self.process.wait()
            self.process.stdout.close()

    stop = kill
