"""Roots that are bad on purpose: the checker names each fault, and says nothing of a good one."""

import os
import shutil
import subprocess

import check
import cpio
import initramfs
import kernel
import libraries
import oci
import preload
import root
from report import expect, expect_equal
from scene import stand_in

PROGRAM = stand_in("a program")
SIGNED = PROGRAM[:16] + b"\x01\0" + PROGRAM[18:] + kernel.SIGNATURE  # an object file, signed
IMAGE = oci.archive(preload.PAUSE, {"/pause": PROGRAM}, ["/pause"])
SITE = oci.archive("localhost/site:1", {"/bin/sh": b"#!"}, ["/bin/sh"])
SECRET = b"-----BEGIN PRIVATE " + b"KEY-----\n" + b"MC4CAQAwBQYDK2VwBCIEIA" * 3 + b"\n"
# Each: what is wrong, what is put where (bytes, mode), and the words of the only sentence wanted.
FILES = (
    ("a setuid program", "usr/sbin/runc", PROGRAM, 0o4755, "special mode bit: -rwsr-xr-x"),
    ("a setgid file", "etc/hosts", b"x", 0o2644, "special mode bit"),
    ("a file that the world may write", "etc/hosts", b"x", 0o646, "can be written by others"),
    ("a file that its group may write", "etc/hosts", b"x", 0o664, "can be written by others"),
    ("a script", "usr/share/data", b"#!/bin/sh\n", 0o644, "is a script"),
    ("a script with another ending", "usr/share/hook.py", b"print()\n", 0o644, "like a script"),
    ("data that may be executed", "usr/share/data", b"x", 0o755, "may be executed and is no ELF"),
    ("a shell", "usr/bin/bash", b"x", 0o644, "/usr/bin/bash has a forbidden name"),
    ("ctr", "usr/bin/ctr", b"x", 0o644, "/usr/bin/ctr has a forbidden name"),
    ("an interpreter", "usr/bin/python3.11", b"x", 0o644, "has a forbidden name"),
    ("a package manager", "usr/bin/apt-get", b"x", 0o644, "has a forbidden name"),
    ("busybox under our name", "usr/sbin/runc", PROGRAM + b"BusyBox v1.35", 0o755, "is busybox"),
    ("bash under our name", "usr/sbin/runc", PROGRAM + b"GNU bash, version 5", 0o755, "is bash"),
    ("perl under our name", "usr/sbin/runc", PROGRAM + b"PERL5LIB", 0o755, "is perl"),
    ("python under our name", "usr/sbin/runc", PROGRAM + b"PYTHONSTARTUP", 0o755, "is python"),
    ("dpkg under our name", "usr/sbin/runc", PROGRAM + b"DPKG_ADMINDIR", 0o755, "is dpkg"),
    ("a program that nobody asked for", "usr/bin/other", PROGRAM, 0o755, "nobody asked for"),
    ("a program that may not even be executed", "usr/share/x", PROGRAM, 0o644, "nobody asked for"),
    ("a program for another processor", "usr/sbin/runc", PROGRAM[:18] + b"\x28\0" + PROGRAM[20:],
     0o755, "not for x86-64"),
    ("a program among the libraries", "usr/lib/x86_64-linux-gnu/x.so", PROGRAM, 0o755,
     "no library"),
    ("an object file among the programs", "usr/bin/x", SIGNED, 0o644, "outside of the kernel's"),
    ("a module without a signature", "usr/lib/modules/6/kernel/x.ko", SIGNED[:-28], 0o644,
     "a module without a signature"),
    ("an archive", "etc/keel/site.tar", SITE, 0o644, "an archive outside of /usr/share/keel/im"),
    ("a packed archive", "usr/share/x", b"\x1f\x8b\x08", 0o644, "an archive outside of"),
    ("an archive that may be executed", "usr/share/keel/images/pause.tar", IMAGE, 0o755,
     "may be executed"),
    ("an image under another ending", "usr/share/keel/images/site", SITE, 0o644, "no file called"),
    ("an image that is not whole", "usr/share/keel/images/pause.tar", IMAGE[:3000], 0o644,
     "images/pause.tar is no"),
    ("an image twice", "usr/share/keel/images/other.tar", IMAGE, 0o644,
     "/pause.tar holds registry.k8s.io/pause:3.2, as "),
    ("a private key", "etc/keel/trust/a.pub", SECRET, 0o644, "holds a private key"),
)
MISSING = ("usr/sbin/keel-init", "usr/bin/keel-agent", "usr/sbin/keel-provision", "boot/bzImage",
           "etc/keel/trust/policy.json", "etc/keel/build.json", "boot/BOOTX64.EFI", "var/lib/keel",
           "etc/cni/net.d", "bin", "etc/resolv.conf")


def early(*more, without=()):
    """An initramfs that is good, but for this."""
    files = {"init": (PROGRAM, 0o755), "etc/keel/build.json": (b"{}", 0o644),
             "etc/keel/trust/policy.json": (b"{}", 0o644), "etc/keel/modules": (b"a\n", 0o644),
             "lib/modules/6/kernel/x.ko": (SIGNED, 0o644),
             "lib/modules/6/modules.dep": (b"", 0o644),
             "lib/modules/6/modules.alias": (b"", 0o644),
             "lib/modules/6/modules.softdep": (b"", 0o644)}
    members = [cpio.folder(name) for name in initramfs.FOLDERS] + [cpio.console("dev/console")]
    members += [cpio.file(name, content, mode) for name, (content, mode) in files.items()]
    return initramfs.packed([one for one in members if one.name not in without] + list(more), "-1")


def good(folder):
    """The least root in which the checker misses nothing."""
    for place in root.FOLDERS:
        (folder / place[1:]).mkdir(parents=True, exist_ok=True)
    for place in check.NEEDED:
        if place not in root.FOLDERS and place not in root.LINKS:
            (folder / place[1:]).parent.mkdir(parents=True, exist_ok=True)
            (folder / place[1:]).write_bytes(b"something")
    for _, place, _ in root.OURS:
        put(folder / place[1:], PROGRAM, 0o755)
    put(folder / preload.FOLDER[1:] / "pause.tar", IMAGE, 0o644)
    put(folder / preload.FOLDER[1:] / "site.tar", SITE, 0o644)
    put(folder / "boot/bzImage", os.urandom(200_000), 0o644)
    put(folder / "boot/initramfs", early(), 0o644)
    (folder / "usr/lib64").mkdir()
    put(folder / libraries.HOME[1:] / "ld-linux-x86-64.so.2", b"data", 0o644)
    (folder / "usr/lib/ssl").mkdir()
    for place, target in root.LINKS.items():
        (folder / place[1:]).symlink_to(target)


def put(path, content, mode):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def run(scene, report):
    base = scene.folder / "good"
    base.mkdir()
    previous = os.umask(0o022)
    try:
        good(base)
        _all(scene, report, base)
    finally:
        os.umask(previous)


def _all(scene, report, base):
    def says(folder, *options):
        return list(check.violations(scene.squash(folder, "root.squashfs", *options)))

    def changed():
        folder = scene.folder / "bad"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(base, folder, symlinks=True)
        return folder

    def only(found, words):
        expect(len(found) == 1 and words in found[0], f"it says {found}")

    with report.test("of a good root the checker says nothing"):
        expect_equal(says(base), [], "what it says")
    for what, place, content, mode, words in FILES:
        with report.test(f"a root with {what} is found out"):
            folder = changed()
            put(folder / place, content, mode)
            only(says(folder), words)
    for place in MISSING:
        with report.test(f"a root without /{place} is found out"):
            folder = changed()
            path = folder / place
            path.unlink() if not path.is_dir() or path.is_symlink() else path.rmdir()
            expect(any(f"/{place} is missing" in line for line in says(folder)), "it is not")
    with report.test("a folder that the world may write is found out, sticky or not"):
        folder = changed()
        (folder / "tmp").chmod(0o1777)
        found = says(folder)
        expect(len(found) == 2 and all(line.startswith("/tmp ") for line in found), str(found))
    with report.test("devices, pipes and sockets are found out"):
        for kind in ("c 644 0 0 1 3", "b 600 0 0 8 0", "i 644 0 0 f", "i 644 0 0 s"):
            only(says(base, "-p", f"etc/odd {kind}"), "neither file, folder nor link")
    with report.test("what is not root's is found out"):
        image = scene.squash(base, "root.squashfs", owner=("-force-uid", "1000", "-force-gid", "0"))
        found = list(check.violations(image))
        expect(any(line == "/etc/hosts belongs to 1000:0" for line in found), str(found))
    with report.test("a link that leads nowhere, or round in a circle, is found out"):
        folder = changed()
        (folder / "etc/one").symlink_to("/etc/two")
        only(says(folder), "leads nowhere: /etc/two")
        (folder / "etc/two").symlink_to("one")
        expect_equal(len(says(folder)), 2, "the number of sentences")
    with report.test("a program whose library or loader is missing is found out"):
        folder = changed()
        put(folder / "usr/sbin/runc", (scene.bin / "keel-agent").read_bytes(), 0o755)
        found = says(folder)
        expect(any("needs libcurl.so.4, which is not there" in line for line in found), str(found))
    with report.test("a kernel that is stored compressed is found out"):
        folder = changed()
        put(folder / "boot/bzImage", b"compresses well " * 20_000, 0o644)
        image = scene.squash(folder, "plain.squashfs")
        expect_equal(list(check.violations(image)), [], "of the same, stored plainly, it says")
        subprocess.run(["mksquashfs", folder, image, "-all-root", "-no-xattrs", "-noappend",
                        "-quiet", "-no-progress"], check=True, stdout=subprocess.DEVNULL)
        found = list(check.violations(image))
        expect(any("bzImage is compressed" in line for line in found), "it is not")
    _initramfs(report, says, changed)


def _initramfs(report, says, changed):
    cases = (
        ("a shell", early(cpio.file("bin/sh", PROGRAM, 0o755)), "/bin/sh"),
        ("a script", early(cpio.file("hook", b"#!/bin/x\n")), "is a script"),
        ("a setuid file", early(cpio.file("x", b"x", 0o4755)), "special mode bit"),
        ("a second device", early(cpio.console("dev/mem")), "neither file"),
        ("no first process", early(without=("init",)), "/init is missing"),
        ("no mount point", early(without=("root",)), "/root is missing"),
        ("no index of modules", early(without=("lib/modules/6/modules.dep",)), "no modules.dep"),
        ("nothing readable", b"\x28\xb5\x2f\xfdgarbage", "cannot be read"),
    )
    for what, content, words in cases:
        with report.test(f"an initramfs with {what} is found out"):
            folder = changed()
            put(folder / "boot/initramfs", content, 0o644)
            found = says(folder)
            expect(found and all(line.startswith("initramfs: ") for line in found), str(found))
            expect(any(words in line for line in found), str(found))
