"""One line a test, and the count at the end."""

import contextlib
import subprocess
import sys
import threading
import time
import traceback


class Wrong(Exception):
    """A test found something else than it expected."""


def expect(condition, why):
    if not condition:
        raise Wrong(why() if callable(why) else why)


def expect_equal(found, expected, what):
    expect(found == expected, lambda: f"{what} is {shown(found)}, expected {shown(expected)}")


def shown(value, limit=300):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= limit else text[:limit] + "..."


class Report:
    """Counts what passed and failed; a failing test never stops the others. Any thread may tell."""

    def __init__(self, verbose=False):
        self.passed = 0
        self.failures = []
        self.verbose = verbose
        self.start = time.monotonic()
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def test(self, sentence):
        try:
            yield
        except (Wrong, OSError, ValueError, LookupError, ArithmeticError, RuntimeError,
                AttributeError, TypeError, subprocess.SubprocessError) as fault:
            self.failures.append(sentence)
            name = "" if isinstance(fault, Wrong) else f"{type(fault).__name__}: "
            print(f"FAIL {sentence}: {name}{fault}", flush=True)
            if self.verbose or not isinstance(fault, Wrong):
                traceback.print_exc(limit=6, file=sys.stderr)
        else:
            with self._turn:
                self.passed += 1
            print(f"ok  {sentence}", flush=True)

    def note(self, text):
        print(f"    {text}", flush=True)

    def finish(self, seed):
        seconds = time.monotonic() - self.start
        print(f"seed {seed}, {seconds:.0f} seconds")
        print(f"{self.passed} passed, {len(self.failures)} failed", flush=True)
        return 1 if self.failures else 0
