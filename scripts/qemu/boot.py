#!/usr/bin/env python3
"""Boots a disk image in QEMU and shows what comes out of its serial port.

    boot.py DISK --until 'keel: boot slot=' [--count 3] [--sector-size 4096] [--timeout 60]
    boot.py --many < jobs.json

Machine: q35, UEFI (OVMF, no Secure Boot) with a private copy of the variable store, one virtio
disk, software emulation only. What the guest wrote is in DISK when this ends, unless --snapshot is
given.

Exit status: 0 the expression was seen COUNT times (or none was asked for and QEMU ended), 3
timeout, 1 QEMU ended first or could not start, 64 usage.

--many reads a JSON list of jobs, each an object with the fields of `Job` (only `disk` is required),
runs `--parallel` of them at once and prints one JSON line per job when it ends, in no fixed order:
{"index": 0, "disk": "...", "outcome": "seen", "seconds": 4.2, "lines": [[3.9, "keel: ..."], ...],
 "complaints": []}
Status 0 means that every job was run and has its line; a job's own result is its `outcome`: "seen",
"timeout" or "ended".
"""

import argparse
import concurrent.futures
import dataclasses
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

FIRMWARE = os.environ.get("OVMF_CODE", "/usr/share/OVMF/OVMF_CODE_4M.fd")
VARIABLES = os.environ.get("OVMF_VARS", "/usr/share/OVMF/OVMF_VARS_4M.fd")
SECURE_FIRMWARE = "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd"
# A thread for each processor makes kernels stand still now and then, see README.md.
ACCELERATOR = ["-accel", f"tcg,thread={os.environ.get('QEMU_THREADS', 'single')}"]
QEMU = os.environ.get("QEMU", "qemu-system-x86_64")
TERMINAL_CODES = re.compile(rb"\x1b(?:\[[0-9;?=]*[A-Za-z]|[()][A-Z0-9]|[=>c])")
LONGEST_LINE = 1 << 16
STOPPED_BY_US = f"terminating on signal 15 from pid {os.getpid()} "


@dataclasses.dataclass
class Job:
    """One boot. `disk` is a path, or an address QEMU knows (`nbd+unix:///?socket=PATH`)."""

    disk: str
    sector_size: int = 512
    until: str | None = None
    count: int = 1
    timeout: float = 60.0
    snapshot: bool = False
    memory: int = 512  # MiB
    cpus: int = 1
    cpu: str = "max"
    reboot: bool = True  # False: a reset by the guest ends QEMU
    firmware: str = FIRMWARE
    variables: str = VARIABLES  # a copy of it is used
    arguments: list[str] = dataclasses.field(default_factory=list)  # more QEMU arguments


@dataclasses.dataclass
class Result:
    """What a boot showed: `lines` are (seconds since start, text), `complaints` QEMU's own."""

    outcome: str
    seconds: float
    lines: list[tuple[float, str]]
    complaints: list[str]

    def texts(self):
        return [text for _, text in self.lines]


def command(job, variables):
    """The QEMU command line. The disk is the only boot entry: the firmware tries nothing else."""
    drive = f"if=none,id=disk,format=raw,cache=writethrough,file={job.disk.replace(',', ',,')}"
    if job.snapshot:
        drive += ",snapshot=on"
    size = job.sector_size
    # Firmware that keeps its variables from the system does so in system management mode.
    is_secure = job.firmware == SECURE_FIRMWARE
    guard = ["-global", "driver=cfi.pflash01,property=secure,value=on",
             "-global", "ICH9-LPC.disable_s3=1"] if is_secure else []
    machine = [
        QEMU, "-machine", f"q35,smm={'on' if is_secure else 'off'},vmport=off,hpet=off", *guard,
        *ACCELERATOR, "-cpu", job.cpu,
        "-smp", str(job.cpus), "-m", str(job.memory),
        "-nodefaults", "-no-user-config", "-nographic", "-serial", "stdio", "-boot", "menu=off",
        "-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={job.firmware}",
        "-drive", f"if=pflash,format=raw,unit=1,file={variables}",
        "-drive", drive,
        "-device", "virtio-blk-pci,drive=disk,bootindex=0,"
                   f"logical_block_size={size},physical_block_size={size}",
    ]
    if not job.reboot:
        machine.append("-no-reboot")
    # QEMU dies with the thread that started it, even if this program is killed.
    return ["setpriv", "--pdeathsig", "KILL", *machine, *job.arguments]


def serial_lines(pipe, deadline, stopping):
    """Yields each line of `pipe` until it ends; None last, once `deadline` has passed."""
    pending = b""
    while True:
        wait = deadline - time.monotonic()
        if wait <= 0 or stopping.is_set():
            if pending:
                yield clean(pending)
            yield None
            return
        if not select.select([pipe], [], [], min(wait, 0.5))[0]:
            continue
        block = os.read(pipe.fileno(), 65536)
        if not block:
            if pending:
                yield clean(pending)
            return
        *lines, pending = (pending + block).split(b"\n")
        yield from map(clean, lines)
        if len(pending) > LONGEST_LINE:
            yield clean(pending)
            pending = b""


def clean(line):
    """A line without terminal codes and carriage returns; every byte is one character (Latin-1)."""
    return TERMINAL_CODES.sub(b"", line).replace(b"\r", b"").decode("latin-1")


def stop(process):
    process.terminate()
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def boot(job, show=None, stopping=None):
    """Boots `job` and returns its Result.

    Calls `show(seconds, text)` for each line as it comes. Setting the event `stopping` from another
    thread has the effect of the timeout.
    """
    expression = re.compile(job.until) if job.until else None
    stopping = stopping or threading.Event()
    with tempfile.TemporaryDirectory(prefix="boot-") as folder:
        variables = os.path.join(folder, "variables.fd")
        shutil.copyfile(job.variables, variables)
        started = time.monotonic()
        errors = open(os.path.join(folder, "errors"), "w+", encoding="utf-8", errors="replace")
        process = subprocess.Popen(command(job, variables), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=errors)
        lines, seen, outcome = [], 0, "ended"
        try:
            for text in serial_lines(process.stdout, started + job.timeout, stopping):
                if text is None:
                    outcome = "timeout"
                    break
                seconds = round(time.monotonic() - started, 3)
                lines.append((seconds, text))
                if show:
                    show(seconds, text)
                if expression and expression.search(text):
                    seen += 1
                    if seen == job.count:
                        outcome = "seen"
                        break
        finally:
            stop(process)
            process.stdout.close()
            errors.seek(0)
            complaints = [line for line in errors.read().splitlines() if STOPPED_BY_US not in line]
            errors.close()
        return Result(outcome, round(time.monotonic() - started, 3), lines, complaints)


def boot_many(jobs, parallel=2):
    """Yields (index, Result) for each of `jobs` as it ends, `parallel` at once."""
    stopping = threading.Event()
    with concurrent.futures.ThreadPoolExecutor(parallel) as pool:
        running = {pool.submit(boot, job, None, stopping): index for index, job in enumerate(jobs)}
        try:
            for done in concurrent.futures.as_completed(running):
                yield running[done], done.result()
        finally:
            stopping.set()
            for waiting in running:
                waiting.cancel()


def job_from(value):
    """A Job from a JSON object; unknown and missing fields are refused."""
    try:
        job = Job(**value)
        if job.until is not None:
            re.compile(job.until)
    except (TypeError, re.error) as error:
        raise SystemExit(usage(f"not a job: {value!r}: {error}")) from error
    if job.sector_size not in (512, 4096):
        raise SystemExit(usage(f"not a job: {value!r}: sector_size is 512 or 4096"))
    return job


def usage(text):
    print(f"boot.py: {text}", file=sys.stderr)
    return 64


def main():
    parser = argparse.ArgumentParser(description="Boots a disk image, shows its serial port")
    parser.add_argument("disk", nargs="?")
    parser.add_argument("--many", action="store_true", help="read a JSON list of jobs from stdin")
    parser.add_argument("--parallel", type=int, default=2, help="jobs at once with --many")
    parser.add_argument("--sector-size", type=int, choices=(512, 4096), default=512)
    parser.add_argument("--until", help="stop when a line matches this expression")
    parser.add_argument("--count", type=int, default=1, help="stop at this match of --until")
    parser.add_argument("--timeout", type=float, default=60.0, help="seconds")
    parser.add_argument("--snapshot", action="store_true", help="throw the guest's writes away")
    parser.add_argument("--memory", type=int, default=512, help="MiB")
    parser.add_argument("--cpus", type=int, default=1)
    parser.add_argument("--cpu", default="max", help="QEMU processor model")
    parser.add_argument("--no-reboot", dest="reboot", action="store_false")
    parser.add_argument("--argument", dest="arguments", action="append", default=[],
                        help="one more argument for QEMU (repeatable, as --argument=-device)")
    options = vars(parser.parse_args())
    many, parallel = options.pop("many"), options.pop("parallel")
    # Ending by a signal must run the `finally` blocks that stop QEMU.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))

    if many:
        try:
            values = json.load(sys.stdin)
        except ValueError as error:
            return usage(f"not JSON: {error}")
        jobs = [job_from(value) for value in values]
        for index, result in boot_many(jobs, parallel):
            line = {"index": index, "disk": jobs[index].disk, **dataclasses.asdict(result)}
            print(json.dumps(line), flush=True)
        return 0

    if options["disk"] is None:
        return usage("DISK or --many is needed")
    job = job_from(options)
    result = boot(job, lambda seconds, text: print(f"{seconds:8.3f} {text}", flush=True))
    for complaint in result.complaints:
        print(complaint, file=sys.stderr)
    if result.outcome == "ended":
        return 1 if options["until"] else 0
    return 0 if result.outcome == "seen" else 3


if __name__ == "__main__":
    sys.exit(main())
