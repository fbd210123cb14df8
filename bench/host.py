"""What a run borrows from the machine, and gives back: a folder, a disk, a web server, a scratch
file system. Everything is registered for removal before it is used, whatever ends the run.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import json
import mmap
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

MIB = 1 << 20
PREFIX = "keelos-bench-"
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, CLONE_NEWNS = 1, 36, 0x20000
_libc = ctypes.CDLL(None, use_errno=True)


def call(*command, **options):
    """Runs a tool to its end and returns what it printed; a failure shows what it said."""
    options.setdefault("timeout", 1800)
    words = [str(part) for part in command]
    done = subprocess.run(words, text=True, capture_output=True, **options)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stderr.strip()[-2000:]}")
    return done.stdout


def dies_with_parent():
    """For a child before exec: it gets SIGTERM when this program is gone, even by SIGKILL."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans():
    """Descendants whose parent ends become our children, so that their CPU time can be counted."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1)


def own_mounts():
    """A mount table of our own: what is mounted from here on is gone when we are."""
    if _libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "cannot get a mount table of our own")
    call("mount", "--make-rprivate", "/")


@contextlib.contextmanager
def _locked(folder):
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def aligned(size):
    """A buffer that direct I/O accepts."""
    return mmap.mmap(-1, size)


class Host(contextlib.ExitStack):
    """The run's folder and all that has to be undone, in reverse order."""

    def __init__(self, parent):
        super().__init__()
        parent.mkdir(parents=True, exist_ok=True)
        for left in parent.glob(f"{PREFIX}*"):  # by a run that was killed: its lock is gone
            with contextlib.suppress(BlockingIOError), _locked(left):
                shutil.rmtree(left)
        self.work = pathlib.Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        self.work.chmod(0o755)
        self.callback(shutil.rmtree, self.work, ignore_errors=True)
        self.enter_context(_locked(self.work))
        own_mounts()
        self.callback(self._unmount)
        self.children = []
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._interrupted)
        adopt_orphans()

    def _unmount(self):
        """Whatever is mounted below our folder, a contender's leftovers included."""
        mounts = [line.split()[4] for line in open("/proc/self/mountinfo", encoding="utf-8")]
        for point in reversed(mounts):
            if point.startswith(f"{self.work}/"):
                subprocess.run(["umount", "--lazy", point], check=False, timeout=60)

    @staticmethod
    def _interrupted(number, _):
        raise SystemExit(128 + number)

    def spawn(self, *command, **options):
        """Starts a helper that lives as long as the run."""
        child = subprocess.Popen([str(part) for part in command], preexec_fn=dies_with_parent,
                                 **options)
        self.children.append(child)
        self.callback(_end, child)
        return child

    def loop(self, file, *options):
        """A loop device over a file, detached at the end (also when we are killed: autoclear)."""
        device = call("losetup", "--find", "--show", *options, file).strip()
        descriptor = os.open(device, os.O_RDONLY | os.O_CLOEXEC)
        call("losetup", "--detach", device)  # it is held open: this only marks it
        self.callback(os.close, descriptor)
        return device


def _end(child):
    child.terminate()
    try:
        child.wait(10)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


class Disk:
    """A disk on a loop device with direct I/O: boot partition, slot A, slot B (the target)."""

    def __init__(self, host, image):
        """`image` is a file that is already laid out; it is used in place, and every block of it
        must be allocated, so that no run pays for growing the file."""
        self.device = host.loop(image, "--direct-io=on", "--partscan")
        table = json.loads(call("sfdisk", "--json", image))["partitiontable"]
        sector = table.get("sectorsize", 512)
        parts = [(part["start"] * sector, part["size"] * sector) for part in table["partitions"]]
        self.size = os.stat(image).st_size
        self.a_offset, _ = parts[1]
        self.b_offset, self.b_size = parts[2]
        # Not every kernel reads GPT by itself: the partitions are told to it.
        call("partx", "--update", self.device)
        host.callback(subprocess.run, ["partx", "--delete", self.device], check=False,
                      capture_output=True, timeout=60)
        self.slot_a, self.slot_b = f"{self.device}p2", f"{self.device}p3"
        self.head = host.work / "head"
        self.head_size = min(130 * MIB, parts[1][0])
        self.head.write_bytes(self._read(0, self.head_size))
        self.garbage = aligned(16 * MIB)
        self.garbage.write(os.urandom(16 * MIB))

    def _read(self, offset, size):
        with open(self.device, "rb") as file:
            file.seek(offset)
            return file.read(size)

    def dirty(self, size):
        """Overwrites the target's first `size` bytes and its last 2 MiB with other bytes."""
        with self._open(self.slot_b, os.O_WRONLY) as descriptor:
            end = min(self.b_size, (size + 32 * MIB) // MIB * MIB)
            step = len(self.garbage)
            for offset in range(0, end, step):
                os.pwritev(descriptor, [memoryview(self.garbage)[:min(step, end - offset)]], offset)
            os.pwritev(descriptor, [memoryview(self.garbage)[:2 * MIB]], self.b_size - 2 * MIB)
            os.fsync(descriptor)

    def restore_head(self):
        """Puts the partition table, the boot partition and the record back as they were."""
        call("dd", f"if={self.head}", f"of={self.device}", "bs=2M", "iflag=fullblock",
             "oflag=direct", "conv=fsync,notrunc", "status=none")
        for node in (self.device, f"{self.device}p1", self.slot_a, self.slot_b):
            call("blockdev", "--flushbufs", node)

    def target_digest(self, size):
        """SHA-256 of what the target's first bytes are on the device, past every cache."""
        call("blockdev", "--flushbufs", self.slot_b)
        sha256, buffer = hashlib.sha256(), aligned(8 * MIB)
        with self._open(self.slot_b, os.O_RDONLY) as descriptor:
            for offset in range(0, size, len(buffer)):
                count = os.preadv(descriptor, [buffer], offset)
                sha256.update(memoryview(buffer)[:min(count, size - offset)])
        return sha256.hexdigest()

    @contextlib.contextmanager
    def _open(self, path, flags):
        descriptor = os.open(path, flags | os.O_DIRECT | os.O_CLOEXEC)
        try:
            yield descriptor
        finally:
            os.close(descriptor)


def plain_disk(path, first_slot, slot_size):
    """The same layout without our tools: for runs in which only the peers take part."""
    size = (1 + 128 + 1) * MIB + 2 * slot_size
    with open(path, "wb") as file:
        file.truncate(size)
    subprocess.run(["sfdisk", "--quiet", path], text=True, check=True, timeout=60, input=(
        f"label: gpt\nstart=1MiB, size=128MiB, type=U\nsize={slot_size // MIB}MiB\n"
        f"size={slot_size // MIB}MiB\n"))
    call("dd", f"if={first_slot}", f"of={path}", "bs=1M", "seek=129", "conv=notrunc",
         "status=none")


def allocate(path):
    """Writes a file anew without holes: later writes only overwrite."""
    whole = path.with_suffix(".whole")
    call("cp", "--sparse=never", "--reflink=never", path, whole)
    whole.replace(path)
    descriptor = os.open(path, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)


class Scratch:
    """File systems of our own for temporary files, so that their peak can be read off: one on a
    disk, and one in memory for a contender that makes tens of thousands of small files there."""

    def __init__(self, host, size):
        file = host.work / "scratch.img"
        call("fallocate", "--length", size, file)
        device = host.loop(file, "--direct-io=on")
        call("mkfs.ext4", "-q", "-m", "0", "-O", "^has_journal", device)
        self.path, self.memory = host.work / "scratch", host.work / "memory"
        for path, what in ((self.path, ["-t", "ext4", "-o", "noatime", device]),
                           (self.memory, ["-t", "tmpfs", "-o", f"size={size}", "tmpfs"])):
            path.mkdir()
            call("mount", *what, path)
            path.chmod(0o1777)

    def used(self):
        states = [os.statvfs(path) for path in (self.path, self.memory)]
        return sum((state.f_blocks - state.f_bfree) * state.f_frsize for state in states)

    def clear(self):
        for entry in (*self.path.iterdir(), *self.memory.iterdir()):
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A private nginx on loopback that serves one folder, at full speed and at 20 MB/s."""

    SLOW = 20_000_000

    def __init__(self, host):
        self.root = host.work / "www"
        self.root.mkdir()
        self.log = host.work / "access.log"
        self.log.touch()
        port = free_port()
        config = host.work / "nginx.conf"
        config.write_text(f"""
daemon off; master_process off; worker_processes 1; pid {host.work}/nginx.pid;
error_log {host.work}/nginx.err warn;
events {{ worker_connections 256; }}
http {{
  log_format bytes '$bytes_sent $status $request_method $request_uri $http_range';
  access_log {self.log} bytes;
  sendfile on; tcp_nopush on; sendfile_max_chunk 2m; keepalive_requests 100000;
  default_type application/octet-stream;
  client_body_temp_path {host.work}/b; proxy_temp_path {host.work}/p;
  fastcgi_temp_path {host.work}/f; uwsgi_temp_path {host.work}/u; scgi_temp_path {host.work}/s;
  server {{
    listen 127.0.0.1:{port};
    location / {{ root {self.root}; }}
    location /slow/ {{ alias {self.root}/; limit_rate {self.SLOW}; }}
  }}
}}
""")
        self.process = host.spawn("nginx", "-e", host.work / "nginx.err", "-c", config)
        self.url, self.slow = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port}/slow"
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise RuntimeError("nginx did not start: " + (host.work / "nginx.err").read_text())

    def mark(self):
        """Where the log ends now."""
        return self.log.stat().st_size

    def since(self, mark):
        """(bytes sent, headers included; requests) since the mark, once the log is at rest."""
        before, deadline = -1, time.monotonic() + 2
        while time.monotonic() < deadline:
            now = self.log.stat().st_size
            if now == before and now > mark:
                break
            before = now
            time.sleep(0.05)
        with open(self.log, encoding="ascii", errors="replace") as file:
            file.seek(mark)
            sent = [int(line.split(" ", 1)[0]) for line in file]
        return sum(sent), len(sent)
