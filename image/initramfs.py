"""Makes the initramfs: keel-init, the modules that must be there before the root, the keys."""

import subprocess

import cpio

FOLDERS = ("dev", "proc", "sys", "run", "root")


def members(init, kernel, modules, index, always, facts):
    """The members of the archive. `facts` are small files, {name: bytes}."""
    home = f"lib/modules/{kernel.release}"
    files = {"init": (init, 0o755), "etc/keel/modules": (_lines(always), 0o644)}
    files.update({name: (content, 0o644) for name, content in facts.items()})
    files.update({f"{home}/{name}": (text.encode(), 0o644) for name, text in index.items()})
    files.update({f"{home}/{module.path}": (module.source.read_bytes(), 0o644)
                  for module in modules.values()})
    folders = {parent for name in files for parent in _parents(name)} | set(FOLDERS)
    return [cpio.console("dev/console"), *[cpio.folder(name) for name in folders],
            *[cpio.file(name, content, mode) for name, (content, mode) in files.items()]]


def packed(found, level):
    """The compressed archive: the kernel unpacks zstd, and one thread makes the same bytes."""
    done = subprocess.run(["zstd", "-q", level, "-T1", "-c"], input=cpio.archive(found),
                          stdout=subprocess.PIPE, check=True)
    return done.stdout


def _parents(name):
    parts = name.split("/")[:-1]
    return ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]


def _lines(names):
    return "".join(f"{name}\n" for name in names).encode()
