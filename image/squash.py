"""Makes the SquashFS of a tree: the same tree, the same bytes."""

import subprocess

REPRODUCIBLE = ("-mkfs-time", "0", "-all-time", "0", "-all-root", "-no-xattrs", "-reproducible",
                "-noappend", "-no-progress", "-quiet")


def squash(folder, output, options):
    """mksquashfs sorts by name. /boot stays uncompressed, so that the boot loader reads it fast."""
    subprocess.run(["mksquashfs", folder, output, *options, *REPRODUCIBLE,
                    "-action", "uncompressed @ pathname(/boot/*)"],
                   check=True, timeout=1800, stdout=subprocess.DEVNULL)
