#!/usr/bin/env python3
"""Runs osctl and keel-image as a user, an attacker and bad luck would. See README.md."""

import argparse
import importlib
import os
import signal
import sys

from fixture import Fixture
from report import Report
from world import World

MODULES = ("trip", "complete", "ending", "interop", "life", "rescue", "loader", "network",
           "hostile", "kill", "cut", "agent")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, help="the folder with osctl and keel-image")
    parser.add_argument("--all", action="store_true", help="more chance: a longer run")
    parser.add_argument("--seed", type=int, help="draw these random numbers again")
    parser.add_argument("--only", choices=MODULES, action="append", help="run this file only")
    parser.add_argument("--verbose", action="store_true", help="show where each test failed")
    options = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("loop devices need root")
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "big")
    report = Report(options.verbose)
    # Whatever ends the run, what it started is taken down again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("the tests took too long"))
    signal.alarm(7200 if options.all else 1800)
    with World(options.bin, seed, options.all, report) as world:
        fixture = Fixture(world)
        for name in options.only or MODULES:
            with report.test(f"the tests of {name} came to their end"):
                importlib.import_module(name).run(world, fixture, report)
    sys.exit(report.finish(seed))


if __name__ == "__main__":
    main()
