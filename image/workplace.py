"""A scratch folder that goes away with the build, whatever ends it."""

import os
import pathlib
import shutil
import tempfile


class Workplace:
    """Lies in the output folder, because a root does not belong into memory."""

    def __init__(self, output):
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix=".image-", dir=output))

    def __enter__(self):
        return self._folder

    def __exit__(self, *_):
        for folder, _, _ in os.walk(self._folder):
            os.chmod(folder, 0o700)
        shutil.rmtree(self._folder)
