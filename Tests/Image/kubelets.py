"""The kubelet of the image: built from Debian's source, the same bytes each time, or given."""

import pathlib
import shutil
import subprocess
import tempfile

import elf
import kubelet
import kubernetes
import packages
from refused import refuses
from report import expect, expect_equal


def run(scene, report):
    folder = pathlib.Path(tempfile.mkdtemp(dir=scene.folder))
    found = None
    with report.test("the kubelet is built from source, needs no library, and says its version"):
        found = kubelet.found(None, packages.cache_folder())
        expect(elf.Elf(found.path.read_bytes()).is_static, "it needs libraries")
        expect_equal(kubelet.version(found.path), found.version, "what it says of itself")
    with report.test("another kubelet can be given, and is taken by what it says of itself"):
        path = folder / "kubelet"
        shutil.copy(found.path, path)
        expect_equal(kubelet.found(path, folder), kubelet.Kubelet(path, found.version), "it")
    with report.test("what is no kubelet is refused"):
        text = folder / "script"
        text.write_text("#!/bin/sh\necho Kubernetes v1.30.0\n")
        text.chmod(0o755)
        refuses("is not a program", kubelet.found, text, folder)
        refuses("is not a program", kubelet.found, folder / "none", folder)
        refuses("does not say", kubelet.found, pathlib.Path("/bin/echo"), folder)
        refuses("does not say", kubelet.found, pathlib.Path("/bin/false"), folder)
    with report.test("a kubelet that is older than what a node can start is refused"):
        path = folder / "old"
        text = '#include <stdio.h>\nint main(void) { puts("Kubernetes v1.19.16"); }\n'
        subprocess.run(["gcc", "-x", "c", "-o", path, "-"], input=text, text=True, check=True)
        refuses("is 1.19.16; expected 1.20 or later", kubelet.found, path, folder)
    with report.test("a lock that says too little, or names another byte, ends the build"):
        path = folder / "lock"
        path.write_text("source kubernetes 1.20\n")
        refuses("line 1: expected source", kubernetes.Sources, path)
        path.write_text("package golang\n")
        refuses("line 1: expected source", kubernetes.Sources, path)
    if scene.everything:
        _twice(report, folder, found)


def _twice(report, folder, found):
    with report.test("built again in another folder it has the same bytes"):
        cache = folder / "cache"
        for name in ("debs", "unpacked", "sources"):
            (cache / name).mkdir(parents=True)
            for path in (packages.cache_folder() / name).iterdir():
                (cache / name / path.name).symlink_to(path)
        again = kubernetes.built(["kubelet"], cache)["kubelet"]
        done = subprocess.run(["cmp", found.path, again], capture_output=True, text=True,
                              check=False)
        expect_equal(done.returncode, 0, done.stdout or "what cmp says")
