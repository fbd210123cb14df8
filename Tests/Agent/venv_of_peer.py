"""The third party: Python's grpcio, in a virtual environment that is made once and kept."""

import fcntl
import os
import pathlib
import subprocess
import sys

WANTED = ("grpcio", "grpcio-tools")
MARK = "KEEL_PEER"


def folder():
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(cache) / "keelos" / "peer"


def made():
    """The environment's interpreter. Two runs at once make it one after the other."""
    home = folder()
    python = home / "bin" / "python"
    home.parent.mkdir(parents=True, exist_ok=True)
    with open(home.with_suffix(".lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not usable(python):
            subprocess.run([sys.executable, "-m", "venv", "--clear", home], check=True, timeout=300)
            subprocess.run([python, "-m", "pip", "install", "--quiet",
                            "--disable-pip-version-check", *WANTED], check=True, timeout=900)
    return python


def usable(python):
    return python.exists() and subprocess.run(
        [python, "-c", "import grpc, grpc_tools"], capture_output=True, timeout=60).returncode == 0


def enter():
    """Goes on inside the environment, as the same process."""
    if os.environ.get(MARK) == "1":
        return
    python = made()
    quiet = {"GRPC_VERBOSITY": "NONE", "GRPC_ENABLE_FORK_SUPPORT": "0", MARK: "1"}
    sys.stdout.flush()
    os.execve(python, [str(python), *sys.argv], {**os.environ, **quiet})
