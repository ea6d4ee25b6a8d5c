"""What sinks send is as Suricata, OCSF and RFC 5424 publish it, whatever the alert."""

import json
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from support import alerts as made
from support import published
from yawstring.edge.sinks import Item, eve, ocsf
from yawstring.edge.sinks.base import change_json, iso_time
from yawstring.edge.sinks.eve import eve_event
from yawstring.edge.sinks.ocsf import ocsf_event
from yawstring.edge.sinks.syslog import syslog_message
from yawstring.watch.alert_json import CHANGES, alert_from_json
from yawstring.watch.alerts import AlertChange

changes = st.builds(AlertChange, kind=st.sampled_from(CHANGES), time_ns=made.times, alert=made.alerts)
items = st.builds(Item, record=st.just("f" * 32), sequence=st.integers(1, 1 << 40), change=changes)

HOSTILE = "evil\x1b[2Jtwin\r\n<165>1 forged \u202egnp"


def item(kind="opened", number=7, **given):
    return Item(record="ab" * 16, sequence=number, change=made.change(kind, made.alert(1, **given)))


def through_json(event):
    text = json.dumps(event, allow_nan=False)
    assert text.isascii()
    assert text.isprintable()
    return json.loads(text)


@settings(max_examples=60, deadline=None)
@given(items)
def test_eve_events_have_the_fields_that_suricata_publishes(one) -> None:
    event = through_json(eve_event(one))
    assert event.pop("yawstring") == through_json(change_json(one))
    assert published.EVE_REQUIRED <= event.keys() <= published.EVE.keys()
    assert all(type(value) is published.EVE[name] for name, value in event.items())
    assert published.EVE_TIMESTAMP.match(event["timestamp"])
    alert = event["alert"]
    assert published.EVE_ALERT_REQUIRED <= alert.keys() <= published.EVE_ALERT.keys()
    assert all(type(value) is published.EVE_ALERT[name] for name, value in alert.items())
    assert alert["action"] in published.EVE_ACTIONS
    assert alert["severity"] in published.EVE_SEVERITIES
    assert all(isinstance(text, str) for texts in alert["metadata"].values() for text in texts)
    assert all(type(value) is published.EVE_ETHER[name] for name, value in event.get("ether", {}).items())
    assert (event["event_type"] == "alert") == (one.change.kind == "opened")
    assert 0 <= event["flow_id"] < 1 << 53


@settings(max_examples=60, deadline=None)
@given(items)
def test_ocsf_events_have_the_attributes_that_ocsf_publishes(one) -> None:
    event = through_json(ocsf_event(one))
    assert published.faults(event, published.DETECTION_FINDING) == []
    assert event["type_uid"] == event["class_uid"] * 100 + event["activity_id"]


def test_the_check_of_ocsf_finds_faults() -> None:
    event = ocsf_event(item()) | {"severity_id": 7, "color": "red", "status": "Old"}
    del event["time"]
    event["finding_info"]["analytic"].pop("type_id")
    assert sorted(published.faults(event, published.DETECTION_FINDING)) == [
        "event.color is unknown",
        "event.finding_info.analytic.type_id is missing",
        "event.severity_id is 7",
        "event.status is Old",
        "event.time is missing",
    ]


def test_an_alert_is_told_in_full() -> None:
    one = item(severity="critical", technique="T1499")
    event = eve_event(one)
    assert event["timestamp"] == "2023-11-14T22:13:20.000000+0000"
    assert event["ether"] == {"src_mac": "02:aa:00:00:00:01", "dest_mac": "60:60:1f:00:00:01"}
    assert (event["pcap_cnt"], event["alert"]["severity"]) == (3, 1)
    assert event["alert"]["metadata"]["mitre_technique_id"] == ["T1499"]
    assert alert_from_json(through_json(event)["yawstring"]["alert"]) == one.change.alert
    finding = ocsf_event(one)
    assert (finding["time"], finding["severity"]) == (1_700_000_000_000, "Critical")
    assert finding["finding_info"]["attacks"] == [{"technique": {"uid": "T1499"}}]
    assert [one["value"] for one in finding["observables"]] == ["02:aa:00:00:00:01", "60:60:1f:00:00:01"]
    assert ocsf_event(item("closed"))["status"] == "Resolved"


def test_lines_say_which_change_they_tell() -> None:
    for event, place_of in ((eve_event, eve.place_of), (ocsf_event, ocsf.place_of)):
        assert place_of(through_json(event(item()))) == ("ab" * 16, 7)
        for wrong in (None, [], {}, {"yawstring": 1}, {"unmapped": []}, {"yawstring": {"record": 1, "sequence": "x"}}):
            assert place_of(wrong) is None


MESSAGE = re.compile(
    r"<(?P<priority>\d{1,3})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<host>[!-~]{1,255}) yawstring "
    r"(?P<process>\d{1,128}) (?P<id>[!-~]{1,32}) "
    r'\[yawstring@32473(?P<data>( [a-z]{1,32}="([^"\\\]]|\\["\\\]])*")*)\] \ufeff(?P<text>[^\x00-\x1f\x7f]*)'
)
"""RFC 5424, section 6: the grammar of the messages that we send."""


@settings(max_examples=60, deadline=None)
@given(items)
def test_syslog_messages_follow_the_grammar(one) -> None:
    octets = syslog_message(one, "station", 42)
    assert len(octets) <= 2048
    found = MESSAGE.fullmatch(octets.decode())
    assert found
    facility, severity = divmod(int(found["priority"]), 8)
    assert facility == 10
    assert severity == 6 if one.change.kind == "closed" else severity in (2, 3, 4, 5)


def test_hostile_words_stay_words() -> None:
    one = item(words=HOSTILE, source='a"]\\ b', technique=HOSTILE)
    octets = syslog_message(one, "a host\n", 42)
    found = MESSAGE.fullmatch(octets.decode())
    assert found["host"] == "ahost"
    assert 'source="a\\"\\]\\\\ b"' in found["data"]
    assert found["text"].startswith("evil\\x1b[2Jtwin")
    assert octets.count(b"\n") == 0
    assert "\x1b" not in json.dumps(eve_event(one)) + json.dumps(ocsf_event(one)) + json.dumps(change_json(one))


def test_times_beyond_the_calendar_are_written_too() -> None:
    assert iso_time(-(1 << 63)).startswith("1677-")
    assert iso_time((1 << 63) - 1).startswith("2262-")
    assert iso_time(-1) == "1969-12-31T23:59:59.999999Z"
