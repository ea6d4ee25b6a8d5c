"""The page to leave open: open alerts, the link and the aircraft, and the last minutes as curves."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from yawstring.app.dashboard.charts import Axes, Curve, chart, room
from yawstring.app.dashboard.frame import Live, element, text
from yawstring.app.dashboard.markup import Text, facts, joined, paragraph
from yawstring.app.dashboard.snapshot import Health, Snapshot
from yawstring.app.dashboard.words import NONE, channel, clock, headline, number, severity, span
from yawstring.table.survey import mac_text
from yawstring.watch.alerts import Alert

AUTO = "auto"
"""What stands for the drone where the watch is to find it by itself."""

MOST_OPEN, MOST_OVER = 50, 12
"""Cards of alerts that are open, and of those that are over; the history has more."""

LEAST_SHOWN_S = 60
"""Width of a curve at least, however short the watch has run."""

KINDS = ("management", "control", "data", "malformed")

_STYLES = ("one", "two", "three", "four")

_ANGLES = {"pitch_deg": "pitch", "roll_deg": "roll"}

_YOUNG_S = 10.0
"""Telemetry younger than this has its age told in tenths."""

_NS_PER_S = 1_000_000_000


def build(live: Live) -> None:
    """Build the page's sections."""
    text("h2", "Open alerts")
    none = text("p", "", "soft")
    cards = Cards()
    with element("section") as over:
        text("h2", "Over, and not acknowledged")
        past = Cards()
    text("h2", "Link and aircraft")
    state = ui.html("")
    with element("div", "columns"):
        drawings = [(_section(title), draw) for title, draw in _CHARTS.items()]

    def refresh(seen: Snapshot) -> None:
        none.text = _beyond(len(seen.alerts))
        cards.show(seen.alerts[:MOST_OPEN], seen.now_ns)
        over.set_visibility(bool(seen.unread))
        past.show(seen.unread[:MOST_OVER], seen.now_ns)
        state.content = joined([paragraph(_drone(seen)), facts(_state(seen))])
        for drawing, draw in drawings:
            drawing.content = draw(seen) if seen.health else paragraph("Nothing has been heard yet.", "soft")

    live.on_refresh(refresh)


class Cards:
    """Alerts, a card each, changed in place so that whoever is on one with the keyboard stays there."""

    def __init__(self) -> None:
        self._box = element("div", "cards")
        self._cards: dict[str, tuple[ui.element, TextElement, ui.html]] = {}
        self._order: list[str] = []

    def show(self, alerts: Sequence[Alert], now_ns: int) -> None:
        """Show these alerts in this order."""
        keys = [one.key for one in alerts]
        for key in set(self._cards) - set(keys):
            self._cards.pop(key)[0].delete()
        for one in alerts:
            card, title, body = self._cards.get(one.key) or self._add(one)
            card.classes(replace=one.severity if one.watched and one.suppressed is None else "other")
            title.text = headline(one)
            body.content = _card(one, now_ns)
        if keys != self._order:
            for at, key in enumerate(keys):
                self._cards[key][0].move(target_index=at)
            self._order = keys

    def _add(self, alert: Alert) -> tuple[ui.element, TextElement, ui.html]:
        with self._box, element("article") as card:
            with element("h3"):
                title = ui.link(headline(alert), f"/alert/{alert.key}")
            body = ui.html("")
        self._cards[alert.key] = (card, title, body)
        return card, title, body


def whose(alert: Alert) -> str:
    """Whom an alert is about, and whether it is told."""
    about = "the watched drone" if alert.watched else "a neighbour"
    return about if alert.suppressed is None else f"{about}, kept quiet by your list"


def badge(alert: Alert) -> Text:
    """Severity as shape and word."""
    return joined([paragraph(severity(alert), f"badge {alert.severity}")])


def _card(alert: Alert, now_ns: int) -> Text:
    attacker = "" if alert.identity.attacker is None else f", from {mac_text(alert.identity.attacker)}"
    return joined(
        [
            badge(alert),
            paragraph(alert.words),
            paragraph(f"{_when(alert, now_ns)}{attacker}. About {whose(alert)}.", "soft"),
        ]
    )


def _beyond(count: int) -> str:
    if count > MOST_OPEN:
        return f"{count:,} are open; the {MOST_OPEN} worst are shown."
    return "" if count else "There is none."


def _when(alert: Alert, now_ns: int) -> str:
    began = clock(alert.opened_ns, now_ns)
    return f"Since {began}" if alert.closed_ns is None else f"From {began} to {clock(alert.last_ns, now_ns)}"


def _state(seen: Snapshot) -> Iterator[tuple[Text, Text]]:
    last = seen.last or Health(time_ns=seen.now_ns)
    drone = _station(seen)
    yield "air", last.word("air") or NONE
    yield "signal of the drone", number(drone.get("rssi_dbm"), "dBm")
    yield "channel", channel(drone.get("frequency_mhz"))
    yield "frames a second", number(last.number("frames_per_s"))
    age_s = last.number("telemetry_age_s")
    yield "telemetry", (last.word("telemetry") or NONE) + ("" if age_s is None else f", {_age(age_s)} old")
    yield "battery", number(last.number("battery_percent"), "%")
    yield "height", number(last.number("height_m"), "m", 1)
    yield "pitch, roll, yaw", _attitude(last)


def _drone(seen: Snapshot) -> str:
    named = seen.notes.get("drone", AUTO)
    address = _address(_station(seen).get("address"))
    if named == AUTO:
        return "No drone has been made out yet." if address == NONE else f"Watched: {address}, found by how it behaves."
    return f"Watched: {named}." if address == NONE or address in named.lower() else f"Watched: {named}, {address}."


def _station(seen: Snapshot) -> Mapping[str, object]:
    """What is known of the watched drone as a transmitter."""
    return next((one for one in seen.stations if one.get("role") == "drone"), {})


def _age(seconds: float) -> str:
    return number(seconds, "s", 1) if seconds < _YOUNG_S else span(seconds)


def _address(value: object) -> str:
    return mac_text(value) if isinstance(value, int) and 0 <= value < 1 << 48 else NONE


def _attitude(last: Health) -> str:
    angles = [last.number(name) for name in ("pitch_deg", "roll_deg", "yaw_deg")]
    return " ".join(NONE if angle is None else f"{angle:z.0f}°" for angle in angles)


def _section(title: str) -> ui.html:
    with element("section"):
        text("h2", title)
        return ui.html("")


def _axes(seen: Snapshot, low: float, high: float, unit: str = "", digits: int = 0) -> Axes:
    last_ns = seen.health[-1].time_ns
    times_ns = [one.time_ns for one in seen.health]
    first_ns = min(times_ns[0], last_ns - LEAST_SHOWN_S * _NS_PER_S)
    return Axes(times_ns=times_ns, first_ns=first_ns, last_ns=last_ns, low=low, high=high, unit=unit, digits=digits)


def _ends(seen: Snapshot) -> tuple[str, str]:
    shown_ns = max(seen.health[-1].time_ns - seen.health[0].time_ns, LEAST_SHOWN_S * _NS_PER_S)
    return f"{span(shown_ns / _NS_PER_S)} before", clock(seen.health[-1].time_ns, seen.now_ns)


def _values(seen: Snapshot, *path: str) -> list[float | None]:
    return [one.number(*path) for one in seen.health]


def _score(seen: Snapshot) -> Text:
    score = _values(seen, "score")
    known = [value for value in score if value is not None]
    threshold = seen.health[-1].number("threshold")
    limit = "" if threshold is None else f"; it counts from {threshold:.2f} on"
    if not known:
        return paragraph("No score yet." if seen.notes.get("bundle") else "No detector: rules alone watch.", "soft")
    return chart(
        _axes(seen, 0, 1, digits=1),
        [
            Curve(name="score", values=score, style="one"),
            Curve(name="threshold", values=_values(seen, "threshold"), style="limit"),
        ],
        ends=_ends(seen),
        says=f"Now {number(score[-1], digits=2)}, at most {max(known):.2f}{limit}.",
        spans=[(one.opened_ns, one.last_ns) for one in seen.alerts if one.watched and one.suppressed is None],
    )


def _frames(seen: Snapshot) -> Text:
    curves = [
        Curve(name=kind, values=_values(seen, "by_kind", kind), style=style)
        for kind, style in zip(KINDS, _STYLES, strict=True)
    ]
    high = room([value for curve in curves for value in curve.values], least=10)
    now = ", ".join(f"{curve.name} {number(curve.values[-1])}" for curve in curves)
    return chart(_axes(seen, 0, high), curves, ends=_ends(seen), says=f"Frames a second now: {now}.")


def _height(seen: Snapshot) -> Text:
    values = _values(seen, "height_m")
    says = f"Now {number(values[-1], 'm', 1)}."
    curve = Curve(name="height", values=values, style="one")
    return chart(_axes(seen, 0, room(values, least=2), " m", 1), [curve], ends=_ends(seen), says=says)


def _tilt(seen: Snapshot) -> Text:
    curves = [
        Curve(name=name, values=_values(seen, path), style=style)
        for (path, name), style in zip(_ANGLES.items(), _STYLES, strict=False)
    ]
    sizes = [None if value is None else abs(value) for curve in curves for value in curve.values]
    most = room(sizes, least=10)
    now = ", ".join(f"{curve.name} {number(curve.values[-1])}°" for curve in curves)
    return chart(_axes(seen, -most, most, "°"), curves, ends=_ends(seen), says=f"Now: {now}.")


_CHARTS: dict[str, Callable[[Snapshot], Text]] = {
    "Score": _score,
    "Frames by kind": _frames,
    "Height": _height,
    "Attitude": _tilt,
}
