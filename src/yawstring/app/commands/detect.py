"""``yawstring detect``: what a watch would have found in recordings."""

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from yawstring.app.commands.inspect import PIPED_WIDTH
from yawstring.app.console import err, out, progress

if TYPE_CHECKING:
    from yawstring.edge.detecting import Detected

FORMAT = 1
"""Version of the JSON; it changes where a key changes its meaning or goes."""

_SHOWN_NOTES = 20


def command(
    captures: Annotated[
        list[Path],
        typer.Argument(metavar="CAPTURE...", help="Captures, or folders of them.", show_default=False),
    ],
    bundle: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A trained detector; without, the rules alone.")
    ] = None,
    telemetry: Annotated[
        str,
        typer.Option(metavar="LOG|auto|air|none", help="The log; auto: telemetry.log beside each capture."),
    ] = "auto",
    clock_offset: Annotated[
        float, typer.Option(metavar="SECONDS", help="Added to the telemetry's clock to get the capture's.")
    ] = 0.0,
    drone: Annotated[str, typer.Option(metavar="BSSID|SSID|auto", help="The watched drone.")] = "auto",
    rules: Annotated[Path | None, typer.Option(metavar="TOML", help="Thresholds of rules.")] = None,
    no_rules: Annotated[bool, typer.Option("--no-rules", help="The detector alone.")] = False,
    allow: Annotated[Path | None, typer.Option(metavar="TOML", help="Alerts that are not to be told.")] = None,
    folder: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Write alerts.jsonl, and scores.parquet with a bundle."),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Captures that are read at a time: 1; of a cluster, as many as it has processors."),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(metavar="local|auto|HOST:PORT", help="Spread the captures over this cluster of Ray."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Find attacks in recordings, as `watch` would have found them.

    Examples:
    `yawstring detect flight.pcapng --telemetry flight.log --bundle model/`;
    `yawstring detect flights/ --bundle model/ --out found/ --workers 8`;
    `yawstring detect months/ --bundle model/ --out found/ --cluster 10.0.0.1:6379`;
    `yawstring detect night.pcap.gz --json`
    """
    from yawstring.edge.cluster import detect_on_cluster
    from yawstring.edge.detecting import detect_all, recordings_of, write_detected
    from yawstring.edge.plans import Plan
    from yawstring.edge.runtime import ready_loops

    ready_loops()
    plan = Plan(
        bundle=bundle,
        rules=rules,
        no_rules=no_rules,
        drone=drone,
        allow=allow,
        offset_s=clock_offset,
        air_states=telemetry == "air",
    )
    recordings = recordings_of(captures, telemetry)
    found = list["Detected"]()
    # Ray prints which workers died, and standard output is for what was found.
    with progress("detecting", total=len(recordings)) as advance, redirect_stdout(sys.stderr):
        if cluster is None:
            every = detect_all(recordings, plan, workers=workers or 1)
        else:
            every = detect_on_cluster(recordings, plan, address=cluster, workers=workers)
        for one in every:
            found.append(one)
            advance(f"{one.recording.capture.name}: {one.health.frames:,} frames, {len(one.alerts):,} alerts")
    if folder is not None:
        write_detected(found, folder, scores=bundle is not None)
    if as_json:
        told = {"format": FORMAT, "captures": [one.to_json() for one in found]}
        print(json.dumps(told | {"alerts": sum(len(one.alerts) for one in found)}, indent=2, allow_nan=False))
        return
    _show(found, folder)


def _show(found: "Sequence[Detected]", folder: Path | None) -> None:
    from yawstring.app.watch_lines import STYLES, time_text
    from yawstring.watch.plain import plain

    console = out if out.is_terminal else Console(width=PIPED_WIDTH, highlight=False)
    alerts = [(one.recording.capture.name, alert) for one in found for alert in one.alerts if alert.suppressed is None]
    frames = sum(one.health.frames for one in found)
    where = "" if folder is None else f": {folder}"
    console.print(f"{len(found):,} captures, {frames:,} frames, {len(alerts):,} alerts{where}", markup=False)
    if alerts:
        grid = Grid()
        for name in ("capture", "from", "for", "severity", "what", "by", "score", "words"):
            grid.add_column(name, overflow="fold", justify="right" if name in ("for", "score") else "left")
        for capture, alert in alerts:
            lasted = f"{(alert.last_ns - alert.opened_ns) / 1e9:.1f} s"
            head = (plain(capture), time_text(alert.opened_ns), lasted)
            rest = (alert.identity.kind, alert.source, f"{alert.score:.2f}", plain(alert.words))
            grid.add_row(*map(Text, head), Text(alert.severity, style=STYLES[alert.severity]), *map(Text, rest))
        console.print(grid)
    notes = [f"{one.recording.capture.name}: {note}" for one in found for note in _notes(one)]
    for note in notes[:_SHOWN_NOTES]:
        err.print(f"note: {plain(note)}", markup=False)
    if len(notes) > _SHOWN_NOTES:
        err.print(f"note: {len(notes) - _SHOWN_NOTES:,} more, see --json", markup=False)


def _notes(one: "Detected") -> list[str]:
    told = [f"{count:,} × {reason}" for reason, count in one.health.rejects.items()]
    if one.clock_put_back:
        told.append(f"the clock was put back {one.clock_put_back:,} times: everything was measured anew there")
    if not one.health.frames:
        told.append("no frames")
    return told
