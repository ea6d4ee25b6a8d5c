"""``yawstring evaluate``: what a detector is worth on a table."""

import json
import shlex
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from yawstring.app.commands.inspect import Glue
from yawstring.app.console import err, note_runtime, out, progress
from yawstring.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from yawstring.learn.recipe import Trained
    from yawstring.models.base import Json
    from yawstring.table.corpora import Table


def command(
    bundles: Annotated[
        list[Path], typer.Argument(metavar="BUNDLE...", help="Folders of trained detectors.", show_default=False)
    ],
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="A labelled CSV or Parquet.", show_default=False)],
    report: Annotated[
        Path | None,
        typer.Option(
            "--report", metavar="DIR", help="Also write report.html and report.json there.", show_default=False
        ),
    ] = None,
    audited: Annotated[
        bool, typer.Option("--audit", help="Also audit the table, and put what it says on the page.")
    ] = False,
    recording: Annotated[
        list[int] | None,
        typer.Option(
            "--recording",
            min=0,
            metavar="N",
            help="Draw the score along recording N; may be given again.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    block: Annotated[
        int | None, typer.Option("--block", min=1, metavar="N", help="Only block N of a stacked file, from 1.")
    ] = None,
    glue: Annotated[
        Glue | None, typer.Option("--glue", help="Make one table of a stacked file: every column, or the common ones.")
    ] = None,
) -> None:
    """Measure detectors beside plain baselines, with intervals over recordings or runs.

    On the table it was trained on, only the test part of a detector's split is measured; another table is measured
    whole.

    Examples:
    `yawstring evaluate model/ flights.csv`;
    `yawstring evaluate by-attack/ attack-or-not/ flights.parquet --report report/`;
    `yawstring evaluate model/ other_flights.parquet --json`
    """
    from yawstring.app.figures import show, show_in_short, warn
    from yawstring.edge.bundles import load
    from yawstring.edge.files import read_table
    from yawstring.edge.report import make_folder
    from yawstring.learn.evaluate import evaluate

    if report is not None:
        make_folder(report)
    detectors = [load(bundle) for bundle in bundles]
    rows = read_table(table, block=block, how=None if glue is None else glue.value)
    found = [evaluate(detector, rows) for detector in detectors]
    for one in found:
        warn(one, err)
        if not as_json:
            show(one, out)
    if len(found) > 1 and not as_json:
        show_in_short(found, out)
    if as_json:
        print(json.dumps(_record(found), indent=2, allow_nan=False))
    if report is not None:
        report_on(report, detectors, found, rows, audited=audited, flights=recording or [])


def _record(found: "list[dict[str, Json]]") -> "dict[str, Json]":
    """One evaluation as it is; several side by side."""
    from yawstring.learn.evaluate import FORMAT

    return found[0] if len(found) == 1 else {"format": FORMAT, "evaluations": [*found]}


def report_on(
    folder: Path,
    detectors: "list[Trained]",
    found: "list[dict[str, Json]]",
    table: "Table",
    *,
    audited: bool = False,
    flights: "Sequence[int]" = (),
) -> None:
    """Write the page of evaluations, and say where.

    Args:
        folder: Where to.
        detectors: What was measured.
        found: The evaluation of each.
        table: What they were measured on.
        audited: Audit the table for the page.
        flights: Recordings to draw; the first ones if none is given.
    """
    from yawstring.app.verdict_page import measured_on, page
    from yawstring.edge.report import write_report
    from yawstring.models.attribution import is_network

    if any(is_network(one.detector.family) for one in detectors):
        with suppress(MissingExtraError):  # the page says so
            note_runtime()
    measured = [
        measured_on(one, table, evaluation, flights=flights) for one, evaluation in zip(detectors, found, strict=True)
    ]
    told = _audited(table) if audited else ()
    command = shlex.join(["yawstring", *sys.argv[1:]])
    _, written = write_report(page(measured, command=command, audit=told), _record(found), folder)
    err.print(f"report: {written}", markup=False)


def _audited(table: "Table") -> "tuple[str, ...]":
    from yawstring.learn.audit import STEPS, audit
    from yawstring.learn.audit.sentences import sentences

    with progress("auditing", STEPS) as advance:
        return tuple(sentences(audit(table, watch=advance)))
