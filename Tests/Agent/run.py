#!/usr/bin/env python3
"""Holds keel-agent and osctl to their contract, over the wire. See README.md."""

import argparse
import importlib
import os
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent / "EndToEnd")]

MODULES = ("table", "abuse", "upgrades", "swap", "log", "join", "settings", "many", "restart",
           "silence")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True,
                        help="the folder with keel-agent, osctl and keel-image")
    parser.add_argument("--all", action="store_true", help="more chance: a longer run")
    parser.add_argument("--seed", type=int, help="draw these random numbers again")
    parser.add_argument("--only", choices=MODULES, action="append", help="run this file only")
    parser.add_argument("--verbose", action="store_true", help="show where a test failed")
    parser.add_argument("--keep", action="store_true", help="keep the folder with the logs")
    options = parser.parse_args()
    if os.geteuid() != 0:
        parser.error("loop devices need root")

    import venv_of_peer
    venv_of_peer.enter()

    from fixture import Fixture
    from ground import Ground
    from report import Report, expect

    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "big")
    report = Report(options.verbose)
    # Whatever ends the run, what it started is taken down again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("the tests took too long"))
    signal.alarm(5400 if options.all else 1500)
    with Ground(options.bin, seed, options.all, report, options.keep) as ground:
        fixture = Fixture(ground)
        for name in options.only or MODULES:
            with report.test(f"the tests of {name} came to their end"):
                importlib.import_module(name).run(ground, fixture, report)
    import peer
    with report.test(f"the {len(peer.SAID)} sentences that were said are whole where their parts "
                     "meet"):
        wrong = sorted(each for each in peer.SAID if peer.broken(each))
        expect(not wrong, lambda: f"{len(wrong)} are not: {wrong[:5]}")
    status = report.finish(seed)
    sys.stdout.flush()
    # A thread of the peer's library may outlive its channels; nothing here waits for it.
    os._exit(status)


if __name__ == "__main__":
    main()
