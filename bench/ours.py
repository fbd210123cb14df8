"""KeelOS as a contender. Its command lines stand in ours.json, so that they can be changed without
touching the harness. What stands in braces there: {repo}, {bin} (our programs), {work} (the run's
folder), {keys}, {trust}, {state}; {image}, {version}, {bundle}, {disk}; {device}, {url}.
"""

import json
import os
import pathlib
import shutil
import subprocess

from peers import Contender

HERE = pathlib.Path(__file__).resolve().parent
VERSIONS = {"v1": "1.0.0", "demo-v1": "1.0.0", "v3": "2.0.0"}  # every other image is 1.1.0


class Templates:
    """What `ours.json` says, and what is made once for all of our contenders."""

    def __init__(self, file, programs, host):
        self.host = host
        self.lines = json.loads(file.read_text())
        self.known = {
            "repo": HERE.parent, "bin": programs.resolve(), "work": host.work,
            "keys": host.work / "keys", "trust": host.work / "trust", "state": host.work / "state"}
        self.fault = None
        self.packed = set()

    def run(self, name, **facts):
        self.shell(self.text(name, **facts))

    def text(self, name, **facts):
        return self.lines[name].format(**self.known, **facts)

    def shell(self, command):
        done = subprocess.run(["bash", "-c", command], cwd=self.host.work, text=True,
                              capture_output=True, timeout=1800, check=False)
        if done.returncode:
            raise RuntimeError(f"{command}: {(done.stderr or done.stdout).strip()[-2000:]}")

    def disk(self, first, path):
        """Lays out a disk whose slot A holds `first`; False, with the reason kept, if it cannot."""
        if not (self.known["bin"] / "keel-image").exists():
            self.fault = f"no keel-image in {self.known['bin']}: swift build -c release"
            return False
        try:
            self.forget_programs()
            for line in self.lines["setup"]:
                self.shell(line.format(**self.known))
            bundle = self.host.work / f"{first.name}.keel"
            self.pack(first, bundle)
            self.run("disk", bundle=bundle, disk=path)
            bundle.unlink()
        except RuntimeError as fault:
            self.fault = str(fault)
        return self.fault is None

    def forget_programs(self):
        """On a node programs come from a read-only image. What a linker has just written lies in
        the page cache in larger pieces, and a process that touches one maps more of it."""
        for program in ("osctl", "keel-image", "keel-agent"):
            with open(self.known["bin"] / program, "rb") as file:
                os.fsync(file)
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    def pack(self, image, bundle):
        if bundle not in self.packed:
            self.run("pack", image=image.path, version=VERSIONS.get(image.name, "1.1.0"),
                     bundle=bundle)
            self.packed.add(bundle)


class Ours(Contender):
    """osctl on an offline disk, everything fetched, written, read back and proven."""

    name, options = "ours", ("no_reuse",)

    def missing(self):
        return "see above" if self.bench.templates.fault else None

    def bundle(self, image):
        return self.bench.server.root / f"{image.name}.keel"

    def prepare(self, image):
        self.bench.templates.pack(image, self.bundle(image))

    def command(self, image, base):
        templates = self.bench.templates
        command = templates.text("upgrade", device=self.bench.disk.device,
                                 url=f"{base}/{image.name}.keel")
        return command + "".join(templates.lines[option] for option in self.options)

    def reset(self):
        self.bench.disk.restore_head()
        shutil.rmtree(self.bench.templates.known["state"], ignore_errors=True)
        self.bench.templates.known["state"].mkdir()

    def size(self, image):
        return self.bundle(image).stat().st_size


class OursUnread(Ours):
    """Without the proof, and so without the first 4 KiB, which only a proven slot gets."""

    withheld = 4096
    name, options = "ours, no read-back", ("no_reuse", "no_read_back")


class OursReuse(Ours):
    name, options = "ours, reuse", ()
