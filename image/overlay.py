"""Changes a finished tree by hand: for files of one site, and for releases broken on purpose."""

import os

from faults import BuildError


def apply(tree, folder, without):
    """First takes these places away, then puts the folder's files over what is there."""
    for place in without:
        if not tree.holds(place):
            raise BuildError(f"--without {place}: the root has no such file")
        _forget(tree, place)
    if folder is None:
        return
    if not folder.is_dir():
        raise BuildError(f"--overlay {folder} is not a folder")
    for path in sorted(folder.rglob("*")):
        place = "/" + str(path.relative_to(folder))
        if path.is_symlink():
            _forget(tree, place)
            tree.link(place, os.readlink(path))
        elif path.is_file():
            _forget(tree, place)
            tree.add(place, path, "overlay", 0o755 if os.access(path, os.X_OK) else 0o644)


def _forget(tree, place):
    if tree.holds(place):
        tree.path(place).unlink()
        tree.parts.pop(place, None)
