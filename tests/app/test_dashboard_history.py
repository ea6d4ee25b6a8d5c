"""Which alerts the history shows."""

import pytest

from support.watched import S, alert
from yawstring.app.dashboard.history import Filter
from yawstring.app.dashboard.reading import Marked
from yawstring.edge.alert_store import Mark

NOW = 1_800_000_000 * S

FOUND = {
    "twin": Marked(alert=alert("evil_twin", NOW, severity="medium", words="Another TELLO on channel 11"), mark=Mark()),
    "replay": Marked(alert=alert("replay", NOW, severity="low"), mark=Mark(acknowledged_ns=NOW, note="our own test")),
    "neighbour": Marked(alert=alert("csa_abuse", NOW, watched=False), mark=Mark()),
    "quiet": Marked(alert=alert("beacon_flood", NOW, closed_ns=NOW, suppressed="entry 3"), mark=Mark()),
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, "twin replay neighbour quiet"),
        ({"state": "open"}, "twin replay neighbour"),
        ({"state": "closed"}, "quiet"),
        ({"state": "unacknowledged"}, "twin neighbour quiet"),
        ({"about": "watched"}, "twin replay quiet"),
        ({"about": "neighbours"}, "neighbour"),
        ({"about": "quiet"}, "quiet"),
        ({"severity": "medium"}, "twin neighbour quiet"),
        ({"severity": "critical"}, ""),
        ({"severity": "medium", "state": "open", "about": "watched"}, "twin"),
        ({"words": "tello TWIN"}, "twin"),
        ({"words": "own test"}, "replay"),
        ({"words": "60:60:1f"}, "twin replay quiet"),
        ({"words": "60:60:1f nothing"}, ""),
        ({"state": "nonsense", "about": "\0", "severity": "medium'", "unknown": "1"}, "twin replay neighbour quiet"),
    ],
)
def test_the_filter_that_an_address_asks_for(query: dict[str, str], expected: str) -> None:
    asked = Filter.of(query)
    assert " ".join(name for name, one in FOUND.items() if asked.lets(one)) == expected


def test_a_filter_is_of_a_length_that_can_be_read() -> None:
    assert len(Filter.of({"words": "a" * 100_000}).words) == 100
