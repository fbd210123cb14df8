"""The Python side of gRPC: grpcio in a virtual environment of its own, and the stubs.

Both are made once and kept in the cache folder: without a network, what is cached is used.
"""

import hashlib
import os
import pathlib
import shutil
import subprocess
import sys

GRPCIO = "1.85.1"
PROTOS = pathlib.Path(__file__).resolve().parents[2] / "Sources" / "API"
CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
HOME = CACHE / "keelos" / "peer"
MINUTES = 60


def python():
    """The interpreter of the environment, which is made when it is not there."""
    there = HOME / f"grpcio-{GRPCIO}"
    program = there / "bin" / "python"
    if not (there / "ready").exists():
        shutil.rmtree(there, ignore_errors=True)
        run([sys.executable, "-m", "venv", there], 2 * MINUTES)
        packages = [f"grpcio=={GRPCIO}", f"grpcio-tools=={GRPCIO}"]
        pip = [program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        run(pip + ["--only-binary", ":all:"] + packages, 10 * MINUTES)
        (there / "ready").touch()
    return program


def stubs(program):
    """The folder with the generated modules, made anew when a proto file has changed."""
    protos = sorted(PROTOS.glob("*.proto"))
    text = b"".join(proto.read_bytes() for proto in protos)
    there = HOME / f"stubs-{GRPCIO}-{hashlib.sha256(text).hexdigest()[:16]}"
    if not (there / "ready").exists():
        shutil.rmtree(there, ignore_errors=True)
        there.mkdir(parents=True)
        protoc = [program, "-m", "grpc_tools.protoc", f"--proto_path={PROTOS}"]
        outputs = [f"--python_out={there}", f"--grpc_python_out={there}"]
        run(protoc + outputs + [str(proto) for proto in protos], 2 * MINUTES)
        (there / "ready").touch()
    return there


def run(command, seconds):
    subprocess.run([str(word) for word in command], check=True, timeout=seconds)
