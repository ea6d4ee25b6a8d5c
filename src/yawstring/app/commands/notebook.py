"""``yawstring notebook``: the reference notebook step by step, and what it hides."""

from pathlib import Path
from typing import Annotated

import typer


def command(
    table: Annotated[Path, typer.Argument(help="A fused table in the notebook's layout: CSV, or Parquet of ours.")],
    out: Annotated[Path, typer.Option("--out", help="Folder for report.json and report.html; made if need be.")],
    epochs: Annotated[int, typer.Option("--epochs", help="Passes over the training windows.")] = 10,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the split and of the network.")] = 10,
    no_search: Annotated[
        bool,
        typer.Option("--no-search", help="Leave out the search of step 9: step 10 rebuilds the network of step 8."),
    ] = False,
) -> None:
    """Do what the reference notebook does, print what it prints, and measure what it hides.

    The protocol hands its network the labels of the rows before, splits overlapping windows at random and scales on the
    test rows. The report removes such flaws one after another and shows the F1 after each. Nothing else in yawstring
    works like this: **yawstring train** is the honest way.

    Example: `yawstring notebook fused.csv --out notebook --epochs 10 --seed 10 --no-search`
    """
    from datetime import UTC, datetime

    from yawstring.app.console import err, note_runtime, progress
    from yawstring.app.console import out as results
    from yawstring.app.notebook import screen
    from yawstring.app.notebook.account import NO_SEARCH, account
    from yawstring.app.notebook.network import reference, summary
    from yawstring.app.notebook.page import page
    from yawstring.app.notebook.protocol import Options, prepare
    from yawstring.edge.files import read_table
    from yawstring.edge.report import make_folder, write_report
    from yawstring.edge.study_opening import require_optuna

    options = Options(epochs=epochs, seed=seed, search=not no_search)
    opened = read_table(table)
    prepared = prepare(opened, seed=seed)
    make_folder(out)
    note_runtime(workers=options.search)
    if options.search:
        require_optuna()
    else:
        err.print(f"note: {NO_SEARCH}", markup=False)
    screen.counts(results, prepared)
    screen.model(results, summary(reference(epochs=epochs), features=len(prepared.features)))
    made = account(
        opened,
        options,
        name=table.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        bars=progress,
        prepared=prepared,
        done=lambda outcome: screen.results(results, outcome),
    )
    screen.ledger(results, made)
    for path in write_report(page(made), made.to_json(), out):
        results.print(f"wrote {path}", markup=False)
