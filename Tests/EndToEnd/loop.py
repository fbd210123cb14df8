"""Loop devices that are gone when the block ends."""

import contextlib
import os
import pathlib

from programs import call, tool
from world import wait_until


@contextlib.contextmanager
def attached(image, *options, direct=True, partitions=True):
    """The name of a block device over `image`, with nodes for its partitions."""
    words = ["--direct-io=on"] if direct else []
    device = tool("losetup", "--find", "--show", *words, *(["--partscan"] if partitions else []),
                  *options, image).strip()
    try:
        if partitions:
            # A kernel that does not know GUID partition tables is told by hand.
            call("partx", "--update", device)
            nodes = [pathlib.Path(f"{device}p{number}") for number in (1, 2, 3)]
            wait_until(lambda: all(node.exists() for node in nodes), f"the nodes of {device}")
        yield device
    finally:
        call("losetup", "--detach", device)
        wait_until(lambda: not os.path.exists(f"/sys/block/{os.path.basename(device)}/loop"),
                   f"{device} is detached")
