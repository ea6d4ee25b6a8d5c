"""Explanations as a person reads them, and as JSON."""

from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from yawstring.app.verdict_evidence import signal_groups
from yawstring.learn.explain.moments import Moment, Moments
from yawstring.learn.explain.ranges import HIGH, LOW
from yawstring.learn.explain.why import METHODS, Explanation
from yawstring.learn.recipe import Trained
from yawstring.models.base import Json
from yawstring.table.corpora import Table

FORMAT = 1
"""Version of the JSON of explanations."""

MOST_REASONS = 6
"""Signals shown of one window; JSON holds all."""

MOST_GROUPS = 5
"""Kinds of signals shown of one window."""

RANGE = f"{round(100 * LOW)} % to the {round(100 * HIGH)} %"
"""From where to where benign values are called ordinary."""


def as_record(trained: Trained, table: Table, moments: Moments, found: Sequence[Explanation]) -> dict[str, Json]:
    """Explanations as JSON."""
    return {
        "format": FORMAT,
        "table": {"capture": table.capture, "layout": table.layout, "rows": len(table), "digest": table.digest},
        "detector": trained.detector.family,
        "of": moments.of,
        "total": moments.total,
        "benign_quantiles": [LOW, HIGH],
        "explanations": [one.to_json() for one in found],
    }


def show_reasons(trained: Trained, table: Table, moments: Moments, found: Sequence[Explanation], out: Console) -> None:
    """Print explanations."""
    out.print(Text(f"{trained.detector.family} on {table.capture}: {of_what(moments)}", style="bold"))
    for method in dict.fromkeys(one.method for one in found):
        out.print(Text(f"{METHODS[method][0].upper()}{METHODS[method][1:]}.", style="dim"))
    if found:
        out.print(Text(f"Benign rows are those of training, their range from the {RANGE} quantile.", style="dim"))
    for one in found:
        out.print()
        out.print(Text(f"{heading(one.moment)}: {verdict(one)}", style="bold"))
        out.print(Text(f"  {sum_of(one)}"))
        for reason in one.reasons[:MOST_REASONS]:
            line = Text(f"  {reason.contribution:+9.3f}  ", style="" if reason.contribution > 0 else "dim")
            out.print(line.append(reason.sentence).append(f"  [{reason.feature}]", style="dim"))
        if left := others(one):
            out.print(Text(f"  {left}"))
        if kinds := by_group(one):
            out.print(Text(f"  by kind of signal: {kinds}"))


def of_what(moments: Moments) -> str:
    """What is explained, as a phrase."""
    if moments.of == "row":
        return "one window"
    if not moments.found:
        return "no window to explain that the detector was not trained on"
    shown = len(moments.found)
    name = moments.of if moments.total == 1 else f"{moments.of}s"
    some = "strongest" if shown == 1 else f"{shown} strongest"
    many = f"the {some} of {moments.total:,} {name}" if shown < moments.total else f"{shown} {name}"
    none = " (no incident was found)" if moments.of == "recording" else ""
    return f"the window with the highest score of {many}{none}"


def heading(moment: Moment) -> str:
    """Which window it is, as a phrase."""
    number = "" if moment.incident is None else f"incident {moment.incident}, "
    time = "" if moment.time_s is None else f", {moment.time_s:.1f} s"
    text = f"{number}recording {moment.recording}{time}, row {moment.row}"
    return text[0].upper() + text[1:]


def verdict(one: Explanation) -> str:
    """What was called, how surely, and what was true, as a phrase."""
    moment = one.moment
    label = "" if moment.label is None else f", labelled {moment.label}"
    trained = "" if moment.part in ("test", "foreign") else f", {moment.part} part"
    return f"called {moment.called}, score {moment.score:.3f}{label}{trained}"


def sum_of(one: Explanation) -> str:
    """The sum that the contributions are part of, as a sentence."""
    what = f"{one.scale} of {one.target}" + (f" against {one.against}" if one.scale == "log-odds" else "")
    moved = sum(reason.contribution for reason in one.reasons)
    rest = "" if abs(one.rest) < 0.0005 else f" {_signed(one.rest)} rest"
    return f"{what}: {one.value:.3f} = {one.base:.3f} base {_signed(moved)} by signals{rest}"


def others(one: Explanation) -> str:
    """What the signals not shown add up to; empty where all are shown."""
    left = one.reasons[MOST_REASONS:]
    if not left:
        return ""
    return f"{sum(reason.contribution for reason in left):+9.3f}  {len(left)} weaker signals together"


def by_group(one: Explanation) -> str:
    """What signals of a kind add up to, the strongest kinds first, as a phrase."""
    groups = signal_groups([reason.feature for reason in one.reasons])
    moved = {reason.feature: reason.contribution for reason in one.reasons}
    sums = {name: sum(moved[feature] for feature in features) for name, features in groups.items()}
    ranked = sorted(sums.items(), key=lambda pair: -abs(pair[1]))[:MOST_GROUPS]
    return ", ".join(f"{name} {total:+.3f}" for name, total in ranked)


def _signed(value: float) -> str:
    return f"{'−' if value < 0 else '+'} {abs(value):.3f}"
