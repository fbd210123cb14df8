"""The container images that a release carries: pause, and those that were given.

The agent hands each to containerd before the kubelet starts, so that pods start without a
registry.
"""

import io
import pathlib
import re
import subprocess
import tarfile
import tempfile
from typing import NamedTuple

import kubernetes
import oci
import packages
from faults import BuildError

FOLDER = "/usr/share/keel/images"
# What kubelet 1.20 itself would take; containerd's config.toml and the kubelet's options name it.
PAUSE = "registry.k8s.io/pause:3.2"
_FILE = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}\.tar")


class Image(NamedTuple):
    file: str        # its name in FOLDER
    content: object  # its bytes, or where they are
    name: str
    digest: str      # of its manifest

    @property
    def place(self):
        return f"{FOLDER}/{self.file}"


def gathered(given, cache, say=lambda text: None):
    """Pause, then the archives at `given`, looked through."""
    data = pause(cache, say)
    images = [Image("pause.tar", data, *oci.look(io.BytesIO(data), "pause.tar"))]
    for path in given:
        if not path.is_file() or not _FILE.fullmatch(path.name):
            raise BuildError(f"--preload {path} is no file called NAME.tar, in lower case")
        with open(path, "rb") as file:
            image = Image(path.name, path, *oci.look(file, f"--preload {path}"))
        for other in images:
            if image.name == other.name or image.file == other.file:
                raise BuildError(f"--preload {path}: {other.file} holds {other.name} already")
        images.append(image)
    return images


def pause(cache, say=lambda text: None):
    """The image of the process that holds a pod's namespaces, compiled from Kubernetes' source.

    Linked with the C library of this machine: another gcc or libc gives other bytes.
    """
    source = _source(cache, say)
    with tempfile.TemporaryDirectory(prefix="pause-", dir=cache) as folder:
        program = pathlib.Path(folder) / "pause"
        words = ["gcc", "-Os", "-static", "-s", "-Wl,--build-id=none",
                 f"-DVERSION={PAUSE.rpartition(':')[2]}", "-x", "c", "-", "-o", program]
        done = subprocess.run(words, input=source, capture_output=True, timeout=120,
                              check=False)
        if done.returncode:
            raise BuildError(f"pause was not compiled: {done.stderr.decode().strip()[-1000:]}")
        return oci.archive(PAUSE, {"/pause": program.read_bytes()}, ["/pause"], "65535:65535")


def _source(cache, say):
    """pause.c, kept by the digest of the archive it is from: taking it out takes a while."""
    sources = kubernetes.Sources()
    digest = next(digest for name, digest in sources.files.items() if ".orig." in name)
    kept = cache / "pause" / f"{digest}.c"
    if not kept.exists():
        say("taking pause out of Kubernetes' source")
        with packages.exclusive(cache):
            kubernetes._fetch(packages.debian.SourceApt(cache), sources)
            kept.parent.mkdir(exist_ok=True)
            new = kept.with_suffix(".new")
            new.write_bytes(_taken(cache / "sources" / digest))
            new.replace(kept)
    return kept.read_bytes()


def _taken(archive):
    with tarfile.open(archive, "r|gz") as tree:
        for member in tree:
            if member.name.endswith("/build/pause/linux/pause.c"):
                return tree.extractfile(member).read()
    raise BuildError(f"{archive} has no pause.c")
