"""``yawstring alerts``: what a watch has found, from its record."""

import json
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from yawstring.app.console import out
from yawstring.errors import OptionError

if TYPE_CHECKING:
    from yawstring.edge.alert_store import AlertStore, Mark
    from yawstring.models.base import Json
    from yawstring.watch.alerts import Alert, AlertChange

FORMAT = 1
"""Version of the JSON; it changes where a key changes its meaning or goes."""

PIPED_WIDTH = 160
"""Characters a line where the output is no terminal."""

STYLES = {"critical": "bold reverse red", "high": "bold red", "medium": "yellow", "low": "dim"}


def command(
    folder: Annotated[
        Path, typer.Argument(metavar="OUT", help="Folder of a watch, or its record.", show_default=False)
    ],
    since: Annotated[
        str | None, typer.Option("--since", metavar="2h|TIME", help="Only those that went on then, or came later.")
    ] = None,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not over.")] = False,
    following: Annotated[bool, typer.Option("--follow", help="Go on with what happens next, until Ctrl-C.")] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON instead of a table; with --follow a line for each change.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, metavar="N", help="The latest N at most.")] = 1000,
    key: Annotated[
        str | None, typer.Option("--acknowledge", metavar="KEY", help="Say that you have seen this alert.")
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help="What you found; with --acknowledge.")] = "",
    who: Annotated[
        str | None, typer.Option("--by", metavar="NAME", help="Who you are; your user name if not given.")
    ] = None,
) -> None:
    """List the alerts of a watch, while it runs or after; follow them; say that you have seen one.

    Examples:
    `yawstring alerts out/ --since 2h --open`;
    `yawstring alerts out/ --follow --json`;
    `yawstring alerts out/ --acknowledge 3f2a --note "our own test"`
    """
    from yawstring.edge.alert_listing import record_path, since_ns
    from yawstring.edge.alert_store import AlertStore

    if key is None and (note or who is not None):
        raise OptionError("--note and --by: expected --acknowledge KEY beside them")
    path = record_path(folder)
    if key is not None:
        _acknowledge(path, key, note, who)
        return
    after = None if since is None else since_ns(since)
    with AlertStore.open(path, read_only=True) as store:
        last = store.last_change()
        alerts = store.alerts(after, open_only=only_open, limit=limit)
        if not as_json:
            _show(store, alerts)
        elif not following:
            listed: list[Json] = [_alert_json(one, store.mark(one.key)) for one in alerts]
            print(json.dumps({"format": FORMAT, "record": str(path), "alerts": listed}, indent=2, allow_nan=False))
        if following:
            with suppress(KeyboardInterrupt):
                _follow(store, last, as_json=as_json)


def _acknowledge(path: Path, key: str, note: str, who: str | None) -> None:
    import time

    from yawstring.edge.alert_listing import acknowledge
    from yawstring.edge.alert_store import AlertStore

    with AlertStore.open(path) as store:
        whole = acknowledge(store, key, note, who=who, now_ns=time.time_ns())
    out.print(f"{whole}: acknowledged", markup=False)


def _alert_json(alert: "Alert", mark: "Mark") -> "dict[str, Json]":
    from yawstring.watch.alert_json import alert_to_json

    seen: dict[str, Json] | None = None
    if mark.acknowledged_ns is not None:
        seen = {"time_ns": mark.acknowledged_ns, "by": mark.acknowledged_by, "note": mark.note}
    return alert_to_json(alert) | {"slice": mark.slice, "acknowledged": seen}


def _show(store: "AlertStore", alerts: "tuple[Alert, ...]") -> None:
    grid = Grid(title=_counted(alerts), title_justify="left", show_lines=True)
    for name in ("key", "severity", "when", "what"):
        grid.add_column(name, no_wrap=name in ("key", "severity"), overflow="fold")
    for one in alerts:
        what = Text(_plain(_what(one)), "bold").append(Text("\n" + _plain(_words(store, one)), "not bold"))
        when = f"{_time(one.opened_ns)}\n{'open' if one.closed_ns is None else 'to ' + _time(one.closed_ns)}"
        grid.add_row(Text(_plain(one.key)), Text(one.severity, STYLES[one.severity]), Text(when), what)
    console = out if out.is_terminal else Console(width=PIPED_WIDTH, highlight=False)
    console.print(grid if alerts else Text(_counted(alerts)))


def _counted(alerts: "tuple[Alert, ...]") -> str:
    going = sum(one.closed_ns is None for one in alerts)
    quiet = sum(one.suppressed is not None for one in alerts)
    count = f"{len(alerts):,} alert{'' if len(alerts) == 1 else 's'}, {going:,} open"
    return f"{count}, {quiet:,} kept quiet by your list" if quiet else count


def _words(store: "AlertStore", alert: "Alert") -> str:
    mark, parts = store.mark(alert.key), [alert.words]
    if alert.suppressed is not None:
        parts.append(f"(kept quiet by {alert.suppressed})")
    if mark.acknowledged_by is not None:
        said = f": {mark.note}" if mark.note else ""
        parts.append(f"(seen by {mark.acknowledged_by}{said})")
    return " ".join(parts)


def _follow(store: "AlertStore", after: int, *, as_json: bool) -> None:
    from yawstring.edge.alert_listing import follow
    from yawstring.edge.sinks.base import change_json

    for item in follow(store, after):
        if as_json:
            print(json.dumps(change_json(item), allow_nan=False), flush=True)
        elif item.change.alert.suppressed is None:
            out.print(_line(item.change))


def _line(change: "AlertChange") -> Text:
    alert = change.alert
    told = f"{_time(change.time_ns)} {change.kind:7} {alert.severity:8} {_what(alert)}"
    return Text(_plain(f"{told}: {alert.words} [{alert.key}]"), STYLES[alert.severity])


def _what(alert: "Alert") -> str:
    """Kind, drone and attacker, as far as they are known."""
    from yawstring.watch.alert_json import address_to_json

    crowd = "many" if alert.details.get("crowd") is True else None
    drone, attacker = address_to_json(alert.identity.drone), address_to_json(alert.identity.attacker)
    at, by = drone or crowd, attacker or crowd
    return alert.identity.kind + (f" at {at}" if at else "") + (f" by {by}" if by else "")


def _time(time_ns: int) -> str:
    """Local time to the second."""
    with suppress(ValueError, OverflowError, OSError):
        return f"{datetime.fromtimestamp(time_ns // 10**9):%Y-%m-%d %H:%M:%S}"
    return f"{time_ns} ns"


def _plain(text: str) -> str:
    from yawstring.watch.plain import plain

    return plain(text, most=1000)
