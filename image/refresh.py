#!/usr/bin/env python3
"""Rewrites packages.lock with the newest versions in apt's sources, and says what changed.

To add a package, put its name on a line of its own into packages.lock and run this; to drop one,
remove its line. Kernels follow the metapackages of variants.json.
"""

import argparse
import sys

import packages
import recipe
from packages import Locked


def wanted_names():
    """{name: flavour} of what packages.lock lists, complete or not; kernels by metapackage."""
    names = {}
    if packages.LOCK.exists():
        for _, words in recipe.lines(packages.LOCK):
            if len(words) < 4:
                names[words[0]] = None
    return names


def resolve(apt):
    names = wanted_names()
    for flavour, metapackage in recipe.metapackages().items():
        names[apt.kernel(metapackage)] = flavour
    versions = apt.versions(sorted(names))
    missing = sorted(set(names) - set(versions))
    if missing:
        sys.exit(f"refresh: not in apt's sources: {', '.join(missing)}")
    pinned = apt.pinned({name: versions[name][0] for name in names})
    return [Locked(*package, names[package.name]) for package in pinned]


def main():
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    before = set()
    if packages.LOCK.exists():
        before = {tuple(words[:2]) for _, words in recipe.lines(packages.LOCK)}
    cache = packages.cache_folder()
    with packages.exclusive(cache):
        apt = packages.debian.Apt(cache)
        apt.update()
        found = resolve(apt)
    packages.write_lock(found)
    after = {package[:2] for package in found}
    for sign, changed in (("-", before - after), ("+", after - before)):
        for line in sorted(changed):
            print(sign, *line)
    print(f"{len(found)} packages, {len(after - before)} of them new or changed")


if __name__ == "__main__":
    main()
