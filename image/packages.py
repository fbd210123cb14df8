"""The packages of packages.lock: exactly these versions with exactly these bytes, unpacked.

Downloads go through apt and its configured sources into the cache, by SHA-256; what is there is
never fetched again. Unpacked trees lie beside them, under the same name.
"""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
from typing import NamedTuple

import recipe
from faults import BuildError

sys.path.append(str(recipe.HERE.parent / "scripts" / "fixtures"))
import debian  # noqa: E402

LOCK = recipe.HERE / "packages.lock"
HEAD = """\
# Every package the image is made from: NAME VERSION SHA-256 [KERNEL FLAVOUR]
# Written by refresh.py; a line with a name alone is completed by it.
"""


class Locked(NamedTuple):
    """One line of packages.lock. `flavour` is set for kernels: only one of them is used."""

    name: str
    version: str
    sha256: str
    flavour: str | None


def read_lock(path=LOCK):
    found = []
    for number, words in recipe.lines(path):
        if len(words) not in (3, 4) or len(words[2]) != 64:
            raise BuildError(f"{path.name}, line {number}: expected NAME VERSION SHA-256 [FLAVOUR];"
                             " image/refresh.py completes it")
        found.append(Locked(*words[:3], words[3] if len(words) == 4 else None))
    names = [package.name for package in found]
    for name in names:
        if names.count(name) > 1:
            raise BuildError(f"{path.name}: {name} stands there twice")
    return found


def write_lock(packages, path=LOCK):
    """Kernels last, everything else by name."""
    order = sorted(packages, key=lambda package: (package.flavour or "", package.name))
    text = HEAD + "".join(" ".join(filter(None, package)) + "\n" for package in order)
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)


def cache_folder():
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    cache = pathlib.Path(home).resolve() / "keelos"
    cache.mkdir(parents=True, exist_ok=True)
    return cache


@contextlib.contextmanager
def exclusive(cache):
    """One build at a time changes the cache."""
    with open(cache / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def unpacked(packages, cache, say=lambda text: None):
    """{name: folder} of the unpacked packages."""
    store, trees = cache / "debs", cache / "unpacked"
    store.mkdir(exist_ok=True)
    trees.mkdir(exist_ok=True)
    with exclusive(cache):
        _download([package for package in packages if not _is_kept(package, store)], cache, say)
        for package in packages:
            if not (trees / package.sha256).exists():
                _unpack(store / f"{package.sha256}.deb", trees / package.sha256)
    return {package.name: trees / package.sha256 for package in packages}


def _is_kept(package, store):
    return (store / f"{package.sha256}.deb").exists()


def _download(packages, cache, say):
    if not packages:
        return
    say(f"downloading {len(packages)} packages")
    apt = debian.Apt(cache)
    wanted = [debian.Package(*package[:3]) for package in packages]
    try:
        try:
            apt.fetch(wanted)
        except debian.MissingPackage:
            apt.update()  # the lists are older than packages.lock, or there are none yet
            apt.fetch(wanted)
    except debian.MissingPackage as missing:
        raise BuildError(f"a package of packages.lock cannot be had from apt's sources: {missing};"
                         " image/refresh.py takes the versions of today") from None


def _unpack(archive, target):
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    if digest != archive.stem:
        raise BuildError(f"{archive} holds other bytes than its name says: remove it")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="new-", dir=target.parent))
    try:
        folder.chmod(0o755)
        subprocess.run(["dpkg-deb", "-x", archive, folder], check=True)
        folder.rename(target)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
