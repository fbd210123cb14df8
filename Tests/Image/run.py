#!/usr/bin/env python3
"""Holds image/ to its promises: what gets in, what is refused, the same bytes. See README.md."""

import argparse
import importlib
import pathlib
import signal
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.dont_write_bytecode = True
# Names of ours win over those of image/, and those over the others'.
sys.path[1:1] = [str(ROOT / "image"), str(HERE.parent / "EndToEnd"), str(ROOT / "scripts" / "qemu")]

MODULES = ("parts", "kernels", "kubelets", "preloads", "badroots", "refusals", "builds", "boots",
           "secureboots")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with keel-agent and keel-image")
    parser.add_argument("--all", action="store_true", help="every variant too")
    parser.add_argument("--only", choices=MODULES, action="append", help="run this file only")
    parser.add_argument("--verbose", action="store_true", help="show where a test failed")
    options = parser.parse_args()

    from report import Report
    from scene import Scene

    report = Report(options.verbose)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("the tests took too long"))
    signal.alarm(7200 if options.all else 3600)
    with Scene(options.bin, options.all) as scene:
        for name in options.only or MODULES:
            with report.test(f"the tests of {name} came to their end"):
                importlib.import_module(name).run(scene, report)
    return report.finish(0)


if __name__ == "__main__":
    sys.exit(main())
