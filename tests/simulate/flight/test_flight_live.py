"""A flight flown step by step is the flight flown in one go."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.simulate.flight import Aircraft, Command, LiveFlight, Pad, fly, pilot
from yawstring.simulate.flight.live import Link

TICK_S = 0.02
PADS = (Pad(number=3, north_m=0.0, east_m=0.1), Pad(number=5, north_m=0.5, east_m=0.1))


def flown_live(commands, cuts_s, *, seed, duration_s, aircraft, link: Link | None = None):
    """The states and the answers of a flight cut at these times."""
    flight = LiveFlight(aircraft, seed, duration_s, link)
    answers, texts, count, before = [], [], 0, 0.0
    for until in cuts_s:
        leg = flight.step([one for one in commands if before <= one.time_s < until], until)
        assert leg.states.start == count
        count, before = leg.states.stop, until
        answers += leg.answers
        texts += leg.texts
    log = flight.log()
    assert len(log) == count
    assert texts == log.state_texts()
    return log, answers


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000), style=st.sampled_from(["moves", "sticks", "survey"]), data=st.data())
def test_however_it_is_cut_a_flight_has_the_same_bits(seed, style, data):
    duration_s, link = 32.0, [(0.0, 20.0), (21.5, 32.0)]
    aircraft = Aircraft(wind_m_s=2.0, pads=PADS)
    commands = pilot(seed, duration_s, style, pads=PADS)
    whole = fly(commands, seed=seed, duration_s=duration_s, aircraft=aircraft, link=link)
    ticks = data.draw(st.sets(st.integers(1, int(duration_s / TICK_S)), max_size=40))
    cuts = sorted({*(tick * TICK_S for tick in ticks), duration_s + 1.0})
    log, answers = flown_live(commands, cuts, seed=seed, duration_s=duration_s, aircraft=aircraft, link=link)
    assert log.state_texts() == whole.state_texts()
    assert log.truth.tobytes() == whole.truth.tobytes()
    assert sorted((one.command, one.text) for one in answers if not one.text[:1].isdigit()) == sorted(
        (one.command, one.text) for one in whole.responses if not one.text[:1].isdigit()
    )


def test_a_query_is_answered_out_of_the_last_state():
    flight = LiveFlight(Aircraft(battery_pct=71.0, edu=False), 3, 20.0)
    flight.step([Command(0.1, "command"), Command(0.2, "speed 45")], 2.0)
    said = [Command(2.1, "battery?"), Command(2.2, "speed?"), Command(2.3, "sdk?"), Command(2.4, "time?")]
    leg = flight.step(said, 4.0)
    log = flight.log()
    assert [one.text for one in leg.answers] == [str(log.states["bat"][-1]), "45.0", "13", "0s"]
    assert all(2.1 < one.time_s < 4.1 for one in leg.answers)


def test_a_question_before_the_first_command_gets_no_answer_and_no_state_leaves():
    flight = LiveFlight(Aircraft(), 3, 20.0)
    leg = flight.step([Command(0.1, "battery?"), Command(0.2, "takeoff")], 5.0)
    assert leg.answers == ()
    assert len(flight.log()) == 0


def test_sticks_are_never_answered_and_are_not_waited_for():
    flight = LiveFlight(Aircraft(), 3, 60.0)
    flight.step([Command(0.1, "command"), Command(0.5, "takeoff")], 12.0)
    leg = flight.step([Command(12.0 + 0.05 * i, "rc 0 30 0 0") for i in range(100)], 18.0)
    assert leg.answers == ()
    assert flight._waiting == {}
    assert np.hypot(*flight.place()[:2]) > 1.0


@pytest.mark.parametrize("text", ["takeoff", "up 50"])
def test_what_is_carried_out_is_answered_when_it_is_done(text):
    flight = LiveFlight(Aircraft(), 3, 60.0)
    flight.step([Command(0.1, "command"), *([] if text == "takeoff" else [Command(0.5, "takeoff")])], 12.0)
    assert flight.step([Command(12.1, text)], 12.6).answers == ()
    (answer,) = flight.step([], 25.0).answers
    assert answer.text == "ok"
    assert -flight.place()[2] > 0.6
