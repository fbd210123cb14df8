"""What may lie in a node's root file system. Each rule takes the entries and yields sentences."""

import io
import posixpath
import re
import stat

import oci
import preload
from elf import MAGIC, RELOCATABLE, Elf
from faults import BuildError
from kernel import SIGNATURE
from libraries import HOME

# Shells, interpreters, package managers and other ways in, by name.
FORBIDDEN = re.compile(
    r"(ba|da|a|k|z|c|tc|fi)?sh|busybox|toybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|lua(jit)?[\d.]*"
    r"|node(js)?|php[\d.]*|tclsh[\d.]*|[gmn]?awk|sed|env|su|sudo|doas|dpkg.*|apt.*|rpm.*|dnf|yum"
    r"|apk|pip[\d.]*|ctr|sshd?|telnetd?|dropbear|getty|agetty|login|gdb|strace|ld\.so\.preload")
SCRIPTS = re.compile(r".*\.(sh|bash|py|pyc|pyo|pl|pm|rb|lua|js|mjs|tcl|awk|jar|class|wasm)")
# Words that only the program itself says, whatever its file is called.
WORDS = {b"BusyBox v": "busybox", b"GNU bash, version": "bash", b"Toybox ": "toybox",
         b"PYTHONSTARTUP": "python", b"PERL5LIB": "perl", b"LUA_PATH": "lua", b"RUBYLIB": "ruby",
         b"DPKG_ADMINDIR": "dpkg", b"APT::Architecture": "apt"}
SECRET = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY-----\s*[A-Za-z0-9+/=\s]{32}")
# How archives begin, and at which byte.
ARCHIVES = ((b"ustar", 257), (b"\x1f\x8b", 0), (b"\xfd7zXZ\0", 0), (b"\x28\xb5\x2f\xfd", 0),
            (b"BZh", 0), (b"PK\x03\x04", 0), (b"07070", 0), (b"!<arch>\n", 0))
OUTSIDE = "/run/keel/"  # where links may lead although there is nothing in the image


def kinds(entries, devices=()):
    """Only folders, files and links; nothing that rights can be had from."""
    for entry in entries:
        if not (entry.is_file or entry.is_folder or entry.is_link) and entry.place not in devices:
            yield f"{entry.place} is neither file, folder nor link"
        if entry.mode & (stat.S_ISUID | stat.S_ISGID | stat.S_ISVTX):
            yield f"{entry.place} has a special mode bit: {stat.filemode(entry.mode)}"
        if entry.mode & 0o022 and not entry.is_link:
            yield f"{entry.place} can be written by others: {stat.filemode(entry.mode)}"
        if (entry.uid, entry.gid) != (0, 0):
            yield f"{entry.place} belongs to {entry.uid}:{entry.gid}"


def names(entries):
    """No shell, interpreter, package manager or script by name."""
    for entry in entries:
        name = posixpath.basename(entry.place)
        if not entry.is_folder and FORBIDDEN.fullmatch(name):
            yield f"{entry.place} has a forbidden name"
        if SCRIPTS.fullmatch(name):
            yield f"{entry.place} is called like a script"


def contents(entries, programs):
    """Every file is data, a module, a library in its place, or one of the programs we know."""
    for entry in entries:
        if not entry.is_file:
            continue
        try:
            data = entry.read()
        except OSError as fault:
            yield f"{entry.place} cannot be read: {fault.strerror}"
            continue
        if _is_image(entry) and data[:4] != MAGIC:
            continue  # judged by `images`: what is inside is not the root's
        if any(data.startswith(magic, place) for magic, place in ARCHIVES):
            if entry.place != "/boot/initramfs":
                yield f"{entry.place} is an archive outside of {preload.FOLDER}"
        if data[:2] == b"#!":
            yield f"{entry.place} is a script"
        if data[:4] != MAGIC and SECRET.search(data):  # GnuTLS tests itself with keys of its own
            yield f"{entry.place} holds a private key"
        if data[:4] == MAGIC:
            yield from _elf(entry, data, programs)
        elif entry.mode & 0o111:
            yield f"{entry.place} may be executed and is no ELF file"


def images(entries):
    """Archives lie in one folder, each of them a whole image with a name of its own."""
    found = {}
    for entry in entries:
        if not _is_image(entry):
            continue
        if entry.mode & 0o111 and entry.is_file:
            yield f"{entry.place} may be executed and is no ELF file"
        if not entry.is_file or not entry.place.endswith(".tar"):
            yield f"{entry.place} is no file called NAME.tar"
            continue
        try:
            name = oci.look(io.BytesIO(entry.read()), entry.place).name
        except (BuildError, OSError) as fault:
            yield str(fault)
            continue
        if name in found:
            yield f"{entry.place} holds {name}, as {found[name]} does"
        found[name] = entry.place


def _is_image(entry):
    return entry.place.startswith(preload.FOLDER + "/")


def _elf(entry, data, programs):
    for word, who in WORDS.items():
        if word in data:
            yield f"{entry.place} is {who}, or has it inside"
    try:
        elf = Elf(data, entry.place)
    except BuildError as fault:
        yield str(fault)
        return
    if elf.kind == RELOCATABLE:
        if "/lib/modules/" not in entry.place or not entry.place.endswith(".ko"):
            yield f"{entry.place} is an object file outside of the kernel's modules"
        elif not data.endswith(SIGNATURE):
            yield f"{entry.place} is a module without a signature"
    elif posixpath.dirname(entry.place) == HOME and ".so" in entry.place:
        if elf.soname is None:
            yield f"{entry.place} is no library"
    elif entry.place not in programs:
        yield f"{entry.place} is a program that nobody asked for"


def links(entries):
    """Every link leads to something in the root, or to what the first process makes."""
    table = {entry.place: entry for entry in entries}
    for entry in entries:
        if entry.is_link:
            end = resolve(entry.place, table)
            if end not in table and not (end or "").startswith(OUTSIDE):
                yield f"{entry.place} leads nowhere: {entry.target}"


def resolve(place, table, steps=40):
    """Where a place is in the end, links followed; None for a circle."""
    done, waiting = "/", [part for part in place.split("/") if part]
    while waiting:
        part = waiting.pop(0)
        if part == "..":
            done = posixpath.dirname(done)
            continue
        here = posixpath.join(done, part)
        entry = table.get(here)
        if entry is None or not entry.is_link:
            done = here
            continue
        steps -= 1
        if steps == 0:
            return None
        if entry.target.startswith("/"):
            done = "/"
        waiting = [part for part in entry.target.split("/") if part not in ("", ".")] + waiting
    return done


def libraries(entries):
    """Every program finds the libraries and the loader that it needs."""
    table = {entry.place: entry for entry in entries}
    for entry in entries:
        if not entry.is_file or entry.read()[:4] != MAGIC:
            continue
        try:
            elf = Elf(entry.read(), entry.place)
        except BuildError:
            continue  # said above
        if elf.kind == RELOCATABLE:
            continue
        for name in elf.needed:
            if f"{HOME}/{name}" not in table:
                yield f"{entry.place} needs {name}, which is not there"
        if elf.interpreter and resolve(elf.interpreter, table) not in table:
            yield f"{entry.place} is started by {elf.interpreter}, which is not there"


def presence(entries, places):
    """What a node cannot do without."""
    table = {entry.place: entry for entry in entries}
    for place in places:
        entry = table.get(place)
        if entry is None or entry.is_file and not entry.read():
            yield f"{place} is missing or empty"
