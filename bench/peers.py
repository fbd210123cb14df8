"""The contenders: what each one needs prepared, and the command that is measured.

Every command gets a URL and a slot's device node and leaves the image on the device. A contender
whose tools are not installed is left out, and the report says so.
"""

import hashlib
import pathlib
import shutil
import subprocess
from dataclasses import dataclass

from host import call

HERE = pathlib.Path(__file__).resolve().parent


@dataclass(frozen=True)
class Image:
    """A SquashFS to install: its file, size and SHA-256."""

    name: str
    path: pathlib.Path
    size: int
    sha256: str

    @classmethod
    def of(cls, path):
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path.stem, path, path.stat().st_size, digest)

    def sha256_with(self, withheld):
        """What the slot must hash to when its first bytes are still zero."""
        if withheld == 0:
            return self.sha256
        sha256 = hashlib.sha256(bytes(withheld))
        with open(self.path, "rb") as file:
            file.seek(withheld)
            while block := file.read(1 << 20):
                sha256.update(block)
        return sha256.hexdigest()


class Contender:
    """One way to bring an image into a slot."""

    name = ""
    tools = ()  # programs it needs
    service = None  # a shell command that runs around the measured one
    environment = {}
    withheld = 0  # this many first bytes of the slot it leaves zero on purpose

    def __init__(self, bench):
        self.bench = bench

    def missing(self):
        """What keeps it from taking part, or None."""
        absent = [tool for tool in self.tools if not shutil.which(tool)]
        return f"not installed: {', '.join(absent)}" if absent else None

    def prepare(self, image):
        """Makes what is served for this image. Called once before the rounds."""

    def command(self, image, base):
        """The shell command that is measured; `base` is the server's URL."""
        raise NotImplementedError

    def reset(self):
        """Its own state back to what it was, before every run."""

    def size(self, image):
        """The size of what it would fetch whole."""
        return image.size


class Pipe(Contender):
    """(a) the bytes and nothing else."""

    name, tools = "curl | dd", ("curl", "dd")

    def command(self, image, base):
        return (f"set -o pipefail; curl -sf {base}/{image.name}.squashfs"
                f" | dd of={self.bench.disk.slot_b} bs=1M iflag=fullblock oflag=direct"
                " conv=fsync,notrunc status=none")


class VerifyingPipe(Contender):
    """(b) the bytes, hashed on the way by a program that uses the CPU's instructions."""

    name, tools = "curl | tee openssl | dd", ("curl", "tee", "openssl", "dd")

    def command(self, image, base):
        return (f"set -o pipefail; mkfifo hash; openssl dgst -sha256 -r < hash > found &\n"
                f"curl -sf {base}/{image.name}.squashfs | tee hash"
                f" | dd of={self.bench.disk.slot_b} bs=1M iflag=fullblock oflag=direct"
                " conv=fsync,notrunc status=none || exit\n"
                f"wait $! && read -r sum _ < found && [ \"$sum\" = {image.sha256} ]")


class Floor(Contender):
    """A plain C program: limit.c."""

    name, tools = "plain C", ("gcc",)
    options = ""

    def missing(self):
        absent = super().missing()
        if absent or self.program().exists():
            return absent
        try:
            call("gcc", "-O2", "-Wall", HERE / "limit.c", "-o", self.program(),
                 "-lcurl", "-lcrypto", "-lpthread")
        except RuntimeError:
            return "limit.c does not compile: libcurl or libcrypto headers are missing"
        return None

    def program(self):
        return self.bench.host.work / "limit"

    def command(self, image, base):
        return (f"exec {self.program()} {base}/{image.name}.squashfs {self.bench.disk.slot_b}"
                f" {image.sha256}{self.options}")


class FloorReadBack(Floor):
    name, options = "plain C, read back", " --read-back"


class Rauc(Contender):
    """RAUC installing a plain bundle over HTTP; its service runs on a bus of our own."""

    name, tools = "RAUC", ("rauc", "dbus-daemon", "dbus-send", "mksquashfs", "openssl")

    def prepare(self, image):
        work, config = self.bench.host.work, self.bench.host.work / "rauc.conf"
        certificate, key = self.bench.certificate()
        if not config.exists():
            disk = self.bench.disk
            config.write_text(
                "[system]\ncompatible=keelos-bench\nbootloader=noop\n"
                "max-bundle-download-size=4294967296\n"
                f"mountprefix={work}/rauc\n[keyring]\npath={certificate}\n"
                f"[slot.rootfs.0]\ndevice={disk.slot_a}\ntype=raw\nbootname=A\n"
                f"[slot.rootfs.1]\ndevice={disk.slot_b}\ntype=raw\nbootname=B\n")
            self.bus = f"unix:path={work}/bus"
            self.bench.host.spawn("dbus-daemon", "--session", "--nofork", f"--address={self.bus}",
                                  stderr=subprocess.DEVNULL)
            self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": self.bus}
            self.service = f"exec rauc --conf={config} --override-boot-slot=A service"
        content = work / f"rauc-{image.name}"
        content.mkdir()
        shutil.copyfile(image.path, content / "root.img")
        (content / "manifest.raucm").write_text(
            "[update]\ncompatible=keelos-bench\nversion=1.1.0\n[bundle]\nformat=plain\n"
            "[image.rootfs]\nfilename=root.img\n")
        call("rauc", f"--cert={certificate}", f"--key={key}", "bundle", content,
             self.bench.server.root / f"{image.name}.raucb")
        shutil.rmtree(content)

    def ready(self):
        answer = subprocess.run(
            ["dbus-send", f"--bus={self.bus}", "--print-reply=literal",
             "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner",
             "string:de.pengutronix.rauc"], capture_output=True, text=True, timeout=10, check=False)
        return "true" in answer.stdout

    def command(self, image, base):
        return f"exec rauc install {base}/{image.name}.raucb"

    def size(self, image):
        return (self.bench.server.root / f"{image.name}.raucb").stat().st_size


class SWUpdate(Contender):
    """SWUpdate writing straight from HTTP into the slot ("installed-directly")."""

    name, tools = "SWUpdate", ("swupdate", "openssl")

    def prepare(self, image):
        certificate, key = self.bench.certificate()
        folder = self.bench.host.work
        description = folder / "sw-description"
        description.write_text(
            'software = {\n  version = "1.1.0";\n  hardware-compatibility: [ "1.0" ];\n'
            f'  images: ( {{ filename = "root.img"; device = "{self.bench.disk.slot_b}";\n'
            f'    type = "raw"; installed-directly = true; sha256 = "{image.sha256}"; }} );\n}}\n')
        call("openssl", "cms", "-sign", "-in", description, "-out", f"{description}.sig",
             "-signer", certificate, "-inkey", key, "-outform", "DER", "-nosmimecap", "-binary")
        with open(self.bench.server.root / f"{image.name}.swu", "wb") as archive:
            for name, path in (("sw-description", description),
                               ("sw-description.sig", pathlib.Path(f"{description}.sig")),
                               ("root.img", image.path)):
                _cpio_member(archive, name, path)
            _cpio_member(archive, "TRAILER!!!", None)

    def command(self, image, base):
        certificate, _ = self.bench.certificate()
        return (f"exec swupdate -l 2 -H bench:1.0 -k {certificate}"
                f" -d '-u {base}/{image.name}.swu'")

    def size(self, image):
        return (self.bench.server.root / f"{image.name}.swu").stat().st_size


class Casync(Contender):
    """casync with 16 KiB chunks from an HTTP store; the running slot's image is its seed."""

    name, tools = "casync", ("casync",)

    def prepare(self, image):
        root = self.bench.server.root
        self.environment = {"TMPDIR": str(self.bench.scratch.memory)}  # a link per chunk
        call("casync", "make", "--chunk-size=16384", f"--store={root}/chunks",
             root / f"{image.name}.caibx", image.path)
        if not hasattr(self, "seed"):
            # Exactly the image's bytes, not the whole partition: the best case for casync.
            disk = self.bench.disk
            self.seed = self.bench.host.loop(
                disk.device, "--read-only", "--direct-io=on", f"--offset={disk.a_offset}",
                f"--sizelimit={self.bench.running.size}")

    def command(self, image, base):
        return (f"exec casync extract --store={base}/chunks --seed={self.seed} --seed-output=no"
                f" {base}/{image.name}.caibx {self.bench.disk.slot_b}")


def _cpio_member(archive, name, path):
    """One member of a newc archive."""
    size = path.stat().st_size if path else 0
    fields = [1, 0o100644 if path else 0, 0, 0, 1, 0, size, 0, 0, 0, 0, len(name) + 1, 0]
    header = b"070701" + b"".join(b"%08X" % field for field in fields) + name.encode() + b"\0"
    archive.write(header + b"\0" * (-len(header) % 4))
    if path:
        with open(path, "rb") as file:
            shutil.copyfileobj(file, archive, 1 << 20)
        archive.write(b"\0" * (-size % 4))
