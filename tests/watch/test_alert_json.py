"""Alerts as JSON: a round trip, and whatever else is refused by one kind of error."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import alerts as made
from yawstring.watch.alert_json import address_from_text, alert_from_json, alert_to_json
from yawstring.watch.plain import plain


@settings(deadline=None, max_examples=40)
@given(made.alerts)
def test_an_alert_comes_back_as_it_was(alert) -> None:
    assert alert_from_json(json.loads(json.dumps(alert_to_json(alert), allow_nan=False))) == alert


@settings(deadline=None)
@given(st.sampled_from(sorted(alert_to_json(made.alert()))), made.jsons)
def test_a_field_of_another_kind_is_refused_or_taken(name, value) -> None:
    body = alert_to_json(made.alert()) | {name: value}
    try:
        taken = alert_from_json(body)
    except ValueError:
        return
    assert json.loads(json.dumps(alert_to_json(taken)))[name] == value


@settings(deadline=None)
@given(made.jsons)
def test_another_json_is_refused(value) -> None:
    with pytest.raises(ValueError, match="expected the fields of an alert"):
        alert_from_json(value)


@pytest.mark.parametrize(
    "text", ["", "60:60:1f:00:00", "60:60:1f:00:00:01:02", "60:60:1f:00:00:0g", "٣٣:60:1f:00:00:01"]
)
def test_what_is_no_address_is_refused(text) -> None:
    with pytest.raises(ValueError, match=r"expected an address|invalid literal"):
        address_from_text(text)


@settings(deadline=None)
@given(st.text(st.characters(codec=None)), st.integers(1, 50))
def test_plain_text_prints_on_one_line_and_is_short(text, most) -> None:
    clean = plain(text, most=most)
    assert len(clean) <= most
    assert clean.isprintable()
    assert (clean == text) == (text.isprintable() and len(text) <= most)
