"""Commands mean what the SDK guide says, are answered as it says, and move the drone as they say."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import OptionError
from yawstring.simulate.flight import Aircraft, Command, Pad, fly
from yawstring.simulate.flight.commands import ANSWERS, CODE, QUERIES, read_command
from yawstring.wire.tello import parse_state

CALM = Aircraft(gust_m_s=0.0, noise=0.0, start_yaw_deg=0.0)
UP = [Command(0.1, "command"), Command(0.2, "takeoff")]
READY_S = 10.0


def flown(*texts, aircraft=CALM, seed=1, gap_s=12.0, sender="controller"):
    """A flight of commands, each given time to end; the log and the answers by text."""
    times = READY_S + gap_s * np.arange(len(texts))
    commands = UP + [Command(float(at), text, sender) for at, text in zip(times, texts, strict=True)]
    # Words between, for the silence of a long gap would land it.
    commands += [Command(float(at) + gap_s / 2, "speed?") for at in times if gap_s > 14.0]
    log = fly(commands, seed=seed, duration_s=READY_S + gap_s * len(texts), aircraft=aircraft)
    return log, {log.commands[answer.command].text: answer.text for answer in log.responses}


def place(log, time_s):
    row = log.truth[np.searchsorted(log.time_s, time_s) - 1]
    return np.array([row["north_m"], row["east_m"], -row["down_m"]])


def moved(log, gap_s=12.0, first=0):
    return place(log, READY_S + gap_s * (first + 1) - 0.2) - place(log, READY_S + gap_s * first - 0.1)


@settings(deadline=None, max_examples=60)
@given(word=st.sampled_from(["up", "down", "left", "right", "forward", "back"]), length=st.integers(-600, 600))
def test_moves_take_20_to_500_cm(word, length):
    reading = read_command(f"{word} {length}")
    assert (reading.answer == "out of range") == (not 20 <= length <= 500)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("cw 1", ""), ("cw 360", ""), ("cw 361", "out of range"), ("ccw 0", "out of range"), ("flip l", ""),
        ("flip x", "error"), ("speed 10", ""), ("speed 101", "out of range"), ("speed 9", "out of range"),
        ("rc 0 0 0 0", ""), ("rc 0 0 0 101", "out of range"), ("rc 0 0 0", "error"), ("go 20 0 0 10", ""),
        ("go 19 -19 19 50", "out of range"), ("go 0 0 501 50", "out of range"), ("go 100 0 0 101", "out of range"),
        ("go 0 0 80 50 m3", ""), ("go 0 0 80 50 m9", "out of range"), ("go 1 2", "error"), ("up", "error"),
        ("up fast", "error"), ("up 50 50", "error"), ("", "error"), ("   ", "error"),
        ("motoron", "unknown command: motoron"), ("curve 20 20 0 40 0 0 30", "error"),
        ("curve 100 0 0 200 0 0 30", "error"), ("curve 100 100 0 200 0 0 61", "out of range"),
        ("curve 100 100 0 200 0 0 60", ""), ("mdirection 2", "ok"), ("mdirection 3", "out of range"),
        ("streamon", "ok"),
    ],
)  # fmt: skip
def test_ranges_and_refusals(text, answer):
    assert read_command(text).answer == answer


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=40) | st.from_regex(r"\A(go|curve|rc|up|cw|flip|speed|mdirection)( [-0-9a-z.]{1,5}){0,8}\Z"))
def test_any_text_has_a_meaning_or_an_answer(text):
    reading = read_command(text)
    assert 0 <= reading.code < len(CODE)
    assert (reading.code == CODE.refused) == (reading.answer not in ("", "ok"))
    assert len(reading.values) <= 8
    assert all(math.isfinite(value) for value in reading.values)


@settings(deadline=None, max_examples=100)
@given(st.lists(st.integers(-300, 300), min_size=6, max_size=6))
def test_a_curve_is_the_circle_through_three_points(numbers):
    reading = read_command("curve " + " ".join(map(str, numbers)) + " 30")
    if reading.code != CODE.arc:
        return
    first, second = (np.array(numbers[at : at + 3]) * (0.01, -0.01, 0.01) for at in (0, 3))
    centre, side, (angle, pace) = np.array(reading.values[:3]), np.array(reading.values[3:6]), reading.values[6:]
    radius = np.linalg.norm(centre)
    assert pace == 0.3
    assert 0.5 <= radius <= 10.0
    np.testing.assert_allclose([np.linalg.norm(first - centre), np.linalg.norm(second - centre)], radius, rtol=1e-6)
    turns = np.linspace(0.0, angle, 20001)[:, None]
    path = centre - np.cos(turns) * centre + radius * np.sin(turns) * side
    np.testing.assert_allclose(path[0], 0.0, atol=1e-9)
    np.testing.assert_allclose(path[-1], second, atol=1e-6 * radius)
    assert np.linalg.norm(path - first, axis=1).min() < 1e-3 * radius, "the arc misses the point between"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("forward 150", (1.5, 0, 0)), ("back 40", (-0.4, 0, 0)), ("right 100", (0, 1.0, 0)), ("left 60", (0, -0.6, 0)),
        ("up 120", (0, 0, 1.2)), ("down 30", (0, 0, -0.3)), ("go 100 50 30 60", (1.0, -0.5, 0.3)),
        ("curve 100 100 0 0 200 0 50", (0.0, -2.0, 0.0)),
    ],
)  # fmt: skip
@pytest.mark.parametrize("yaw_deg", [0.0, 90.0, -135.0])
def test_a_move_goes_where_it_says(text, expected, yaw_deg):
    log, answers = flown(text, aircraft=Aircraft(gust_m_s=0.0, noise=0.0, start_yaw_deg=yaw_deg), gap_s=14.0)
    turn = math.radians(yaw_deg)
    north, east = (
        expected[0] * math.cos(turn) - expected[1] * math.sin(turn),
        expected[0] * math.sin(turn) + expected[1] * math.cos(turn),
    )
    assert answers[text] == "ok"
    np.testing.assert_allclose(moved(log, 14.0), (north, east, expected[2]), atol=0.06)


@pytest.mark.parametrize(("text", "degrees"), [("cw 90", 90), ("ccw 45", -45), ("cw 360", 360)])
def test_a_turn_turns(text, degrees):
    log, answers = flown(text)
    assert answers[text] == "ok"
    assert math.degrees(log.truth["yaw_rad"][-1]) == pytest.approx(degrees, abs=2.0)


def test_a_faster_speed_takes_less_time():
    log, _ = flown("speed 20", "forward 200", "speed 100", "back 200", gap_s=14.0)
    times = {
        log.commands[answer.command].text: answer.time_s - log.commands[answer.command].time_s
        for answer in log.responses
    }
    assert times["forward 200"] > 10.0
    assert times["back 200"] < 5.0


@pytest.mark.parametrize("way", "lrfb")
def test_a_flip_goes_once_around_and_comes_back(way):
    log = fly(
        [*UP, Command(10.0, f"flip {way}")],
        seed=1,
        duration_s=16.0,
        aircraft=Aircraft(state_period_s=0.02, gust_m_s=0.0),
    )
    angle = np.degrees(log.truth["roll_rad" if way in "lr" else "pitch_rad"])[log.modes() == "flip"]
    widest = angle.max() if way in "rb" else -angle.min()
    assert 300.0 < widest < 400.0
    assert abs(angle[-1]) < 3.0
    assert log.responses[-1].text == "ok"
    assert log.truth["down_m"][log.modes() == "flip"].max() < -0.3, "it falls too far"


def test_sticks_give_speed_along_the_heading_and_stop_when_let_go():
    log, _ = flown(
        "rc 0 50 0 0", "rc 0 0 0 0", aircraft=Aircraft(gust_m_s=0.0, noise=0.0, start_yaw_deg=90.0), gap_s=4.0
    )
    row = log.truth[np.searchsorted(log.time_s, READY_S + 3.5)]
    assert row["v_east_m_s"] == pytest.approx(0.5, abs=0.03)
    assert row["v_north_m_s"] == pytest.approx(0.0, abs=0.03)
    assert abs(log.truth["v_east_m_s"][-1]) < 0.05


def test_sticks_turn_and_climb():
    log, _ = flown("rc 0 0 40 50", aircraft=CALM, gap_s=4.0)
    rows = log.truth[log.time_s > READY_S + 2.0]
    assert -rows["v_down_m_s"].mean() == pytest.approx(0.4, abs=0.03)
    rate = np.diff(rows["yaw_rad"]) / np.diff(rows["time_s"])
    assert np.degrees(rate.mean()) == pytest.approx(50.0, rel=0.03)


def test_take_off_and_landing_take_the_time_and_the_height_of_a_tello():
    log, answers = flown("land")
    took = {log.commands[a.command].text: a.time_s - log.commands[a.command].time_s for a in log.responses}
    assert (answers["takeoff"], answers["land"]) == ("ok", "ok")
    assert 5.0 < took["takeoff"] < 9.0
    assert 2.0 < took["land"] < 6.0
    hover = -log.truth["down_m"][log.modes() == "hover"]
    assert 0.65 < hover.mean() < 1.0
    assert log.modes()[-1] == "ground"
    assert log.truth["thrust_n"][-1] == pytest.approx(0.0, abs=1e-6)


def test_emergency_stops_the_motors_and_says_nothing():
    log = fly([*UP, Command(10.0, "emergency")], seed=1, duration_s=13.0, aircraft=CALM)
    assert [log.commands[answer.command].text for answer in log.responses] == ["command", "takeoff"]
    assert log.truth["thrust_n"][-1] < 1e-6
    falling = log.truth[(log.time_s > 10.15) & (log.truth["down_m"] < 0.0)]
    slope = np.polyfit(falling["time_s"], falling["v_down_m_s"], 1)[0]
    assert slope == pytest.approx(9.8, rel=0.1)
    assert log.truth["down_m"][-1] == 0.0


def test_nothing_is_heard_and_nothing_said_before_command():
    log = fly([Command(0.5, "takeoff"), Command(1.0, "battery?"), Command(3.0, "command")], seed=1, duration_s=6.0)
    assert [answer.command for answer in log.responses] == [2]
    assert log.time_s[0] >= 3.0
    assert set(log.modes()) == {"ground"}


def test_refusals_depend_on_what_it_is_doing():
    commands = [Command(0.1, "command"), Command(0.2, "up 50"), Command(0.5, "takeoff"), Command(1.0, "forward 50")]
    commands += [Command(10.0, "takeoff"), Command(11.0, "forward 200"), Command(11.5, "cw 90")]
    commands += [Command(12.0, "stop"), Command(13.0, "go 0 0 80 30 m1")]
    log = fly(commands, seed=1, duration_s=16.0, aircraft=CALM)
    answers = {answer.command: answer.text for answer in log.responses}
    assert answers == {
        0: "ok", 1: "error Motor stop", 2: "ok", 3: "error", 4: "error", 5: "error", 6: "error Not joystick", 7: "ok",
        8: "error No valid marker",
    }  # fmt: skip
    assert set(answers.values()) <= set(ANSWERS)


@pytest.mark.parametrize(
    ("charge", "text", "answer"), [(8.0, "takeoff", "error"), (45.0, "flip l", "error"), (60.0, "flip l", "ok")]
)
def test_a_weak_battery_refuses(charge, text, answer):
    commands = [*UP, Command(10.0, "flip l")] if text == "flip l" else UP
    log = fly(commands, seed=1, duration_s=14.0, aircraft=Aircraft(battery_pct=charge))
    assert {log.commands[a.command].text: a.text for a in log.responses}[text] == answer


def test_answers_come_after_their_commands_and_to_their_senders():
    log, _ = flown("forward 100", "battery?", "cw 90", sender="stranger")
    for answer in log.responses:
        command = log.commands[answer.command]
        assert answer.to == command.sender
        assert 0.004 < answer.time_s - command.time_s < 10.0
    assert [answer.time_s for answer in log.responses] == sorted(answer.time_s for answer in log.responses)


def test_it_does_not_look_at_the_sender():
    own, _ = flown("forward 100", "cw 90", "up 60", sender="controller")
    other, _ = flown("forward 100", "cw 90", "up 60", sender="attacker")
    assert own.truth.tobytes() == other.truth.tobytes()


def test_queries_tell_what_the_state_of_the_moment_tells():
    log, answers = flown(*QUERIES, aircraft=Aircraft(), gap_s=1.0)
    for index, command in enumerate(log.commands):
        if not command.text.endswith("?"):
            continue
        state, _ = parse_state(log.state_text(int(np.searchsorted(log.time_s, command.time_s + 1e-9)) - 1))
        expected = {
            "battery?": f"{state['bat']:.0f}", "time?": f"{state['time']:.0f}s", "tof?": f"{10 * state['tof']:.0f}mm",
            "height?": f"{state['h'] / 10:.0f}dm", "temp?": f"{state['templ']:.0f}~{state['temph']:.0f}C",
            "baro?": f"{state['baro']:f}", "speed?": "100.0",
            "attitude?": f"pitch:{state['pitch']:.0f};roll:{state['roll']:.0f};yaw:{state['yaw']:.0f};",
            "acceleration?": f"agx:{state['agx']:.2f};agy:{state['agy']:.2f};agz:{state['agz']:.2f};",
        }.get(command.text)  # fmt: skip
        said = next(answer.text for answer in log.responses if answer.command == index)
        assert said
        assert said == expected or expected is None
    assert answers["sdk?"] == "30"


def test_a_flight_to_a_pad_ends_over_it():
    aircraft = Aircraft(
        gust_m_s=0.0, noise=0.0, start_yaw_deg=40.0, pads=(Pad(number=4, north_m=0.25, east_m=-0.2, yaw_deg=60.0),)
    )
    log, answers = flown("mon", "go 20 0 90 40 m4", "cw 30", aircraft=aircraft)
    assert answers["go 20 0 90 40 m4"] == "ok"
    expected = (0.25 + 0.2 * math.cos(math.radians(60)), -0.2 + 0.2 * math.sin(math.radians(60)), 0.9)
    np.testing.assert_allclose(place(log, READY_S + 17.0), expected, atol=0.1)
    row = int(np.searchsorted(log.time_s, READY_S + 17.0))
    assert log.states["mid"][row] == 4
    assert abs(log.states["x"][row] - 20) < 10
    assert abs(log.states["y"][row]) < 10


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"duration_s": 0.0}, "duration"), ({"duration_s": 1e6}, "duration"),
        ({"duration_s": 5.0, "link": [(2.0, 1.0)]}, "interval"),
        ({"duration_s": 5.0, "link": [(0.0, 3.0), (2.0, 4.0)]}, "interval"),
        ({"duration_s": 5.0, "commands": [Command(math.nan, "command")]}, "time of a command"),
    ],
)  # fmt: skip
def test_nonsense_is_refused(options, word):
    with pytest.raises(OptionError, match=word):
        fly(**({"commands": [], "seed": 1} | options))


@pytest.mark.parametrize(("name", "value"), [("mass_kg", 0.0), ("battery_pct", 101.0), ("gust_time_s", math.nan)])
def test_an_impossible_aircraft_is_refused(name, value):
    with pytest.raises(OptionError, match=name):
        Aircraft(**{name: value})


def test_a_pad_has_a_number_from_1_to_8():
    with pytest.raises(OptionError, match="1 to 8"):
        Pad(number=9, north_m=0.0, east_m=0.0)
