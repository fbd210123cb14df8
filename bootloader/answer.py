#!/usr/bin/env python3
"""Boots the real loader on record after record and answers what it chose and what it wrote.

    answer.py LOADER < cases

A case is a line of six words: a name, the sector size, what the slots are (`A` and `B` whole, `a` and
`b` with a damaged kernel, `-` nothing that can be loaded), and the bytes of env0, env1, env2 in
hexadecimal (`-` for a missing file).
The answer to a case is a line of six words: its name, the slot and the state that the kernel was
told (`-` when nothing boots), and the three copies afterwards. Answers come in no fixed order.
"""

import os
import pathlib
import re
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "scripts" / "qemu"))
sys.dont_write_bytecode = True
import boot  # noqa: E402
import testdisk  # noqa: E402

NAMES = ("ENV0", "ENV1", "ENV2")
END = r"keel: (boot slot=|nothing boots)"


def unpack(word):
    return None if word == "-" else bytes.fromhex(word)


def pack(content):
    return "-" if content is None else content.hex()


def main():
    cases = [line.split() for line in sys.stdin if line.strip()]
    whole = testdisk.whole_slot(has_sums=True)
    damaged = testdisk.whole_slot(has_sums=True, damaged="boot/bzImage")
    hollow = testdisk.slot_image({"etc/empty": b""})
    bases = {size: testdisk.make_base(sys.argv[1], size) for size in {int(c[1]) for c in cases}}
    with tempfile.TemporaryDirectory() as folder:
        jobs = []
        for number, (_, size, loads, *copies) in enumerate(cases):
            path = os.path.join(folder, f"{number}.img")
            slots = {slot: whole if slot in loads else damaged if slot.lower() in loads else hollow
                     for slot in "AB"}
            bases[int(size)].write(path, dict(zip(NAMES, map(unpack, copies))), slots)
            jobs.append(boot.Job(disk=path, sector_size=int(size), until=END, timeout=120))
        for index, result in boot.boot_many(jobs):
            name = cases[index][0]
            path = jobs[index].disk
            lines = [text for text in result.texts() if re.search(END, text)]
            said = re.search(r"boot slot=(\w) state=(\w+)", lines[-1]) if lines else None
            if not lines:
                print(name, "?", result.outcome, "-", "-", "-", flush=True)
                continue
            slot, state = said.groups() if said else ("-", "-")
            after = [pack(testdisk.read_copy(path, copy)) for copy in NAMES]
            print(name, slot, state, *after, flush=True)
            os.unlink(path)


if __name__ == "__main__":
    main()
