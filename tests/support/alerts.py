"""Alerts and changes of them, made up: by hand, and by Hypothesis."""

from dataclasses import replace

from hypothesis import strategies as st

from yawstring.watch.alerts import SEVERITIES, Alert, AlertChange
from yawstring.watch.findings import Identity

DRONE = 0x60601F000001
ATTACKER = 0x02AA00000001
SECOND = 10**9
START_NS = 1_700_000_000 * SECOND


def alert(number=0, **given):
    values = {
        "key": f"{number:016x}",
        "identity": Identity(kind="deauthentication_flood", drone=DRONE, attacker=ATTACKER),
        "origin": "rule",
        "source": "deauthentication_flood",
        "digest": "d" * 64,
        "technique": "T1499",
        "severity": "high",
        "watched": True,
        "opened_ns": START_NS,
        "confirmed_ns": START_NS,
        "last_ns": START_NS,
        "score": 0.9,
        "threshold": 0.5,
        "count": 1,
        "words": "31 de-authentication frames in 1 s; 10 are allowed.",
        "reasons": ("deauth_rate is 31 per s",),
        "rssi_dbm": -40.5,
        "frequency_mhz": 2437.0,
        "frames": (3, 9),
        "details": {"allowed": 10},
    }
    return Alert(**(values | given))


def change(kind, one, *, after_s=0.0, **given):
    """That change of an alert, so many seconds after it opened."""
    when = one.opened_ns + round(after_s * SECOND)
    closed = when if kind == "closed" else None
    return AlertChange(kind=kind, time_ns=when, alert=replace(one, **({"last_ns": when, "closed_ns": closed} | given)))


def life(number=0, updates=1, **given):
    """An alert's opening, updates a second apart, and closing."""
    one = alert(number, **given)
    between = [change("updated", one, after_s=at, count=1 + at) for at in range(1, updates + 1)]
    return [change("opened", one), *between, change("closed", one, after_s=updates + 5, count=1 + updates)]


times = st.integers(-(1 << 63), (1 << 63) - 1)
numbers = st.floats(allow_nan=False, allow_infinity=False)
addresses = st.none() | st.integers(0, (1 << 48) - 1)
jsons = st.recursive(
    st.none() | st.booleans() | st.integers(-(1 << 53), 1 << 53) | numbers | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
alerts = st.builds(
    Alert,
    key=st.text("0123456789abcdef", min_size=16, max_size=16),
    identity=st.builds(Identity, kind=st.text(min_size=1), drone=addresses, attacker=addresses, link=addresses),
    origin=st.sampled_from(["rule", "model"]),
    source=st.text(),
    digest=st.text(),
    technique=st.none() | st.text(),
    severity=st.sampled_from(SEVERITIES),
    watched=st.booleans(),
    opened_ns=times,
    confirmed_ns=times,
    last_ns=times,
    closed_ns=st.none() | times,
    time_error_s=numbers,
    score=numbers,
    threshold=numbers,
    count=st.integers(0, 1 << 62),
    words=st.text(),
    reasons=st.lists(st.text(), max_size=3).map(tuple),
    rssi_dbm=st.none() | numbers,
    frequency_mhz=st.none() | numbers,
    frames=st.none() | st.tuples(times, times),
    suppressed=st.none() | st.text(),
    details=st.dictionaries(st.text(max_size=5), jsons, max_size=3),
)
