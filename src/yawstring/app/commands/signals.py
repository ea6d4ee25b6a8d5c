"""``yawstring signals``: which signals there are, and the signals of flights or of a table of frames."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from yawstring.app.commands.inspect import PIPED_WIDTH
from yawstring.app.console import out, progress
from yawstring.errors import OptionError

if TYPE_CHECKING:
    from yawstring.table.corpora import Table
    from yawstring.table.signals import SignalOptions

FORMAT = 1
"""Version of the JSON."""

FRAME = "frame"


def command(
    table: Annotated[
        Path | None, typer.Argument(metavar="[TABLE]", help="A table of frames: fused, or T-ITS.", show_default=False)
    ] = None,
    flights: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of flights instead.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="SIGNALS", help="Parquet to write.", show_default=False)
    ] = None,
    every: Annotated[
        str, typer.Option(metavar="SECONDS|frame", help="Time from row to row, or a row for every frame.")
    ] = "0.1",
    drone: Annotated[
        str | None,
        typer.Option(metavar="BSSID", help="Address of the watched drone; learned if not given.", show_default=False),
    ] = None,
    warm_up: Annotated[float, typer.Option(min=0, help="Seconds at the start that give no row.")] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """List the signals, or measure them: what carries over from one capture to another.

    Without a table or flights, every signal is listed with its unit, meaning and source, and the attacks it is meant
    to show.

    Examples:
    `yawstring signals`;
    `yawstring signals --flights simulated/ -o signals.parquet`;
    `yawstring signals three_attack_cyber.csv --every frame -o signals.parquet`
    """
    if table is None and flights is None:
        if output is not None:
            raise OptionError("--output: expected a TABLE or --flights DIR to measure, found neither")
        _list(as_json)
        return
    if output is None or (table is not None and flights is not None):
        raise OptionError("expected a TABLE or --flights DIR, and --output SIGNALS to write")
    from yawstring.edge.files import write_parquet
    from yawstring.edge.runtime import ready_loops

    ready_loops()
    options = signal_options(every, drone=drone, warm_up=warm_up)
    measured = _of_table(table, options) if table is not None else _of_flights(flights or Path(), options)
    write_parquet(measured, output)
    _show(measured, output, as_json=as_json)


def _list(as_json: bool) -> None:
    from dataclasses import asdict

    from yawstring.schema.signals import SIGNALS

    if as_json:
        print(json.dumps({"format": FORMAT, "signals": [asdict(one) for one in SIGNALS]}, indent=2))
        return
    grid = Grid(title=f"{len(SIGNALS)} signals", title_justify="left")
    for name in ("signal", "from", "unit", "what it says", "shows", "source"):
        grid.add_column(name, no_wrap=name == "signal", overflow="fold")
    for one in SIGNALS:
        row = (one.name, one.modality, one.unit, one.meaning, ", ".join(one.shows), one.source)
        grid.add_row(*(Text(cell) for cell in row))
    console = out if out.is_terminal else Console(width=2 * PIPED_WIDTH, highlight=False)
    console.print(grid)


def signal_options(every: str, *, warm_up: float, drone: str | None = None) -> "SignalOptions":
    """How signals are measured, from the words of a command line.

    Raises:
        OptionError: A word is none that is expected.
    """
    from yawstring.table.signals import SignalOptions

    every_s = None
    if every != FRAME:
        try:
            every_s = float(every)
        except ValueError:
            raise OptionError(f"signals: expected seconds or {FRAME}, found {every!r}") from None
    return SignalOptions(every_s=every_s, drone=None if drone is None else _address(drone), warm_up_s=warm_up)


def _address(text: str) -> int:
    """A hardware address as the number that tables hold."""
    digits = text.replace(":", "").replace("-", "")
    if len(digits) != 12 or not set(digits.lower()) <= set("0123456789abcdef"):
        raise OptionError(f"--drone: expected an address like 60:60:1f:00:00:01, found {text!r}")
    return int(digits, 16)


def _of_table(path: Path, options: "SignalOptions") -> "Table":
    from yawstring.edge.files import read_table
    from yawstring.learn.measured import measured

    return measured(read_table(path), options)


def _of_flights(folder: Path, options: "SignalOptions") -> "Table":
    from yawstring.edge.flights import find_flights
    from yawstring.edge.fusion import FusionOptions
    from yawstring.edge.signals import measured_flights

    found = find_flights(folder)
    with progress("measuring", len(found)) as advance:
        return measured_flights(
            found, FusionOptions(), options, watch=lambda one: advance(f"{one.flight.name}: {one.frames:,} frames")
        )


def _show(table: "Table", output: Path, *, as_json: bool) -> None:
    from yawstring.schema import LABEL, RECORDING
    from yawstring.table.signals.tables import SIGNAL_NAMES

    names = [name for name in table.frame.columns if name in SIGNAL_NAMES]
    counts = (
        {} if LABEL not in table.frame.columns else dict(table.frame[LABEL].drop_nulls().value_counts().iter_rows())
    )
    recordings = table.frame[RECORDING].n_unique()
    if as_json:
        found = {"format": FORMAT, "output": str(output), "rows": len(table), "recordings": recordings}
        print(json.dumps(found | {"signals": names, "class_counts": dict(sorted(counts.items()))}, indent=2))
        return
    out.print(f"{output}: {len(names)} signals, {len(table):,} rows of {recordings:,} recordings", markup=False)
    if counts:
        out.print("classes: " + ", ".join(f"{name} {count:,}" for name, count in sorted(counts.items())), markup=False)
