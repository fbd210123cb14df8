"""Fetches and builds what the tests stand on, while there is a network that leads anywhere."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "image"))

import kubelet  # noqa: E402
import packages  # noqa: E402
import plane  # noqa: E402
import preload  # noqa: E402


def provide(say=print):
    """Into the cache: the control plane, and what releases are made of."""
    cache = packages.cache_folder()
    plane.programs(say)
    locked = [package for package in packages.read_lock() if package.flavour in (None, "cloud")]
    packages.unpacked(locked, cache, say)
    kubelet.found(None, cache, say)
    preload.gathered((), cache, say)
