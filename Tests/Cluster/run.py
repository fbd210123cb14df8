#!/usr/bin/env python3
"""Real nodes in a real cluster: they join, and carry pods. See README.md."""

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
sys.path[1:1] = [str(ROOT / "scripts" / "fixtures" / "cluster"), str(HERE.parent / "EndToEnd"),
                 str(HERE.parent / "Node"), str(ROOT / "scripts" / "qemu"), str(ROOT / "image")]

CORE = ("images", "upgrade")
# Each has nodes of its own: one of them a run, all of them with --all.
DRAWN = ("guides", "join", "refusals", "cordons", "fall", "pairs", "leave")
MODULES = CORE + DRAWN
# Whoever asks here asks once, a client of a service and a reader of a guide: on a machine that has
# time for them.
ONCE = CORE + ("guides",)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with our programs")
    parser.add_argument("--all", action="store_true", help="every row of every table")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32),
                        help="draw these rows again")
    parser.add_argument("--part", choices=("core", "drawn"),
                        help="what must be quick to answer, or the rest: all unless said")
    parser.add_argument("--only", choices=MODULES, action="append", help="run this file only")
    parser.add_argument("--rows", metavar="REGEX", help="the rows whose names match this")
    parser.add_argument("--verbose", action="store_true", help="show where a test failed")
    options = parser.parse_args()

    chosen = random.Random(f"{options.seed} files").choice(DRAWN)
    names = options.only or CORE + (DRAWN if options.all else (chosen,))
    if options.part:
        names = [name for name in names if (name in ONCE) == (options.part == "core")]
    if not names:
        print("nothing is drawn for this part\n0 passed, 0 failed")
        return 0

    import pairs
    import wires
    from provide import provide
    wires.enter(lambda: (provide(), pairs.later()))

    from cluster import Cluster
    from report import Report

    report = Report(options.verbose)
    print(f"seed {options.seed}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("the tests took too long"))
    signal.alarm(21600 if options.all else 7200)
    with Cluster(options.bin, options.all, options.seed, options.rows) as cluster:
        cluster.start(report)
        if not report.failures:
            for name in names:
                with report.test(f"the tests of {name} came to their end"):
                    importlib.import_module(name).run(cluster, report)
    return report.finish(options.seed)


if __name__ == "__main__":
    sys.exit(main())
