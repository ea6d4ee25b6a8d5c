"""``yawstring predict``: a detector's scores for every window of a table."""

from pathlib import Path
from typing import Annotated

import typer

from yawstring.app.commands.inspect import Glue
from yawstring.app.console import err, out


def command(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="A trained detector's folder.", show_default=False)],
    table: Annotated[
        Path, typer.Argument(metavar="TABLE", help="A CSV or Parquet, labelled or not.", show_default=False)
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE", help="Where to: .parquet or .csv.", show_default=False)
    ],
    block: Annotated[
        int | None, typer.Option("--block", min=1, metavar="N", help="Only block N of a stacked file, from 1.")
    ] = None,
    glue: Annotated[
        Glue | None, typer.Option("--glue", help="Make one table of a stacked file: every column, or the common ones.")
    ] = None,
) -> None:
    """Write a detector's scores: one row a window, with the class called and every class's probability.

    The column `part` says which windows the detector was trained on; their scores are no evaluation.

    Examples:
    `yawstring predict model/ flights.csv -o scores.parquet`
    """
    from yawstring.edge.bundles import load
    from yawstring.edge.files import read_table
    from yawstring.edge.scores import check_scores_path, write_scores
    from yawstring.learn.evaluate import predict

    check_scores_path(output)
    scores = predict(load(bundle), read_table(table, block=block, how=None if glue is None else glue.value))
    write_scores(scores, output)
    counts = dict(sorted(scores["part"].value_counts().rows()))
    out.print(f"{output}: {len(scores):,} windows", markup=False)
    if set(counts) - {"foreign", "test"}:
        told = ", ".join(f"{count:,} {part}" for part, count in counts.items())
        err.print(f"warning: the detector was trained on this table ({told}): only 'test' is unseen", style="yellow")
