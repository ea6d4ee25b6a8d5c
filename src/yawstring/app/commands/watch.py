"""``yawstring watch``: live detection at the ground station, or the same of a recording."""

import signal
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from yawstring.app.console import err
from yawstring.errors import OptionError

if TYPE_CHECKING:
    from yawstring.app.dashboard.beside import Beside
    from yawstring.edge.watching import Ending, Watching

AIR, TELEMETRY, KEEPING = "Frames from", "What watches", "What becomes of it"

LOST = 3
"""Exit code of a watch whose source was gone for good."""


def command(
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="A trained detector; without, the rules.", rich_help_panel=TELEMETRY),
    ] = None,
    interface: Annotated[
        str | None, typer.Option(metavar="IF", help="An interface in monitor mode.", rich_help_panel=AIR)
    ] = None,
    channels: Annotated[
        str | None,
        typer.Option(metavar="LIST", help="Channels to listen to in turn: 1,6,11.", rich_help_panel=AIR),
    ] = None,
    grant: Annotated[
        Path | None, typer.Option(metavar="SOCKET", help="Where the interface is granted.", rich_help_panel=AIR)
    ] = None,
    pcap_fifo: Annotated[
        str | None,
        typer.Option(metavar="FIFO", help="A fifo that another program writes into; -: stdin.", rich_help_panel=AIR),
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(metavar="CAPTURE", help="A recording, as if it were now.", rich_help_panel=AIR)
    ] = None,
    speed: Annotated[
        str, typer.Option(metavar="N|max", help="How many times as fast to replay.", rich_help_panel=AIR)
    ] = "1",
    telemetry: Annotated[
        str,
        typer.Option(metavar="SOURCE", help="none, air, sniff:IFACE, udp://HOST:PORT, or a log.", rich_help_panel=AIR),
    ] = "none",
    drone: Annotated[
        str, typer.Option(metavar="BSSID|SSID|auto", help="The watched drone.", rich_help_panel=TELEMETRY)
    ] = "auto",
    rules: Annotated[
        Path | None, typer.Option(metavar="TOML", help="Thresholds of rules.", rich_help_panel=TELEMETRY)
    ] = None,
    no_rules: Annotated[
        bool, typer.Option("--no-rules", help="The detector alone.", rich_help_panel=TELEMETRY)
    ] = False,
    allow: Annotated[
        Path | None, typer.Option(metavar="TOML", help="Alerts that are not to be told.", rich_help_panel=KEEPING)
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where the record of alerts goes.", rich_help_panel=KEEPING)
    ] = Path("watch"),
    sink: Annotated[
        list[str] | None,
        typer.Option(metavar="SINK", help="Where else alerts are told; eve:DIR/eve.json.", rich_help_panel=KEEPING),
    ] = None,
    keep: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, help="Alerts kept, 20,000; the oldest that are over go.", rich_help_panel=KEEPING
        ),
    ] = None,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="Show it on a page as well.", rich_help_panel=KEEPING)
    ] = False,
) -> None:
    """Watch the air and the telemetry of a drone, and alert when it is attacked.

    Ends with Ctrl-C, or with the recording. Alerts are written down before anybody hears of them; a watch that is
    started again in the same folder goes on with those that are open.

    Examples:
    `yawstring watch --interface wlan1 --bundle model/ --telemetry sniff:wlan0`;
    `dumpcap -i wlan1 -w - -q | yawstring watch --pcap-fifo -`;
    `yawstring watch --replay flight.pcapng --telemetry flight.log --bundle model/ --speed max --out seen/`
    """
    from yawstring.edge.plans import Plan
    from yawstring.edge.runtime import ready_loops

    ready_loops()
    from yawstring.edge.live.channels import parse_channels
    from yawstring.edge.opened import Sources, open_watch

    live = interface is not None or pcap_fifo is not None
    plan = Plan(
        bundle=bundle,
        rules=rules,
        no_rules=no_rules,
        drone=drone,
        allow=allow,
        air_states=telemetry == "air",
        lateness_ns=LATENESS_NS if live else 1,
    )
    sources = Sources(
        interface=interface,
        channels=() if channels is None else parse_channels(channels),
        grant=grant,
        fifo=pcap_fifo,
        replay=replay,
        speed=_speed(speed),
        telemetry=telemetry,
    )
    from yawstring.app.watch_lines import Lines

    with Lines(console()) as lines:
        from yawstring.edge.alert_store import KEPT_MOST
        from yawstring.edge.watching import Ears

        ears = Ears(changes=lines.changes, note=lines.note, health=lines.health)
        sinks = sink or [f"eve:{out / 'eve.json'}"]
        with (
            open_watch(sources, plan, out, sinks, ears, keep=keep or KEPT_MOST) as watching,
            _dashboard(out) if dashboard else nullcontext(),
        ):
            ending = run(watching)
    _tell(ending, out)
    if ending.lost:
        raise typer.Exit(LOST)


LATENESS_NS = 200_000_000
"""How long after its time a frame may come out of a ring or a fifo."""


def console() -> Console:
    """Standard output, a line an event."""
    return Console(soft_wrap=True, highlight=False)


def run(watching: "Watching") -> "Ending":
    """Run until it ends, or until a signal asks for it."""
    before = {one: signal.signal(one, _stopping(watching)) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        return watching.run()
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def _stopping(watching: "Watching") -> Callable[..., None]:
    def stop(*_: object) -> None:
        watching.stop()

    return stop


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        return float(text)
    except ValueError:
        raise OptionError(f"--speed: expected a number or max, found {text!r}") from None


def _dashboard(out: Path) -> "Beside":
    from yawstring.app.dashboard.beside import Beside

    return Beside(out)


def _tell(ending: "Ending", out: Path) -> None:
    err.print(
        f"{ending.frames:,} frames, {ending.dropped:,} lost, {ending.alerts:,} alerts: see yawstring alerts {out}",
        markup=False,
    )
    if ending.unwritten:
        err.print(f"warning: {ending.unwritten:,} changes of alerts could not be written", style="yellow", markup=False)
    if ending.lost:
        err.print(f"yawstring: {ending.lost}", style="bold", markup=False)
