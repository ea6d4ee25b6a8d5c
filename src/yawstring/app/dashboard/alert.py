"""The page of one alert: what, who, when, how sure and why, its part of the capture, and who has seen it."""

import json
from collections.abc import Iterator

from markupsafe import Markup
from nicegui import ui

from yawstring.app.dashboard.frame import Live, element, text
from yawstring.app.dashboard.markup import Text, bullets, details, facts, joined, paragraph
from yawstring.app.dashboard.now import badge, whose
from yawstring.app.dashboard.reading import Marked
from yawstring.app.dashboard.snapshot import Snapshot
from yawstring.app.dashboard.words import NONE, channel, kind, number, precise, span
from yawstring.edge.alert_store import NOTE_MOST, WHO_MOST, Mark
from yawstring.table.survey import mac_text
from yawstring.watch.alerts import Alert

_NS_PER_S = 1e9


def build(live: Live, found: Marked) -> None:
    """Build the page's sections."""
    key = found.alert.key
    top = ui.html("")
    with element("div", "columns"):
        with element("section"):
            text("h2", "Evidence")
            evidence = ui.html("")
        with element("section"):
            text("h2", "Part of the capture")
            download = ui.html("")
            text("h2", "Acknowledge")
            seen_by = ui.html("")
            ui.html(_form(key))

    def refresh(_seen: Snapshot) -> None:
        now = live.reading.alert(key)
        if now is not None:
            top.content = _top(now.alert)
            seen_by.content = _acknowledged(now.mark)
            evidence.content = _evidence(now.alert)
            download.content = _download(now)

    live.on_refresh(refresh)


def _top(alert: Alert) -> Text:
    going = "open" if alert.closed_ns is None else "closed"
    items: list[tuple[Text, Text]] = [
        ("state", going),
        ("score", number(alert.score, digits=2)),
        ("counts from", number(alert.threshold, digits=2)),
        ("lasted", span((alert.last_ns - alert.opened_ns) / _NS_PER_S)),
        ("findings" if alert.origin == "rule" else "rows of scores", number(alert.count)),
        ("signal", number(alert.rssi_dbm, "dBm")),
        ("channel", channel(alert.frequency_mhz)),
    ]
    return joined([badge(alert), paragraph(alert.words), facts(items)])


def _evidence(alert: Alert) -> Text:
    return joined([bullets(alert.reasons) if alert.reasons else "", details(_details(alert))])


def _details(alert: Alert) -> Iterator[tuple[Text, Text]]:
    identity, error_s = alert.identity, alert.time_error_s
    yield "what", kind(identity.kind)
    yield "about", whose(alert)
    yield "drone", _address(identity.drone)
    yield "from", _address(identity.attacker)
    if identity.link is not None:
        yield "other end of the link", _address(identity.link)
    yield "began", precise(alert.opened_ns, error_s)
    yield "was sure", precise(alert.confirmed_ns, error_s)
    yield "last seen", precise(alert.last_ns, error_s)
    yield "over", NONE if alert.closed_ns is None else precise(alert.closed_ns, error_s)
    yield "found by", f"{'rule' if alert.origin == 'rule' else 'detector'} {alert.source}"
    yield "digest", Markup("<code>{}</code>").format(alert.digest)
    if alert.technique:
        yield "technique (MITRE ATT&CK)", alert.technique
    if alert.frames is not None:
        yield "frames", f"{alert.frames[0]:,} to {alert.frames[1]:,} of the stream"
    if alert.suppressed is not None:
        yield "kept quiet by", alert.suppressed
    for name, value in alert.details.items():
        yield name.replace("_", " "), value if isinstance(value, str) else json.dumps(value)
    yield "alert", Markup("<code>{}</code>").format(alert.key)


def _download(found: Marked) -> Text:
    if found.mark.slice is None:
        return paragraph("No part of the capture was kept for it.", "soft")
    return Markup('<p><a class="button" href="/slice/{}" download>Download for Wireshark</a></p>').format(
        found.alert.key
    )


def _acknowledged(mark: Mark) -> Text:
    if mark.acknowledged_ns is None:
        return paragraph("Nobody has acknowledged it yet.", "soft")
    who = mark.acknowledged_by or "somebody"
    note = f": {mark.note}" if mark.note else ""
    return paragraph(f"✓ Acknowledged by {who}, {precise(mark.acknowledged_ns, 0)}{note}", "good")


def _form(key: str) -> Text:
    return Markup(
        '<form class="acknowledge" method="post" action="/alert/{}/acknowledge">'
        '<label class="field">Your name<input name="who" required maxlength="{}" autocomplete="name"></label>'
        '<label class="field">Note<input name="note" maxlength="{}"></label>'
        '<div><button type="submit">Acknowledge</button></div></form>'
    ).format(key, WHO_MOST, NOTE_MOST)


def _address(value: int | None) -> Text:
    return NONE if value is None else Markup("<code>{}</code>").format(mac_text(value))
