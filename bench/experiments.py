"""The experiments and their goals, as data, and how a goal is judged from the runs."""

import statistics
from dataclasses import dataclass

import ours
import peers

GB, MIB = 1e9, 1 << 20


def median_of(values):
    return (statistics.median(values), min(values), max(values))


@dataclass(frozen=True)
class Ratio:
    """Wall time of one contender over another's, in each round, then the median of the rounds."""

    who: str
    than: str
    limit: float | None  # None: shown, with no goal
    fixed: bool = False  # take off what the other one needs for the small image

    def text(self):
        note = ", its fixed time taken off" if self.fixed else ""
        return f"wall of {self.who} / {self.than}{note}"

    def values(self, runs, results):
        off = 0.0
        if self.fixed:
            small = results.get("small", {}).get(self.than)
            if not small:
                return None
            off = statistics.median(run["wall"] for run in small)
        return [a["wall"] / (b["wall"] - off) for a, b in zip(runs[self.who], runs[self.than])]

    def needs(self):
        return (self.who, self.than)


@dataclass(frozen=True)
class Work:
    """CPU time of one contender over another's, in each round: what a slower machine leaves as it
    is."""

    who: str
    than: str
    limit: float

    def text(self):
        return f"CPU of {self.who} / {self.than}"

    def values(self, runs, _):
        return [a["cpu"] / b["cpu"] for a, b in zip(runs[self.who], runs[self.than])]

    def needs(self):
        return (self.who, self.than)


# The plain C program took 2.2 CPU s/GB where the goal was set.
WORK = Work("ours", "plain C, read back", 2.75 / 2.2)


@dataclass(frozen=True)
class Bound:
    """One figure of one contender: cpu (s/GB of image), rss (MiB), requests, wire (% of whole)."""

    figure: str
    who: str
    limit: float

    UNITS = {"cpu": "CPU s/GB", "rss": "peak RSS MiB", "requests": "requests",
             "wire": "on the wire, % of the bundle"}

    def text(self):
        return f"{self.UNITS[self.figure]} of {self.who}"

    def values(self, runs, _):
        return [figure(run, self.figure) for run in runs[self.who]]

    def needs(self):
        return (self.who,)


def figure(run, name):
    return {"cpu": lambda: run["cpu"] / (run["size"] / GB), "rss": lambda: run["rss"] / MIB,
            "requests": lambda: run["requests"],
            "wire": lambda: 100 * run["wire"] / run["whole"]}[name]()


@dataclass(frozen=True)
class Experiment:
    name: str
    title: str
    image: str
    contenders: tuple
    goals: tuple = ()
    slow: bool = False
    quick: bool = True  # part of --quick, whose images are the smaller pair


EXPERIMENTS = [
    Experiment(
        "small", "A 1 MB image: what is fixed, not per byte", "small",
        (peers.Pipe, peers.Rauc, peers.SWUpdate, ours.Ours), quick=False),
    Experiment(
        "full", "Everything fetched, on loopback at full speed", "v2",
        (peers.Pipe, peers.VerifyingPipe, peers.Floor, peers.FloorReadBack, peers.Rauc,
         peers.SWUpdate, ours.OursUnread, ours.Ours),
        (Ratio("ours, no read-back", "curl | dd", 1.10),
         Ratio("ours", "curl | tee openssl | dd", 1.0),
         Ratio("ours", "RAUC", 0.5),
         Ratio("ours", "SWUpdate", 0.5),
         Ratio("ours", "SWUpdate", None, fixed=True),
         Bound("cpu", "ours", 2.75),
         WORK,
         Bound("rss", "ours", 32))),
    Experiment(
        "slow", "The same at 20 MB/s", "v2",
        (peers.Pipe, peers.Rauc, peers.SWUpdate, ours.Ours),
        (Ratio("ours", "curl | dd", 1.03),), slow=True, quick=False),
    Experiment(
        "big", "An image of nearly 1 GB", "big",
        (peers.Pipe, peers.VerifyingPipe, peers.FloorReadBack, ours.Ours),
        (Ratio("ours", "curl | tee openssl | dd", 1.0),
         Bound("cpu", "ours", 2.75),
         WORK,
         Bound("rss", "ours", 32)), quick=False),
    Experiment(
        "minor", "A minor update: what the running slot holds is not fetched", "v2",
        (peers.Casync, ours.OursReuse),
        (Bound("wire", "ours, reuse", 9.6),
         Bound("requests", "ours, reuse", 60),
         Ratio("ours, reuse", "casync", 0.3))),
    Experiment(
        "major", "A major update: most of it is new", "v3",
        (peers.Casync, ours.OursReuse),
        (Bound("wire", "ours, reuse", 101),), quick=False),
]
