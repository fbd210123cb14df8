#!/usr/bin/env python3
"""Real nodes in QEMU: upgrades, trials, falling back, and what a node says of it. See README.md."""

import argparse
import importlib
import pathlib
import random
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.dont_write_bytecode = True
# Names of ours win over the others'.
sys.path[1:1] = [str(HERE.parent / "EndToEnd"), str(ROOT / "scripts" / "qemu"),
                  str(ROOT / "image")]

CORE = ("bad", "story", "given", "first")
# These boot many nodes, or build some of their own: one of them a run, all of them with --all.
DRAWN = ("power", "records", "hardware", "data", "secure")
# Those that take longest begin first.
MODULES = DRAWN + CORE


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with our programs")
    parser.add_argument("--all", action="store_true", help="every row of every table")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32),
                        help="draw these rows again")
    parser.add_argument("--only", choices=MODULES, action="append",
                        help="run this file only")
    parser.add_argument("--rows", metavar="REGEX", help="the rows whose names match this")
    parser.add_argument("--verbose", action="store_true", help="show where a test failed")
    options = parser.parse_args()

    from report import Report
    from scene import Scene

    report = Report(options.verbose)
    print(f"seed {options.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("the tests took too long"))
    signal.alarm(14400 if options.all else 3600)
    with Scene(options.bin, options.all, options.seed, options.rows) as scene:
        scene.prepare(report)
        if not report.failures:
            drawn = MODULES if options.all else (scene.chance.choice(DRAWN), *CORE)

            def play(name):
                importlib.import_module(name).run(scene.part(name), report)

            for name, ended in scene.together(play, options.only or drawn):
                with report.test(f"the tests of {name} came to their end"):
                    ended.result()
    return report.finish(options.seed)


if __name__ == "__main__":
    sys.exit(main())
