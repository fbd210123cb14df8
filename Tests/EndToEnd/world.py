"""Where the tests live: programs, a scratch folder, chance from a seed, and what to clean up."""

import contextlib
import pathlib
import random
import shutil
import tempfile

from programs import call, tool
from report import Wrong

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]


class World:
    """One run of the tests."""

    def __init__(self, programs, seed, runs_all, report):
        self.programs = pathlib.Path(programs).resolve()
        self.seed = seed
        self.runs_all = runs_all
        self.report = report
        self.resources = contextlib.ExitStack()
        for name in ("osctl", "keel-image"):
            if not (self.programs / name).is_file():
                raise SystemExit(f"{self.programs} holds no {name}")

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="keel-end-to-end-"))
        self.resources.callback(shutil.rmtree, self.folder, ignore_errors=True)
        return self

    def __exit__(self, *_):
        self.resources.close()

    def chance(self, name):
        """Random numbers of one's own, so that `--only` draws the same ones."""
        return random.Random(f"{self.seed} {name}")

    @contextlib.contextmanager
    def scratch(self, name):
        """A folder that is gone when the block ends."""
        folder = pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def osctl_words(self, disk, trust, *arguments, state=None):
        words = [self.programs / "osctl", "--disk", disk, "--trust", trust]
        return [*words, *(["--state", state] if state else []), *arguments]

    def osctl(self, disk, trust, *arguments, state=None, **options):
        return call(*self.osctl_words(disk, trust, *arguments, state=state), **options)

    def keel_image(self, *arguments, **options):
        return call(self.programs / "keel-image", *arguments, **options)


def copy_sparse(source, target):
    """The same bytes; holes stay holes."""
    tool("cp", "--sparse=always", "--reflink=auto", source, target)
    return target


def wait_until(condition, what, seconds=20, step=0.01):
    """Looks again and again, but not for ever."""
    import time
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Wrong(f"{what}: not within {seconds} s")
        time.sleep(step)
