"""The kubelet of the image: Debian's source built by us, or a file that was given."""

import pathlib
import re
import subprocess
from typing import NamedTuple

import kubernetes
from elf import MAGIC
from faults import BuildError

PLACE = "/usr/bin/kubelet"
OLDEST = (1, 20)  # that a node knows how to start: KubeletPlan.swift


class Kubelet(NamedTuple):
    path: pathlib.Path
    version: str  # such as 1.20.2


def found(given, cache, say=lambda text: None):
    """The kubelet at `given`; with None the one that is built from source."""
    if given is None:
        return Kubelet(kubernetes.built(["kubelet"], cache, say)["kubelet"],
                       kubernetes.Sources().release)
    if not given.is_file() or given.read_bytes()[:4] != MAGIC:
        raise BuildError(f"--kubelet {given} is not a program")
    said = version(given)
    if tuple(map(int, said.split(".")[:2])) < OLDEST:
        raise BuildError(f"--kubelet {given} is {said}; expected {'.'.join(map(str, OLDEST))} or "
                         "later, which a node knows how to start")
    return Kubelet(given, said)


def version(path):
    """What it says of itself: it runs on this machine, as it will on a node."""
    try:
        done = subprocess.run([path.resolve(), "--version"], text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as fault:
        raise BuildError(f"--kubelet {path} does not say its version: {fault}") from None
    match = re.fullmatch(r"Kubernetes v(\d+\.\d+\.\d+\S*)\s*", done.stdout)
    if done.returncode or not match:
        said = (done.stdout + done.stderr).strip()[:200]
        raise BuildError(f"--kubelet {path} does not say \"Kubernetes vX.Y.Z\" but \"{said}\"")
    return match.group(1)
