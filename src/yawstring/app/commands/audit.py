"""``yawstring audit``: what in a table could make a figure on it worth less than it looks."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yawstring.app.commands.inspect import Glue
from yawstring.app.console import err, out, progress

if TYPE_CHECKING:
    from yawstring.learn.audit import Audit


def command(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A labelled CSV or Parquet.", show_default=False)],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="HTML", help="Also write a page to look at.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of sentences.")] = False,
    trees: Annotated[int, typer.Option(min=1, help="Trees of the forest that measures.")] = 50,
    window: Annotated[int, typer.Option(min=1, help="Rows in a window.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Every random draw comes from it.")] = 10,
    block: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Only block N of a stacked file.", show_default=False)
    ] = None,
    glue: Annotated[Glue | None, typer.Option(help="Make one table of a stacked file.", show_default=False)] = None,
) -> None:
    """Audit a labelled table: what gives the class away besides behaviour, and how a figure falls by split.

    Examples:
    `yawstring audit flights.csv`;
    `yawstring audit flights.csv -o audit.html`;
    `yawstring audit stacked.csv --glue union --json`
    """
    from yawstring.edge.files import read_table
    from yawstring.edge.report import check_report
    from yawstring.learn.audit import STEPS, AuditOptions, audit
    from yawstring.learn.audit.decay import ForestOptions
    from yawstring.table.windows import WindowSpec

    if output is not None:
        check_report(output)
    read = read_table(table, block=block, how=None if glue is None else glue.value)
    options = AuditOptions(forest=ForestOptions(trees=trees, window=WindowSpec(length=window), seed=seed))
    with progress("auditing", STEPS) as advance:
        found = audit(read, options, watch=advance)
    if as_json:
        print(json.dumps(found.to_json(), indent=2, allow_nan=False))
    else:
        _say(found)
    if output is not None:
        from yawstring.app.audit_page import page
        from yawstring.edge.report import write_page

        write_page(page(found), output)
        err.print(f"report: {output}", markup=False)


def _say(found: "Audit") -> None:
    from yawstring.learn.audit.sentences import sentences

    out.print(f"{found.profile.capture}: {found.profile.rows:,} rows, seed {found.seed}", markup=False, style="bold")
    for sentence in sentences(found):
        out.print(f"- {sentence}", markup=False)
