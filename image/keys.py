"""The keys a release is signed with and the trust directory it carries; made when none is given."""

import json
import pathlib
import subprocess

from faults import BuildError


def given(trust, keys):
    """What the command line named."""
    if not keys:
        raise BuildError("--trust needs --key: whoever is trusted must sign")
    return read_trust(pathlib.Path(trust)), [pathlib.Path(key) for key in keys]


def made(folder, tool, board="x86_64-uefi"):
    """One key in this folder, for releases that nobody else has to trust; kept."""
    trust = folder / "trust"
    trust.mkdir(parents=True, exist_ok=True)
    secret, shown = folder / "release.key", folder / "release.pub"
    if not secret.exists():
        done = subprocess.run([tool, "keygen", "--output", folder / "release"], text=True,
                              capture_output=True)
        if done.returncode:
            raise BuildError(f"no key was made: {done.stderr.strip()}")
    (trust / "release.pub").write_bytes(shown.read_bytes())
    policy = {"threshold": 1, "epoch": 1, "board": board}
    (trust / "policy.json").write_text(json.dumps(policy) + "\n", encoding="ascii")
    return trust, [secret]


def read_trust(folder):
    """The folder, if it is one."""
    if not (folder / "policy.json").is_file() or not list(folder.glob("*.pub")):
        raise BuildError(f"{folder} is not a trust directory: it has no policy.json or no *.pub")
    return folder


def files(folder):
    """{name: bytes} of a trust directory: what a node reads of it."""
    return {path.name: path.read_bytes()
            for path in sorted([*folder.glob("*.pub"), folder / "policy.json"])}
