"""Training, honestly: split first, fit on the training part alone, measure beside the plain baselines.

The order is the point. Rows whose label is in doubt go first, if asked; then the split; then the encoder, the detector
and the baselines see the training part and nothing else, the epochs (and a threshold, if asked) are chosen on the
validation part, and the test part is scored once, at the end, by all of them on the same windows.
"""

import platform
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib import metadata
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn import parts
from yawstring.learn.bootstrap import RESAMPLES
from yawstring.learn.choosing import ChoosingOptions, choose, choose_for_baselines
from yawstring.learn.digest import fingerprint
from yawstring.learn.explain.ranges import benign_ranges, ranges_to_json
from yawstring.learn.incidents import incidents_by_family
from yawstring.learn.leave_out import NEVER_TRAINED_ON, refuse_seen, unseen_rows, with_unknown
from yawstring.learn.measured import split_rows
from yawstring.learn.recipe import ATTACK, Labels, Recipe, Target, Trained
from yawstring.learn.verdict import judge
from yawstring.models.base import Family, Fitted, Json, Watch
from yawstring.models.novelty import Novelty
from yawstring.models.registry import families
from yawstring.schema import BENIGN, COLUMNS, LABEL, LABEL_DISPUTED, UNKNOWN, Modality, features, roles
from yawstring.table.corpora import Table
from yawstring.table.parts import TrainPart, ValidationPart
from yawstring.table.scale import Encoder
from yawstring.table.signals import SignalOptions
from yawstring.table.splits import Split, SplitSpec, class_of_rows, cut
from yawstring.table.windows import WindowSpec

BASELINES = ("forest", "threshold", "majority")
"""Families that every detector is measured beside."""

DISTRIBUTIONS = ("yawstring", "numpy", "polars", "onnxruntime", "onnx", "jax", "jaxlib", "scikit-learn")
"""What a result may depend on, besides Python."""


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What is trained, on what, and how it is measured.

    Attributes:
        detector: The family, with its options.
        split: How the table is split. Its ``seed`` is its own, so that one split can serve many seeds.
        window: How windows are cut.
        target: ``"class"``, or ``"binary"``: benign or attack.
        labels: ``"undisputed"`` leaves out rows whose label is in doubt.
        modality: Columns to use; ``None``: all that the table has.
        identity: Let identity columns in: addresses, ports, counters. Stamped on the result.
        time: Let columns of time in. Stamped on the result.
        without: Columns that are not read, for all that they might be.
        choosing: What is chosen on the validation part once the detector is fitted: calibration, threshold, incidents.
        baselines: Families to measure beside; ``None``: those of :data:`BASELINES` with their default options.
        leave_out: Attacks, by class or technique, that only the test part holds, where they count as ``unknown`` (or,
            target ``"binary"``, as any attack).
        unknown: Hear a novelty detector beside the classifier, learnt from benign windows alone, so that an attack
            never trained on is called ``unknown``. Target ``"class"`` only.
        resamples: Of the bootstrap.
        signals: Measure signals of the table's frames, and learn from those; ``None``: from its columns as they are.
        seed: Of weights, batches, trees and the bootstrap.

    Raises:
        OptionError: What is asked for does not go together.
    """

    detector: Family
    split: SplitSpec = field(default_factory=SplitSpec)
    window: WindowSpec = field(default_factory=WindowSpec)
    target: Target = "class"
    labels: Labels = "given"
    modality: Modality | None = None
    identity: bool = False
    time: bool = False
    without: tuple[str, ...] = ()
    choosing: ChoosingOptions = field(default_factory=ChoosingOptions)
    baselines: tuple[Family, ...] | None = None
    resamples: int = RESAMPLES
    signals: SignalOptions | None = None
    seed: int = 10
    leave_out: tuple[str, ...] = ()
    unknown: bool = False

    def __post_init__(self) -> None:
        if self.unknown and self.target != "class":
            raise OptionError(f"only the target 'class' has attacks that are unknown, '{self.target}' has none")
        if self.unknown and self.detector.learns == "benign":
            raise OptionError(f"{self.detector.name} names no attack, so that every one would be unknown: leave it out")
        if self.leave_out and self.split.policy == "random":
            raise OptionError("a random split keeps nothing from training, so that no attack can be left out of it")


@dataclass(frozen=True, kw_only=True, eq=False)
class Prepared:
    """A table made ready to learn from: all that comes before a detector is fitted, and no test part.

    Attributes:
        table: The table.
        rows: The rows a detector reads.
        split: Their split.
        learnt: The training part.
        choosing: The validation part, if there is one.
        recipe: As far as it goes; no family has an encoding in it yet.
    """

    table: Table
    rows: pl.DataFrame
    split: Split
    learnt: TrainPart
    choosing: ValidationPart | None
    recipe: Recipe


def train(table: Table, options: TrainOptions, watch: Watch | None = None) -> Trained:
    """Train a detector and its baselines, and measure them on the test part.

    Args:
        table: A labelled table.
        options: What to do.
        watch: Called after every epoch of the detector.

    Returns:
        The detector, with its record: ``seed``, ``stamps``, ``warnings``, ``data``, ``split``, ``versions``,
        ``metrics`` (by family) and ``verdict``.

    Raises:
        SplitError: The split is undefined on this table.
        OptionError: The options do not fit together, or not this table.
        TableError: The table has no labels.
    """
    ready = prepare(table, options)
    return finish(ready, options, fit(ready, options, watch))


def prepare(table: Table, options: TrainOptions) -> Prepared:
    """Split a table, and fit what every family reads by.

    Raises:
        SplitError, OptionError, TableError: As for :func:`train`.
    """
    signals = options.signals or table.signals
    rows, split = rows_and_split(table, options.split, options.window, options.labels, signals, options.leave_out)
    learnt, choosing, _ = cut(rows, split, choose_features(rows.columns, options))
    recipe = _recipe(table, options, learnt, signals)
    rows = rows_as_known(rows, recipe)
    return Prepared(table=table, rows=rows, split=split, learnt=learnt, choosing=choosing, recipe=recipe)


def fit(ready: Prepared, options: TrainOptions, watch: Watch | None = None) -> Fitted:
    """The detector, with the novelty detector beside it where one is to be heard.

    Raises:
        OptionError, MissingExtraError: As for :meth:`Family.fit`.
    """
    recipe = recipe_for(ready, options)
    made = parts.fit(options.detector, ready.learnt, ready.choosing, recipe=recipe, seed=options.seed, watch=watch)
    return replace(made, beside=_novelty(ready, recipe, options.seed)) if options.unknown else made


def recipe_for(ready: Prepared, options: TrainOptions, opponents: Sequence[Family] = ()) -> Recipe:
    """The recipe, with the encodings of the detector, its opponents, and novelty where it is to be heard."""
    used = (options.detector, *opponents, *((Novelty(),) if options.unknown else ()))
    return replace(ready.recipe, encodings={one.name: one.encoding for one in used})


def finish(ready: Prepared, options: TrainOptions, detector: Fitted) -> Trained:
    """Choose thresholds for a fitted detector, fit its baselines, and look at the test part, once.

    Raises:
        OptionError: A threshold or a calibration cannot be chosen.
    """
    rows, split, choosing = ready.rows, ready.split, ready.choosing
    opponents = [family for family in _baselines(options) if family.name != options.detector.name]
    recipe = recipe_for(ready, options, opponents)
    test = cut(rows, split, recipe.features)[2]
    recipe, chosen_record, doubts = choose(detector, rows, choosing, recipe, options.choosing)
    baselines = {one.name: parts.fit(one, ready.learnt, None, recipe=recipe, seed=options.seed) for one in opponents}
    recipe, beside = choose_for_baselines(tuple(baselines.values()), rows, choosing, recipe, options.choosing)
    outcomes = parts.outcomes(detector, baselines.values(), test, recipe)
    judged = judge(outcomes, detector=detector.family, seed=options.seed, resamples=options.resamples)
    record = _record(ready.table, rows, options, split, recipe) | judged
    record["warnings"] = [*cast("list[Json]", record["warnings"]), *doubts]
    record["chosen"] = {**chosen_record, **beside}
    record["incidents"] = {} if options.split.policy == "random" else incidents_by_family(rows, test, outcomes, recipe)
    record["ranges"] = ranges_to_json(benign_ranges(ready.learnt))
    return Trained(recipe=recipe, detector=detector, baselines=baselines, split=options.split, record=record)


def rows_and_split(
    table: Table,
    spec: SplitSpec,
    window: WindowSpec,
    labels: Labels,
    signals: SignalOptions | None,
    leave_out: tuple[str, ...] = (),
) -> tuple[pl.DataFrame, Split]:
    """The rows a detector reads and their split; the same again for the same table and options.

    Raises:
        SplitError: As for :func:`~yawstring.learn.measured.split_rows`.
        OptionError: Undisputed rows are asked for, and the table does not say which they are; or it has no attack of a
            name that is to be left out.
        LeakError: The split shows an attack to training that was left out.
    """
    rows, split = split_rows(
        table,
        spec,
        window,
        signals,
        keep=lambda rows: _kept(rows, table.capture, labels),
        unseen=lambda rows: unseen_rows(rows, leave_out),
    )
    refuse_seen(split, unseen_rows(rows, leave_out))
    return rows, split


def rows_as_known(rows: pl.DataFrame, recipe: Recipe) -> pl.DataFrame:
    """The rows with the class ``unknown`` for what the detector never learnt, if it has that class."""
    return with_unknown(rows, recipe.known, recipe.leave_out) if recipe.has_unknown else rows


def choose_features(names: Sequence[str], options: TrainOptions) -> tuple[str, ...]:
    """The columns a detector may see, in the table's order.

    Raises:
        OptionError: There are none.

    Example:
        >>> from yawstring.models.recurrent import LSTM
        >>> choose_features(("timestamp_c", "wlan.seq", "frame.len", "class"), TrainOptions(detector=LSTM(), time=True))
        ('timestamp_c', 'frame.len')
    """
    allowed = set(features(names, modality=options.modality or "fused", identity=options.identity))
    if options.time:
        allowed |= {name for name, role in roles(names).items() if role == "time" and COLUMNS[name].dtype != "text"}
    allowed -= set(options.without)
    if not allowed:
        raise OptionError(f"the table has no {options.modality or 'cyber or physical'} column that a model may see")
    return tuple(name for name in names if name in allowed)


def _novelty(ready: Prepared, recipe: Recipe, seed: int) -> Fitted:
    """The novelty detector: it tells benign windows from any other, and learns from the benign ones alone."""
    binary = replace(recipe, classes=(BENIGN, ATTACK), target="binary")
    return parts.fit(Novelty(), ready.learnt, ready.choosing, recipe=binary, seed=seed)


def _baselines(options: TrainOptions) -> tuple[Family, ...]:
    return tuple(families()[name]() for name in BASELINES) if options.baselines is None else options.baselines


def _kept(rows: pl.DataFrame, capture: str, labels: Labels) -> NDArray[np.bool_] | None:
    if labels == "given":
        return None
    if LABEL_DISPUTED not in rows.columns:
        raise OptionError(f"nothing says which labels of '{capture}' are disputed: use --labels given")
    return ~rows[LABEL_DISPUTED].fill_null(False).to_numpy()


def _recipe(table: Table, options: TrainOptions, learnt: TrainPart, signals: SignalOptions | None) -> Recipe:
    if options.choosing.threshold == "validation" and options.target != "binary":
        raise OptionError("a threshold is chosen for the target 'binary' only")
    encoder = Encoder.fit(learnt)
    if not encoder.names:
        raise OptionError("every column that a model may see is constant in the training part: nothing can be learnt")
    return Recipe(
        features=tuple(learnt.frame.columns),
        classes=_classes(learnt, options),
        target=options.target,
        window=options.window,
        encoder=encoder,
        modality=options.modality or table.modality,
        identity=options.identity,
        time=options.time,
        labels=options.labels,
        layout=table.layout,
        signals=signals,
        encodings={},
        leave_out=options.leave_out,
    )


def _classes(learnt: TrainPart, options: TrainOptions) -> tuple[str, ...]:
    binary = options.target == "binary"
    classes = parts.class_names(learnt.truth, binary=binary)
    if UNKNOWN in classes:
        raise OptionError(f"the table has a class '{UNKNOWN}', which is what attacks count as that were never learnt")
    return (*classes, UNKNOWN) if (options.leave_out and not binary) or options.unknown else classes


def _record(table: Table, rows: pl.DataFrame, options: TrainOptions, split: Split, recipe: Recipe) -> dict[str, Json]:
    names = table.columns
    disputed = 0 if options.labels == "given" else int(table.frame[LABEL_DISPUTED].sum())
    return {
        "seed": options.seed,
        "stamps": list(_stamps(options, split, table)),
        "warnings": [*split.warnings, *_copies_of_the_label(rows, recipe.features)],
        "data": {
            **fingerprint(table, rows, recipe.features),
            "left_out_disputed": disputed,
            "unknown_columns": [name for name, role in roles(names).items() if role is None],
        },
        "split": {
            **split.spec.to_json(),
            "embargo": split.embargo,
            "parts": dict(split.sizes(class_of_rows(rows))),
        },
        "options": {
            "detector": options.detector.name,
            "threshold": options.choosing.threshold,
            "resamples": options.resamples,
            "leave_out": list(options.leave_out),
            "unknown": options.unknown,
        },
        "versions": versions(),
    }


def _stamps(options: TrainOptions, split: Split, table: Table) -> list[str]:
    stamps = [*split.stamps]
    stamps += ["identity"] if options.identity else []
    stamps += ["time"] if options.time else []
    stamps += [f"{NEVER_TRAINED_ON}{name}" for name in options.leave_out]
    if LABEL_DISPUTED in table.frame.columns:
        stamps.append(f"{options.labels} labels")
    return stamps


def _copies_of_the_label(rows: pl.DataFrame, chosen: Sequence[str]) -> list[str]:
    """Warnings on features that name the class one to one, as only a copy of the label does."""
    classes = rows[LABEL].n_unique()
    return [
        f"column '{name}' tells the class one to one: is it a copy of the label?"
        for name in chosen
        if rows[name].n_unique() == classes and rows.select(name, LABEL).n_unique() == classes
    ]


def versions() -> dict[str, Json]:
    """Versions of what a result may depend on; what is not installed is left out."""
    found: dict[str, Json] = {"python": platform.python_version()}
    for name in DISTRIBUTIONS:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
