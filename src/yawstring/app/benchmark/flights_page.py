"""The page of the benchmark on simulated flights, in Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from yawstring.app.benchmark.flights import BUDGET_PER_HOUR, EVENTS, EVERY_S, PARTS, PATIENT, Result
from yawstring.schema import UNKNOWN

Incidents: TypeAlias = Mapping[str, Any]
"""Figures of incidents, as :func:`yawstring.learn.judging.figures` gives them."""

FOUND_AIM, ALARMS_AIM, DELAY_AIM_S, CALLED_AIM = 0.99, 1.0, 1.0, 0.8
SOON = ("aireplay_deauth", "mdk4_deauth", "disassociation", "airbase_twin", "mdk4_twin", "hostapd_twin")
"""Techniques whose median time to detect has an aim; the careless and careful freeze besides."""


def section(
    found: Sequence[Result], unseen: Sequence[Result], strengths: Mapping[str, Incidents], *, seed: int, digest: str
) -> list[str]:
    """The lines of the section.

    Args:
        found: Every contender's, the one that counts first.
        unseen: The one that counts, with a class of attacks left out of training in turn.
        strengths: Its figures by strength of the attack.
        seed: Of the flights and the detectors.
        digest: Of the flights.
    """
    best: Incidents = found[0].incidents
    flown = ", ".join(f"{one.attacked + one.benign} to {part}" for part, one in PARTS.items())
    return [
        "## Simulated flights",
        "",
        f"Seed {seed}; {flown} (digest {digest[:16]}…); those that test draw from wider ranges. "
        f"A row of signals every {EVERY_S:g} s; an incident is confirmed by {EVENTS.confirm} in {EVENTS.within} rows "
        f"or, where a detector is patient, of a lower score by {PATIENT.confirm} in {PATIENT.within}; thresholds "
        f"for {BUDGET_PER_HOUR:g} false alarms an hour on the validation flights. "
        f"The test holds {best['episodes']} attacks and {best['benign_hours']:.1f} hours without. "
        "Exact 95 % intervals (Clopper-Pearson, Garwood). Of the attacks found, some were alarmed about before they "
        "began: an earlier incident went on, and it cannot be told whether the detector knew.",
        "",
        "| detector | attacks found | share | alarmed before | false alarms an hour | named right | median delay |",
        "|---|---:|---:|---:|---:|---:|---:|",
        *(f"| {one.name} | {_row(one.incidents)} |" for one in found),
        "",
        *_aims(best),
        "",
        f"{found[0].name}, by technique:",
        "",
        "| technique | attacks | found | median delay | upper quartile |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| `{name}` | {one['episodes']} | {one['found']} | {_seconds(one, 'median')} | {_seconds(one, 'q3')} |"
            for name, one in best["by_technique"].items()
        ),
        "",
        f"{found[0].name} and novelty, a class of attacks never trained on; aim: {CALLED_AIM:.0%} called unknown:",
        "",
        "| left out | attacks | found | called unknown | false alarms an hour |",
        "|---|---:|---:|---:|---:|",
        *(_unseen(one.name, one.incidents) for one in unseen),
        "",
        f"{found[0].name}, by strength, on flights of their own:",
        "",
        "| attack | attacks | found | median delay |",
        "|---|---:|---:|---:|",
        *(
            f"| {name} | {one['episodes']} | {_share(one['found_share'])} | {_seconds(one, 'median')} |"
            for name, one in strengths.items()
        ),
        "",
    ]


def _unseen(name: str, incidents: Incidents) -> str:
    of = incidents["by_class"].get(UNKNOWN, {"episodes": 0, "found": 0, "named_right": 0})
    alarms = _rate(incidents["false_alarms_per_hour"])
    return f"| `{name}` | {of['episodes']} | {of['found']} | {of['named_right']} | {alarms} |"


def _row(one: Incidents) -> str:
    return (
        f"{one['found']} of {one['episodes']} | {_share(one['found_share'])} | {one['already_alarmed']} | "
        f"{_rate(one['false_alarms_per_hour'])} | {one['named_right']} | {_seconds(one, 'median')}"
    )


def _aims(best: Incidents) -> Iterator[str]:
    """What was aimed at, and whether it was met."""
    found, alarms = best["found_share"]["value"], best["false_alarms_per_hour"]["value"]
    met = "met" if found >= FOUND_AIM and alarms <= ALARMS_AIM else "**missed**"
    yield f"- Aim: {FOUND_AIM:.0%} found at no more than {ALARMS_AIM:g} false alarm an hour: {met}."
    for name in (*SOON, "telemetry_freeze"):
        if name in best["by_technique"]:
            delay = best["by_technique"][name]["time_to_detect_s"]["median"]
            met = "met" if delay is not None and delay < DELAY_AIM_S else "**missed**"
            yield f"- Median delay of `{name}` under {DELAY_AIM_S:g} s: {met}."


def _share(figure: Mapping[str, Any]) -> str:
    return _interval(figure, 100, "%")


def _rate(figure: Mapping[str, Any]) -> str:
    return _interval(figure, 1, "")


def _interval(figure: Mapping[str, Any], factor: float, unit: str) -> str:
    if figure["value"] is None:
        return "none"
    value, low, high = (factor * figure[name] for name in ("value", "low", "high"))
    return f"{value:.3g}{unit} ({low:.3g} to {high:.3g})"


def _seconds(one: Incidents, quantile: str) -> str:
    value = one["time_to_detect_s"][quantile]
    return "" if value is None else f"{value:.2f} s"
