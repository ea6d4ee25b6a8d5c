"""Lies change what they name, or keep the physics of the states; they never change the truth."""

import numpy as np
import pytest

from yawstring.errors import OptionError
from yawstring.simulate.flight import Aircraft, Falsification, Pad, falsify, fly, pilot
from yawstring.simulate.flight.falsify import UNITS
from yawstring.wire.tello import STATE_FIELDS

BEGIN, END = 40.0, 70.0


@pytest.fixture(scope="module")
def log():
    """A flight over pads that hovers, moves and turns."""
    pads = (Pad(number=2, north_m=0.0, east_m=0.0, yaw_deg=70.0),)
    return fly(pilot(6, 100.0, "moves", pads=pads), seed=6, duration_s=110.0, aircraft=Aircraft(pads=pads))


@pytest.fixture(scope="module")
def still():
    """A hover over a pad."""
    pads = (Pad(number=2, north_m=0.0, east_m=0.0, yaw_deg=70.0),)
    return fly(
        pilot(2, 100.0, "hover", pads=pads), seed=2, duration_s=110.0, aircraft=Aircraft(pads=pads, wind_m_s=1.5)
    )


def lie(kind, *fields, careful=False, **options):
    return Falsification(kind=kind, fields=fields, start_s=BEGIN, end_s=END, careful=careful, **options)


def inside(log):
    return (log.time_s >= BEGIN) & (log.time_s < END)


def middle(log):
    return (log.time_s >= BEGIN + 5.0) & (log.time_s < END - 5.0)


LIES = [
    lie("bias", "tof", "bat", amount=0.4), lie("drift", "baro", amount=0.02), lie("freeze", "yaw", "h"),
    lie("scale", "vgx", "vgy", amount=3.0), lie("replay", "agx", "agz", copied_from_s=5.0),
    lie("bias", "tof", amount=0.4, careful=True), lie("drift", "h", amount=-0.01, careful=True),
    lie("freeze", "baro", careful=True), lie("scale", "h", amount=1.3, careful=True),
    lie("bias", "pitch", amount=5.0, careful=True), lie("drift", "yaw", amount=2.0, careful=True),
    lie("bias", "vgx", amount=0.3, careful=True), lie("replay", careful=True, copied_from_s=5.0),
]  # fmt: skip


@pytest.mark.parametrize("one", LIES, ids=lambda one: f"{one.kind}-{'-'.join(one.fields)}-{one.careful}")
def test_the_truth_stays_and_so_does_everything_outside(log, one):
    before = {name: values.copy() for name, values in log.states.items()}
    lied = falsify(log, [one])
    assert lied.truth is log.truth
    assert lied.responses == log.responses
    for name in STATE_FIELDS:
        np.testing.assert_array_equal(log.states[name], before[name], "the given log was changed")
        np.testing.assert_array_equal(lied.states[name][~inside(log)], before[name][~inside(log)])
        assert lied.states[name].dtype == before[name].dtype
    assert not lied.falsified[~inside(log)].any()
    assert lied.falsified.sum() > 0.25 * inside(log).sum()
    differs = np.any([lied.states[name] != before[name] for name in STATE_FIELDS], axis=0)
    np.testing.assert_array_equal(lied.falsified, differs)
    assert (lied.states["h"] % 10 == 0).all()
    assert ((lied.states["tof"] >= 10) & (lied.states["bat"] <= 100) & (np.abs(lied.states["yaw"]) <= 180)).all()
    assert lied.state_text(int(np.flatnonzero(lied.falsified)[0])) != log.state_text(
        int(np.flatnonzero(lied.falsified)[0])
    )


def test_a_careless_lie_changes_what_it_names_by_what_it_says(log):
    rows = inside(log) & (log.states["tof"] < 6000)
    for name, amount in (("tof", 0.5), ("baro", -3.0), ("vgz", 0.6), ("agx", 40.0), ("templ", 5.0)):
        lied = falsify(log, [lie("bias", name, amount=amount)])
        np.testing.assert_allclose((lied.states[name] - log.states[name])[rows], amount * UNITS[name], atol=1e-9)
        assert all(np.array_equal(lied.states[other], log.states[other]) for other in STATE_FIELDS if other != name)


def test_a_careless_drift_freeze_scale_and_replay(log):
    rows = np.flatnonzero(inside(log))
    drift = falsify(log, [lie("drift", "baro", amount=0.1)])
    np.testing.assert_allclose(
        (drift.states["baro"] - log.states["baro"])[rows], 0.1 * (log.time_s[rows] - BEGIN), atol=0.006
    )
    frozen = falsify(log, [lie("freeze", "baro", "agz")])
    assert set(frozen.states["baro"][rows].tolist()) == {log.states["baro"][rows[0] - 1]}
    scaled = falsify(log, [lie("scale", "agz", amount=0.5)])
    np.testing.assert_allclose(scaled.states["agz"][rows], 0.5 * log.states["agz"][rows], atol=0.5)
    again = falsify(log, [lie("replay", "tof", "yaw", copied_from_s=8.0)])
    first = int(np.searchsorted(log.time_s, 8.0))
    for name in ("tof", "yaw"):
        np.testing.assert_array_equal(again.states[name][rows], log.states[name][first : first + len(rows)])


def test_a_careful_replay_says_everything_again_but_for_clock_and_battery(log):
    lied = falsify(log, [lie("replay", careful=True, copied_from_s=8.0)])
    rows = np.flatnonzero(inside(log))
    first = int(np.searchsorted(log.time_s, 8.0))
    for name in STATE_FIELDS:
        source = rows if name in ("time", "bat") else np.arange(first, first + len(rows))
        np.testing.assert_array_equal(lied.states[name][rows], log.states[name][source])


def heights(log, rows):
    """Height by the barometer over height by the range finder: what a detector of careless lies looks at."""
    return log.states["baro"][rows] - log.states["tof"][rows] / 100.0


@pytest.mark.parametrize("kind", ["bias", "drift", "freeze", "scale"])
def test_a_careful_lie_about_height_keeps_the_heights_together(still, kind):
    amount = {"bias": 0.6, "drift": 0.03, "freeze": 0.0, "scale": 1.5}[kind]
    rows = middle(still) & (still.states["tof"] < 6000)
    true = heights(still, rows)
    careful = falsify(still, [lie(kind, "tof", amount=amount, careful=True)])
    np.testing.assert_allclose(heights(careful, rows), true, atol=0.02)
    assert np.abs(careful.states["h"][rows] - careful.states["tof"][rows]).max() < 50
    if kind in ("bias", "scale", "drift"):
        careless = falsify(still, [lie(kind, "tof", amount=amount)])
        assert np.abs(heights(careless, rows) - true).max() > 0.2, "the careless one gives itself away"


def test_a_careful_bias_comes_without_a_jump_and_arrives(still):
    lied = falsify(still, [lie("bias", "h", amount=0.8, careful=True)])
    good = still.states["tof"] < 6000
    rows = middle(still) & good
    np.testing.assert_allclose((lied.states["tof"] - still.states["tof"])[rows], 80, atol=1)
    np.testing.assert_allclose((lied.states["baro"] - still.states["baro"])[rows], 0.8, atol=0.011)
    assert (lied.states["z"] - still.states["z"])[rows & (still.states["mid"] > 0)].tolist() == [80] * int(
        (rows & (still.states["mid"] > 0)).sum()
    )
    around = (still.time_s > BEGIN - 2.0) & (still.time_s < BEGIN + 5.0) & good
    assert np.abs(np.diff(lied.states["tof"][around])).max() < 10
    # The climb that it tells adds up to the height that it tells.
    ramp = (still.time_s > BEGIN - 0.5) & (still.time_s < BEGIN + 4.0)
    climbed = np.sum(0.1 * (lied.states["vgz"] - still.states["vgz"])[ramp]) * 0.102
    assert climbed == pytest.approx(0.8, abs=0.15)


def test_a_careful_freeze_is_still_but_not_dead(log):
    lied = falsify(log, [lie("freeze", "tof", careful=True)])
    rows = inside(log)
    rows[np.flatnonzero(rows)[-40:]] = False
    good = rows & (log.states["tof"] < 6000)
    assert np.ptp(log.states["tof"][good]) > 15, "the drone does climb in this flight"
    assert np.ptp(lied.states["tof"][good]) < 0.5 * np.ptp(log.states["tof"][good])
    assert len(set(lied.states["baro"][rows].tolist())) > 5


def test_a_careful_tilt_is_one_that_gravity_agrees_with(still):
    rows = middle(still)
    for name, axis, sign in (("pitch", "agx", 1.0), ("roll", "agy", -1.0)):
        lied = falsify(still, [lie("bias", name, amount=6.0, careful=True)])
        true = still.states[axis][rows] - sign * 1000 * np.sin(np.radians(still.states[name][rows]))
        told = lied.states[axis][rows] - sign * 1000 * np.sin(np.radians(lied.states[name][rows]))
        np.testing.assert_allclose(told, true, atol=1.0)
        np.testing.assert_array_equal(lied.states[name][rows] - still.states[name][rows], 6)


def test_a_careful_turn_turns_the_pad_too(still):
    lied = falsify(still, [lie("bias", "yaw", amount=25.0, careful=True)])
    rows = middle(still) & (still.states["mid"] > 0)
    assert rows.sum() > 50
    turned = {name: (lied.states[name] - still.states[name])[rows] % 360 for name in ("yaw", "myaw")}
    assert set(turned["yaw"].tolist()) == set(turned["myaw"].tolist()) == {25}


def test_a_careful_speed_moves_it_over_the_pad(still):
    rows = middle(still) & (still.states["mid"] > 0)
    lied = falsify(still, [lie("bias", "vgx", amount=0.1, careful=True)])
    at = np.flatnonzero(rows)
    moved = np.hypot(
        *(
            lied.states[name][at[-1]]
            - still.states[name][at[-1]]
            - (lied.states[name][at[0]] - still.states[name][at[0]])
            for name in "xy"
        )
    )
    assert moved / 100 == pytest.approx(0.1 * (still.time_s[at[-1]] - still.time_s[at[0]]), rel=0.1)


def test_lies_add_up(log):
    both = falsify(log, [lie("bias", "baro", amount=1.0), lie("bias", "baro", amount=2.0)])
    np.testing.assert_allclose((both.states["baro"] - log.states["baro"])[inside(log)], 3.0, atol=1e-9)
    twice = falsify(falsify(log, [lie("bias", "baro", amount=1.0)]), [lie("bias", "baro", amount=-1.0)])
    np.testing.assert_array_equal(twice.states["baro"], log.states["baro"])
    assert twice.falsified[inside(log)].all(), "what has lied stays marked"


def test_a_lie_about_nothing_seen_is_no_lie(log):
    late = Falsification(kind="bias", fields=("tof",), start_s=500.0, end_s=510.0, amount=1.0)
    assert not falsify(log, [late]).falsified.any()
    assert not falsify(log, []).falsified.any()


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"kind": "wobble"}, "unknown kind"), ({"fields": ("time",)}, "'time' cannot"), ({"fields": ()}, "no field"),
        ({"end_s": 1.0}, "no interval"), ({"kind": "replay"}, "copied_from_s"),
        ({"kind": "replay", "copied_from_s": 8.0}, "copied_from_s"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(options, word):
    with pytest.raises(OptionError, match=word):
        Falsification(**({"kind": "bias", "fields": ("tof",), "start_s": 10.0, "end_s": 20.0} | options))
