"""The pages of stations and of the watch's own health."""

from collections.abc import Iterator, Mapping

from nicegui import ui

from yawstring.app.dashboard.frame import Live, element, text
from yawstring.app.dashboard.markup import Text, details, facts, paragraph, table
from yawstring.app.dashboard.reading import MOST_STATIONS
from yawstring.app.dashboard.snapshot import Snapshot
from yawstring.app.dashboard.words import NONE, channel, clock, number, span
from yawstring.models.base import Json
from yawstring.table.survey import mac_text

_STATIONS = ("address", "role", "network", "frames", "signal", "channel", "last heard")

_ROLES = {"drone": "▲ drone", "controller": "◆ controller"}


def stations(live: Live) -> None:
    """Build the page of stations."""
    note = ui.html("")
    with element("div", "scroll", tabindex="0", role="region", aria_label="Stations"):
        rows = ui.html("")

    def refresh(seen: Snapshot) -> None:
        most = f"The {MOST_STATIONS} busiest are shown." if len(seen.stations) >= MOST_STATIONS else ""
        note.content = paragraph(most or ("" if seen.stations else "No station has been heard yet."), "soft")
        rows.content = table(_STATIONS, (_station(one, seen.now_ns) for one in seen.stations), numbers=(3, 4))

    live.on_refresh(refresh)


def health(live: Live) -> None:
    """Build the page of health."""
    now = ui.html("")
    with element("div", "columns"):
        parts = {title: _part(title) for title in ("Channel coverage", "Frames that could not be read", "The watch")}

    def refresh(seen: Snapshot) -> None:
        now.content = facts(_facts(seen))
        parts["Channel coverage"].content = details(_coverage(seen)) or ""
        parts["Frames that could not be read"].content = details(_rejects(seen))
        parts["The watch"].content = details(_notes(seen))

    live.on_refresh(refresh)


def _part(title: str) -> ui.html:
    with element("section"):
        text("h2", title)
        return ui.html("")


def _station(one: Mapping[str, Json], now_ns: int) -> tuple[Text, ...]:
    role, last_ns = str(one.get("role", "")), one.get("last_ns")
    return (
        _address(one.get("address")),
        _ROLES.get(role, role),
        _address(one.get("network")),
        number(one.get("frames")),
        number(one.get("rssi_dbm"), "dBm"),
        channel(one.get("frequency_mhz")),
        clock(last_ns, now_ns) if isinstance(last_ns, int) else NONE,
    )


def _address(value: Json) -> str:
    return mac_text(value) if isinstance(value, int) and 0 <= value < 1 << 48 else NONE


def _facts(seen: Snapshot) -> Iterator[tuple[Text, Text]]:
    last = seen.last
    if last is None:
        yield "state", "no watch has written here yet"
        return
    age_s = last.number("telemetry_age_s")
    yield "state", (last.word("state") or NONE) if seen.alive else "no sign of life"
    yield "last sign of life", clock(last.time_ns, seen.now_ns)
    yield "frames so far", number(last.number("frames"))
    yield "frames a second", number(last.number("frames_per_s"))
    yield "frames lost so far", number(last.number("drops"))
    yield "air", last.word("air") or NONE
    yield "telemetry", last.word("telemetry") or NONE
    yield "age of telemetry", NONE if age_s is None else span(age_s)


def _coverage(seen: Snapshot) -> Iterator[tuple[Text, Text]]:
    found = {} if seen.last is None else seen.last.mapping("coverage")
    for frequency, share in sorted(found.items()):
        mhz = int(frequency) if frequency.isdecimal() and len(frequency) < 6 else None
        heard = f"heard in {share:.0%} of the last minute" if isinstance(share, int | float) else NONE
        yield f"channel {channel(mhz)}", heard
    if not found:
        yield "none", "nothing is known about it"


def _notes(seen: Snapshot) -> Iterator[tuple[Text, Text]]:
    for name, value in seen.notes.items():
        yield name, value or "none"
    put_back = None if seen.last is None else seen.last.number("clock_put_back")
    if put_back:
        yield "clock put back", number(put_back)


def _rejects(seen: Snapshot) -> Iterator[tuple[Text, Text]]:
    found = {} if seen.last is None else seen.last.mapping("rejects")
    for reason, count in sorted(found.items()):
        yield reason.replace("_", " "), number(count)
    if not found:
        yield "none", number(0)
