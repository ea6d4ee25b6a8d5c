"""``yawstring simulate``: flights with and without attacks, as a capture, a telemetry log and the truth of both."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table as Grid
from rich.text import Text

from yawstring.app.console import out, progress
from yawstring.errors import OptionError

if TYPE_CHECKING:
    from yawstring.edge.simulations import Flight
    from yawstring.simulate.scenario import Scenario

EVERY = "all"

_LATE_S = 0.05
"""Lateness of a tick from which on frames may have been late, too."""


def command(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SCENARIO...", help="Names of ready scenarios, .toml files, or all.", show_default=False
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Folder to write.", show_default=False)
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=0, help="Seed of every draw; the file's own, or 0, if not given.", show_default=False),
    ] = None,
    flights: Annotated[
        int | None,
        typer.Option(min=1, help="So many flights, a folder each, the scenarios in turn.", show_default=False),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes; one a core if not given.", show_default=False)
    ] = None,
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Set a key of the scenarios otherwise.", show_default=False),
    ] = None,
    live: Annotated[bool, typer.Option("--live", help="Be a drone that a client flies, in real time.")] = False,
    air: Annotated[
        list[str] | None,
        typer.Option(
            metavar="tap:NAME|fifo:PATH", help="With --live: where the frames can be heard.", show_default=False
        ),
    ] = None,
    client_namespace: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="With --live: network namespace that the client is in.", show_default=False),
    ] = None,
    drone_address: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS", help="With --live, without root: a loopback address for the drone.", show_default=False
        ),
    ] = None,
    pace: Annotated[float, typer.Option(metavar="FACTOR", help="With --live: simulated seconds in a second.")] = 1.0,
    listed: Annotated[bool, typer.Option("--list", help="List the ready scenarios.")] = False,
) -> None:
    """Simulate flights of a drone, attacked or not: what a receiver captures, what the drone tells, and the truth.

    Examples:
    `yawstring simulate aireplay-deauth --seed 1 -o flight`;
    `yawstring simulate benign-wpa2 hostapd-twin mine.toml --flights 40 -o flights`;
    `yawstring simulate all --set traffic.video_mbit_s=1 -o flights`;
    `yawstring simulate --live benign-open --air tap:yaw0 --set duration_s=600`;
    `yawstring simulate --list`
    """
    if listed:
        out.print(_ready())
        return
    if live:
        if flights is not None or workers is not None or not scenarios or len(scenarios) > 1 or scenarios == [EVERY]:
            raise OptionError("simulate: --live flies one SCENARIO once: give one, and neither --flights nor --workers")
        chosen = _chosen(scenarios, changes or [])
        where = (tuple(air or ()), client_namespace, drone_address, output, pace)
        _live(chosen[0], _seed(seed, chosen), *where)
        return
    if air or client_namespace or drone_address or pace != 1.0:
        raise OptionError("simulate: --air, --client-namespace, --drone-address and --pace go with --live")
    if not scenarios or output is None:
        raise OptionError("simulate: expected SCENARIO and --output DIR; `yawstring simulate --list` shows scenarios")
    from yawstring.edge.runtime import ready_loops

    ready_loops()
    from yawstring.edge.simulations import write_flight, write_flights

    chosen = _chosen(scenarios, changes or [])
    if flights is None and len(chosen) == 1:
        with progress("simulating", 1) as advance:
            one = write_flight(chosen[0], _seed(seed, chosen), output)
            advance(one.scenario)
        out.print(_told(one, output), markup=False)
        return
    count = flights if flights is not None else len(chosen)
    with progress("simulating", count) as advance:
        cores = workers or os.cpu_count() or 1
        every = write_flights(chosen, _seed(seed, chosen), count, output, workers=cores, done=advance)
    frames, hostile = sum(one.frames for one in every), sum(one.hostile for one in every)
    out.print(
        f"{output}: {len(every):,} flights, {frames:,} frames, {hostile:,} of them hostile; flights.csv lists them",
        markup=False,
    )


def _live(
    scenario: "Scenario",
    seed: int,
    air: tuple[str, ...],
    client_namespace: str | None,
    drone_address: str | None,
    folder: Path | None,
    pace: float,
) -> None:
    from yawstring.edge.runtime import ready_loops

    ready_loops()
    from yawstring.edge.live_drone import LiveOptions, fly_live
    from yawstring.simulate.scenario import draw

    options = LiveOptions(
        air=air, client_namespace=client_namespace, drone_address=drone_address, folder=folder, pace=pace
    )
    landed = fly_live(draw(scenario, seed), options, done=_say)
    record = landed.record
    attacks = ", ".join(one.technique for one in record.episodes) or "no attack"
    _say(
        f"{scenario.name}, {landed.duration_s:.1f} s, {record.frames:,} frames ({record.hostile:,} hostile), "
        f"{record.states:,} states, {attacks}, seed {seed}"
        + (f"; {landed.lost:,} frames not handed over" if landed.lost else "")
        + (f"; {1000 * landed.late_s:.0f} ms late at worst" if landed.late_s > _LATE_S else "")
        + (f"; {folder} holds it" if folder else "")
    )


def _say(text: str) -> None:
    """A line at once, for whoever waits for it."""
    out.print(text, markup=False)
    sys.stdout.flush()


def _chosen(names: list[str], changes: list[str]) -> "list[Scenario]":
    from yawstring.edge.simulations import read_scenario, ready_scenarios

    every = [one for name in names for one in (ready_scenarios() if name == EVERY else (name,))]
    return [read_scenario(name, changes=changes) for name in every]


def _seed(seed: int | None, chosen: "list[Scenario]") -> int:
    """The seed asked for, or that of a flight's own file."""
    if seed is not None:
        return seed
    return (chosen[0].seed or 0) if len(chosen) == 1 else 0


def _told(one: "Flight", folder: Path) -> str:
    attacks = ", ".join(one.attacks) or "no attack"
    return (
        f"{folder}: {one.scenario}, {one.duration_s:g} s, {one.frames:,} frames ({one.hostile:,} hostile), "
        f"{one.states:,} states, {attacks}, seed {one.seed}"
    )


def _ready() -> Grid:
    from yawstring.edge.simulations import read_scenario, ready_scenarios

    grid = Grid(title_justify="left")
    for name in ("scenario", "attacks", "what happens"):
        grid.add_column(name, no_wrap=name == "scenario", overflow="fold")
    for name in ready_scenarios():
        scenario = read_scenario(name)
        kinds = ", ".join(kind for kind, _ in scenario.attacks) or "none"
        grid.add_row(Text(name), Text(kinds), Text(scenario.summary))
    return grid
