"""Flaws of the protocol that are no step of the ledger, each measured on the table at hand."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.app.notebook import steps
from yawstring.app.notebook.ledger import rows_of
from yawstring.app.notebook.measures import batch_mean_f1, score, verdict
from yawstring.app.notebook.network import Run, probabilities
from yawstring.app.notebook.protocol import Outcome, Prepared
from yawstring.models.base import Json
from yawstring.schema import LABEL

LARGE = 10
"""An input beyond it, in size, is large for a network whose other inputs lie in 0..1."""


@dataclass(frozen=True, kw_only=True)
class Quirk:
    """A flaw and what it comes to here.

    Attributes:
        key: Its name in the report's JSON.
        claim: What the notebook does.
        finding: What that comes to on this table, in a sentence.
        values: The figures of that sentence.
    """

    key: str
    claim: str
    finding: str
    values: Mapping[str, Json]

    def to_json(self) -> dict[str, Json]:
        """The quirk as JSON."""
        return {"key": self.key, "claim": self.claim, "finding": self.finding, "values": dict(self.values)}


def quirks(outcome: Outcome) -> tuple[Quirk, ...]:
    """Every quirk, measured."""
    prepared = outcome.prepared
    return (
        weights(prepared),
        order(prepared),
        ranges(prepared),
        raw_columns(prepared),
        overlap(prepared),
        class_weights(prepared),
        batch_f1(prepared, outcome.first),
        other_model(outcome),
    )


def weights(prepared: Prepared) -> Quirk:
    """Scaling to 0..1 takes back the weights."""
    plain = steps.scale(steps.drop(prepared.opened[prepared.order]))
    weighed = steps.scale(steps.drop(prepared.weighed))
    same = [name for name in steps.WEIGHTED if (plain[name] == weighed[name]).all()]
    differ = [name for name in steps.WEIGHTED if name not in same]
    return Quirk(
        key="weights_undone",
        claim=f"{len(steps.WEIGHTED)} physical columns are multiplied by {steps.WEIGHT}, then scaled to 0..1.",
        finding=f"{len(same)} of them come out bit for bit as without the weights; "
        + (f"only {', '.join(differ)} stays halved, because it is not scaled." if differ else "none stays halved."),
        values={"weighted": len(steps.WEIGHTED), "bit_identical": list(same), "different": list(differ)},
    )


def order(prepared: Prepared) -> Quirk:
    """The unstable sort shuffles frames inside a second."""
    unstable = steps.unstable_order(prepared.opened)
    moved = int(np.sum(unstable != prepared.order))
    second = prepared.opened["timestamp"].to_numpy()
    clock = prepared.opened["timestamp_c"].to_numpy()
    backwards = {
        name: _backwards(clock[rows], second[rows])
        for name, rows in (("unstable", unstable), ("stable", prepared.order))
    }
    return Quirk(
        key="unstable_sort",
        claim="Rows are sorted by a time in whole seconds, with a sort that is not stable.",
        finding=f"With NumPy's default sort here, {moved:,} of {len(second):,} rows leave their place, and a frame "
        f"follows a later one of its second {backwards['unstable']:,} times (stable: {backwards['stable']:,}).",
        values={"rows": len(second), "moved": moved, **{f"backwards_{name}": n for name, n in backwards.items()}},
    )


def _backwards(clock: NDArray[np.float64], second: NDArray[np.object_]) -> int:
    return int(np.sum((np.diff(clock) < 0) & (second[1:] == second[:-1])))


def ranges(prepared: Prepared) -> Quirk:
    """The scaler has seen the test rows."""
    frame = steps.drop(prepared.weighed)
    seen = rows_of(prepared.cut.train)
    every, train = steps.scale(frame), steps.scale(frame, on=seen)
    differ = [name for name in steps.SCALED if not (every[name] == train[name]).all()]
    return Quirk(
        key="scaler_fitted_on_test",
        claim="Lowest and highest values are taken from the whole table, test rows included.",
        finding=f"{len(seen):,} of {len(frame):,} rows lie in some training window; fitted on those alone, "
        f"{len(differ)} of {len(steps.SCALED)} columns are scaled otherwise.",
        values={"rows": len(frame), "train_rows": len(seen), "columns_that_differ": list(differ)},
    )


def raw_columns(prepared: Prepared) -> Quirk:
    """Columns that nobody scales drown the others."""
    frame = steps.drop(prepared.weighed).drop(LABEL, *steps.SCALED)
    peaks = {name: float(np.abs(frame[name].cast(pl.Float64).to_numpy()).max()) for name in frame.columns}
    large = sorted((name for name in peaks if peaks[name] > LARGE), key=lambda name: -peaks[name])
    most = ", ".join(f"{name} {peaks[name]:,.0f}" for name in large[:3])
    return Quirk(
        key="raw_columns",
        claim=f"Only {len(steps.SCALED)} columns are scaled to 0..1; the others go into the network as they are.",
        finding=f"{len(large)} of the {len(peaks)} others reach beyond {LARGE}"
        + (f" (largest: {most}). Such values can saturate an LSTM's gates and drown the small ones." if most else "."),
        values={"unscaled": len(peaks), "beyond": LARGE, "largest": {name: peaks[name] for name in large}},
    )


def overlap(prepared: Prepared) -> Quirk:
    """Windows on both sides share rows."""
    train, test = prepared.cut.train, prepared.cut.test
    held = np.zeros(len(train.rows), np.bool_)
    held[rows_of(train)] = True
    shared = held[test.starts[:, None] + np.arange(test.length)].sum(axis=1)
    some, every = float(np.mean(shared > 0)), float(np.mean(shared == test.length))
    return Quirk(
        key="overlapping_windows",
        claim="Windows that overlap by four rows of five are split at random.",
        finding=f"{some:.1%} of the test windows share rows with training windows; of {every:.1%}, all five rows.",
        values={"share_any": some, "share_all": every},
    )


def class_weights(prepared: Prepared) -> Quirk:
    """Balanced weights that nothing takes."""
    weighed = steps.balanced_weights(prepared.cut.train.labels)
    said = ", ".join(f"{value:.4f} for class {name}" for name, value in weighed.items())
    return Quirk(
        key="class_weights_unused",
        claim="Balanced class weights are computed and given to nothing.",
        finding=f"They would be {said}; the network is fitted without them.",
        values={"weights": {str(name): value for name, value in weighed.items()}},
    )


def batch_f1(prepared: Prepared, run: Run) -> Quirk:
    """The F1 shown while training is a mean over batches."""
    validation = prepared.cut.validation
    if validation is None:
        raise ValueError("the protocol has a validation part")
    said = verdict(probabilities(run.fitted, validation))
    mean, true = batch_mean_f1(validation.labels, said), score(validation.labels, said).f1[1]
    shown = run.fitted.history[-1].validation_f1
    return Quirk(
        key="batch_mean_f1",
        claim="The F1 shown in training is that of each batch of 32, averaged: not the F1 of the epoch.",
        finding=f"Validation F1 shown after the last epoch: {_figure(shown)}; over batches, computed again: "
        f"{_figure(mean)}; true F1 of the same verdicts: {_figure(true)}.",
        values={"shown": shown, "batch_mean": mean, "true": true},
    )


def other_model(outcome: Outcome) -> Quirk:
    """A figure and a matrix of two models."""
    first, again = outcome.first, outcome.again
    differ = int(np.sum(verdict(first.probability) != verdict(again.probability)))
    return Quirk(
        key="figure_of_another_model",
        claim="A cell computes new probabilities but rounds those of an older model: its F1 and its matrix may belong "
        "to a network that is gone. Another prints an accuracy of 0.9927 without a new prediction at all.",
        finding=f"Step 8's network has F1 {_figure(first.scores.f1[1])} and step 10's {_figure(again.scores.f1[1])}; "
        f"they disagree on {differ:,} of {first.scores.count:,} test windows. Every figure here is of the model it "
        "stands beside.",
        values={"f1_step_8": first.scores.f1[1], "f1_step_10": again.scores.f1[1], "verdicts_that_differ": differ},
    )


def _figure(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.4f}"
