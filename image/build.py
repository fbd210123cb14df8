#!/usr/bin/env python3
"""Makes a KeelOS release and a disk that boots it. README.md says what goes in and how.

    build.py --bin build --version 1.2.0 [--kernel metal] [--output build]

Leaves keelos-VERSION.keel, keelos-VERSION.spdx.json and disk.img in the output folder.
"""

import argparse
import datetime
import os
import pathlib
import re
import subprocess
import sys
import time

import bundle
import check
import keys
import kubelet
import overlay
import packages
import preload
import recipe
import root
import sbom
import sizes
from faults import BuildError
from kernel import Kernel
from squash import squash
from tree import Tree
from workplace import Workplace


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bin", type=pathlib.Path, required=True,
                        help="the folder with our programs and keel-image")
    parser.add_argument("--version", required=True, help="of the release, such as 1.2.0")
    parser.add_argument("--output", type=pathlib.Path, help="where to leave it (default: --bin)")
    parser.add_argument("--console", help="serial, screen or both")
    parser.add_argument("--kernel", help="cloud or metal")
    parser.add_argument("--compressor", help="gzip, lzo, xz or fast")
    parser.add_argument("--kubelet", type=pathlib.Path, default=os.environ.get("KUBELET") or None,
                        help="carry this kubelet (default: $KUBELET, else Debian's source, built)")
    parser.add_argument("--preload", type=pathlib.Path, action="append", default=[],
                        metavar="FILE.tar", help="carry this container image (repeatable)")
    parser.add_argument("--secureboot", type=pathlib.Path, metavar="KEYDIR",
                        help="sign loader, kernel and initramfs with the keys in this folder")
    parser.add_argument("--trust", type=pathlib.Path, help="the trust directory it carries")
    parser.add_argument("--key", type=pathlib.Path, action="append", default=[],
                        help="sign with this key (repeatable)")
    parser.add_argument("--created", help="RFC 3339, UTC (default: of the commit)")
    parser.add_argument("--disk-size", default="4G", help="of disk.img")
    parser.add_argument("--slot-size", default="1G", help="of each slot on it")
    parser.add_argument("--no-disk", action="store_true", help="make no disk.img")
    parser.add_argument("--overlay", type=pathlib.Path,
                        help="put the files of this folder over those of the root")
    parser.add_argument("--without", action="append", default=[], metavar="PLACE",
                        help="leave this file out of the root (repeatable)")
    parser.add_argument("--sizes", action="store_true",
                        help="compute what each part weighs in the bundle")
    parser.add_argument("--broken", action="store_true", help="do not check it: for tests")
    return parser.parse_args()


def created(text):
    """When the release counts as made: the same for the same source."""
    if text is None:
        seconds = os.environ.get("SOURCE_DATE_EPOCH")
        if seconds is None:
            done = subprocess.run(["git", "-C", recipe.HERE, "log", "-1", "--format=%ct"],
                                  capture_output=True, text=True)
            seconds = done.stdout.strip()
        if not seconds.isdigit():
            raise BuildError("this is no git clone: say --created or set SOURCE_DATE_EPOCH")
        moment = datetime.datetime.fromtimestamp(int(seconds), datetime.timezone.utc)
        text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text):
        raise BuildError(f"--created {text} is not a time such as 2026-11-21T00:00:00Z")
    return text


class Steps:
    """Says what is done and how long it took."""

    def __init__(self):
        self._begun = time.monotonic()

    def say(self, text):
        print(f"image: {time.monotonic() - self._begun:5.1f} s  {text}", flush=True)


def build(options, steps):
    if not re.fullmatch(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?", options.version):
        raise BuildError(f"--version {options.version} is not a version such as 1.2.0")
    secure = "on" if options.secureboot else None
    variant = recipe.variant(options.console, options.kernel, options.compressor, secure)
    output = options.output or options.bin
    output.mkdir(parents=True, exist_ok=True)
    tool = options.bin / "keel-image"
    trust, signers = (keys.given(options.trust, options.key) if options.trust
                      else keys.made(output / "keys", tool))
    moment = created(options.created)
    cache = packages.cache_folder()
    locked = [package for package in packages.read_lock()
              if package.flavour in (None, variant.kernel)]
    folders = packages.unpacked(locked, cache, steps.say)
    kernel = next(Kernel(package.name, folders[package.name])
                  for package in locked if package.flavour)
    carried = kubelet.found(options.kubelet, cache, steps.say)
    images = preload.gathered(options.preload, cache, steps.say)
    steps.say(f"{len(locked)} packages, kernel {kernel.release}, kubelet {carried.version}, "
              f"{len(images)} container images")
    with Workplace(output) as work:
        signing = bundle.signing(variant, options.secureboot)
        loader = bundle.loader(work / "BOOTX64.EFI", variant, signing)
        tree = Tree(work / "root")
        inputs = root.Inputs(options.bin, loader, folders, kernel, carried, images,
                             variant, options.version, moment, keys.files(trust))
        root.assemble(tree, inputs)
        overlay.apply(tree, options.overlay, options.without)
        bill = bill_of_materials(tree, inputs, locked)
        tree.add(root.BILL, bill, "configuration")
        signing.sign_boot_files(tree)
        steps.say(f"{len(tree.parts)} files in the root")
        squash(tree.folder, work / "root.squashfs", variant.packing["root"])
        steps.say(f"root.squashfs {(work / 'root.squashfs').stat().st_size / 1e6:.1f} MB")
        if not options.broken:
            check.demand(work / "root.squashfs")
            steps.say("checked")
        name = output / f"keelos-{options.version}"
        bundle.pack(tool, work, name.with_name(name.name + ".keel"), inputs, trust, signers, bill)
        name.with_name(name.name + ".spdx.json").write_bytes(bill)
        if not options.no_disk:
            bundle.disk(tool, name.with_name(name.name + ".keel"), trust, output / "disk.img",
                        loader, options.disk_size, options.slot_size)
        weigher = variant.compressor if options.sizes else None
        for line in sizes.table(sizes.by_part(tree, weigher, cache)):
            print("  " + line)
    return name.with_name(name.name + ".keel")


def bill_of_materials(tree, inputs, locked):
    used = set(tree.packages.values())
    idle = sorted(package.name for package in locked if package.name not in used)
    if idle:
        raise BuildError(f"packages.lock: nothing in the image is from {', '.join(idle)}")
    programs = {name: tree.digest(place) for name, place, _ in root.OURS if tree.holds(place)}
    kubelets = {inputs.kubelet.version: tree.digest(kubelet.PLACE)} if tree.holds(
        kubelet.PLACE) else {}
    images = [(image.name, image.digest, tree.digest(image.place)) for image in inputs.images
              if tree.holds(image.place)]
    return sbom.document(inputs.version, inputs.created, locked, programs, kubelets, images)


def main():
    options = arguments()
    steps = Steps()
    try:
        made = build(options, steps)
    except BuildError as fault:
        sys.exit(f"image: {fault}")
    except subprocess.CalledProcessError as fault:
        sys.exit(f"image: {pathlib.Path(fault.cmd[0]).name} ended with {fault.returncode}")
    steps.say(f"{made} {made.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
