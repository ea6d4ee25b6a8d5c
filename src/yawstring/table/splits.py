"""Splits that hold: which windows are learnt from, which choose, which measure.

A split is made before anything is fitted. Every :class:`Split` that exists has been checked: no window crosses a
recording, a part or a segment; between two parts of one recording lies the embargo, the longest memory that windows
and signals declare; linked recordings (the same frames recorded twice) are not torn apart by the policies ``recording``
and ``given``; every class can be learnt and measured. Only the policy ``random`` is excused from all but the first, as
its name says.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import LeakError, SplitError, TableError
from yawstring.schema import LABEL, PART, RECORDING, roles
from yawstring.table.parts import Part, TestPart, TrainPart, ValidationPart
from yawstring.table.policies import (
    LEFT_OUT,
    TEST,
    TRAIN,
    VALIDATION,
    Plan,
    Policy,
    SplitSpec,
    Within,
    assign_random_windows,
    plan,
)
from yawstring.table.recordings import linked
from yawstring.table.twins import candidates
from yawstring.table.windows import NO_SEGMENT, Json, WindowSpec, stretches, window_starts

__all__ = ["WHOLE_RECORDINGS", "Policy", "Split", "SplitSpec", "Within", "class_of_rows", "cut", "split_table", "whole"]

WHOLE_RECORDINGS = ("recording", "given")
"""Policies that never cut a recording."""

PART_NAMES = {TRAIN: "train", VALIDATION: "validation", TEST: "test", LEFT_OUT: "left out"}


@dataclass(frozen=True, kw_only=True)
class Split:
    """A split of one table, checked on construction.

    Attributes:
        spec: What was asked for.
        window: How windows are cut.
        embargo: Rows left out after each boundary between two parts of a recording.
        recording: ``int64[row]``.
        part: ``int8[row]``: train 0, validation 1, test 2, left out -1. Policy ``"random"``: part of the window that
            has its label from this row.
        segment: ``int64[row]``, stretches that no window crosses; -1 for rows left out.
        group: ``int64[row]``, what belongs together: linked recordings, or a run. The unit of resampling.
        starts: ``int64[window]`` of train, validation and test.
        stamps: Words that stay on every result.
        warnings: Sentences to show a person.

    Raises:
        LeakError: The split lets something cross.
    """

    spec: SplitSpec
    window: WindowSpec
    embargo: int
    recording: NDArray[np.int64]
    part: NDArray[np.int8]
    segment: NDArray[np.int64]
    group: NDArray[np.int64]
    starts: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
    stamps: tuple[str, ...] = field(default=())
    warnings: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        for part, starts in zip((TRAIN, VALIDATION, TEST), self.starts, strict=True):
            self._check_windows(part, starts)
        if self.spec.policy != "random":
            self._check_embargo()
        if self.spec.policy in WHOLE_RECORDINGS:
            self._check_groups()

    def _check_windows(self, part: int, starts: NDArray[np.int64]) -> None:
        ends = starts + self.window.label_offset
        if len(starts) and (starts.min() < 0 or ends.max() >= len(self.part)):
            raise LeakError("a window lies outside the table")
        for name, values in (("recording", self.recording), ("segment", self.segment)):
            stretch = stretches(values)
            if (stretch[starts] != stretch[ends]).any():
                raise LeakError(f"a window of the {PART_NAMES[part]} part crosses a {name}")
        if (self.segment[starts] == NO_SEGMENT).any():
            raise LeakError(f"a window of the {PART_NAMES[part]} part holds rows that were left out")
        stretch = stretches(self.part.astype(np.int64))
        crosses = self.spec.policy != "random" and (stretch[starts] != stretch[ends]).any()
        if crosses or (self.part[ends] != part).any():
            raise LeakError(f"a window of the {PART_NAMES[part]} part holds rows of another part")

    def _check_embargo(self) -> None:
        if self.embargo < self.window.memory:
            raise LeakError(f"an embargo of {self.embargo} rows is less than the {self.window.memory} windows remember")
        kept = np.flatnonzero(self.part != LEFT_OUT)
        before, after = kept[:-1], kept[1:]
        boundary = (self.part[before] != self.part[after]) & (self.recording[before] == self.recording[after])
        if (after - before - 1 < self.embargo)[boundary].any():
            raise LeakError(f"two parts of one recording lie closer than the embargo of {self.embargo} rows")

    def _check_groups(self) -> None:
        kept = self.part != LEFT_OUT
        pairs = np.unique(np.stack([self.group[kept], self.part[kept]]), axis=1)
        if len(np.unique(pairs[0])) != pairs.shape[1]:
            raise LeakError("linked recordings, or one recording, lie in more than one part")

    def sizes(self, classes: NDArray[np.str_]) -> dict[str, dict[str, Json]]:
        """For each part: rows, windows, groups and windows of each class.

        Args:
            classes: ``str[row]``, class of each row.
        """
        out: dict[str, dict[str, Json]] = {}
        for part, starts in zip((TRAIN, VALIDATION, TEST), self.starts, strict=True):
            labelled = starts + self.window.label_offset
            names, counts = np.unique(classes[labelled], return_counts=True)
            out[PART_NAMES[part]] = {
                "rows": int((self.part == part).sum()),
                "windows": len(starts),
                "groups": len(np.unique(self.group[labelled])),
                "classes": dict(zip(names.tolist(), counts.tolist(), strict=True)),
            }
        return out


def split_table(
    frame: pl.DataFrame,
    spec: SplitSpec,
    window: WindowSpec,
    *,
    keep: NDArray[np.bool_] | None = None,
    unseen: NDArray[np.bool_] | None = None,
    memory: int = 0,
) -> Split:
    """Split a table; nothing has been fitted yet.

    Args:
        frame: A table with the columns ``class`` and ``recording``, rows in the order they were recorded in.
        spec: The policy and its options.
        window: How windows are cut.
        keep: ``bool[row]``, rows to use at all; the others belong to no part, and no window reaches across them.
        unseen: ``bool[row]``, rows that the test part alone may hold; a class of such rows alone is not missed in the
            training part.
        memory: Rows that signals among the features remember, 0 for none.

    Raises:
        SplitError: The split is undefined on this table, by name: a class that a part would lack, say.
        TableError: A row has no label, or the column of recordings is missing.
    """
    classes = class_of_rows(frame)
    recording = _recordings(frame)
    keep = np.ones(frame.height, np.bool_) if keep is None else keep
    embargo = max(window.memory, memory) if spec.policy != "random" else 0
    made = plan(
        spec, classes=classes, recording=recording, group=linked(frame, recording.astype(np.int32)), keep=keep,
        given=_given(frame),
    )  # fmt: skip
    if spec.policy == "random":
        part, (train, validation, test) = assign_random_windows(made.segment, classes, window, spec)
    else:
        part = _embargoed(made, recording, embargo)
        if unseen is not None:
            part[unseen & (part != TEST)] = LEFT_OUT
        made = Plan(part=part, segment=np.where(part == LEFT_OUT, NO_SEGMENT, made.segment), group=made.group)
        train, validation, test = (
            window_starts(np.where(part == p, made.segment, NO_SEGMENT), window) for p in range(3)
        )
    learnable = keep if unseen is None else keep & ~unseen
    _check_classes(classes, (learnable, TRAIN, train), window, spec)
    _check_classes(classes, (keep, TEST, test), window, spec)
    split = Split(
        spec=spec, window=window, embargo=embargo, recording=recording,
        part=part, segment=made.segment, group=made.group, starts=(train, validation, test),
        stamps=("random split",) if spec.policy == "random" else (),
    )  # fmt: skip
    return replace(split, warnings=tuple(_warnings(frame, split, classes)))


def cut(
    frame: pl.DataFrame, split: Split, features: Sequence[str]
) -> tuple[TrainPart, ValidationPart | None, TestPart]:
    """The three parts, each with copies of its own rows and of the feature columns alone.

    Args:
        frame: The table that was split.
        split: The split.
        features: Columns that the detector may see.
    """
    classes = class_of_rows(frame)
    train, validation, test = split.starts
    return (
        _part(TrainPart, frame, split, train, features, classes),
        _part(ValidationPart, frame, split, validation, features, classes) if len(validation) else None,
        _part(TestPart, frame, split, test, features, classes),
    )


def whole(
    frame: pl.DataFrame, window: WindowSpec, features: Sequence[str], *, segment: NDArray[np.int64] | None = None
) -> TestPart:
    """A whole table as one test part: a table that the detector was not trained on.

    Args:
        frame: The table.
        window: How windows are cut.
        features: Columns that the detector sees.
        segment: ``int64[row]``, stretches that no window crosses, -1 for rows to leave out; ``None``: recordings.

    Raises:
        SplitError: No recording is long enough for one window.
    """
    recording = _recordings(frame)
    starts = window_starts(recording if segment is None else segment, window)
    if not len(starts):
        raise SplitError(f"no recording of the table is long enough for a window of {window.length} rows")
    rows = _covered(starts, window.length, frame.height)
    classes = class_of_rows(frame)
    group = linked(frame, recording.astype(np.int32))
    return TestPart(
        frame=frame.select(features)[rows],
        rows=rows,
        window=window,
        starts=np.searchsorted(rows, starts),
        truth=classes[starts + window.label_offset],
        group=group[starts + window.label_offset],
    )


def class_of_rows(frame: pl.DataFrame) -> NDArray[np.str_]:
    """``str[row]``: class of each row.

    Raises:
        TableError: The column of labels is missing, or a row has none.
    """
    if LABEL not in frame.columns:
        raise TableError("the table has no column of labels", column=LABEL)
    if missing := frame[LABEL].null_count():
        raise TableError(f"{missing} rows have no label", column=LABEL)
    return np.asarray(frame[LABEL].to_list(), dtype=np.str_)


def _given(frame: pl.DataFrame) -> NDArray[np.str_] | None:
    """``str[row]``: the part that the table says; ``""`` where it says none."""
    return np.asarray(frame[PART].fill_null("").to_list(), np.str_) if PART in frame.columns else None


def _recordings(frame: pl.DataFrame) -> NDArray[np.int64]:
    if RECORDING not in frame.columns:
        raise TableError("the table does not say which recording a row belongs to", column=RECORDING)
    return frame[RECORDING].cast(pl.Int64).to_numpy()


P = TypeVar("P", bound=Part)


def _part(
    kind: type[P],
    frame: pl.DataFrame,
    split: Split,
    starts: NDArray[np.int64],
    features: Sequence[str],
    classes: NDArray[np.str_],
) -> P:
    rows = _covered(starts, split.window.length, frame.height)
    labelled = starts + split.window.label_offset
    return kind(
        frame=frame.select(features)[rows],
        rows=rows,
        window=split.window,
        starts=np.searchsorted(rows, starts),
        truth=classes[labelled],
        group=split.group[labelled],
    )


def _covered(starts: NDArray[np.int64], length: int, height: int) -> NDArray[np.int64]:
    """Rows that some window holds, in order; a window's rows stay neighbours among them."""
    edges = np.bincount(starts, minlength=height + 1) - np.bincount(starts + length, minlength=height + 1)
    return np.flatnonzero(np.cumsum(edges)[:height] > 0)


def _embargoed(made: Plan, recording: NDArray[np.int64], embargo: int) -> NDArray[np.int8]:
    """Parts, with the first ``embargo`` rows after each boundary within a recording left out."""
    part = made.part.copy()
    kept = np.flatnonzero(part != LEFT_OUT)
    before, after = kept[:-1], kept[1:]
    boundary = after[(part[before] != part[after]) & (recording[before] == recording[after])]
    for offset in range(embargo):
        rows = boundary + offset
        inside = rows < len(part)
        rows, first = rows[inside], boundary[inside]
        part[rows[recording[rows] == recording[first]]] = LEFT_OUT
    return part


def _check_classes(
    classes: NDArray[np.str_],
    of: tuple[NDArray[np.bool_], int, NDArray[np.int64]],
    window: WindowSpec,
    spec: SplitSpec,
) -> None:
    """Whether a part has a window of every class there is: ``of`` is the rows it may hold, its number, its windows."""
    rows, part, starts = of
    there = set(np.unique(classes[rows]).tolist())
    if len(there) < 2:
        raise SplitError(f"the table holds {len(there)} classes ({', '.join(sorted(there))}); a detector needs 2")
    found = set(np.unique(classes[starts + window.label_offset]).tolist())
    if missing := sorted(there - found):
        raise SplitError(
            f"split '{spec.policy}' (seed {spec.seed}) leaves the {PART_NAMES[part]} part without a window of "
            f"class '{missing[0]}': its figure would be undefined, not low; another seed or policy may do"
        )


def _warnings(frame: pl.DataFrame, split: Split, classes: NDArray[np.str_]) -> list[str]:
    found: list[str] = []
    train, validation, test = split.starts
    if split.spec.policy == "random":
        covered = np.zeros(frame.height + 1, np.int64)
        covered[_covered(train, split.window.length, frame.height)] = 1
        before = np.concatenate([[0], np.cumsum(covered)])
        shared = np.mean(before[test + split.window.length] > before[test])
        found.append(
            f"split 'random' hides what it leaks: {shared:.0%} of the test windows share rows with training windows, "
            "and all come from the same recordings. The figure says nothing about another flight"
        )
    offset = split.window.label_offset
    lacking = sorted(set(np.unique(classes[train + offset])) - set(np.unique(classes[validation + offset])))
    if len(validation) and lacking:
        found.append(f"the validation part has no window of class '{lacking[0]}': choices are made without it")
    if twins := _twins(frame, split):
        found.append(
            f"{twins} rows of the test part equal a training row in every column but the label: one event, recorded on "
            "both sides"
        )
    return found


def _twins(frame: pl.DataFrame, split: Split) -> int:
    """Test rows that equal a training row in every column of the file but the label."""
    known = roles(name for name in frame.columns if name != RECORDING)
    columns = [name for name, role in known.items() if role != "label"]
    train, test = (_covered(split.starts[part], split.window.length, frame.height) for part in (TRAIN, TEST))
    test = np.setdiff1d(test, train)
    alike = candidates(frame.select(columns))
    train, test = train[alike[train]], test[alike[test]]
    unique = frame.select(columns)[train].unique()
    return frame.select(columns)[test].join(unique, on=columns, how="semi", nulls_equal=True).height
