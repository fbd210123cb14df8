"""The audit log read by a second pair of eyes: what osctl says of it is compared with this."""

import hashlib
import json
import pathlib

from report import Wrong, expect, expect_equal

SEAM = b', "hash": "'


class Chain:
    """The lines of all files, oldest first, as bytes."""

    def __init__(self, raw):
        self.raw = raw

    @classmethod
    def of_agent(cls, agent):
        return cls.of_folder(pathlib.Path(agent.state) / "audit")

    @classmethod
    def of_folder(cls, folder):
        files = sorted(pathlib.Path(folder).glob("*.jsonl"), key=lambda path: int(path.stem))
        return cls([line for path in files for line in path.read_bytes().split(b"\n") if line])

    @property
    def lines(self):
        """The whole ones; the last may be in the making."""
        found = []
        for line in self.raw:
            try:
                found.append({"result": "", **json.loads(line)})
            except ValueError:
                continue
        return found

    def check(self):
        """The hash of each line is that of its bytes, and the next one names it."""
        before = None
        for number, line in enumerate(self.raw):
            try:
                members = json.loads(line)
            except ValueError:
                raise Wrong(f"line {number} is no JSON: {line[:120]}") from None
            sealed, _, tail = line.rpartition(SEAM)
            digest = hashlib.sha256(sealed).hexdigest()
            expect_equal(tail, f'{digest}"}}'.encode(), f"the seal of line {number}")
            if before is None:
                expect(members["n"] > 0 or members["previous"] == "0" * 64,
                       "line 0 follows nothing")
            else:
                expect_equal(members["n"], before["n"] + 1, f"the number after {before['n']}")
                expect_equal(members["previous"], before["hash"], f"what line {number} follows")
            before = members
        return before
