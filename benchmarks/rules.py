"""What do the rules find by themselves, how soon, how often falsely, and how fast?

    python benchmarks/rules.py [--attacked 20] [--benign 12] [--data ../shared/data] [--json rules.json]

Flights are those that judge the detectors (``yawstring benchmark``), and one more for each kind of attack that only
rules are tried on. An attack is found when a rule speaks of the watched drone within it, or 1.5 s after it. What is
said outside attacks is a false alarm: findings of one rule and identity that lie less than 10 s apart are one. Real
captures, where there are any, are read as they are; what is found in them is listed.
"""

import argparse
import gzip
import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from yawstring.app.benchmark.campaigns import FOR_RULES, TEST
from yawstring.edge.rulebook import read_rulebook
from yawstring.edge.ruling import fused, ruled
from yawstring.edge.simulations import flight_seed, read_scenario
from yawstring.simulate.run import Simulated, simulate
from yawstring.simulate.scenario import Scenario
from yawstring.table.signals.inputs import Inputs, raw_times
from yawstring.table.signals.roles import roles_start, roles_step
from yawstring.watch import rules
from yawstring.watch.findings import Finding
from yawstring.watch.rules import Rulebook

AFTER_NS, APART_NS, NS_PER_S = 1_500_000_000, 10_000_000_000, 1_000_000_000
CHUNK_FRAMES = 8192


def scenarios(attacked: int, benign: int, seed: int) -> Iterator[tuple[Scenario, int]]:
    """A part of the judging campaign, and a flight for each kind that is not in it."""
    flown = TEST.scenarios(seed)
    chosen = [*range(attacked), *range(TEST.attacked, TEST.attacked + benign)]
    for number in chosen:
        yield flown[number], flight_seed(TEST.seed(seed), number)
    names = {kind: kind.replace("_", "-") for kind in sorted(FOR_RULES)}
    for number, name in enumerate(names.values()):
        yield read_scenario(name), flight_seed(seed, number)


def incidents(findings: Sequence[Finding]) -> list[Finding]:
    """The first of each run of findings of one rule and identity."""
    last: dict[object, int] = {}
    first = []
    for one in findings:
        key = (one.source, one.identity)
        if one.time_ns - last.get(key, -APART_NS) >= APART_NS:
            first.append(one)
        last[key] = one.time_ns
    return first


def judged(
    made: Simulated, findings: Sequence[Finding], kinds: dict[str, Any], falsely: Counter[tuple[str, bool]]
) -> None:
    ours = [one for one in findings if one.watched or one.source == "spoofed_remote_id"]
    for episode in made.episodes:
        inside = [one for one in ours if episode.start_ns <= one.time_ns < episode.end_ns + AFTER_NS]
        kinds[episode.technique]["flown"] += 1
        if inside:
            kinds[episode.technique]["found"] += 1
            kinds[episode.technique]["after_s"].append((inside[0].time_ns - episode.start_ns) / NS_PER_S)
            kinds[episode.technique]["by"].update({one.source for one in inside})
    for one in incidents(findings):
        if not any(at.start_ns <= one.time_ns < at.end_ns + AFTER_NS for at in made.episodes):
            falsely[one.source, one.watched] += 1


def flown(book: Rulebook, attacked: int, benign: int, seed: int) -> dict[str, Any]:
    kinds: dict[str, Any] = defaultdict(lambda: {"flown": 0, "found": 0, "after_s": [], "by": Counter()})
    falsely, benign_falsely = Counter[tuple[str, bool]](), Counter[tuple[str, bool]]()
    hours, benign_hours, frames = 0.0, 0.0, 0
    for number, (scenario, own) in enumerate(scenarios(attacked, benign, seed)):
        made = simulate(scenario, own)
        findings = list(ruled(fused(made.capture, made.telemetry), book))
        judged(made, findings, kinds, falsely if made.episodes else benign_falsely)
        hours += made.duration_s / 3600 if made.episodes else 0.0
        benign_hours += 0.0 if made.episodes else made.duration_s / 3600
        frames += made.frames
        print(f"flight {number + 1}: {made.frames} frames, {len(findings)} findings", flush=True)
    return {
        "frames": frames, "attacked_hours": hours, "benign_hours": benign_hours,
        "kinds": {kind: {**one, "after_s": statistics.median(one["after_s"]) if one["after_s"] else None,
                         "by": dict(one["by"])} for kind, one in sorted(kinds.items())},
        "false_in_benign": named(benign_falsely), "false_in_attacked": named(falsely),
    }  # fmt: skip


def named(counts: Counter[tuple[str, bool]]) -> dict[str, int]:
    return {f"{rule}{'' if watched else ' (neighbour)'}": count for (rule, watched), count in sorted(counts.items())}


def captured(book: Rulebook, data: Path) -> dict[str, Any]:
    """What is found in real captures."""
    out = {}
    for path in sorted((data / "captures").glob("*/*")):
        octets = path.read_bytes()
        octets = gzip.decompress(octets) if path.suffix == ".gz" else octets
        frame = fused(octets, None)
        found = incidents(list(ruled(frame, book))) if len(frame) else []
        seconds = (frame["time_ns"].max() - frame["time_ns"].min()) / NS_PER_S if len(frame) else 0.0
        out[str(path.relative_to(data))] = {
            "frames": len(frame), "seconds": round(seconds, 1), "incidents": dict(Counter(one.source for one in found)),
        }  # fmt: skip
    return out


def speed(book: Rulebook, repeats: int = 5) -> float:
    """Frames a second of all rules together, on a crowded channel, roles and table given; the median."""
    made = simulate(read_scenario("benign-crowded", changes=("security='open'",)), 3)
    frame = fused(made.capture, made.telemetry)
    times = np.maximum.accumulate(raw_times(frame))
    took = []
    for _ in range(repeats + 1):
        known, state, spent = roles_start(None), rules.start(book, None), 0.0
        for first in range(0, len(frame), CHUNK_FRAMES):
            inputs = Inputs(frame=frame[first : first + CHUNK_FRAMES], time_ns=times[first : first + CHUNK_FRAMES])
            known, roles = roles_step(known, inputs)
            begin = time.process_time()
            state, _ = rules.step(state, book, inputs, roles, first_frame=first + 1)
            spent += time.process_time() - begin
        took.append(spent)
    return len(frame) / statistics.median(took[1:])


def show(result: dict[str, Any]) -> None:
    print(f"\n{'attack':<22}{'found':>10}{'after s':>9}  by")
    for kind, one in result["kinds"].items():
        after = f"{one['after_s']:.2f}" if one["after_s"] is not None else "-"
        by = ", ".join(sorted(one["by"], key=lambda name: -one["by"][name]))
        print(f"{kind:<22}{one['found']:>5}/{one['flown']:<4}{after:>9}  {by}")
    print(f"\nfalse in {result['benign_hours']:.2f} h without attack: {result['false_in_benign'] or 'none'}")
    print(
        f"false in {result['attacked_hours']:.2f} h with attacks, outside them: {result['false_in_attacked'] or 'none'}"
    )
    for path, one in result.get("captures", {}).items():
        print(f"{path:<50}{one['frames']:>7} frames{one['seconds']:>9} s  {one['incidents'] or 'nothing'}")
    print(f"\n{result['frames_per_s']:,.0f} frames/s of all rules together, in chunks of {CHUNK_FRAMES}")


def main() -> None:
    parser = argparse.ArgumentParser(description="What the rules find by themselves, how often falsely, how fast.")
    parser.add_argument(
        "--attacked", type=int, default=20, help="flights with four attacks each, of the judging campaign"
    )
    parser.add_argument("--benign", type=int, default=12, help="flights without attack, of the same")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--data", type=Path, help="folder of real captures")
    parser.add_argument("--json", type=Path, help="file to write")
    given = parser.parse_args()
    book = read_rulebook()
    result = flown(book, given.attacked, given.benign, given.seed)
    if given.data is not None:
        result["captures"] = captured(book, given.data)
    result["frames_per_s"] = speed(book)
    show(result)
    if given.json is not None:
        given.json.parent.mkdir(parents=True, exist_ok=True)
        given.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
