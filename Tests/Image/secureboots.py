"""Secure Boot: what was signed starts; a loader, kernel or initramfs that was not never does."""

import re
import shutil
import subprocess

import boot
import recipe
import secureboot
from refused import refuses
from report import expect, expect_equal
from scene import FIRST_LINE

STARTED = re.escape(FIRST_LINE)
REFUSED = r"keel: nothing boots"
DENIED = r"Access Denied|Security Violation"


def run(scene, report):
    folder, output = scene.folder / "secure-keys", scene.folder / "secure"
    with report.test("keys are made once, kept, and secret"):
        secureboot.make(folder)
        before = {path.name: path.read_bytes() for path in folder.iterdir()}
        secureboot.make(folder)
        after = {path.name: path.read_bytes() for path in folder.iterdir()}
        expect_equal(after, before, "the keys")
        modes = {path.stat().st_mode & 0o777 for path in folder.glob("*.key")}
        expect_equal(modes, {0o600}, "the modes of the secret ones")
    with report.test("a variable store of another kind, or with something in it, is left alone"):
        store = (folder / "vars.fd").read_bytes()
        refuses("not empty", secureboot.variables.with_keys, store, {})
        refuses("not one that", secureboot.variables.with_keys, bytes(1000), {})
    with report.test("an image for Secure Boot is made, twice with the same bytes"):
        for _ in range(2):
            done = scene.build(output, "--compressor", "fast", "--secureboot", folder,
                               "--created", "2026-11-21T00:00:00Z")
            expect(done.returncode == 0, done.stderr)
            bundle = (output / "keelos-1.2.0.keel").read_bytes()
            kept = scene.folder / "first.keel"
            if kept.exists():
                expect(kept.read_bytes() == bundle, "the bundles differ")
            kept.write_bytes(bundle)
    _signatures(scene, report, folder, output)
    disk = output / "disk.img"
    _boots(report, folder, "what was signed starts", disk, STARTED)
    with report.test("an unsigned loader never starts"):
        plain = scene.folder / "unsigned.img"
        _copy(disk, plain)
        loader = scene.folder / "unsigned.efi"
        subprocess.run([recipe.HERE.parent / "bootloader/build.sh", loader], check=True,
                       capture_output=True)
        subprocess.run(["mcopy", "-o", "-i", f"{plain}@@1M", loader, "::EFI/BOOT/BOOTX64.EFI"],
                       check=True)
        expect(_start(folder, plain, DENIED).outcome == "seen", "the firmware did not say so")
    for name in ("bzImage", "initramfs") if scene.everything else ("initramfs",):
        changed = scene.folder / f"changed-{name}.img"
        _copy(disk, changed)
        _flip(changed, _file(scene, output, f"boot/{name}"))
        _boots(report, folder, f"with one bit of {name} changed nothing starts", changed, REFUSED)


def _signatures(scene, report, folder, output):
    with report.test("sbverify takes the loader, gpg the kernel and the initramfs"):
        loader = scene.folder / "signed.efi"
        loader.write_bytes(_file(scene, output, "boot/BOOTX64.EFI"))
        expect_equal(loader.stat().st_size, secureboot.RESERVED, "the loader's size")
        subprocess.run(["sbverify", "--cert", folder / "db.crt", loader], check=True,
                       capture_output=True)
        home = scene.folder / "gpg"
        home.mkdir(mode=0o700)
        ring = home / "ring.gpg"
        shutil.copy(folder / "boot.pub", ring)
        for name in ("bzImage", "initramfs"):
            (home / name).write_bytes(_file(scene, output, f"boot/{name}"))
            (home / f"{name}.sig").write_bytes(_file(scene, output, f"boot/{name}.sig"))
            subprocess.run(["gpgv", "--homedir", home, "--keyring", ring, home / f"{name}.sig",
                            home / name], check=True, capture_output=True)


def _boots(report, folder, sentence, disk, until):
    with report.test(sentence):
        result = _start(folder, disk, until)
        expect(result.outcome == "seen", "\n".join(result.texts()[-15:]))
        if until != STARTED:
            expect(not any(re.search(STARTED, text) for text in result.texts()), "it started")


def _start(folder, disk, until):
    return boot.boot(boot.Job(
        disk=str(disk), until=until, timeout=600, snapshot=True, memory=1024, reboot=False,
        firmware=boot.SECURE_FIRMWARE, variables=str(folder / "vars.fd")))


def _file(scene, output, name):
    """A file out of the release's root."""
    folder = scene.folder / "opened"
    if not folder.exists():
        folder.mkdir()
        subprocess.run(["tar", "-xf", output / "keelos-1.2.0.keel", "-C", folder], check=True)
    return subprocess.run(["unsquashfs", "-cat", folder / "root.squashfs", name], check=True,
                          capture_output=True).stdout


def _copy(disk, target):
    subprocess.run(["cp", "--sparse=always", disk, target], check=True)


def _flip(disk, content):
    """Changes one bit in the middle of a file that lies in the disk as it is."""
    size = 65536
    with open(disk, "r+b") as file:
        place, overlap = 0, b""
        while block := file.read(1 << 22):
            found = (overlap + block).find(content[:size])
            if found >= 0:
                break
            place, overlap = place + len(block), block[-size:]
        else:
            raise ValueError("the file is not on the disk as it is")
        offset = place + found - len(overlap) + len(content) // 2
        file.seek(offset)
        byte = file.read(1)
        expect(byte == content[len(content) // 2:][:1], "another byte lies there")
        file.seek(offset)
        file.write(bytes([byte[0] ^ 1]))
