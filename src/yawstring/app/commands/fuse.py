"""``yawstring fuse``: frames and telemetry on one clock, labelled, as one table."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from yawstring.app.commands.inspect import PIPED_WIDTH
from yawstring.app.console import err, out, progress
from yawstring.errors import OptionError

if TYPE_CHECKING:
    from yawstring.edge.flights import Flight
    from yawstring.edge.fusion import Account, FusionOptions

FORMAT = 1
"""Version of the JSON; it changes where a key changes its meaning or goes."""

NONE, AUTO = "none", "auto"

WHAT, CLOCKS = "What is fused", "Clocks"

_SHOWN_NOTES = 20


def command(
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FUSED", help="Parquet file to write.", show_default=False)
    ],
    frames: Annotated[
        Path | None,
        typer.Option(metavar="CAPTURE", help="A capture, or the Parquet of one.", rich_help_panel=WHAT),
    ] = None,
    telemetry: Annotated[
        str, typer.Option(metavar="LOG", help="Its log of telemetry; none: the air alone.", rich_help_panel=WHAT)
    ] = NONE,
    labels: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Its labels: intervals, or truth.csv.", rich_help_panel=WHAT)
    ] = None,
    flights: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of flights instead.", rich_help_panel=WHAT)
    ] = None,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="CSV", help="Also write the notebook's layout.")] = None,
    clock_offset: Annotated[
        str,
        typer.Option(metavar="auto|SECONDS", help="Added to the telemetry's clock.", rich_help_panel=CLOCKS),
    ] = "0",
    tolerance: Annotated[
        float, typer.Option(min=0, help="Age in seconds that telemetry may have.", rich_help_panel=CLOCKS)
    ] = 0.3,
    telemetry_start: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="Start of a log that counts from its own.", rich_help_panel=CLOCKS),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Put telemetry and labels beside the frames of a capture: one row a frame, never the future's telemetry.

    Examples:
    `yawstring fuse --frames flight.pcapng --telemetry flight.log --labels attacks.csv -o fused.parquet`;
    `yawstring fuse --frames flight.pcapng --telemetry laptop.log --clock-offset auto -o fused.parquet`;
    `yawstring fuse --flights simulated/ -o fused.parquet --csv fused.csv`
    """
    from yawstring.edge.runtime import ready_loops

    ready_loops()
    from yawstring.edge.fusion import write_fused, write_notebook

    chosen = _flights(frames, telemetry, labels, flights)
    if csv is not None and any(flight.labels is None for flight in chosen):
        raise OptionError("--csv: the notebook's layout needs a label in every row: give --labels")
    options = _options(tolerance, clock_offset, telemetry_start)
    with progress("fusing", total=len(chosen)) as advance:
        accounts = write_fused(
            chosen, options, output, watch=lambda one: advance(f"{_plain(one.flight.name)}: {one.frames:,} frames")
        )
    if csv is not None:
        write_notebook(output, csv)
    if as_json:
        print(json.dumps(_described(accounts, output, csv, options), indent=2, allow_nan=False))
        return
    _show(out if out.is_terminal else Console(width=PIPED_WIDTH, highlight=False), accounts, output, csv)
    _note(accounts)


def _flights(frames: Path | None, telemetry: str, labels: Path | None, folder: Path | None) -> "Sequence[Flight]":
    from yawstring.edge.flights import Flight, find_flights

    if (frames is None) == (folder is None):
        raise OptionError("expected one of --frames and --flights, found " + ("neither" if frames is None else "both"))
    if frames is None or folder is not None:
        if telemetry != NONE or labels is not None:
            raise OptionError("--flights: each flight brings its own files: leave out --telemetry and --labels")
        return find_flights(folder or Path())
    log = None if telemetry == NONE else Path(telemetry)
    return (Flight(name=frames.stem, frames=frames, telemetry=log, labels=labels),)


def _options(tolerance: float, clock_offset: str, start: str | None) -> "FusionOptions":
    from yawstring.edge.fusion import FusionOptions
    from yawstring.wire.stamps import parse_stamps

    offset_s: float | None = None
    if clock_offset != AUTO:
        try:
            offset_s = float(clock_offset)
        except ValueError:
            raise OptionError(f"--clock-offset: expected auto or seconds, found {clock_offset!r}") from None
    start_ns = None
    if start is not None:
        times, read = parse_stamps([start])
        if not read[0]:
            raise OptionError(f"--telemetry-start: expected Unix seconds or an ISO 8601 time, found {start!r}")
        start_ns = int(times[0])
    return FusionOptions(tolerance_s=tolerance, offset_s=offset_s, start_ns=start_ns)


def _show(console: Console, accounts: "Sequence[Account]", output: Path, csv: Path | None) -> None:
    frames = sum(account.frames for account in accounts)
    where = f"{output} and {csv}" if csv is not None else f"{output}"
    many = f"{len(accounts):,} flights, " if len(accounts) > 1 else ""
    console.print(Text(_plain(f"{many}{frames:,} frames: {where}"), style="bold"))
    grid = Grid()
    for name in ("flight", "frames", "with telemetry", "stale", "before it", "clock offset", "the data show"):
        grid.add_column(name, justify="left" if name in ("flight", "the data show") else "right", overflow="fold")
    for account in accounts:
        met, of = account.fused, account.frames
        counts = (_share(met.fresh, of), _share(met.stale, of), _share(met.before, of))
        offset = f"{_seconds(account.offset_s)} s" if account.telemetry is not None else ""
        grid.add_row(Text(_plain(account.flight.name)), f"{of:,}", *counts, offset, Text(_evidence(account)))
    console.print(grid)
    classes = _classes(accounts)
    if classes:
        console.print("classes: " + ", ".join(f"{name} {_share(count, frames)}" for name, count in classes.items()))
    else:
        console.print("classes: none, no labels were given")


def _evidence(account: "Account") -> str:
    from yawstring.table.clocks import ClockOffset

    found = account.found
    if found is None:
        return "no telemetry"
    if isinstance(found, ClockOffset):
        return f"{_seconds(found.offset_s)} ± {_seconds(found.error_s)} s, {found.matches:,} {found.method}"
    return "nothing"


def _note(accounts: "Sequence[Account]") -> None:
    notes = [f"{account.flight.name}: {note}" for account in accounts for note in _notes(account)]
    for note in notes[:_SHOWN_NOTES]:
        err.print(f"note: {_plain(note)}", markup=False)
    if len(notes) > _SHOWN_NOTES:
        err.print(f"note: {len(notes) - _SHOWN_NOTES:,} more, see --json", markup=False)


def _notes(account: "Account") -> Iterator[str]:
    """What a person should know of a flight, a line each."""
    yield from _told("frames", account.frame_rejects)
    log, met = account.telemetry, account.fused
    if log is None:
        yield "no telemetry: its columns are null"
    else:
        yield from _told("telemetry", {**log.rejects, **log.notes})
        if log.whole_seconds:
            yield "telemetry stamped in whole seconds was spread over each second: up to a row off"
    if account.contradicted:
        used = f"the clock offset used is {_seconds(account.offset_s)} s"
        yield f"{used}, but the data show {_evidence(account)}: try auto"
    if met.untimed:
        yield f"{met.untimed:,} frames have no time: they have neither telemetry nor a label by interval"
    if labels := account.labelled:
        if labels.overlapping:
            found = f"{labels.overlapping:,} intervals begin within another, {labels.overlapping_frames:,} frames"
            yield f"{found}: each takes the attack that began last"
        if labels.empty:
            yield f"{labels.empty:,} of {labels.intervals:,} intervals hold no frame: are they on the capture's clock?"
        if labels.unlabelled:
            yield f"{labels.unlabelled:,} frames have no label ({labels.gap_s:.1f} s in no interval)"


def _told(what: str, counts: Mapping[str, int]) -> Iterator[str]:
    for reason, count in counts.items():
        yield f"{what}: {count:,} × {reason}"


def _described(
    accounts: "Sequence[Account]", output: Path, csv: Path | None, options: "FusionOptions"
) -> dict[str, object]:
    return {
        "format": FORMAT,
        "output": str(output),
        "csv": None if csv is None else str(csv),
        "tolerance_s": options.tolerance_s,
        "frames": sum(account.frames for account in accounts),
        "class_counts": _classes(accounts),
        "flights": [_flight(account) for account in accounts],
    }


def _flight(account: "Account") -> dict[str, object]:
    from yawstring.table.clocks import ClockOffset

    flight, log, met, labels, found = (
        account.flight, account.telemetry, account.fused, account.labelled, account.found,
    )  # fmt: skip
    return {
        "name": flight.name,
        "frames": {"file": str(flight.frames), "count": account.frames, "rejects": dict(account.frame_rejects)},
        "recordings": account.recordings,
        "telemetry": None if log is None else {
            "file": str(flight.telemetry), "source": log.source, "clock": log.clock, "rows": met.rows,
            "unused_rows": met.unused, "whole_seconds": log.whole_seconds,
            "rejects": dict(log.rejects), "notes": dict(log.notes),
        },
        "clock": {
            "offset_s": account.offset_s,
            "found": asdict(found) if isinstance(found, ClockOffset) else None,
            "refused": None if found is None or isinstance(found, ClockOffset) else found.reason,
            "contradicted": account.contradicted,
        },
        "joined": {"fresh": met.fresh, "stale": met.stale, "before": met.before, "untimed": met.untimed},
        "labels": None if labels is None else {
            "file": str(flight.labels), "intervals": labels.intervals, "overlapping": labels.overlapping,
            "overlapping_frames": labels.overlapping_frames, "empty": labels.empty,
            "unlabelled": labels.unlabelled, "gap_s": labels.gap_s,
        },
        "class_counts": dict(account.classes),
    }  # fmt: skip


def _classes(accounts: "Sequence[Account]") -> dict[str, int]:
    from yawstring.schema import CLASSES

    counts = sum((Counter(account.classes) for account in accounts), Counter[str]())
    return {name: counts[name] for name in CLASSES if name in counts}


def _share(count: int, of: int) -> str:
    return f"{count / of:.1%}" if of else "0"


def _seconds(seconds: float) -> str:
    """To the millisecond, and zero without a sign."""
    return f"{round(seconds, 3) + 0.0:.3f}"


def _plain(text: str) -> str:
    """The text without anything that would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
