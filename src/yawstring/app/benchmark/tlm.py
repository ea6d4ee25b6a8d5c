"""TLM:UAV telemetry: attack or not within the episodes that a detector has seen a part of, and what that is worth.

The table holds each attack as one unbroken episode between stretches of ordinary flight. Nothing can be learnt from one
episode and tested on another, so that what is held out here is the end of every stretch. A control says how much of the
figure is attack: stretches of *ordinary* flight, told apart in the same way. Where a detector tells those apart as well
as attacks, it knows the minute of the flight and not the attack.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from yawstring.app.benchmark.folds import Fold, Pooled, pooled
from yawstring.errors import TableError
from yawstring.learn.parts import class_names
from yawstring.models.base import Family
from yawstring.models.majority import Majority
from yawstring.models.recurrent import LSTM
from yawstring.models.threshold import Threshold
from yawstring.models.trees import Forest
from yawstring.schema import BENIGN, LABEL, RECORDING
from yawstring.table.corpora import Table
from yawstring.table.splits import SplitSpec, class_of_rows, split_table
from yawstring.table.windows import WindowSpec

LABELS = "labels"
"""The table's own column: 0 for ordinary flight, else the number of the attack."""

MEASURES = (
    "DesRoll", "Roll", "DesPitch", "Pitch", "DesYaw", "Yaw", "ErrRP", "ErrYaw", "MagX", "MagY", "MagZ",
    "abGyrX", "abGyrY", "abGyrZ", "abAccX", "abAccY", "abAccZ",
)  # fmt: skip
"""What a detector reads: all but the clock, which names the minute."""

SPLIT = SplitSpec(policy="time", within="recording", test=0.2, validation=0)
"""The last fifth of every stretch is held out."""


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A detector.

    Attributes:
        name: What the table calls it.
        family: The detector.
        rows: Rows of a window.
    """

    name: str
    family: Family
    rows: int = 1


CONTENDERS = (
    Contender(name="lstm, windows of 5 rows", family=LSTM(), rows=5),
    Contender(name="extra trees", family=Forest(extra=True, leaf=3)),
    Contender(name="forest, single rows", family=Forest()),
    Contender(name="threshold on one measurement", family=Threshold()),
    Contender(name="majority", family=Majority()),
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """Macro-F1 over seeds.

    Attributes:
        name: The contender.
        classes: Macro-F1 of ordinary flight and every attack, one value a seed.
        binary: Of attack or benign, from the same scores.
        control: Macro-F1 of stretches of ordinary flight, told apart in the same way.
    """

    name: str
    classes: tuple[float, ...]
    binary: tuple[float, ...]
    control: tuple[float, ...]


def stretches(table: Table) -> pl.DataFrame:
    """Measurements, ``class`` and ``recording``: a recording is a stretch of rows of one label.

    Raises:
        TableError: A column is missing.
    """
    if missing := [name for name in (*MEASURES, LABELS) if name not in table.frame.columns]:
        raise TableError(f"expected TLM:UAV telemetry, found no column '{missing[0]}'", column=missing[0])
    label = pl.col(LABELS).cast(pl.Int64)
    named = pl.when(label == 0).then(pl.lit(BENIGN)).otherwise(pl.format("attack {}", label)).alias(LABEL)
    begins = (label != label.shift(1)).fill_null(False)
    return table.frame.select(*MEASURES, named, begins.cum_sum().cast(pl.Int32).alias(RECORDING))


def ordinary(frame: pl.DataFrame) -> pl.DataFrame:
    """The stretches of ordinary flight, each a class of its own."""
    return frame.filter(pl.col(LABEL) == BENIGN).with_columns(pl.format("stretch {}", pl.col(RECORDING)).alias(LABEL))


def results(table: Table, seeds: Sequence[int], done: Callable[[str], None]) -> Iterator[Result]:
    """Every contender.

    Args:
        table: The telemetry.
        seeds: Of detectors.
        done: Told of each result.
    """
    frame = stretches(table)
    for one in CONTENDERS:
        runs = [measured(frame, one, seed) for seed in seeds]
        control = [measured(ordinary(frame), one, seed) for seed in seeds]
        made = Result(
            name=one.name,
            classes=tuple(run.classes for run in runs),
            binary=tuple(run.binary for run in runs),
            control=tuple(run.classes for run in control),
        )
        done(f"{one.name}: {np.mean(made.classes):.3f}, control {np.mean(made.control):.3f}")
        yield made


def measured(frame: pl.DataFrame, one: Contender, seed: int) -> Pooled:
    """A contender on the end of every stretch.

    Args:
        frame: As :func:`stretches` gives it.
        one: The contender.
        seed: Of the detector.
    """
    split = split_table(frame, SPLIT, WindowSpec(length=one.rows))
    classes = class_names(class_of_rows(frame), binary=False)
    return pooled([Fold.of(frame, split, MEASURES, classes).scored(one.family, seed)])
