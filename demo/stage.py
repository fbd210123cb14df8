"""What the demo stands on: a scratch folder, a web server, a loop device and a machine."""

import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "scripts" / "qemu"))
sys.dont_write_bytecode = True
import boot  # noqa: E402

NGINX = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
worker_processes 1;
events {{ worker_connections 64; }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    sendfile on;
    server {{ listen 127.0.0.1:{port}; root {served}; }}
}}
"""


def run(*command, limit=900, errors=subprocess.PIPE, **options):
    """The output of a program that must succeed."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=errors,
                          stdin=subprocess.DEVNULL, text=True, timeout=limit, check=False,
                          **options)
    if done.returncode != 0:
        words = " ".join(str(word) for word in command)
        raise SystemExit(f"demo: {words}\n{done.stdout}{done.stderr or ''}exit {done.returncode}")
    return done.stdout.strip()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def scratch():
    folder = tempfile.mkdtemp(prefix="keelos-demo-")
    try:
        yield pathlib.Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def web_server(folder, served):
    """nginx on loopback; yields its address."""
    port = free_port()
    configuration = folder / "nginx.conf"
    configuration.write_text(NGINX.format(folder=folder, port=port, served=served))
    os.chmod(folder, 0o755)
    server = subprocess.Popen(["nginx", "-c", configuration, "-e", folder / "error.log"])
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            if server.poll() is not None:
                raise SystemExit("demo: nginx ended: " + (folder / "error.log").read_text())
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=20)


@contextlib.contextmanager
def loop_device(file, size):
    """A loop device over a new file of `size` bytes; yields its path."""
    with open(file, "wb") as image:
        image.truncate(size)
    device = run("losetup", "--find", "--show", "--direct-io=on", file)
    try:
        yield device
    finally:
        run("losetup", "--detach", device)


def boot_once(disk):
    """What real GRUB under real firmware says it boots, and from which record."""
    job = boot.Job(disk=disk, until=r"keel: (boot slot=|nothing boots)", timeout=180)
    result = boot.boot(job)
    said = [text for text in result.texts() if text.startswith("keel:")]
    chosen = re.search(r"boot slot=(\w) state=(\w+)", said[-1] if said else "")
    if not chosen:
        raise SystemExit(f"demo: GRUB did not boot: {result.texts()[-20:]} {result.complaints}")
    return chosen.group(1), chosen.group(2)


def record(disk):
    """The boot record as GRUB's own tool reads it."""
    with tempfile.NamedTemporaryFile() as copy:
        run("mcopy", "-n", "-o", "-i", f"{disk}@@1M", "::/KEEL/ENV0", copy.name)
        return " ".join(run("grub-editenv", copy.name, "list").splitlines())


def show(text, indent="   "):
    for line in text.splitlines():
        print(indent + line, flush=True)


def step(title):
    print(f"\n== {title}", flush=True)
