"""Tables of medians with their ranges, and the goals next to what was found."""

import statistics

from experiments import MIB, figure, median_of


def table(experiment, image, results, notes):
    """One experiment: every contender's figures, then what took no part and why."""
    rounds = max((len(runs) for runs in results.values()), default=0)
    lines = ["", f"{experiment.name}: {experiment.title}",
             f"  {image.name}.squashfs, {image.size / 1e6:.2f} MB, {rounds} paired rounds,"
             " median (min-max)", ""]
    row = "  {:<26}{:>22}{:>10}{:>10}{:>10}{:>10}{:>10}"
    lines.append(row.format("", "wall s", "CPU s/GB", "RSS MiB", "wire MB", "requests",
                            "temp MB"))
    for name, runs in results.items():
        if not runs:
            continue
        middle = lambda value: statistics.median(map(value, runs))
        wall = "{:.2f} ({:.2f}-{:.2f})".format(*median_of([run["wall"] for run in runs]))
        lines.append(row.format(
            name, wall, f"{middle(lambda run: figure(run, 'cpu')):.2f}",
            f"{max(run['rss'] for run in runs) / MIB:.1f}",
            f"{middle(lambda run: run['wire']) / 1e6:.2f}",
            f"{middle(lambda run: run['requests']):.0f}",
            f"{max(run['temporary'] for run in runs) / 1e6:.1f}"))
    lines += [f"  {name}: left out, {short(reason)}" for name, reason in notes.items()]
    return "\n".join(lines)


def short(text):
    """What a tool said, cut to its first line and its last few; the raw record has all of it."""
    lines = text.strip().splitlines()
    return "\n      ".join(lines if len(lines) < 8 else [lines[0], "...", *lines[-5:]])


def judge(experiment, results):
    """(verdict, sentence) for each goal of an experiment."""
    judged = []
    runs = results.get(experiment.name, {})
    for goal in experiment.goals:
        aim = f"goal <= {goal.limit:g}" if goal.limit is not None else "no goal"
        lost = [name for name in goal.needs() if not runs.get(name)]
        values = None if lost else goal.values(runs, results)
        if values is None:
            reason = f"no runs of {', '.join(lost)}" if lost else "the small experiment is missing"
            judged.append(("not judged", f"{goal.text()}: {aim} ({reason})"))
            continue
        middle, low, high = median_of(values)
        verdict = ("shown" if goal.limit is None
                   else "met" if middle <= goal.limit else "NOT MET")
        judged.append((verdict, f"{goal.text()}: {middle:.3g} ({low:.3g}-{high:.3g}), {aim}"))
    return judged


def limits_table(limits):
    lines = ["", "The physical limit of this machine, measured in this run", ""]
    for name, speeds in limits.items():
        middle, low, high = median_of(speeds)
        lines.append(f"  {name:<44}{middle / 1e6:>8.0f} MB/s ({low / 1e6:.0f}-{high / 1e6:.0f})")
    return "\n".join(lines)


def distance(limits, found, size):
    """How far we are from the slowest single stage, which nothing can beat, and from plain C."""
    lines = []
    ours = found.get("ours")
    if ours:
        name, speed = min(((name, statistics.median(speeds)) for name, speeds in limits.items()),
                          key=lambda pair: pair[1])
        ours_speed = size / statistics.median(run["wall"] for run in ours)
        lines.append(f"  ours: {ours_speed / 1e6:.0f} MB/s of image, {100 * ours_speed / speed:.0f}"
                     f" % of the slowest single stage ({name}, {speed / 1e6:.0f} MB/s)")
    for who, floor in (("ours, no read-back", "plain C"), ("ours", "plain C, read back")):
        if found.get(who) and found.get(floor):
            ratios = [a["wall"] / b["wall"] for a, b in zip(found[who], found[floor])]
            lines.append("  {} / {}: {:.2f} ({:.2f}-{:.2f})".format(who, floor, *median_of(ratios)))
    return "\n".join(lines)
