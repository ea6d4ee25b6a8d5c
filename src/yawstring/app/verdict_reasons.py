"""Why a detector raised its alarms, for the page of an evaluation: the signals behind the strongest of each kind."""

from collections.abc import Iterator

import polars as pl

from yawstring.app.reasons import MOST_REASONS, RANGE, by_group, heading, sum_of, verdict
from yawstring.edge.report import Block, Grid, Prose
from yawstring.errors import BundleError, MissingExtraError
from yawstring.learn.explain.moments import of_each_class
from yawstring.learn.explain.why import METHODS, Explanation, explain
from yawstring.learn.explain.words import Reason
from yawstring.learn.recipe import Trained


def reasons(trained: Trained, rows: pl.DataFrame, scores: pl.DataFrame) -> Iterator[Block]:
    """Of the incidents that look like each attack the strongest true one, and the strongest false alarm, with signals.

    Args:
        trained: The detector.
        rows: The rows that it reads, as :func:`yawstring.learn.evaluate.rows_of` gives them.
        scores: As :func:`yawstring.learn.evaluate.predict` gives them.
    """
    moments = of_each_class(scores, rows, trained.recipe.classes)
    if not moments.found:
        yield Prose(text="No incident was found on these flights: there is none to explain.")
        return
    try:
        found = explain(trained, rows, moments.found)
    except (MissingExtraError, BundleError) as error:
        yield Prose(text=f"Not explained: {error}.", tone="warning")
        return
    yield Prose(
        text=f"Of {moments.total:,} incidents, the strongest true one that looks like each attack, and the strongest "
        "false alarm if there is one, at the window with the highest score. "
        f"Found by {METHODS[found[0].method]}. "
        f"Benign: from the {RANGE} quantile of the benign rows of training; ▲ lies above, ▼ below."
    )
    for one in found:
        yield from _blocks(one)


def _blocks(one: Explanation) -> Iterator[Block]:
    yield Grid(
        columns=("signal", "value, benign rows", "moved by"),
        rows=[_row(reason) for reason in one.reasons[:MOST_REASONS]],
        caption=f"{heading(one.moment)}: {verdict(one)}.",
        numbers=(2,),
    )
    total = sum_of(one)
    told = [f"{total[0].upper()}{total[1:]}."]
    if left := one.reasons[MOST_REASONS:]:
        told.append(f"{len(left)} weaker signals: {sum(reason.contribution for reason in left):+.3f} together.")
    if kinds := by_group(one):
        told.append(f"By kind of signal: {kinds}.")
    yield Prose(text=" ".join(told))


def _row(reason: Reason) -> tuple[str, str, str]:
    told = reason.meaning + (f"; what counted was {reason.counted}" if reason.counted else "")
    mark = {"above": "▲ ", "below": "▼ ", None: ""}[reason.outside]
    beside = f", benign {reason.ordinary_text}" if reason.ordinary_text else ""
    return told, f"{mark}{reason.shown}{beside}", f"{reason.contribution:+.3f}"
