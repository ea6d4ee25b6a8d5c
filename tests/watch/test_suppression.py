"""The operator's list: what it matches, until when, and which lists are refused."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import alerts as made
from yawstring.errors import OptionError
from yawstring.watch.findings import Identity
from yawstring.watch.suppression import read_allowed, suppressed_by

LIST = """
[[allow]]
name = "range test"
reason = "ours"
expires = 2026-12-01T18:00:00+01:00
kind = "jamming"
drone = "60:60:1f:00:00:01"

[[allow]]
name = "old phone"
reason = "Kim's"
expires = 2026-12-01T18:00:00Z
attacker = "02-AA-00-00-00-01"
source = "probe_flood"
"""


def quiet(identity, source="jamming", when=datetime(2026, 12, 1, 16, 59, 59, tzinfo=UTC)):
    return suppressed_by(read_allowed(LIST.encode()), identity, source, round(when.timestamp()) * 10**9)


def test_an_entry_matches_what_it_names() -> None:
    assert quiet(Identity(kind="jamming", drone=made.DRONE, attacker=5)) == "range test"
    assert quiet(Identity(kind="jamming", drone=made.DRONE + 1)) is None
    assert quiet(Identity(kind="jamming")) is None
    assert quiet(Identity(kind="dos", drone=made.DRONE)) is None
    assert quiet(Identity(kind="x", attacker=made.ATTACKER), "probe_flood") == "old phone"
    assert quiet(Identity(kind="x", attacker=made.ATTACKER), "other") is None


def test_an_entry_ends_to_the_second_in_its_own_zone() -> None:
    one = Identity(kind="jamming", drone=made.DRONE)
    assert quiet(one, when=datetime(2026, 12, 1, 17, 0, 0, tzinfo=UTC)) is None


def entry(**given):
    fields = {"name": '"a"', "reason": '"b"', "expires": "2030-01-01T00:00:00Z", "kind": '"jamming"'} | given
    return "[[allow]]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items() if value is not None)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[allow", "expected TOML"),
        ("\xff", None),
        ("x = 1", "nothing else"),
        ("allow = 1", "nothing else"),
        ("allow = [1]", "nothing else"),
        (entry(name=None), "name is missing"),
        (entry(reason='""'), "reason is missing"),
        (entry(expires=None), "expires is missing"),
        (entry(expires="2030-01-01T00:00:00"), "expected a time"),
        (entry(expires="2030-01-01"), "expected a time"),
        (entry(expires='"never"'), "expected a time"),
        (entry(kind=None), "would allow everything"),
        (entry(kind='""'), "would allow everything"),
        (entry(kind="7"), "expected text"),
        (entry(name='"a\\u001b[2J"'), "expected text of one line"),
        (entry(drone='"here"'), "expected an address"),
        (entry(drone="5"), "expected text"),
        (entry(dron='"60:60:1f:00:00:01"'), "no such key: dron"),
        (entry() + entry(), "same name"),
    ],
)
def test_a_list_that_says_something_else_is_refused_in_one_line(text, says) -> None:
    with pytest.raises(OptionError, match=says) as caught:
        read_allowed(text.encode("latin-1"))
    assert str(caught.value).isprintable()


@settings(deadline=None)
@given(st.binary(max_size=60))
def test_any_octets_are_a_list_or_refused(octets) -> None:
    try:
        read_allowed(octets)
    except OptionError:
        return


def test_an_empty_list_allows_nothing() -> None:
    assert read_allowed(b"") == ()
