"""What the drone does by itself: it hovers when its link is gone and lands after silence."""

import numpy as np
import pytest

from yawstring.simulate.flight import Aircraft, Command, fly

UP = [Command(0.1, "command"), Command(0.2, "takeoff")]
CALM = Aircraft(gust_m_s=0.0, noise=0.0)


def talk(begin_s, end_s, every_s=5.0):
    return [Command(float(at), "command") for at in np.arange(begin_s, end_s, every_s)]


def begins(log, mode):
    """When the drone is first seen doing something."""
    rows = np.flatnonzero(log.modes() == mode)
    return float(log.time_s[rows[0]]) if len(rows) else None


@pytest.mark.parametrize("seed", range(3))
def test_it_lands_fifteen_seconds_after_the_last_command(seed):
    log = fly([*UP, *talk(8.0, 21.0, 4.0)], seed=seed, duration_s=50.0)
    assert begins(log, "land") == pytest.approx(20.0 + 15.0, abs=0.15)
    assert log.modes()[-1] == "ground"


def test_fourteen_seconds_of_silence_are_borne():
    log = fly(
        [*UP, Command(10.0, "battery?"), Command(24.0, "battery?"), Command(38.0, "land")], seed=1, duration_s=45.0
    )
    assert begins(log, "land") == pytest.approx(38.0, abs=0.15)


def test_what_it_refuses_or_does_not_know_breaks_the_silence_too():
    log = fly([*UP, Command(12.0, "up 3"), Command(24.0, "dance")], seed=1, duration_s=45.0)
    assert begins(log, "land") == pytest.approx(39.0, abs=0.15)


def test_a_long_move_is_no_silence():
    log = fly([*UP, Command(10.0, "speed 10"), Command(11.0, "forward 300")], seed=1, duration_s=70.0, aircraft=CALM)
    done = next(answer.time_s for answer in log.responses if log.commands[answer.command].text == "forward 300")
    assert done - 11.0 > 25.0
    assert begins(log, "land") == pytest.approx(done + 15.0, abs=0.2)


def test_the_sticks_do_not_fly_on_when_the_link_is_lost():
    sticks = [Command(10.0 + 0.05 * step, "rc 0 60 0 0") for step in range(200)]
    log = fly([*UP, *sticks], seed=1, duration_s=35.0, link=[(0.0, 13.0)], aircraft=CALM)
    speed = np.hypot(log.truth["v_north_m_s"], log.truth["v_east_m_s"])
    assert speed[(log.time_s > 12.0) & (log.time_s < 13.0)].min() > 0.5
    assert speed[(log.time_s > 16.0) & (log.time_s < 27.0)].max() < 0.1
    assert begins(log, "hover") is not None
    assert begins(log, "land") == pytest.approx(12.95 + 15.0, abs=0.2), "15 s after the last one that came through"


def test_a_move_is_broken_off_when_the_link_is_lost():
    log = fly(
        [*UP, Command(10.0, "speed 20"), Command(11.0, "forward 400")],
        seed=1,
        duration_s=25.0,
        link=[(0.0, 14.0)],
        aircraft=CALM,
    )
    way = np.hypot(log.truth["north_m"], log.truth["east_m"])
    assert way[-1] < 1.2
    assert log.modes()[-1] == "hover"
    assert log.responses[-1].text == "error"


def test_what_the_controller_sends_without_a_link_is_neither_done_nor_answered():
    commands = [*UP, *talk(8.0, 40.0), Command(15.0, "up 100"), Command(30.0, "up 60")]
    log = fly(commands, seed=1, duration_s=40.0, link=[(0.0, 12.0), (20.0, 40.0)], aircraft=CALM)
    answered = {log.commands[answer.command].time_s for answer in log.responses}
    assert {command.time_s for command in log.commands if 12.0 <= command.time_s < 20.0} & answered == set()
    assert 30.0 in answered
    height = -log.truth["down_m"]
    assert height[log.time_s < 29.0].max() < 1.0
    assert height[-1] > 1.2
    assert set(log.modes()) == {"ground", "spin", "climb", "hover", "move"}, (
        "it was back before the 15 seconds were over"
    )
    assert (log.truth["linked"] == 0).sum() == pytest.approx(8.0 / 0.102, abs=2)


@pytest.mark.parametrize(
    ("link", "down"),
    [
        (None, 0.0),
        ([(0.0, 30.0)], 0.0),
        ([(0.0, 12.0), (12.0, 30.0)], 0.0),
        ([], 1.0),
        ([(0.0, 15.0)], 0.5),
        ([(15.0, 99.0)], 0.5),
    ],
)
def test_the_log_knows_when_the_link_was_up(link, down):
    commands = [Command(0.0, "command", "other"), *talk(1.0, 30.0)]
    log = fly(commands, seed=1, duration_s=30.0, link=link)
    assert (log.truth["linked"] == 0).mean() == pytest.approx(down, abs=0.01)


def test_others_are_obeyed_while_the_controller_has_no_link():
    commands = [*UP, Command(15.0, "land", "attacker")]
    log = fly(commands, seed=1, duration_s=30.0, link=[(0.0, 12.0)], aircraft=CALM)
    assert begins(log, "land") == pytest.approx(15.0, abs=0.15)
    assert log.responses[-1].to == "attacker"
    assert log.responses[-1].text == "ok"


def test_an_attacker_keeps_it_in_the_air():
    commands = [*UP, *(Command(float(at), "command", "attacker") for at in range(10, 50, 10))]
    log = fly(commands, seed=1, duration_s=50.0, link=[(0.0, 9.0)])
    assert begins(log, "land") is None


def test_an_injected_move_makes_the_controllers_own_fail():
    commands = [*UP, Command(10.0, "forward 200"), Command(10.5, "rc 0 0 0 0", "attacker"), Command(14.0, "land")]
    log = fly(commands, seed=1, duration_s=20.0, aircraft=CALM)
    answers = {log.commands[answer.command].text: (answer.text, answer.to) for answer in log.responses}
    assert answers["forward 200"] == ("error", "controller")
    assert np.hypot(log.truth["north_m"], log.truth["east_m"])[-1] < 0.8


def test_landing_by_itself_in_the_middle_of_a_move_says_so():
    log = fly(
        [*UP, Command(10.0, "speed 10"), Command(11.0, "forward 400")], seed=1, duration_s=40.0,
        aircraft=Aircraft(battery_pct=13.0, capacity_ah=0.2, gust_m_s=0.0),
    )  # fmt: skip
    assert log.responses[-1].text == "error Auto land"
    assert log.modes()[-1] == "ground"


def test_the_ceiling_and_the_floor_hold():
    commands = [*UP, Command(10.0, "up 500"), *talk(11.0, 40.0), Command(25.0, "rc 0 0 -100 0")]
    log = fly(commands, seed=1, duration_s=40.0, aircraft=Aircraft(ceiling_m=3.0))
    height = -log.truth["down_m"]
    assert 2.8 < height.max() < 3.2
    assert 0.15 < height[-1] < 0.5


def test_a_second_flight_on_the_same_battery():
    commands = [*UP, Command(10.0, "land"), Command(16.0, "takeoff"), Command(27.0, "land")]
    log = fly(commands, seed=1, duration_s=35.0)
    assert [answer.text for answer in log.responses] == ["ok"] * 5
    time = log.states["time"]
    assert np.diff(time).min() >= 0
    still = (log.time_s > 15.0) & (log.time_s < 16.0)
    assert len(set(time[still].tolist())) == 1, "the clock of the motors stands while they do"
