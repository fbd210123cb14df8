"""The images of a release, brought into a real containerd on this machine: as `keel-agent kubelet`
does before it becomes the kubelet."""

import os
import pathlib
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parents[1] / "image"))

import oci  # noqa: E402
import packages  # noqa: E402
import preload  # noqa: E402
from processes import Process  # noqa: E402
from report import expect, expect_equal  # noqa: E402

CONFIG = """\
version = 2
root = "{folder}/root"
state = "{folder}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{folder}/containerd.sock"
"""
# More than one message holds, and not a round number.
LARGE = 3_000_001


def run(cluster, report):
    folder = cluster.folder / "images"
    (folder / "archives").mkdir(parents=True)
    image = oci.archive("registry.example.com/large:1", {"/large": os.urandom(LARGE)}, ["/large"])
    (folder / "archives" / "large.tar").write_bytes(image)
    (folder / "archives" / "pause.tar").write_bytes(preload.pause(packages.cache_folder()))
    with Runtime(folder) as runtime:
        with report.test("images are brought into a containerd that starts meanwhile"):
            said = runtime.preload(cluster.programs).stdout.split()
            expect_equal(said, ["registry.example.com/large:1", preload.PAUSE], "what was brought")
        with report.test("each is whole by containerd's own word, pinned, of the digest it had"):
            listed = runtime.ctr("images", "check")
            for name in said:
                line = next(line for line in listed.splitlines() if line.startswith(name))
                expect("complete" in line, line)
            listed = runtime.ctr("images", "ls")
            expect_equal(listed.count("io.cri-containerd.pinned=pinned"), 2, "pinned images")
            expect(oci.look(open(folder / "archives" / "large.tar", "rb"), "large")[1] in listed,
                   "another digest")
            expect_equal(runtime.ctr("leases", "ls", "-q").split(), [], "leases that are left")
        with report.test("brought once, they are left alone"):
            before = runtime.ctr("content", "ls")
            expect_equal(runtime.preload(cluster.programs).stdout, "", "what was brought")
            expect_equal(_blobs(runtime.ctr("content", "ls")), _blobs(before), "the blobs")
        with report.test("a name that means another image now is renewed, also after a kill"):
            other = oci.archive("registry.example.com/large:1", {"/large": b"small"}, ["/large"])
            (folder / "archives" / "large.tar").write_bytes(other)
            for milliseconds in (5, 20, 60):
                runtime.preload(cluster.programs, kill_after=milliseconds / 1000)
            runtime.preload(cluster.programs)
            runtime.ctr("content", "prune", "references")
            line = next(line for line in runtime.ctr("images", "check").splitlines()
                        if line.startswith("registry.example.com/large:1"))
            expect("complete" in line, line)
        with report.test("an archive that was damaged is refused, and nothing of it is named"):
            damaged = bytearray(other)
            damaged[damaged.rfind(b"\x1f\x8b") + 20] ^= 1  # in the layer
            text = bytes(damaged).replace(b"large:1", b"large:2")
            (folder / "archives" / "large.tar").write_bytes(text)
            done = runtime.preload(cluster.programs, status=1)
            expect("the container runtime answers" in done.stderr, done.stderr)
            expect("large:2" not in runtime.ctr("images", "ls"), "it is there")


def _blobs(listed):
    return {line.split()[0] for line in listed.splitlines()[1:]}


class Runtime:
    """containerd of the release, with a folder of its own, until the block ends."""

    def __init__(self, folder):
        self.folder = folder
        locked = [package for package in packages.read_lock() if package.name == "containerd"]
        found = packages.unpacked(locked, packages.cache_folder())["containerd"]
        self._programs = found / "usr" / "bin"
        (folder / "config.toml").write_text(CONFIG.format(folder=folder), encoding="utf-8")

    def __enter__(self):
        self._process = Process(self.folder / "containerd.log", self._programs / "containerd",
                                "--config", self.folder / "config.toml")
        return self

    def __exit__(self, *_):
        self._process.stop()

    def preload(self, programs, status=0, kill_after=None):
        words = [programs / "keel-agent", "preload", self.folder / "archives", "--runtime",
                 self.folder / "containerd.sock"]
        process = subprocess.Popen(words, text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if kill_after is not None:
            time.sleep(kill_after)
            process.kill()
        try:
            output, errors = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            raise RuntimeError(f"keel-agent preload does not end\n{self._process.tail()}") from None
        if kill_after is None and process.returncode != status:
            raise RuntimeError(f"exit {process.returncode}: {errors}\n{self._process.tail()}")
        return subprocess.CompletedProcess(words, process.returncode, output, errors)

    def ctr(self, *words):
        done = subprocess.run(
            [self._programs / "ctr", "--address", self.folder / "containerd.sock", "--namespace",
             "k8s.io", *words], text=True, capture_output=True, timeout=60, check=False)
        if done.returncode:
            raise RuntimeError(f"ctr {' '.join(words)}: {done.stderr}")
        return done.stdout
