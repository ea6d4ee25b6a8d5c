"""``yawstring explain``: which signals moved a detector's score, in words."""

import json
from pathlib import Path
from typing import Annotated

import typer

from yawstring.app.commands.inspect import Glue
from yawstring.app.console import note_runtime, out
from yawstring.errors import OptionError

TOP = 5


def command(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A trained detector's folder.", show_default=False)],
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="A CSV or Parquet, labelled or not.", show_default=False)
    ],
    incident: Annotated[
        int | None, typer.Option("--incident", min=0, metavar="N", help="Incident N alone, as 'predict' numbers them.")
    ] = None,
    row: Annotated[
        int | None, typer.Option("--row", min=0, metavar="N", help="The window that ends with row N, from 0.")
    ] = None,
    top: Annotated[
        int | None,
        typer.Option("--top", min=1, metavar="K", help=f"The K strongest incidents; {TOP} if nothing is asked for."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, every signal with it, instead of text.")] = False,
    block: Annotated[
        int | None, typer.Option("--block", min=1, metavar="N", help="Only block N of a stacked file, from 1.")
    ] = None,
    glue: Annotated[
        Glue | None, typer.Option("--glue", help="Make one table of a stacked file: every column, or the common ones.")
    ] = None,
) -> None:
    """Say which signals moved a detector's score, with their values beside those of benign flights.

    Of every incident the window with the highest score is explained; where there is none, that of every recording.

    Examples:
    `yawstring explain model/ tonight.parquet`;
    `yawstring explain model/ tonight.parquet --incident 3`;
    `yawstring explain model/ flights.csv --row 4711 --json`
    """
    from yawstring.app.reasons import as_record, show_reasons
    from yawstring.edge.bundles import load
    from yawstring.edge.files import read_table
    from yawstring.learn.explain.moments import choose_moments
    from yawstring.learn.explain.why import explain
    from yawstring.models.attribution import is_network

    if sum(one is not None for one in (incident, row, top)) > 1:
        raise OptionError("--incident, --row and --top exclude each other: give one of them")
    trained = load(bundle)
    if is_network(trained.detector.family):
        note_runtime(f"explaining a score of {trained.detector.family}")
    read = read_table(table, block=block, how=None if glue is None else glue.value)
    rows, moments = choose_moments(trained, read, incident=incident, row=row, top=top or TOP)
    found = explain(trained, rows, moments.found)
    if as_json:
        print(json.dumps(as_record(trained, read, moments, found), indent=2, allow_nan=False))
    else:
        show_reasons(trained, read, moments, found, out)
