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
import mutants  # noqa: E402
import node_mutants  # noqa: E402

MUTANTS = mutants.MUTANTS + node_mutants.MUTANTS
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDERS = ["Sources/Slots", "Sources/Trust", "Sources/Shims/CCrypto", "Sources/Shims/CYaml",
           "Tests/Simulator", "Tests/SlotsTests"]
SWIFT = ["-c", "release", "-Xswiftc", "-enable-testing"]

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


class Tree:
    """A copy of sources and tests to break: what the engine needs, or all."""

    def __init__(self, is_whole):
        self.path = tempfile.mkdtemp(prefix="keelos-prove-")
        self.options = [*SWIFT, *([] if is_whole else ["--disable-automatic-resolution"])]
        # The whole suite takes long, and other tests have other bugs.
        wanted = "AgentTests|TornTests|RuntimeTests|CrossLinkTests"
        self.filter = ["--no-parallel", "--filter", wanted] if is_whole else []
        for folder in ["Sources", "Tests"] if is_whole else FOLDERS:
            shutil.copytree(os.path.join(ROOT, folder), os.path.join(self.path, folder))
        package = os.path.join(self.path, "Package.swift")
        if is_whole:
            for name in ("Package.swift", "Package.resolved"):
                if os.path.exists(os.path.join(ROOT, name)):
                    shutil.copy(os.path.join(ROOT, name), os.path.join(self.path, name))
        else:
            with open(package, "w") as file:
                file.write(PACKAGE)
        self.limit = 3600

    def begin(self):
        """The suite as it is: whether it passes, and with that how long it may take."""
        began = time.monotonic()
        verdict, why = run(self, self.limit)
        # On a busy machine everything takes long: only what takes much longer has no end.
        self.limit = max(300, 10 * (time.monotonic() - began))
        print(f"unchanged: {verdict} {why}", flush=True)
        return verdict == "passed"

    def attempt(self, file, old, new):
        """What becomes of the suite with this bug."""
        path = os.path.join(self.path, file)
        with open(path) as source:
            text = source.read()
        if text.count(old) != 1:
            return "passed", f"its text stands {text.count(old)} times in {file}"
        with open(path, "w") as source:
            source.write(text.replace(old, new))
        try:
            return run(self, self.limit)
        finally:
            with open(path, "w") as source:
                source.write(text)


def run(tree, limit):
    """('passed' | 'killed' | 'does not build', the first line that says why)."""
    env = dict(os.environ, KEEL_STOP="1", KEEL_DEPTH="8", KEEL_SEED="1")
    build = subprocess.run(["swift", "build", "--build-tests", *tree.options],
                           cwd=tree.path, env=env, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
    if build.returncode != 0:
        return "does not build", next(
            (line for line in build.stdout.splitlines() if "error:" in line), build.stdout[-300:])
    try:
        test = subprocess.run(["swift", "test", "--skip-build", *tree.options, *tree.filter],
                              cwd=tree.path, env=env, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=limit)
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
    survivors, killed = [], 0
    for group, is_whole in ((mutants.MUTANTS, False), (node_mutants.MUTANTS, True)):
        wanted = [mutant for mutant in group if only in mutant[0]]
        if not wanted:
            continue
        tree = Tree(is_whole)
        try:
            if not tree.begin():
                return 1
            for name, *bug in wanted:
                began = time.monotonic()
                verdict, why = tree.attempt(*bug)
                if verdict == "killed":
                    killed += 1
                    print(f"killed   {name}: {why} ({time.monotonic() - began:.0f} s)", flush=True)
                else:
                    survivors.append(name)
                    print(f"SURVIVED {name}: {verdict} {why}", flush=True)
        finally:
            shutil.rmtree(tree.path, ignore_errors=True)
    print(f"mutants: {killed} killed, {len(survivors)} survived")
    print(f"{killed} passed, {len(survivors)} failed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
