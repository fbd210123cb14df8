"""Says what each part of the image costs: bytes in the root, and, when asked, in the bundle.

What a file weighs in the bundle is computed block by block as the squasher does it, which takes as
long as squashing, and kept in the cache by the file's SHA-256. /boot is stored as it is. lzo is not
in Python: not computed.
"""

import concurrent.futures
import hashlib
import json
import lzma
import zlib

BLOCK = 131072


def by_part(tree, compressor, cache):
    """[(part, files, bytes, bytes when compressed or None)], the heaviest first.

    With no compressor nothing is computed.
    """
    weights = _Weights(compressor, cache)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        weighed = list(pool.map(lambda place: weights.of(tree.path(place), place), tree.parts))
    weights.keep()
    sums = {}
    for (place, part), (size, packed) in zip(tree.parts.items(), weighed):
        files, total, small = sums.get(part, (0, 0, 0))
        small = None if packed is None or small is None else small + packed
        sums[part] = (files + 1, total + size, small)
    return sorted(((part, *numbers) for part, numbers in sums.items()),
                  key=lambda line: (-(line[3] or line[2]), line[0]))


def table(parts):
    """The same as lines of text."""
    is_weighed = any(packed is not None for _, _, _, packed in parts)
    rows = [("part", "files", "in the root", "in the bundle" if is_weighed else "")]
    rows += [(part, str(files), f"{size / 1e6:.2f} MB",
              "" if packed is None else f"{packed / 1e6:.2f} MB")
             for part, files, size, packed in parts]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [f"{row[0]:<{widths[0]}}" + "".join(
        f"  {text:>{width}}" for text, width in zip(row[1:], widths[1:])) for row in rows]
    return [line.rstrip() for line in lines]


class _Weights:
    def __init__(self, compressor, cache):
        self._pack = {"gzip": lambda block: zlib.compress(block, 9),
                      "fast": lambda block: zlib.compress(block, 1),
                      "xz": lambda block: lzma.compress(block, preset=6)}.get(compressor)
        self._file = cache / f"sizes-{compressor or 'none'}.json"
        try:
            self._known = json.loads(self._file.read_text(encoding="ascii"))
        except (OSError, ValueError):
            self._known = {}

    def of(self, path, place):
        if self._pack is None:
            return path.stat().st_size, None
        data = path.read_bytes()
        if place.startswith("/boot/"):
            return len(data), len(data)
        digest = hashlib.sha256(data).hexdigest()
        if digest not in self._known:
            blocks = (data[start:start + BLOCK] for start in range(0, len(data), BLOCK))
            self._known[digest] = sum(min(len(block), len(self._pack(block))) for block in blocks)
        return len(data), self._known[digest]

    def keep(self):
        if self._pack is None:
            return
        temporary = self._file.with_suffix(".new")
        temporary.write_text(json.dumps(self._known), encoding="ascii")
        temporary.replace(self._file)
