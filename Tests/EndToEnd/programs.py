"""Running programs: always with an end in time, never through a shell."""

import dataclasses
import os
import re
import signal
import subprocess

from report import Wrong, shown

DONE, FAILED, REFUSED, BUSY, USAGE = 0, 1, 2, 3, 64
PROGRESS = re.compile(r"^(scanning|writing|proving|fetching) \d+ %")


@dataclasses.dataclass(frozen=True)
class Result:
    """What a program left behind."""

    arguments: tuple
    code: int
    out: str
    err: str

    @property
    def sentence(self):
        """What it said on standard error, without progress."""
        lines = [line for line in self.err.splitlines() if not PROGRESS.match(line)]
        return "\n".join(lines).strip()

    def must(self, code, *words):
        """Itself, when it ended with `code` and said all of `words`."""
        text = self.sentence if code != DONE else self.out
        missing = [word for word in words if not re.search(word, text)]
        if self.code != code or missing:
            what = f"without {missing}" if self.code == code else f"expected {code}"
            raise Wrong(f"{shown(' '.join(self.arguments), 400)}: ended with {self.code}, {what}; "
                        f"it said: {shown((self.out + self.err).strip(), 900)}")
        return self


def call(*arguments, stdin=None, timeout=120, cwd=None, env=None):
    """Runs a program to its end. `stdin` is bytes, a file, or nothing."""
    words = tuple(str(argument) for argument in arguments)
    given = {"input": stdin} if isinstance(stdin, bytes) else {
        "stdin": subprocess.DEVNULL if stdin is None else stdin}
    try:
        done = subprocess.run(words, capture_output=True, timeout=timeout, cwd=cwd,
                              env={**os.environ, "LC_ALL": "C", **(env or {})}, **given)
    except subprocess.TimeoutExpired:
        raise Wrong(f"{shown(' '.join(words))}: still running after {timeout} s") from None
    return Result(words, done.returncode, done.stdout.decode(errors="replace"),
                  done.stderr.decode(errors="replace"))


def tool(*arguments, **options):
    """Runs a program that must succeed; its output."""
    return call(*arguments, **options).must(DONE).out


class Running:
    """A program in the background that is gone when the block ends."""

    def __init__(self, *arguments, stdin=None, env=None, log=None):
        self.words = tuple(str(argument) for argument in arguments)
        self.options = {"stdin": stdin or subprocess.DEVNULL, "env": {**os.environ, **(env or {})},
                        "stdout": log or subprocess.PIPE, "stderr": log or subprocess.PIPE}

    def __enter__(self):
        self.process = subprocess.Popen(self.words, **self.options)
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def runs(self):
        return self.process.poll() is None

    def kill(self):
        """SIGKILL; waits until the kernel has closed its files."""
        if self.runs:
            self.process.send_signal(signal.SIGKILL)
        return self.result(timeout=30)

    def result(self, timeout):
        try:
            out, err = self.process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            self.stop()
            raise Wrong(f"{shown(' '.join(self.words))}: still running after {timeout} s") from None
        return Result(self.words, self.process.returncode, (out or b"").decode(errors="replace"),
                      (err or b"").decode(errors="replace"))

    def stop(self):
        if self.runs:
            self.process.kill()
        self.process.wait(timeout=30)
        for stream in (self.process.stdout, self.process.stderr):
            if stream:
                stream.close()
