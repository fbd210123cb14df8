#!/usr/bin/env python3
"""Makes Secure Boot keys, and signs what boots with them.

    secureboot.py keys KEYDIR          makes what is missing there
    secureboot.py sign KEYDIR FILE     writes FILE.sig, as the boot loader checks it

| file | what |
|--|--|
| `PK`, `KEK`, `db`: `.key`, `.crt` | the firmware's three kinds of keys; db signs the boot loader |
| `boot.key`, `boot.pub` | OpenPGP: signs the policy, kernel and initramfs; is in the boot loader |
| `vars.fd` | a variable store for OVMF that trusts the above |
| `signed/` | loaders signed before: a signature holds its time, so that each is made once |
"""

import argparse
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tempfile

import variables
from faults import BuildError

EMPTY_STORE = pathlib.Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
USER = "KeelOS boot <boot@keelos.invalid>"
RESERVED = 2 << 20  # bytes of EFI/BOOT/BOOTX64.EFI on the disk
FIRMWARE_KEYS = ("PK", "KEK", "db")
SIGNED_FILES = ("/boot/bzImage", "/boot/initramfs")


class Signing:
    """What signs the boot files of one build. With no folder of keys every step does nothing."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("db.key", "db.crt", "boot.key", "boot.pub") if folder else ():
            if not (folder / name).is_file():
                raise BuildError(f"{folder} has no {name}: image/secureboot.py keys {folder}")

    def loader_environment(self):
        """What bootloader/build.sh is told."""
        if not self.folder:
            return {}
        program = pathlib.Path(__file__).resolve()
        return {"PUBLIC_KEY": str((self.folder / "boot.pub").resolve()),
                "SIGN": f"{sys.executable} {program} sign {self.folder.resolve()}"}

    def sign_loader(self, path):
        """Replaces the loader by its signed form, which fills the file reserved on the disk.

        Zeros behind it would follow its signature, and the firmware refuses that: they come before.
        """
        if not self.folder:
            return
        content = path.read_bytes()
        kept = self.folder / "signed" / f"{hashlib.sha256(content).hexdigest()}.efi"
        if not kept.exists():
            kept.parent.mkdir(exist_ok=True)
            probe = self._signed(content + bytes(-len(content) % 8))
            room = RESERVED - (len(probe) - len(content) - -len(content) % 8)
            whole = self._signed(content.ljust(room, b"\0"))
            if len(whole) != RESERVED:
                raise BuildError(f"the signed loader has {len(whole)} bytes, expected {RESERVED}")
            kept.with_suffix(".new").write_bytes(whole)
            kept.with_suffix(".new").rename(kept)
        shutil.copyfile(kept, path)

    def _signed(self, content):
        with tempfile.TemporaryDirectory(prefix="keelos-sign-") as home:
            source, target = pathlib.Path(home) / "plain", pathlib.Path(home) / "signed"
            source.write_bytes(content)
            _run("sbsign", "--key", self.folder / "db.key", "--cert", self.folder / "db.crt",
                 "--output", target, source)
            return target.read_bytes()

    def sign_boot_files(self, tree):
        for place in SIGNED_FILES if self.folder else ():
            tree.add(f"{place}.sig", signature(self.folder, tree.path(place)), "signatures")


def signature(folder, path):
    """A detached OpenPGP signature; the same for the same bytes and key."""
    with tempfile.TemporaryDirectory(prefix="keelos-sign-") as home:
        _gpg(home, "--import", folder / "boot.key")
        target = pathlib.Path(home) / "signature"
        _gpg(home, "--faked-system-time", "20260102T000000!", "--digest-algo",
             "SHA256", "--output", target, "--detach-sign", path)
        return target.read_bytes()


def make(folder):
    """Makes the keys that are missing. Each private key has mode 0600."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for name in FIRMWARE_KEYS:
        if not (folder / f"{name}.key").exists():
            _run("openssl", "req", "-new", "-x509", "-newkey", "rsa:2048", "-nodes", "-sha256",
                 "-days", "7300", "-subj", f"/CN=KeelOS {name}/", "-keyout", folder / f"{name}.key",
                 "-out", folder / f"{name}.crt")
            (folder / f"{name}.key").chmod(0o600)
    if not (folder / "boot.key").exists():
        with tempfile.TemporaryDirectory(prefix="keelos-keys-") as home:
            # Older than every signature, whose times are fixed.
            _gpg(home, "--faked-system-time", "20260101T000000!", "--passphrase", "",
                 "--quick-generate-key", USER, "rsa2048", "sign", "never")
            _gpg(home, "--output", folder / "boot.pub", "--export", USER)
            _gpg(home, "--output", folder / "boot.key", "--export-secret-keys", USER)
        (folder / "boot.key").chmod(0o600)
    certificates = {name: subprocess.run(
        ["openssl", "x509", "-in", folder / f"{name}.crt", "-outform", "DER"], check=True,
        capture_output=True).stdout for name in FIRMWARE_KEYS}
    store = variables.with_keys(EMPTY_STORE.read_bytes(), certificates)
    (folder / "vars.fd").write_bytes(store)


def _gpg(home, *arguments):
    try:
        _run("gpg", "--homedir", home, "--batch", "--quiet", "--no-tty", "--yes",
             "--pinentry-mode", "loopback", *arguments)
    finally:
        # Its agent lives on otherwise.
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True)


def _run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise BuildError(f"{command[0]}: {done.stderr.strip()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("verb", choices=("keys", "sign"))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("file", type=pathlib.Path, nargs="?")
    options = parser.parse_args()
    if (options.verb == "sign") != (options.file is not None):
        parser.error("sign takes a file, keys none")
    try:
        if options.verb == "keys":
            make(options.folder)
        else:
            target = options.file.with_name(options.file.name + ".sig")
            target.write_bytes(signature(options.folder, options.file))
    except BuildError as fault:
        sys.exit(f"secureboot: {fault}")


if __name__ == "__main__":
    main()
