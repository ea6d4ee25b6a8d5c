"""``yawstring train``: a detector, honestly split, measured beside plain baselines, as a bundle."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yawstring.app.commands.inspect import Glue
from yawstring.app.commands.signals import signal_options
from yawstring.app.console import err, note_runtime, out, progress
from yawstring.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from yawstring.learn.events import Patience
    from yawstring.learn.recipe import Trained
    from yawstring.learn.train import TrainOptions
    from yawstring.models.base import Epoch, Family, Json
    from yawstring.table.corpora import Table

DEFAULT_VALIDATION = 0.2

AUTO = "auto"
"""What ``--detector`` says where the detector is to be chosen."""


class Policy(StrEnum):
    """How a table is split."""

    RECORDING = "recording"
    GIVEN = "given"
    TIME = "time"
    RUNS = "runs"
    RANDOM = "random"


class Within(StrEnum):
    """Whose end the policy ``time`` holds out."""

    CLASS = "class"
    RECORDING = "recording"


class Labels(StrEnum):
    """Which labels are believed."""

    GIVEN = "given"
    UNDISPUTED = "undisputed"


class Target(StrEnum):
    """What is told apart."""

    CLASS = "class"
    BINARY = "binary"


class Modality(StrEnum):
    """Which columns are used."""

    CYBER = "cyber"
    PHYSICAL = "physical"
    FUSED = "fused"


class Threshold(StrEnum):
    """From which probability on an attack is called."""

    HALF = "half"
    VALIDATION = "validation"


class Calibrate(StrEnum):
    """What makes probabilities mean what they say."""

    NONE = "none"
    AUTO = "auto"
    TEMPERATURE = "temperature"
    ISOTONIC = "isotonic"


SPLIT, DATA, FIT, ALARMS = "Split", "Data", "Fit", "Alarms"


def command(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A labelled CSV or Parquet.", show_default=False)],
    bundle: Annotated[Path, typer.Option("--out", metavar="BUNDLE", help="Folder to write.", show_default=False)],
    detector: Annotated[
        str,
        typer.Option(metavar="FAMILY", help="lstm, cnn, mlp, attention, window_forest, boosting, forest ..., or auto."),
    ] = "lstm",
    candidates: Annotated[
        str | None,
        typer.Option(
            metavar="NAME,...",
            help="Detectors of which auto keeps the one that does best on the validation part; "
            "extra_trees,forest,boosting,lstm if not given.",
            show_default=False,
        ),
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=VALUE",
            help="An option of the detector, as listed above; may be given again.",
            rich_help_panel=FIT,
            show_default=False,
        ),
    ] = None,
    split: Annotated[Policy, typer.Option(help="How to split.", rich_help_panel=SPLIT)] = Policy.RECORDING,
    run_length: Annotated[int, typer.Option(min=1, help="Rows of a run (runs).", rich_help_panel=SPLIT)] = 500,
    within: Annotated[Within, typer.Option(help="End of each what (time).", rich_help_panel=SPLIT)] = Within.CLASS,
    test: Annotated[float, typer.Option(help="Share of the test part.", rich_help_panel=SPLIT)] = 0.2,
    validation: Annotated[
        float | None,
        typer.Option(
            help="Share of the validation part in the rest; by default 0.2 for families with epochs, else 0.",
            rich_help_panel=SPLIT,
            show_default=False,
        ),
    ] = None,
    folds: Annotated[int, typer.Option(min=0, help="Folds of recordings; 0: none.", rich_help_panel=SPLIT)] = 0,
    fold: Annotated[int, typer.Option(min=0, help="Fold to test on, from 0.", rich_help_panel=SPLIT)] = 0,
    split_seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the split; --seed if not given.", rich_help_panel=SPLIT)
    ] = None,
    labels: Annotated[
        Labels, typer.Option(help="Leave out rows whose label is in doubt, or not.", rich_help_panel=DATA)
    ] = Labels.GIVEN,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="An attack (class or technique) for the test part alone; may be given again.",
            rich_help_panel=DATA,
            show_default=False,
        ),
    ] = None,
    unknown: Annotated[
        bool,
        typer.Option("--unknown", help="Also call attacks never trained on, as unknown.", rich_help_panel=FIT),
    ] = False,
    target: Annotated[Target, typer.Option(help="What to tell apart.", rich_help_panel=DATA)] = Target.CLASS,
    window: Annotated[int, typer.Option(min=1, help="Rows in a window.", rich_help_panel=DATA)] = 5,
    modality: Annotated[
        Modality | None, typer.Option(help="Columns to use; all if not given.", rich_help_panel=DATA)
    ] = None,
    signals: Annotated[
        str | None,
        typer.Option(
            metavar="SECONDS|frame",
            help="Learn from signals of the table's frames, so many seconds apart or one a frame.",
            rich_help_panel=DATA,
            show_default=False,
        ),
    ] = None,
    warm_up: Annotated[
        float, typer.Option(min=0, help="Seconds that signals warm up (signals).", rich_help_panel=DATA)
    ] = 2.0,
    with_identity: Annotated[
        bool, typer.Option("--with-identity", help="Let addresses, ports and counters in.", rich_help_panel=DATA)
    ] = False,
    with_time: Annotated[
        bool, typer.Option("--with-time", help="Let columns of time in.", rich_help_panel=DATA)
    ] = False,
    block: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only block N of a stacked file.", rich_help_panel=DATA)
    ] = None,
    glue: Annotated[Glue | None, typer.Option(help="Make one table of a stacked file.", rich_help_panel=DATA)] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Epochs at most.", rich_help_panel=FIT)] = None,
    patience: Annotated[
        int | None, typer.Option(min=1, help="Epochs without a better one before stopping.", rich_help_panel=FIT)
    ] = None,
    class_weights: Annotated[
        bool, typer.Option("--class-weights", help="Weigh windows by what balances the classes.", rich_help_panel=FIT)
    ] = False,
    threshold: Annotated[
        Threshold, typer.Option(help="Threshold of an attack (binary).", rich_help_panel=FIT)
    ] = Threshold.HALF,
    calibrate: Annotated[
        Calibrate, typer.Option(help="Calibrate probabilities on the validation part.", rich_help_panel=ALARMS)
    ] = Calibrate.NONE,
    false_alarms_per_hour: Annotated[
        float | None,
        typer.Option(
            min=0,
            metavar="N",
            help="Choose the threshold for so many false alarms an hour.",
            rich_help_panel=ALARMS,
            show_default=False,
        ),
    ] = None,
    confirm: Annotated[int, typer.Option(min=1, help="Rows that confirm an incident ...", rich_help_panel=ALARMS)] = 3,
    within_rows: Annotated[int, typer.Option(min=1, help="... among so many.", rich_help_panel=ALARMS)] = 5,
    slowly: Annotated[
        str | None,
        typer.Option(
            metavar="K/N",
            help="Also confirm by K of N rows that reach a lower threshold.",
            rich_help_panel=ALARMS,
            show_default=False,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Every random draw comes from it.", rich_help_panel=FIT)] = 10,
    force: Annotated[bool, typer.Option("--force", help="Replace the bundle if it is there.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="DIR", help="Also write report.html and report.json there.", show_default=False
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Train a detector on one part of a table and measure it on another, beside plain baselines.

    Examples:
    `yawstring train flights.csv --out model`;
    `yawstring train fused.parquet --out model --signals 0.1 --window 10 --false-alarms-per-hour 1`;
    `yawstring train flights.csv --out model --labels undisputed --folds 4 --fold 1`;
    `yawstring train flights.csv --out model --detector forest --split time --window 1`;
    `yawstring train flights.csv --out model --leave-out replay --unknown`;
    `yawstring train flights.csv --out model --detector forest --option trees=300 --option extra=yes`;
    `yawstring train flights.csv --out model --detector auto --candidates extra_trees,boosting`

    Options of the detectors (`--option`; lists with commas, yes or no, none):

    - `lstm`, `cnn`, `mlp`, `attention`: epochs, batch, learning_rate, dropout, dense, class_weights, patience, keep, f1
    - `lstm`: units, cell, bidirectional, dense_dropout
    - `cnn`: filters, taps, dilations, padding
    - `attention`: width, heads, blocks, expansion
    - `forest`, `window_forest`: trees, depth, leaf, class_weights, extra
    - `window_forest`: recent, windows_max
    - `boosting`: rounds, learning_rate, leaves, leaf, share, l2, class_weights, patience, recent, windows_max
    - `svm`: cost, gamma, class_weights, windows_max
    - `threshold`: class_weights
    - `novelty`: rate, share, recent, windows_max
    """
    from yawstring.edge.files import read_table
    from yawstring.learn.choosing import ChoosingOptions
    from yawstring.learn.events import EventSpec
    from yawstring.learn.train import TrainOptions
    from yawstring.table.splits import SplitSpec
    from yawstring.table.windows import WindowSpec

    tried = _candidates(
        detector, candidates, option or (), epochs=epochs, patience=patience, class_weights=class_weights or None
    )
    choosing = ChoosingOptions(
        calibrate=calibrate.value,
        threshold=threshold.value,
        false_alarms_per_hour=false_alarms_per_hour,
        events=EventSpec(confirm=confirm, within=max(within_rows, confirm), patient=_patience(slowly)),
    )
    if validation is None:
        wanted = detector == AUTO or any(map(_has_epochs, tried.values())) or choosing.needs_validation
        validation = DEFAULT_VALIDATION if wanted else 0.0
    options = TrainOptions(
        detector=next(iter(tried.values())),
        split=SplitSpec(
            policy=split.value, run_length=run_length, within=within.value, test=test, validation=validation,
            folds=folds, fold=fold, seed=seed if split_seed is None else split_seed,
        ),
        window=WindowSpec(length=window),
        target=target.value,
        labels=labels.value,
        modality=None if modality is None else modality.value,
        identity=with_identity,
        time=with_time,
        choosing=choosing,
        signals=None if signals is None else signal_options(signals, warm_up=warm_up),
        seed=seed,
        leave_out=tuple(dict.fromkeys(leave_out or ())),
        unknown=unknown,
    )  # fmt: skip
    read = read_table(table, block=block, how=None if glue is None else glue.value)
    among = tried if detector == AUTO else {}
    _run(read, options, among, bundle, force=force, as_json=as_json, report=report)


def _candidates(detector: str, names: str | None, texts: "Sequence[str]", **asked: "Json") -> "Mapping[str, Family]":
    """The detectors to fit, by name: the one that was named, or those that ``auto`` chooses from."""
    from yawstring.learn.candidates import CANDIDATES, named_candidates

    if detector != AUTO:
        if names is not None:
            raise OptionError(f"--candidates are those of --detector {AUTO}, not of '{detector}'")
        return {detector: _family(detector, texts, **asked)}
    if texts or any(value is not None for value in asked.values()):
        raise OptionError(f"an option belongs to one detector, and --detector {AUTO} tries several: name the detector")
    return named_candidates(CANDIDATES if names is None else [name.strip() for name in names.split(",")])


def _family(detector: str, texts: "Sequence[str]", **asked: "Json") -> "Family":
    """The detector with its options: those of ``--option`` and those that have a word of their own, if it is said."""
    from yawstring.models.options import read_options
    from yawstring.models.registry import make_family

    options = read_options(detector, texts)
    said = {name: value for name, value in asked.items() if value is not None}
    if twice := [name for name in said if name in options]:
        raise OptionError(f"'{twice[0]}' is given twice: by --{twice[0].replace('_', '-')} and by --option")
    return make_family(detector, options | said)


def _run(
    table: "Table",
    options: "TrainOptions",
    among: "Mapping[str, Family]",
    bundle: Path,
    *,
    force: bool,
    as_json: bool,
    report: Path | None,
) -> None:
    from yawstring.app.commands.evaluate import report_on
    from yawstring.app.figures import show, warn
    from yawstring.edge.bundles import save
    from yawstring.edge.report import make_folder
    from yawstring.learn.evaluate import recorded

    if bundle.exists() and not force and not (bundle.is_dir() and not any(bundle.iterdir())):
        raise OptionError(f"{bundle} is there already: choose another folder, or replace it with --force")
    if report is not None:
        make_folder(report)
    trained = _train_best(table, options, among) if among else _train(table, options)
    save(trained, bundle, force=force)
    found = recorded(trained)
    warn(found, err)
    if as_json:
        print(json.dumps(found, indent=2, allow_nan=False))
    else:
        show(found, out)
        out.print(f"written: {bundle}", markup=False)
    if report is not None:
        report_on(report, [trained], [found], table)


def _train(table: "Table", options: "TrainOptions") -> "Trained":
    from yawstring.learn.train import train

    epochs = getattr(options.detector, "epochs", 0)
    if not epochs:
        return train(table, options)
    note_runtime()
    with progress(f"{options.detector.name}: epoch", epochs) as advance:

        def watch(epoch: "Epoch") -> None:
            advance(_note(epoch))

        return train(table, options, watch)


def _note(epoch: "Epoch") -> str:
    note = f"loss {epoch.loss:.4f}, F1 {epoch.f1:.3f}"
    return note if epoch.validation_f1 is None else f"{note}, validation F1 {epoch.validation_f1:.3f}"


def _train_best(table: "Table", options: "TrainOptions", among: "Mapping[str, Family]") -> "Trained":
    from yawstring.learn.candidates import steps_of, train_best

    if any(map(_has_epochs, among.values())):
        note_runtime()
    with progress("choosing", sum(map(steps_of, among.values()))) as advance:
        return train_best(table, options, among, advance)


def _has_epochs(family: "Family") -> bool:
    return hasattr(family, "epochs")


def _patience(slowly: str | None) -> "Patience | None":
    """``K/N`` as a patient tier."""
    from yawstring.learn.events import Patience

    if slowly is None:
        return None
    confirm, slash, within = slowly.partition("/")
    if not (slash and confirm.isdecimal() and within.isdecimal()):
        raise OptionError(f"--slowly: expected rows as K/N, such as 32/40, found {slowly!r}")
    return Patience(confirm=int(confirm), within=int(within))
