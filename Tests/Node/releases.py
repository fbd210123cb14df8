"""Releases of the real image: good ones, and ones that are broken on purpose."""

import os
import pathlib
import shutil
import subprocess
import sys
import threading

HERE = pathlib.Path(__file__).resolve().parent
IMAGE = HERE.parent.parent / "image"
LIBRARIES = "/usr/lib/x86_64-linux-gnu"


def misfit(folder, kind):
    """A static program that misbehaves: ENDS, PANICS, HANGS, DAWDLES or SLEEPS."""
    path = folder / f"misfit-{kind.lower()}"
    if not path.exists():
        subprocess.run(["gcc", "-static", "-Os", "-s", f"-D{kind}", "-o", path, HERE / "misfit.c"],
                       check=True)
    return path


class Releases:
    """Built once each and one at a time, with keys made for this run."""

    def __init__(self, programs, folder, kernel="cloud", compressor="fast",
                 secureboot=None, preload=()):
        self.programs, self.folder, self.kernel = programs, folder, kernel
        self.compressor, self.secureboot = compressor, secureboot
        self.preload = preload  # archives of container images that each of them carries
        self.said = ""  # by the last build
        self.served = folder / "served"
        self.served.mkdir(parents=True, exist_ok=True)
        self.disk = self.served / "disk.img"
        self._turn = threading.Lock()

    def first(self, sector_size=512, sizes=False):
        """1.0.0, and the disk that boots it."""
        self._build("1.0.0", "--disk-size", "3G", "--slot-size", "256M",
                    *(["--sizes"] if sizes else []))
        if sector_size == 512:
            return self.disk
        disk = self.served / f"disk-{sector_size}.img"
        subprocess.run(
            [self.programs / "keel-image", "disk", "--image", self.served / "keelos-1.0.0.keel",
             "--trust", self.served / "keys" / "trust", "--size", "3G", "--slot-size", "256M",
             "--sector-size", str(sector_size), "--output", disk], check=True, capture_output=True)
        return disk

    def good(self, version):
        return self._build(version, "--no-disk")

    def bad(self, version, overlay=None, without=()):
        """One with other files over the root's ({place: bytes or a path}), or without some."""
        options = ["--no-disk", "--broken"]
        if overlay:
            tree = self.folder / f"overlay-{version}"
            shutil.rmtree(tree, ignore_errors=True)
            for place, content in overlay.items():
                path = tree / place.lstrip("/")
                path.parent.mkdir(parents=True, exist_ok=True)
                if isinstance(content, (bytes, str)):
                    path.write_bytes(content if isinstance(content, bytes) else content.encode())
                else:
                    shutil.copy(content, path)
                    os.chmod(path, 0o755)
            options += ["--overlay", tree]
        for place in without:
            options += ["--without", place]
        return self._build(version, *options)

    def _build(self, version, *options):
        with self._turn:
            return self._built(version, *options)

    def _built(self, version, *options):
        bundle = self.served / f"keelos-{version}.keel"
        if bundle.exists():
            return bundle.name
        keys = self.served / "keys"
        signing = (["--trust", keys / "trust", "--key", keys / "release.key"]
                   if keys.exists() else [])
        done = subprocess.run(
            [sys.executable, "-B", IMAGE / "build.py", "--bin", self.programs, "--version", version,
             "--kernel", self.kernel, "--compressor", self.compressor, "--output", self.served,
             "--created", "2026-11-21T00:00:00Z", *map(str, signing), *map(str, options),
             *(["--secureboot", str(self.secureboot)] if self.secureboot else []),
             *(word for path in self.preload for word in ("--preload", str(path)))],
            text=True, capture_output=True, timeout=1200, check=False)
        if done.returncode:
            raise RuntimeError(f"image {version}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
        self.said = done.stdout
        return bundle.name
