"""``yawstring evaluate``: what a detector is worth on a table."""

import json
from pathlib import Path
from typing import Annotated

import typer

from yawstring.app.commands.inspect import Glue
from yawstring.app.console import err, out


def command(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A trained detector's folder.", show_default=False)],
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A labelled CSV or Parquet.", show_default=False)],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    block: Annotated[
        int | None, typer.Option("--block", min=1, metavar="N", help="Only block N of a stacked file, from 1.")
    ] = None,
    glue: Annotated[
        Glue | None, typer.Option("--glue", help="Make one table of a stacked file: every column, or the common ones.")
    ] = None,
) -> None:
    """Measure a detector beside plain baselines, with intervals over recordings or runs.

    On the table it was trained on, only the test part of its split is measured; another table is measured whole.

    Examples:
    `yawstring evaluate model/ flights.csv`;
    `yawstring evaluate model/ other_flights.parquet --json`
    """
    from yawstring.app.figures import show, warn
    from yawstring.edge.bundles import load
    from yawstring.edge.files import read_table
    from yawstring.learn.evaluate import evaluate

    found = evaluate(load(bundle), read_table(table, block=block, how=None if glue is None else glue.value))
    warn(found, err)
    if as_json:
        print(json.dumps(found, indent=2, allow_nan=False))
    else:
        show(found, out)
