"""``yawstring search``: the best options of a detector, found on the validation part, and what they are worth."""

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yawstring.app.commands.inspect import Glue
from yawstring.app.commands.train import DATA, FIT, SPLIT, Labels, Modality, Policy, Target, Within
from yawstring.app.console import err, out
from yawstring.errors import OptionError, TableError

if TYPE_CHECKING:
    from yawstring.app.search_run import Asked
    from yawstring.learn.search.schedule import Schedule
    from yawstring.learn.search.space import Space
    from yawstring.models.base import Json

MOST_OCTETS = 1 << 20
"""Of a file of a space."""


class Method(StrEnum):
    """What is tried when."""

    HYPERBAND = "hyperband"
    ASHA = "asha"
    TPE = "tpe"
    RANDOM = "random"


class Objective(StrEnum):
    """What is to be highest on the validation part."""

    MACRO_F1 = "macro_f1"
    BATCH_F1 = "batch_f1"
    ACCURACY = "accuracy"
    BALANCED_ACCURACY = "balanced_accuracy"
    PR_AUC = "pr_auc"
    ROC_AUC = "roc_auc"


SEARCH, STUDY = "Search", "Study"


def command(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A labelled CSV or Parquet.", show_default=False)],
    folder: Annotated[
        Path, typer.Option("-o", "--out", metavar="DIR", help="Folder of the search.", show_default=False)
    ],
    detector: Annotated[
        str, typer.Option(metavar="FAMILY", help="lstm, cnn, mlp, attention, forest, window_forest or boosting.")
    ] = "lstm",
    space: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="notebook (lstm alone, its default), wide, or a file.",
            rich_help_panel=SEARCH,
            show_default=False,
        ),
    ] = None,
    method: Annotated[
        Method | None,
        typer.Option(help="What is tried when; hyperband, for trees random.", rich_help_panel=SEARCH),
    ] = None,
    max_epochs: Annotated[int, typer.Option(min=1, help="Epochs of the longest trials.", rich_help_panel=SEARCH)] = 10,
    factor: Annotated[
        int, typer.Option(min=2, help="One trial of so many is promoted (hyperband, asha).", rich_help_panel=SEARCH)
    ] = 3,
    trials: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Whole iterations of hyperband (1); for the others trials that start anew (30).",
            rich_help_panel=SEARCH,
            show_default=False,
        ),
    ] = None,
    objective: Annotated[
        Objective, typer.Option(help="What is to be highest on the validation part.", rich_help_panel=SEARCH)
    ] = Objective.MACRO_F1,
    keep_adam: Annotated[
        bool, typer.Option("--keep-adam", help="Promoted trials keep their Adam's memory.", rich_help_panel=SEARCH)
    ] = False,
    workers: Annotated[int, typer.Option(min=1, max=256, help="Trials at once.", rich_help_panel=SEARCH)] = 2,
    storage: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A database that machines share.", rich_help_panel=STUDY, show_default=False),
    ] = None,
    study: Annotated[str, typer.Option(help="Name of the study in the database.", rich_help_panel=STUDY)] = "search",
    grace: Annotated[
        float,
        typer.Option(min=10, help="Seconds after which a silent machine's trials are run anew.", rich_help_panel=STUDY),
    ] = 60.0,
    split: Annotated[Policy, typer.Option(help="How to split.", rich_help_panel=SPLIT)] = Policy.RECORDING,
    run_length: Annotated[int, typer.Option(min=1, help="Rows of a run (runs).", rich_help_panel=SPLIT)] = 500,
    within: Annotated[Within, typer.Option(help="End of each what (time).", rich_help_panel=SPLIT)] = Within.CLASS,
    test: Annotated[float, typer.Option(help="Share of the test part.", rich_help_panel=SPLIT)] = 0.2,
    validation: Annotated[float, typer.Option(help="Share to choose by in the rest.", rich_help_panel=SPLIT)] = 0.2,
    split_seed: Annotated[
        int | None, typer.Option(min=0, help="Seed of the split; --seed if not given.", rich_help_panel=SPLIT)
    ] = None,
    labels: Annotated[
        Labels, typer.Option(help="Leave out rows whose label is in doubt, or not.", rich_help_panel=DATA)
    ] = Labels.GIVEN,
    target: Annotated[Target, typer.Option(help="What to tell apart.", rich_help_panel=DATA)] = Target.CLASS,
    modality: Annotated[
        Modality | None, typer.Option(help="Columns to use; all if not given.", rich_help_panel=DATA)
    ] = None,
    block: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only block N of a stacked file.", rich_help_panel=DATA)
    ] = None,
    glue: Annotated[Glue | None, typer.Option(help="Make one table of a stacked file.", rich_help_panel=DATA)] = None,
    batch: Annotated[int, typer.Option(min=1, help="Windows in a batch.", rich_help_panel=FIT)] = 32,
    seed: Annotated[int, typer.Option(min=0, help="Every random draw comes from it.", rich_help_panel=FIT)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Search the options of a detector on the validation part; fit the best anew, and measure it once on the test part.

    The test part takes no part in the search. Killed at any moment, the same command goes on where it was.

    Examples:
    `yawstring search flights.csv -o searched`;
    `yawstring search flights.csv -o searched --space wide --method asha --trials 100 --objective pr_auc`;
    `yawstring search flights.csv -o searched --detector boosting --method tpe`;
    `yawstring search flights.csv -o searched --storage postgresql+pg8000://me@db/studies --study lstm`
    """
    from yawstring.app.search_run import Asked, run
    from yawstring.edge.files import read_table
    from yawstring.learn.search.detectors import options_of
    from yawstring.learn.train import TrainOptions
    from yawstring.models.registry import make_family
    from yawstring.table.splits import SplitSpec

    options_of(detector)
    asked = Asked(
        folder=folder,
        schedule=_schedule(detector, method, max_epochs=max_epochs, factor=factor, trials=trials),
        space=read_space_named(space or ("notebook" if detector == "lstm" else "wide"), detector),
        objective=objective.value,
        keep_adam=keep_adam,
        batch=batch,
        workers=workers,
        storage=storage,
        study=study,
        grace_s=grace,
        training=TrainOptions(
            detector=make_family(detector),
            split=SplitSpec(
                policy=split.value, run_length=run_length, within=within.value, test=test, validation=validation,
                seed=seed if split_seed is None else split_seed,
            ),
            target=target.value,
            labels=labels.value,
            modality=None if modality is None else modality.value,
            seed=seed,
        ),
    )  # fmt: skip
    read = read_table(table, block=block, how=None if glue is None else glue.value)
    _show(asked, run(read, asked, name=table.name), as_json=as_json)


def _schedule(detector: str, method: Method | None, *, max_epochs: int, factor: int, trials: int | None) -> "Schedule":
    """What is tried when.

    Raises:
        OptionError: The method cuts trials short, and the detector has no epochs.
    """
    from yawstring.learn.search.detectors import has_epochs
    from yawstring.learn.search.schedule import Schedule

    epochs = has_epochs(detector)
    chosen = method or (Method.HYPERBAND if epochs else Method.RANDOM)
    count = trials or (1 if chosen == Method.HYPERBAND else 30)
    made = Schedule(method=chosen.value, max_epochs=max_epochs if epochs else 1, factor=factor, trials=count)
    if made.promotes and not epochs:
        raise OptionError(f"{detector} is fitted at once and has no epochs to cut short: use --method random or tpe")
    return made


def read_space_named(text: str, detector: str = "lstm") -> "Space":
    """A space by its name, or from a TOML file.

    Raises:
        OptionError: There is none of that name, or the file is none.
    """
    from yawstring.edge.files import read_octets
    from yawstring.learn.search.space import read_space, space_named

    path = Path(text)
    if path.suffix.lower() != ".toml":
        return space_named(text, detector)
    try:
        return read_space(read_octets(path, most=MOST_OCTETS).decode("utf-8"), path.name, detector)
    except (TableError, UnicodeDecodeError) as error:
        raise OptionError(f"{path}: {error}") from None


def _show(asked: "Asked", found: "dict[str, Json]", *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found, indent=2, allow_nan=False))
        return
    from yawstring.app.search_screen import results

    results(out, found)
    err.print(f"written: {asked.folder}", markup=False)
