"""The page of all alerts, the latest first, with a filter that stands in the address: it can be reloaded and sent on.

Its rows stay as they are while somebody reads them; a line says when something has changed since.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup
from nicegui import ui

from yawstring.app.dashboard.frame import Live, element
from yawstring.app.dashboard.markup import Text, joined, link, paragraph, table
from yawstring.app.dashboard.reading import MOST_LISTED, Marked
from yawstring.app.dashboard.snapshot import Snapshot
from yawstring.app.dashboard.words import clock, headline, number, severity
from yawstring.table.survey import mac_text
from yawstring.watch.alerts import SEVERITIES, Alert

STATES = ("any", "open", "closed", "unacknowledged")
ABOUT = ("any", "watched", "neighbours", "quiet")
FROM = ("low", *SEVERITIES[1:])

_MOST_LETTERS = 100

_SELECTED = Markup(" selected")


@dataclass(frozen=True, kw_only=True)
class Filter:
    """Which alerts are shown.

    Attributes:
        words: Each of these words stands somewhere in the alert.
        state: One of :data:`STATES`.
        about: One of :data:`ABOUT`.
        severity: From which severity on.
    """

    words: str = ""
    state: str = "any"
    about: str = "any"
    severity: str = "low"

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "Filter":
        """The filter that an address asks for; what it does not know is as if it were not there."""

        def one_of(name: str, known: Iterable[str], default: str) -> str:
            return asked if (asked := query.get(name, "")) in known else default

        return cls(
            words=query.get("words", "")[:_MOST_LETTERS],
            state=one_of("state", STATES, "any"),
            about=one_of("about", ABOUT, "any"),
            severity=one_of("severity", SEVERITIES, "low"),
        )

    def lets(self, one: Marked) -> bool:
        """Whether an alert is shown."""
        alert, text = one.alert, _searched(one)
        states = {
            "any": True,
            "open": alert.closed_ns is None,
            "closed": alert.closed_ns is not None,
            "unacknowledged": one.mark.acknowledged_ns is None,
        }
        about = {
            "any": True,
            "watched": alert.watched,
            "neighbours": not alert.watched,
            "quiet": alert.suppressed is not None,
        }
        return (
            states[self.state]
            and about[self.about]
            and SEVERITIES.index(alert.severity) >= [str(each) for each in SEVERITIES].index(self.severity)
            and all(word in text for word in self.words.lower().split())
        )


def build(live: Live, asked: Filter) -> None:
    """Build the page's sections."""
    ui.html(_form(asked))
    changed = ui.html("")
    found = live.reading.listed()
    at = live.reading.changes()
    shown = [one for one in found if asked.lets(one)]
    ui.html(paragraph(_counted(len(shown), len(found)), "soft"))
    with element("div", "scroll", tabindex="0", role="region", aria_label="Alerts"):
        ui.html(table(_COLUMNS, _rows(shown, live.reading.clock_ns()), numbers=(3,)))

    def refresh(_seen: Snapshot) -> None:
        if live.reading.changes() != at and not changed.content:
            again = Markup('<a href="">Show it</a>')
            changed.content = paragraph(joined(["Something has changed since this was read. ", again]), "warning")

    live.on_refresh(refresh)


_COLUMNS = ("began", "what", "severity", "score", "about", "from", "state", "seen by")


def _rows(shown: Iterable[Marked], now_ns: int) -> Iterator[tuple[Text, ...]]:
    for one in shown:
        alert = one.alert
        attacker = alert.identity.attacker
        yield (
            clock(alert.opened_ns, now_ns),
            link(f"/alert/{alert.key}", headline(alert)),
            Markup('<span class="badge {}">{}</span>').format(alert.severity, severity(alert)),
            number(alert.score, digits=2),
            _about(alert),
            "" if attacker is None else mac_text(attacker),
            "open" if alert.closed_ns is None else f"closed {clock(alert.closed_ns, now_ns)}",
            "nobody" if one.mark.acknowledged_ns is None else f"✓ {one.mark.acknowledged_by}",
        )


def _about(alert: Alert) -> str:
    about = "drone" if alert.watched else "neighbour"
    return about if alert.suppressed is None else f"{about}, quiet"


def _counted(shown: int, found: int) -> str:
    most = f" of the latest {MOST_LISTED:,}" if found >= MOST_LISTED else f" of {found:,}"
    return f"{shown:,}{most} alerts."


def _searched(one: Marked) -> str:
    alert, mark = one.alert, one.mark
    addresses = (alert.identity.drone, alert.identity.attacker, alert.identity.link)
    parts = [alert.key, headline(alert), alert.words, alert.source, *alert.reasons, mark.note, mark.acknowledged_by]
    parts += [mac_text(each) for each in addresses if each is not None]
    return " ".join(part for part in parts if part).lower()


def _form(asked: Filter) -> Text:
    return Markup(
        '<form class="filter" method="get" action="/history"><label>Words<input type="search" name="words" value="{}" '
        'maxlength="{}"></label>{}{}{}<button type="submit">Filter</button></form>'
    ).format(
        asked.words,
        _MOST_LETTERS,
        _select("State", "state", STATES, asked.state),
        _select("About", "about", ABOUT, asked.about),
        _select("Severity from", "severity", FROM, asked.severity),
    )


def _select(title: str, name: str, values: Iterable[str], chosen: str) -> Text:
    options = joined(
        Markup("<option{}>{}</option>").format(_SELECTED if value == chosen else "", value) for value in values
    )
    return Markup('<label>{}<select name="{}">{}</select></label>').format(title, name, options)
