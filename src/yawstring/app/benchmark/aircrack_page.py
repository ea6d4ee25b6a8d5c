"""The page of the benchmark on real captures, in Markdown."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from yawstring.app.benchmark.aircrack import BURST_FRAMES, BURST_GAP_NS, INJECTED, PARTS, Capture, Heard
from yawstring.app.benchmark.flights import BUDGET_PER_HOUR, EVENTS, EVERY_S

Incidents: TypeAlias = Mapping[str, Any]
"""Figures of incidents, as :func:`yawstring.learn.judging.figures` gives them."""

NS_PER_S = 1_000_000_000


def section(heard: Heard, *, seed: int) -> list[str]:
    """The lines of the section.

    Args:
        heard: What came of listening.
        seed: Of flights and trees.
    """
    benign: Incidents = heard.together
    flown = ", ".join(f"{one.attacked + one.benign} to {part}" for part, one in PARTS.items())
    return [
        "## Real captures, a detector of simulated flights",
        "",
        f"Extra trees that hear the air alone, seed {seed}; simulated flights: {flown}. A row of signals every "
        f"{EVERY_S:g} s, incidents of {EVENTS.confirm} in {EVENTS.within} rows, a threshold for {BUDGET_PER_HOUR:g} "
        "false alarms an hour of simulated flight; nothing is fitted or chosen on a real capture. Truth by a rule: "
        f"{BURST_FRAMES} or more de-authentications and disassociations, none later than "
        f"{BURST_GAP_NS / NS_PER_S:g} s after the one before, are an attack, and `{INJECTED}` is one of replay "
        "throughout.",
        "",
        f"On simulated flights like those learnt from: {_found(heard.simulated)}, {_rate(heard.simulated)} false "
        "alarms an hour.",
        "",
        "| capture with attacks | frames | seconds | attack | episodes | found | median delay | false alarms |",
        "|---|---:|---:|---|---:|---:|---:|---:|",
        *(line for one, told in heard.attacked for line in _attacked(one, told)),
        "",
        "| capture without | frames | seconds | false alarms | share of the time in them |",
        "|---|---:|---:|---:|---:|",
        *(_benign(one, told) for one, told in heard.benign),
        f"| all | {sum(one.frames for one, _ in heard.benign):,} | {_seconds(benign)} | {benign['false_alarms']} | "
        f"{benign['alarmed_share']:.0%} |",
        "",
        f"False alarms an hour on those without: {_rate(benign)}, of {benign['benign_hours']:.2f} hours.",
        "",
        *_MEANING,
        "",
    ]


_MEANING = (
    "What it shows. How far a detector carries that has never heard real air: these captures hold no drone, most hold",
    "no radio measurements (no signal strength, rate or channel beside a frame), and several are a few frames cut out",
    "of longer ones. What it does not show: the flight of a real drone under attack; and the few minutes without",
    "attack say little about false alarms in a day.",
)


def _attacked(one: Capture, told: Incidents) -> Iterator[str]:
    for place, (name, of) in enumerate(told["by_technique"].items()):
        head = f"`{one.name}` | {one.frames:,} | {_seconds(told)}" if place == 0 else " | | "
        delay = of["time_to_detect_s"]["median"]
        alarms = told["false_alarms"] if place == 0 else ""
        yield (
            f"| {head} | {name} | {of['episodes']} | {of['found']} | "
            f"{'' if delay is None else f'{delay:.2f} s'} | {alarms} |"
        )


def _benign(one: Capture, told: Incidents) -> str:
    share = f"{told['alarmed_share']:.0%}"
    return f"| `{one.name}` | {one.frames:,} | {_seconds(told)} | {told['false_alarms']} | {share} |"


def _seconds(told: Incidents) -> str:
    return f"{told['watched_hours'] * 3600:.0f}"


def _found(told: Incidents) -> str:
    return f"{told['found']} of {told['episodes']} found"


def _rate(told: Incidents) -> str:
    figure = told["false_alarms_per_hour"]
    if figure["value"] is None:
        return "none"
    return f"{figure['value']:.3g} ({figure['low']:.3g} to {figure['high']:.3g})"
