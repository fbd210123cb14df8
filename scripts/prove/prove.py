#!/usr/bin/env python3
"""Applies every deliberate bug in turn and demands that the suite notices.

usage: prove.py [--only TEXT] [--list] [--check]

--check builds nothing: it demands that each bug's text stands once in its file, and that what is
copied imports nothing that is not.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mutants import MUTANTS  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ["Sources/Slots", "Sources/Trust", "Sources/Shims/CCrypto", "Sources/Shims/CYaml",
           "Tests/Simulator", "Tests/SlotsTests"]
SWIFT = ["-c", "release", "-Xswiftc", "-enable-testing", "--disable-automatic-resolution"]

PACKAGE = '''// swift-tools-version: 6.2
import PackageDescription
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
]
let package = Package(name: "prove", targets: [
    .systemLibrary(name: "CCrypto", path: "Sources/Shims/CCrypto", pkgConfig: "libcrypto"),
    .systemLibrary(name: "CYaml", path: "Sources/Shims/CYaml", pkgConfig: "yaml-0.1"),
    .target(name: "Slots", exclude: ["README.md"], swiftSettings: settings),
    .target(name: "Trust", dependencies: ["Slots", "CCrypto", "CYaml"],
            exclude: ["README.md"], swiftSettings: settings),
    .target(name: "Simulator", dependencies: ["Slots", "Trust"], path: "Tests/Simulator",
            exclude: ["README.md"], swiftSettings: settings),
    .testTarget(name: "SlotsTests", dependencies: ["Slots", "Simulator", "Trust"],
                exclude: ["README.md"], swiftSettings: settings),
], swiftLanguageModes: [.v6])
'''


def run(tree, limit):
    """('passed' | 'killed' | 'does not build', the first line that says why)."""
    env = dict(os.environ, KEEL_STOP="1", KEEL_DEPTH="8", KEEL_SEED="1")
    build = subprocess.run(["swift", "build", "--build-tests", *SWIFT], cwd=tree, env=env,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if build.returncode != 0:
        return "does not build", next(
            (line for line in build.stdout.splitlines() if "error:" in line), build.stdout[-300:])
    try:
        test = subprocess.run(["swift", "test", "--skip-build", *SWIFT], cwd=tree, env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=limit)
    except subprocess.TimeoutExpired:
        return "killed", f"no end within {limit:.0f} s"
    if test.returncode == 0:
        return "passed", ""
    why = re.search(r"Test \"(.*?)\" recorded", test.stdout)
    return "killed", why.group(1) if why else "the suite crashed"


def check():
    """The number of faults that would keep the bugs from being tried."""
    faults = []
    for name, file, old, _ in MUTANTS:
        with open(os.path.join(ROOT, file)) as source:
            count = source.read().count(old)
        if count != 1:
            faults.append(f"{file}: the text of \"{name}\" stands there {count} times")
    known = {os.path.basename(folder) for folder in FOLDERS}
    known |= {"Glibc", "Synchronization", "Testing"}
    for folder in FOLDERS:
        for file in sorted(os.listdir(os.path.join(ROOT, folder))):
            if not file.endswith(".swift"):
                continue
            with open(os.path.join(ROOT, folder, file)) as source:
                imports = re.findall(r"^(?:@testable |public |package )*import (\w+)",
                                     source.read(), re.MULTILINE)
            faults += [f"{folder}/{file}: imports {name}, which is not copied"
                       for name in imports if name not in known]
    print("\n".join(faults), file=sys.stderr, end="\n" if faults else "")
    return len(faults)


def main():
    if "--check" in sys.argv:
        return 1 if check() else 0
    if "--list" in sys.argv:
        for name, file, _, _ in MUTANTS:
            print(f"{file}: {name}")
        return 0
    only = sys.argv[sys.argv.index("--only") + 1] if "--only" in sys.argv else ""
    tree = tempfile.mkdtemp(prefix="keelos-prove-")
    survivors = []
    killed = 0
    try:
        for folder in FOLDERS:
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(tree, folder))
        with open(os.path.join(tree, "Package.swift"), "w") as package:
            package.write(PACKAGE)
        began = time.monotonic()
        verdict, why = run(tree, 3600)
        # On a busy machine everything takes long: only what takes much longer has no end.
        limit = max(300, 10 * (time.monotonic() - began))
        print(f"unchanged: {verdict} {why}", flush=True)
        if verdict != "passed":
            return 1
        for name, file, old, new in MUTANTS:
            if only not in name:
                continue
            path = os.path.join(tree, file)
            with open(path) as source:
                text = source.read()
            if text.count(old) != 1:
                print(f"SURVIVED {name}: its text stands {text.count(old)} times in {file}")
                survivors.append(name)
                continue
            with open(path, "w") as source:
                source.write(text.replace(old, new))
            began = time.monotonic()
            verdict, why = run(tree, limit)
            with open(path, "w") as source:
                source.write(text)
            if verdict == "killed":
                killed += 1
                print(f"killed   {name}: {why} ({time.monotonic() - began:.0f} s)", flush=True)
            else:
                survivors.append(name)
                print(f"SURVIVED {name}: {verdict} {why}", flush=True)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    print(f"mutants: {killed} killed, {len(survivors)} survived")
    print(f"{killed} passed, {len(survivors)} failed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
