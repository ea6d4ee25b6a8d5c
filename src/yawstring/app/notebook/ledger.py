"""What the protocol hides: its flaws removed one after another, with the figures after each.

Each rung keeps what the rung before it mended and mends one thing more. All are fitted by the same routine, with the
same network, epochs and seed; a rung that is undefined on the table says so and has no figure. Beside each stand two
verdicts that need no network: *repeat* says of a window what its last row is labelled as, *majority* says of every
window what most training windows are. Where a network is no better than these, its figure shows nothing it has learnt.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.app.notebook import steps
from yawstring.app.notebook.measures import Scores, score, verdict
from yawstring.app.notebook.network import Cut, Run
from yawstring.app.notebook.protocol import Prepared, cut
from yawstring.errors import SplitError
from yawstring.models.base import Json, Windows
from yawstring.schema import BENIGN, LABEL, RECORDING, roles
from yawstring.table.splits import SplitSpec, split_table
from yawstring.table.windows import WindowSpec

FOLDS = (5, 4, 3, 2)
"""Folds of recordings to try, the most first; with five, four fifths train, as in the notebook."""

TIME_TEST = 0.2
"""Share of the end of each recording that is the test part where recordings are too few to hold any out."""

NEXT_ROW = WindowSpec(length=steps.WINDOW_ROWS, label="next")
"""The notebook's windows: five rows, labelled by the one after them."""

Fit = Callable[[Cut, str], Run]
"""Fits the notebook's network on windows; the text names the rung."""


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One step of the ledger.

    Attributes:
        key: Its name in the report's JSON.
        title: What was mended, in a few words.
        why: What was wrong with it.
        features: Features of a row.
        train: Windows trained on, of every fold together.
        scores: Figures of the network on the test windows, those of every fold together.
        repeat: Figures of *repeat the last label in the window*, on the same windows.
        majority: Figures of the majority class, on the same windows.
        folds: Figures of the network, fold by fold, where there are several.
        note: How it was split, or why the rung is undefined.
    """

    key: str
    title: str
    why: str
    features: int = 0
    train: int = 0
    scores: Scores | None = None
    repeat: Scores | None = None
    majority: Scores | None = None
    folds: tuple[Scores, ...] = field(default=())
    note: str = ""

    def to_json(self) -> dict[str, Json]:
        """The rung as JSON; ``null`` for figures that are undefined."""
        scored = {"network": self.scores, "repeat_last_label": self.repeat, "majority": self.majority}
        return {
            "key": self.key,
            "title": self.title,
            "why": self.why,
            "features": self.features,
            "train_windows": self.train,
            **{name: scores.to_json() if scores else None for name, scores in scored.items()},
            "folds": [scores.to_json() for scores in self.folds],
            "note": self.note,
        }


def ledger(prepared: Prepared, first: Run, *, seed: int, fit: Fit) -> tuple[Rung, ...]:
    """Every rung in order.

    Args:
        prepared: Steps 1 to 7 of the protocol.
        first: Step 8; the rung that is the protocol itself takes it as it is.
        seed: Seed of the splits.
        fit: Fits a rung.
    """
    return (_unstable(prepared, first, seed, fit), _protocol(prepared, first), *_mended(prepared, seed, fit))


def identity(frame: pl.DataFrame) -> tuple[str, ...]:
    """Columns that name a capture rather than a behaviour: addresses, counters, the flight's clock, the checksum."""
    return tuple(name for name, role in roles(frame.columns).items() if role == "identity")


def rows_of(windows: Windows) -> NDArray[np.int64]:
    """``int64[row]``: every row that one of the windows holds."""
    return np.unique(windows.starts[:, None] + np.arange(windows.length))


def folds(frame: pl.DataFrame, *, seed: int) -> tuple[tuple[tuple[NDArray[np.int64], NDArray[np.int64]], ...], str]:
    """First rows of the training and of the test windows of each fold, and how they were split.

    Whole recordings are held out, each once; where a class has too few recordings for that, the end of each recording
    is, after an embargo.

    Args:
        frame: Rows with ``class`` as text and ``recording``, in the order they were recorded in.
        seed: Seed of the folds.

    Raises:
        SplitError: Neither is defined on this table.
    """
    for count in FOLDS:
        specs = [
            SplitSpec(policy="recording", folds=count, fold=fold, validation=0, seed=seed) for fold in range(count)
        ]
        try:
            made = tuple(_starts(frame, spec) for spec in specs)
        except SplitError:
            continue
        return made, f"by recording: {count} folds, each recording tested once by a network that never saw it"
    spec = SplitSpec(policy="time", within="recording", test=TIME_TEST, validation=0, seed=seed)
    said = f"by time: the last {TIME_TEST:.0%} of each recording, after an embargo of {NEXT_ROW.memory} rows"
    return (_starts(frame, spec),), f"{said}; a class has too few recordings to hold whole ones out"


def _starts(frame: pl.DataFrame, spec: SplitSpec) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    train, _, test = split_table(frame, spec, NEXT_ROW).starts
    return train, test


def _unstable(prepared: Prepared, first: Run, seed: int, fit: Fit) -> Rung:
    """The notebook on this machine: its sort shuffles frames inside a second."""
    order = steps.unstable_order(prepared.opened)
    moved = int(np.sum(order != prepared.order))
    why = "the sort by whole seconds is unstable: the order of frames inside a second is undefined"
    note = f"{moved:,} of {len(order):,} rows stand elsewhere than in file order; another build may shuffle otherwise"
    if not moved:
        first_cut, run = prepared.cut, first
        note = "on this machine the unstable sort happens to keep the file's order: the same as the next line"
    else:
        weighed = steps.weigh(prepared.opened)[order]
        rows = steps.matrix(steps.scale(steps.drop(weighed)))
        windows = steps.windows(rows, weighed[LABEL].to_numpy())
        first_cut = cut(windows, steps.split(windows.labels, seed=seed))
        run = fit(first_cut, "ledger: unstable sort")
    label = prepared.opened[LABEL].to_numpy()[order]
    return _rung("unstable_sort", "Sort unstable", why, [(first_cut, label, run)], note=note)


def _protocol(prepared: Prepared, first: Run) -> Rung:
    why = "the protocol itself: everything the notebook does, its sort made stable"
    return _rung("protocol", "The protocol", why, [(prepared.cut, prepared.label, first)], note="step 8, as it is")


def _mended(prepared: Prepared, seed: int, fit: Fit) -> Iterator[Rung]:
    frame, label = steps.drop(prepared.weighed), prepared.label

    def rung(key: str, title: str, why: str, rows: NDArray[np.float32], note: str = "", run: Run | None = None) -> Rung:
        same = cut(steps.windows(rows, label), prepared.parts)
        return _rung(key, title, why, [(same, label, run or fit(same, f"ledger: {title}"))], note=note)

    rows = steps.matrix(steps.scale(frame), with_label=False)
    why = "the last two features of a window were the labels of its own five rows"
    yield rung("label_out", "Label out", why, rows, note="both copies of the class taken out of the features")

    named = identity(frame)
    rows = steps.matrix(steps.scale(frame.drop(named)), with_label=False)
    run = fit(cut(steps.windows(rows, label), prepared.parts), "ledger: Identity out")
    why = "addresses, counters, the flight's clock and the checksum name the capture, not the behaviour"
    yield rung("identity_out", "Identity out", why, rows, note=f"left out: {', '.join(named)}", run=run)

    seen = rows_of(prepared.cut.train)
    mended = steps.matrix(steps.scale(frame.drop(named), on=seen), with_label=False)
    why = "lowest and highest values came from test rows too"
    note = f"{len(seen):,} of {len(frame):,} rows lie in a training window, since windows overlap"
    alike = np.array_equal(rows, mended)
    note += ": the values come out the same, bit for bit, and so does the network" if alike else ""
    yield rung("scaler_on_train", "Scaler on train", why, mended, note=note, run=run if alike else None)

    yield _held_out(prepared, seed, fit)


def _held_out(prepared: Prepared, seed: int, fit: Fit) -> Rung:
    """Whole recordings held out, or their ends."""
    title = "Held-out split"
    why = "overlapping windows of one recording lay on both sides of the random split"
    ordered = prepared.weighed.sort(RECORDING, "timestamp_c", "frame.number", maintain_order=True)
    text = pl.when(pl.col(LABEL) == 0).then(pl.lit(BENIGN)).otherwise(pl.lit("attack")).alias(LABEL)
    try:
        made, how = folds(ordered.with_columns(text), seed=seed)
    except SplitError as error:
        return Rung(key="split_held_out", title=title, why=why, note=f"undefined on this table: {error}")
    label = ordered[LABEL].to_numpy()
    frame = steps.drop(ordered)
    frame = frame.drop(identity(frame))
    runs = []
    for number, (train, test) in enumerate(made, start=1):
        seen = _windows(np.zeros((len(label), 1), np.float32), label, train)
        rows = steps.matrix(steps.scale(frame, on=rows_of(seen)), with_label=False)
        fold = Cut(train=_windows(rows, label, train), validation=None, test=_windows(rows, label, test))
        runs.append((fold, label, fit(fold, f"ledger: {title}, {number} of {len(made)}")))
    return _rung("split_held_out", title, why, runs, note=how)


def _windows(rows: NDArray[np.float32], label: NDArray[np.int64], starts: NDArray[np.int64]) -> Windows:
    return Windows(rows=rows, starts=starts, length=steps.WINDOW_ROWS, labels=label[starts + steps.WINDOW_ROWS])


def _rung(key: str, title: str, why: str, runs: list[tuple[Cut, NDArray[np.int64], Run]], *, note: str = "") -> Rung:
    """Figures over the test windows of every run together, and of the verdicts that need no network."""
    tests = [(part.test, verdict(run.probability)) for part, _, run in runs]
    truth = np.concatenate([test.labels for test, _ in tests])
    last = np.concatenate([label[part.test.starts + part.test.length - 1] for part, label, _ in runs])
    most = np.concatenate([np.full(len(part.test), _majority(part.train)) for part, _, _ in runs])
    return Rung(
        key=key,
        title=title,
        why=why,
        features=runs[0][0].train.rows.shape[1],
        train=sum(len(part.train) for part, _, _ in runs),
        scores=score(truth, np.concatenate([said for _, said in tests])),
        repeat=score(truth, last),
        majority=score(truth, most),
        folds=tuple(run.scores for _, _, run in runs) if len(runs) > 1 else (),
        note=note,
    )


def _majority(windows: Windows) -> int:
    """The class of most windows; of equals the attack, as in a confusion matrix read from its end."""
    benign, attack = steps.class_counts(windows.labels)
    return int(attack >= benign)
