#!/usr/bin/env python3
"""Boots the loader in QEMU on every kind of boot record and compares what it says, does and writes.

    python3 bootloader/check.py [--only REGEX] [--sector-size 512|4096] [--parallel N]

Each case is one disk: three record copies, two slots, perhaps a faulty device. Compared are all
`keel:` lines up to the last expected boot, in order, and the bytes of the three copies afterwards;
nothing else on the disk may have changed.
Prints `N passed, N failed`; status 0 if none failed.
"""

import argparse
import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts" / "qemu"))
sys.dont_write_bytecode = True
import boot  # noqa: E402
import faulty  # noqa: E402
import testdisk  # noqa: E402
from testdisk import block, record  # noqa: E402

MARKER = b"\n# KEELOS LOADER CONTRACT 1 END\n"
UNCHANGED = object()
NAMES = ("ENV0", "ENV1", "ENV2")


@dataclasses.dataclass
class Case:
    """One disk and what must come of it. `expect` are the lines after `keel: `, of all boots."""

    name: str
    env0: bytes | None
    env1: bytes | None
    expect: list[str]
    env2: bytes | None = dataclasses.field(default_factory=record)
    slots: dict = dataclasses.field(default_factory=lambda: {"A": "whole", "B": "whole"})
    faults: list = dataclasses.field(default_factory=list)  # (copy, kind of faulty.Fault)
    boots: int = 1
    after0: object = UNCHANGED
    after1: object = UNCHANGED


def read(source, order="A B", a="good", b="none", seq="1"):
    return f"record source={source} ORDER={order} A={a} B={b} SEQ={seq}"


def boots(slot, state):
    return [f"slot {slot} [{state}] loading",
            f"boot slot={slot} state={state} partuuid={testdisk.PARTITION_UUID[slot]}"]


def fails(slot, state):
    return [f"slot {slot} [{state}] loading", f"slot {slot} [{state}] cannot be loaded"]


def lines(*texts):
    """A copy made of these lines, for the cases about parsing."""
    return block("".join(text + "\n" for text in texts).encode("latin-1"))


GOOD = record()
ARMED = record("B A", "good", "3", "7")
TRIED = record("B A", "good", "2", "7")
ARMED_LINE = read(0, "B A", "good", "3", "7")
SKIPPED = "trial of B cannot be recorded"
NO_RECORD = read("none", "A B", "unknown", "unknown", "unknown")
RUBBISH = bytes((i * 167 + 41) % 256 for i in range(1024))


def damaged(name, env0):
    """Two cases: with this env0 the boot goes by env1, and a trial is counted there; env0 stays."""
    return [
        Case(f"{name}: env1 decides", env0, GOOD, [read(1), *boots("A", "good")]),
        Case(f"{name}: env1 counts the trial", env0, ARMED,
             [read(1, "B A", "good", "3", "7"), *boots("B", "trial3")], after1=TRIED),
    ]


def choice_cases():
    """Which copy is taken."""
    newer = record("B A", "good", "good", "10")
    yield Case("a good slot boots without a write", GOOD, GOOD, [read(0), *boots("A", "good")])
    yield Case("equal SEQ: env0 is taken", GOOD, record("B A", "good", "good"),
               [read(0), *boots("A", "good")])
    yield Case("SEQ 10 in env1 is greater than 9", record(seq="9"), newer,
               [read(1, "B A", "good", "good", "10"), *boots("B", "good")])
    yield Case("SEQ 9 in env1 is not greater than 10", newer, record(seq="9"),
               [read(0, "B A", "good", "good", "10"), *boots("B", "good")])
    yield Case("SEQ with leading zeros is decimal", record(seq="9"),
               record("B A", "good", "good", "010"),
               [read(1, "B A", "good", "good", "010"), *boots("B", "good")])
    yield Case("SEQ of nine digits is compared whole", record(seq="999999998"),
               record("B A", "good", "good", "999999999"),
               [read(1, "B A", "good", "good", "999999999"), *boots("B", "good")])
    yield Case("an older env1 gets the count and the SEQ of env0", ARMED, record(seq="6"),
               [ARMED_LINE, *boots("B", "trial3")], after0=TRIED, after1=TRIED)
    yield Case("an older env0 gets the count and the SEQ of env1", record(seq="6"), ARMED,
               [read(1, "B A", "good", "3", "7"), *boots("B", "trial3")],
               after0=TRIED, after1=TRIED)
    yield from damaged("env0 missing", None)
    yield from damaged("env0 empty", b"")
    yield from damaged("env0 rubbish", RUBBISH)
    yield from damaged("env0 zeros", bytes(1024))
    yield Case("env0 torn before END", GOOD[:60] + bytes(964), record("B A", "good", "good"),
               [read(1, "B A", "good", "good"), *boots("B", "good")],)
    for what, bad in (("END=keel2", record(end="keel2")), ("ORDER=A A", record(order="A A")),
                      ("ORDER=A", record(order="A")), ("A=4", record(a="4")), ("A=", record(a="")),
                      ("B=goodx", record(b="goodx")), ("SEQ=", record(seq="")),
                      ("SEQ of ten digits", record(seq="1000000000")), ("SEQ=-1", record(seq="-1")),
                      ("SEQ=0x9", record(seq="0x9"))):
        yield Case(f"{what} makes a copy lost", bad, record(seq="1", b="failed"),
                   [read(1, b="failed"), *boots("A", "good")])


def grant_cases():
    """What the record grants."""
    used_up = record("B A", "good", "failed", "7")
    yield Case("a trial counts 3, 2, 1, failed; then the other slot", ARMED, ARMED, [
        ARMED_LINE, *boots("B", "trial3"),
        read(0, "B A", "good", "2", "7"), *boots("B", "trial2"),
        read(0, "B A", "good", "1", "7"), *boots("B", "trial1"),
        read(0, "B A", "good", "failed", "7"), *boots("A", "good"),
        read(0, "B A", "good", "failed", "7"), *boots("A", "good"),
    ], boots=5, after0=used_up, after1=used_up)
    yield Case("failed and none are passed over", record("B A", "good", "failed"), GOOD,
               [read(0, "B A", "good", "failed"), *boots("A", "good")])
    yield Case("a trial behind a good slot is not touched", record("A B", "good", "3"), GOOD,
               [read(0, b="3"), *boots("A", "good")])
    yield Case("a trial that cannot be loaded costs a try, then the good slot boots", ARMED, ARMED,
               [ARMED_LINE, *fails("B", "trial3"), *boots("A", "good")],
               slots={"A": "whole", "B": "no kernel"}, after0=TRIED, after1=TRIED)
    yield Case("after a trial that cannot be loaded the other trial is counted",
               record("B A", "2", "1"), record("B A", "2", "1"),
               [read(0, "B A", "2", "1"), *fails("B", "trial1"), *boots("A", "trial2")],
               slots={"A": "whole", "B": "empty"},
               after0=record("B A", "1", "failed"), after1=record("B A", "1", "failed"))
    yield Case("a good slot without initramfs: the other good slot in the same boot",
               record("A B", "good", "good"), GOOD,
               [read(0, b="good"), *fails("A", "good"), *boots("B", "good")],
               slots={"A": "no initramfs", "B": "whole"})
    yield Case("slots compressed with xz and lzo boot", record("A B", "good", "good"), GOOD,
               [read(0, b="good"), *boots("A", "good")], slots={"A": "xz", "B": "lzo"})
    yield Case("a slot compressed with lzo boots", record("B A", "good", "good"), GOOD,
               [read(0, "B A", b="good"), *boots("B", "good")], slots={"A": "xz", "B": "lzo"})


def damage_cases():
    """Files whose sums are not what their slot says."""
    yield Case("a slot whose sums are right boots", record(b="good"), GOOD,
               [read(0, b="good"), *boots("A", "good")],
               slots={"A": "with sums", "B": "whole"})
    yield Case("a good slot whose kernel is damaged: the other good slot in the same boot",
               record("A B", "good", "good"), GOOD,
               [read(0, b="good"), *fails("A", "good"), *boots("B", "good")],
               slots={"A": "damaged kernel", "B": "with sums"})
    yield Case("a trial whose initramfs is damaged costs a try, then the good slot boots",
               ARMED, ARMED, [ARMED_LINE, *fails("B", "trial3"), *boots("A", "good")],
               slots={"A": "whole", "B": "damaged initramfs"}, after0=TRIED, after1=TRIED)
    yield Case("a damaged slot is the last of all that are tried, and still tried",
               record("A B", "good", "failed"), GOOD,
               [read(0, b="failed"), *fails("A", "good"), *fails("A", "lastresort"),
                *fails("B", "lastresort"), *boots("A", "lastresort")],
               slots={"A": "damaged kernel", "B": "empty"})
    yield Case("before a damaged slot is tried as the last resort a failed one is",
               record("A B", "good", "failed"), GOOD,
               [read(0, b="failed"), *fails("A", "good"), *fails("A", "lastresort"),
                *boots("B", "lastresort")],
               slots={"A": "damaged kernel", "B": "with sums"})


def last_resort_cases():
    """When the record grants nothing that loads."""
    yield Case("last resort boots a failed slot", record(b="failed"), GOOD,
               [read(0, b="failed"), *fails("A", "good"), *fails("A", "lastresort"),
                *boots("B", "lastresort")], slots={"A": "no kernel", "B": "whole"})
    yield Case("last resort never boots a slot in state none; the machine tries again", GOOD, GOOD,
               [read(0), *fails("A", "good"), *fails("A", "lastresort"), "nothing boots"] * 2,
               slots={"A": "empty", "B": "whole"}, boots=2)
    yield Case("last resort follows ORDER", record("B A", "failed", "failed"), GOOD,
               [read(0, "B A", "failed", "failed"), *boots("B", "lastresort")])
    yield Case("both lost: env2 grants its good slot and no trial", None, RUBBISH,
               [read(2, "B A", "good", "3", "5"), *boots("A", "good")],
               env2=record("B A", "good", "3", "5"))
    yield Case("env2 without a bootable good slot: last resort, still no none", None, None,
               [read(2, "B A", "none", "3", "5"), *fails("B", "lastresort"), "nothing boots"],
               env2=record("B A", "none", "3", "5"), slots={"A": "whole", "B": "empty"})
    yield Case("env2 with a trial only: last resort without a count", bytes(1024), b"",
               [read(2, "B A", "failed", "3", "5"), *boots("B", "lastresort")],
               env2=record("B A", "failed", "3", "5"))
    yield Case("all lost: A", None, bytes(1024), [NO_RECORD, *boots("A", "lastresort")],
               env2=RUBBISH)
    yield Case("all lost, A not loadable: B", None, None,
               [NO_RECORD, *fails("A", "lastresort"), *boots("B", "lastresort")], env2=None,
               slots={"A": "no initramfs", "B": "whole"})


def write_cases():
    """No trial unless its count is on the disk."""
    skipped = [ARMED_LINE, SKIPPED, *boots("A", "good")]
    yield Case("env0 refuses the write: no trial", ARMED, ARMED, skipped,
               faults=[("ENV0", "fail writes")], after1=TRIED)
    yield Case("env0 loses the write: found by reading back, no trial", ARMED, ARMED, skipped,
               faults=[("ENV0", "lose writes")], after1=TRIED)
    yield Case("env1 refuses the write, env0 was read: the trial goes on", ARMED, ARMED,
               [ARMED_LINE, *boots("B", "trial3")], faults=[("ENV1", "fail writes")], after0=TRIED)
    yield Case("env1 was read and loses the write: no trial", None, ARMED,
               [read(1, "B A", "good", "3", "7"), SKIPPED, *boots("A", "good")],
               faults=[("ENV1", "lose writes")])
    yield Case("env0 cannot be read: env1 decides and counts", GOOD, ARMED,
               [read(1, "B A", "good", "3", "7"), *boots("B", "trial3")],
               faults=[("ENV0", "fail reads")], after1=TRIED)
    yield Case("a trial that cannot be recorded may be the last resort", ARMED, ARMED,
               [ARMED_LINE, SKIPPED, *fails("A", "good"), *boots("B", "lastresort")],
               faults=[("ENV0", "fail writes")], slots={"A": "empty", "B": "whole"}, after1=TRIED)
    yield Case("a block that ends in NUL is read but not saved", ARMED[:512] + bytes(512), ARMED,
               skipped, after1=TRIED)
    full = ARMED.rstrip(b"#")
    full += b"#" * (1023 - len(full)) + b"\n"
    yield Case("a block without room takes a value of the same length", full, ARMED,
               [ARMED_LINE, *boots("B", "trial3")],
               after0=full.replace(b"B=3", b"B=2"), after1=TRIED)
    last = full.replace(b"B=3", b"B=1")
    yield Case("a block without room does not take a longer value", last, last,
               [read(0, "B A", "good", "1", "7"), SKIPPED, *boots("A", "good")])
    yield Case("a name that GRUB reads but does not find when it saves is appended",
               lines("ORDER=B A", "A=good", "B\0x=3", "SEQ=7", "END=keel1"), ARMED,
               [ARMED_LINE, *boots("B", "trial3")],
               after0=lines("ORDER=B A", "A=good", "B\0x=3", "SEQ=7", "END=keel1", "B=2"),
               after1=TRIED)
    yield Case("a save writes values without needless backslashes",
               lines("ORDER=B A", "A=go\\od", "B=3", "SEQ=7", "END=keel1"), ARMED,
               [ARMED_LINE, *boots("B", "trial3")], after0=TRIED, after1=TRIED)
    yield Case("a name written twice: the save changes the first, the reader takes the last",
               lines("ORDER=B A", "A=good", "B=1", "B=3", "SEQ=7", "END=keel1"), ARMED, skipped,
               after0=lines("ORDER=B A", "A=good", "B=2", "B=3", "SEQ=7", "END=keel1"),
               after1=TRIED)


def parse_cases():
    """How GRUB reads an environment block."""
    fields = ("ORDER=A B", "A=good", "B=failed", "SEQ=1", "END=keel1")
    taken = [read(0, b="failed"), *boots("A", "good")]
    other = record("B A", "good", "good")
    lost = [read(1, "B A", "good", "good"), *boots("B", "good")]
    for what, text, expect in (
        ("the last of two assignments counts", ("A=none", *fields), taken),
        ("END need not be last, other names are ignored", ("END=keel1", "X=1", *fields[:4]), taken),
        ("a backslash takes the next character as it is", ("A=go\\od", fields[0], *fields[2:]),
         taken),
        ("a line that starts with # is passed over", ("#A=none", *fields, "#A=none"), taken),
        ("a backslash at the end of a # line hides the next line",
         ("#x\\", "ORDER=A B", *fields[1:]), lost),
        ("a backslash at the end of a value joins the lines", ("A=good\\", fields[0], *fields[2:]),
         lost),
        ("an empty line becomes part of the next name", ("", *fields), lost),
        ("a line without = becomes part of the next name", (fields[0], "A", *fields[1:]), lost),
        ("a space before = is part of the name", ("A =good", fields[0], *fields[2:]), lost),
        ("a space after the value is part of it", ("A=good ", fields[0], *fields[2:]), lost),
        ("a carriage return is part of the value", ("A=good\r", fields[0], *fields[2:]), lost),
        ("a name is case-sensitive", ("a=good", fields[0], *fields[2:]), lost),
        ("a value ends at NUL", ("A=good\0x", fields[0], *fields[2:]), taken),
        ("a name ends at NUL", ("A\0x=good", fields[0], *fields[2:]), taken),
    ):
        yield Case(what, lines(*text), other, expect)
    whole = "\n".join(fields).encode()
    yield Case("a value without newline at the end of the file is not read",
               testdisk.HEADER + whole, other, lost)
    yield Case("the file may be shorter than 1024 bytes", block(whole + b"\n", 100), other, taken)
    yield Case("the file may be longer than 1024 bytes", block(whole + b"\n", 5000), other, taken)
    yield Case("a header with one wrong byte makes the copy lost",
               record(b="failed").replace(b"# GRUB", b"# GRuB"), other, lost)
    short = block(b"ORDER=B A\nA=good\nB=3\nSEQ=7\nEND=keel1\n", 300)
    yield Case("a shorter file is saved in place", short, ARMED,
               [ARMED_LINE, *boots("B", "trial3")],
               after0=short.replace(b"B=3", b"B=2"), after1=TRIED)


def all_cases():
    yield from choice_cases()
    yield from grant_cases()
    yield from damage_cases()
    yield from last_resort_cases()
    yield from write_cases()
    yield from parse_cases()


def slot_images():
    """The contents a slot may have, by the names the cases use."""
    kernel = {"boot/bzImage": testdisk.kernel()}
    return {
        "whole": testdisk.whole_slot(),
        "xz": testdisk.whole_slot("xz"),
        "lzo": testdisk.whole_slot("lzo"),
        "no kernel": testdisk.slot_image({"boot/initramfs": b"initramfs"}),
        "no initramfs": testdisk.slot_image(kernel),
        "empty": b"",
        "with sums": testdisk.whole_slot(has_sums=True),
        "damaged kernel": testdisk.whole_slot(has_sums=True, damaged="boot/bzImage"),
        "damaged initramfs": testdisk.whole_slot(has_sums=True, damaged="boot/initramfs"),
    }


def run_case(case, base, images, folder):
    """Boots the case's disk; returns what differs, as lines; empty if nothing does."""
    disk = os.path.join(folder, "disk")
    before = dict(zip(NAMES, (case.env0, case.env1, case.env2)))
    slots = {letter: images[name] for letter, name in case.slots.items()}
    base.write(disk, before, slots)
    content_before = pathlib.Path(disk).read_bytes()
    job = boot.Job(disk, sector_size=base.sector_size, timeout=60 + 60 * case.boots,
                   count=case.boots, until=r"^keel: (boot slot=|nothing boots)",
                   reboot=case.boots > 1,
                   cpu="Nehalem")  # an older processor: the firmware gets to the loader sooner
    places = places_of_copies(base, folder)
    served = None
    with contextlib.ExitStack() as stack:
        if case.faults:
            faults = [faulty.Fault(places[name], 1024, kind) for name, kind in case.faults]
            served = faulty.Disk(disk, os.path.join(folder, "socket"), faults)
            job = dataclasses.replace(job, disk=stack.enter_context(served).address)
        result = boot.boot(job)
    said = [text[6:] for text in result.texts() if text.startswith("keel: ")]
    wrong = []
    if said != case.expect:
        wrong += [f"outcome {result.outcome}", *(f"expected  {line}" for line in case.expect),
                  *(f"said      {line}" for line in said),
                  *(f"serial    {line}" for line in result.texts()[-12:])]
    for name, after in zip(NAMES, (case.after0, case.after1, UNCHANGED)):
        expected = before[name] if after is UNCHANGED else after
        found = testdisk.read_copy(disk, name)
        if found != expected:
            wrong += [f"{name} expected {expected!r}", f"{name} found    {found!r}"]
    for offset, length in served.writes if served else []:
        if offset not in places.values() or length != max(1024, base.sector_size):
            wrong.append(f"a write of {length} bytes at byte {offset}: not one copy in one request")
    for offset in changed_sectors(content_before, pathlib.Path(disk).read_bytes()):
        if offset not in places.values():
            wrong.append(f"byte {offset} of the disk changed: not the first sector of a copy")
    return wrong


def changed_sectors(before, after):
    """The offsets of the 512-byte sectors that differ."""
    return [at for at in range(0, len(before), 512) if before[at:at + 512] != after[at:at + 512]]


def places_of_copies(base, folder):
    """Where the copies lie, in bytes: the same on every disk made from `base`."""
    probe = os.path.join(folder, "probe")
    base.write(probe, {name: block(f"N={name}\n".encode()) for name in NAMES}, {})
    return {name: testdisk.offset_of_copy(probe, name) for name in NAMES}


def loader_faults(folder):
    """Builds the loader twice; returns its path and what is wrong with it."""
    paths = [os.path.join(folder, name) for name in ("first.efi", "second.efi")]
    for path in paths:
        subprocess.run([HERE / "build.sh", path], check=True, stdout=subprocess.DEVNULL)
    first, second = (pathlib.Path(path).read_bytes() for path in paths)
    wrong = []
    if first != second:
        wrong.append("two builds differ")
    if len(first) > 2 << 20:
        wrong.append(f"{len(first)} bytes, more than 2 MiB")
    if first.count(MARKER) != 1:
        wrong.append("the contract marker is not there exactly once")
    return paths[0], wrong


def main():
    parser = argparse.ArgumentParser(description="Tests the boot loader in QEMU")
    parser.add_argument("--only", default="", help="cases whose name matches this expression")
    parser.add_argument("--sector-size", type=int, choices=(512, 4096), action="append")
    parser.add_argument("--parallel", type=int, default=2)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # removes what it made on the way out
    cases = [case for case in all_cases() if re.search(options.only, case.name)]
    passed = failed = 0

    def report(name, wrong):
        nonlocal passed, failed
        passed, failed = passed + (not wrong), failed + bool(wrong)
        print("ok    " if not wrong else "FAILED", name, flush=True)
        for line in wrong:
            print("       ", line, flush=True)

    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        loader, wrong = loader_faults(folder)
        report("the loader builds the same twice, fits and carries its contract", wrong)
        images = slot_images()
        bases = [testdisk.make_base(loader, size) for size in options.sector_size or (512, 4096)]

        def run(pair):
            base, case = pair
            with tempfile.TemporaryDirectory(dir=folder) as own:
                return f"{base.sector_size}: {case.name}", run_case(case, base, images, own)

        with concurrent.futures.ThreadPoolExecutor(options.parallel) as pool:
            try:
                every = [(base, case) for base in bases for case in cases]
                for name, wrong in pool.map(run, every):
                    report(name, wrong)
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
