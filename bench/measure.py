"""Runs one contender and says what it cost: wall time, CPU, memory, temporary disk space.

CPU is user and system time of every process of the contender, those included whose parent did not
wait for them. Memory is the largest single process (GNU time starts the contender: a process that
Python starts would inherit Python's own peak). Temporary disk space is the peak of a file system
that holds nothing else, sampled every 20 ms.
"""

import os
import pathlib
import signal
import subprocess
import threading
import time
from dataclasses import dataclass

from host import dies_with_parent


@dataclass
class Cost:
    wall: float
    cpu: float
    rss: int  # bytes
    temporary: int  # bytes
    status: int
    output: str


class Meter:
    def __init__(self, host, scratch, timeout):
        self.host, self.scratch, self.timeout = host, scratch, timeout
        self.environment = {**os.environ, "LC_ALL": "C", "TMPDIR": str(scratch.path)}

    def measure(self, command, service=None, ready=None, environment=None):
        """Costs of a shell command; `service` is started before the clock and stopped after it,
        and what it used is added, `ready` says when it can be asked."""
        self.scratch.clear()
        environment = {**self.environment, **(environment or {})}
        floor = self.scratch.used()
        peak = _Peak(self.scratch.used)
        log = self.host.work / "output"
        with open(log, "wb") as output, peak:
            daemon = self._start(service, "service", environment, output) if service else None
            try:
                if daemon:
                    _await(ready, daemon)
                begun = time.perf_counter()
                main = self._start(command, "main", environment, output)
                status, cpu = self._reap(main)
                wall = time.perf_counter() - begun
                memory = self._memory("main")
            finally:
                if daemon:
                    for child in _descendants(daemon.pid, leaves=True):
                        os.kill(child, signal.SIGTERM)
            if daemon:
                cpu += self._reap(daemon)[1]
                memory = max(memory, self._memory("service"))
            cpu += self._reap_orphans()
        text = log.read_text(errors="replace")[-8000:]
        return Cost(wall, cpu, memory, max(0, peak.value - floor), status, text)

    def _start(self, command, name, environment, output):
        file = self.host.work / f"{name}.rss"
        file.unlink(missing_ok=True)
        return subprocess.Popen(
            ["/usr/bin/time", "--quiet", "--format", "%M", "--output", file, "bash", "-c", command],
            env=environment, cwd=self.scratch.path, stdin=subprocess.DEVNULL, stdout=output,
            stderr=output, start_new_session=True, preexec_fn=dies_with_parent)

    def _memory(self, name):
        return int((self.host.work / f"{name}.rss").read_text().split()[-1]) * 1024

    def _reap(self, process):
        """Waits for one process within the time limit; kills its session when that is over."""
        timer = threading.Timer(self.timeout, os.killpg, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            _, status, usage = os.wait4(process.pid, 0)
        except BaseException:  # interrupted: nobody of it may still hold the slot
            os.killpg(process.pid, signal.SIGKILL)
            os.waitpid(process.pid, 0)
            self._reap_orphans()
            raise
        finally:
            timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode, usage.ru_utime + usage.ru_stime

    def _reap_orphans(self):
        """CPU of descendants that were left to us; one that lingers is ended."""
        helpers = {child.pid for child in self.host.children}
        cpu, deadline = 0.0, time.monotonic() + 3
        while orphans := _descendants(os.getpid()) - helpers:
            for pid in orphans:
                if time.monotonic() > deadline:
                    os.kill(pid, signal.SIGKILL)
                done, _, usage = os.wait4(pid, os.WNOHANG)
                if done:
                    cpu += usage.ru_utime + usage.ru_stime
            time.sleep(0.005)
        return cpu


class _Peak:
    """The greatest value that a function returned while the block ran."""

    def __init__(self, function):
        self.function, self.value, self.stop = function, function(), threading.Event()
        self.thread = threading.Thread(target=self._watch, daemon=True)

    def _watch(self):
        while not self.stop.wait(0.02):
            self.value = max(self.value, self.function())

    def __enter__(self):
        self.thread.start()

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
        self.value = max(self.value, self.function())


def _descendants(pid, leaves=False):
    """The children of a process, or with `leaves` those of its descendants that have none."""
    children = set()
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children.update(int(child) for child in task.read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            continue  # A thread that has ended has no children.
    if not leaves:
        return children
    return set().union(*(_descendants(child, True) or {child} for child in children))


def _await(ready, daemon):
    for _ in range(200):
        if ready():
            return
        if daemon.poll() is not None:
            break
        time.sleep(0.05)
    raise RuntimeError("a contender's service did not come up")
