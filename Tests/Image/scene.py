"""A scratch folder with everything the tests build from: our programs, and stand-ins for two."""

import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile

import recipe

FIRST_LINE = "keel-init stand-in: first line"
REPOSITORY = recipe.HERE.parent


def stand_in(text):
    """A static program of a few instructions that says this and waits for ever."""
    path = REPOSITORY / "scripts" / "fixtures" / "tree.py"
    sys.path.append(str(path.parent))
    spec = importlib.util.spec_from_file_location("fixture_tree", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module._init(f"{text}\n".encode())


class Scene:
    def __init__(self, programs, everything):
        self.given, self.everything = programs.resolve(), everything
        self._folder = tempfile.TemporaryDirectory(prefix="keelos-image-")
        self.folder = pathlib.Path(self._folder.name)
        self._bundle = None

    def __enter__(self):
        self.folder.chmod(0o755)
        self.bin = self.programs("bin")
        return self

    def __exit__(self, *_):
        self._folder.cleanup()

    def programs(self, name):
        """A new folder of programs as `make build` leaves it; the first process is a stand-in."""
        folder = self.folder / name
        folder.mkdir()
        for program in ("keel-agent", "keel-image"):
            shutil.copy(self.given / program, folder / program)
        for program, text in (("keel-init", FIRST_LINE), ("keel-provision", "stand-in")):
            (folder / program).write_bytes(stand_in(text))
            (folder / program).chmod(0o755)
        return folder

    def build(self, output, *options, programs=None, **settings):
        """Runs the build; the finished process, whatever became of it."""
        return subprocess.run(
            [sys.executable, "-B", recipe.HERE / "build.py", "--bin", programs or self.bin,
             "--version", "1.2.0", "--output", output, *options],
            text=True, capture_output=True, timeout=1200, **settings)

    def release(self):
        """A folder with one whole release, made once."""
        if self._bundle is None:
            output = self.folder / "release"
            done = self.build(output, "--compressor", "fast", "--created", "2026-11-21T00:00:00Z")
            if done.returncode:
                raise RuntimeError(done.stderr)
            self._bundle = output
        return self._bundle

    def squash(self, folder, name, *options, owner=("-all-root",)):
        """A SquashFS of a folder, as the build makes it."""
        image = self.folder / name
        image.unlink(missing_ok=True)
        subprocess.run(["mksquashfs", folder, image, "-comp", "gzip", *owner, "-no-xattrs",
                        "-noappend", "-quiet", "-no-progress", "-all-time", "0", "-mkfs-time", "0",
                        "-action", "uncompressed @ pathname(/boot/*)", *options],
                       check=True, stdout=subprocess.DEVNULL)
        return image
