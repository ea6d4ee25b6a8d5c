"""Scripts are such as a person would send, and they fly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import OptionError
from yawstring.simulate.flight import STYLES, Aircraft, Pad, fly, pilot
from yawstring.simulate.flight.commands import CODE, read_command

PADS = (Pad(number=1, north_m=0.0, east_m=0.0), Pad(number=2, north_m=0.5, east_m=0.2))


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10_000), style=st.sampled_from(sorted(STYLES)), duration_s=st.floats(18.0, 200.0))
def test_a_script_takes_off_talks_on_and_lands_in_time(seed, style, duration_s):
    script = pilot(seed, duration_s, style, pads=PADS)
    times = np.array([command.time_s for command in script])
    texts = [command.text for command in script]
    assert texts[0] == "command"
    assert texts[-1] == "land"
    assert texts.count("takeoff") == texts.count("land") == 1
    assert (np.diff(times) > 0.0).all()
    assert np.diff(times).max() < 12.0, "silence lands the drone"
    assert times[-1] <= duration_s - 5.0
    assert all(read_command(text).code != CODE.refused for text in texts)


@pytest.mark.parametrize("style", sorted(STYLES))
@pytest.mark.parametrize("seed", range(6))
def test_a_script_flies_as_it_is_meant(style, seed):
    aircraft = Aircraft(pads=PADS, wind_m_s=0.5, gust_m_s=0.2)
    log = fly(pilot(seed, 150.0, style, pads=PADS), seed=seed, duration_s=155.0, aircraft=aircraft)
    refused = [
        (log.commands[a.command].text, a.text) for a in log.responses if a.text.startswith(("error", "out", "unkn"))
    ]
    assert {text for _, text in refused} <= {"error No valid marker"}
    silent = {command.text.split()[0] for command in log.commands} - {
        log.commands[a.command].text.split()[0] for a in log.responses
    }
    assert silent <= {"rc"}
    assert log.modes()[-1] == "ground"
    landing = np.flatnonzero(log.modes() == "land")
    assert abs(log.time_s[landing[0]] - log.commands[-1].time_s) < 0.2, "it landed before it was told"
    out = np.hypot(log.truth["north_m"], log.truth["east_m"])
    assert out.max() < 6.0
    assert 0.5 < -log.truth["down_m"].min() < 4.0


def test_styles_differ_as_their_names_say():
    flights = {style: fly(pilot(4, 120.0, style), seed=4, duration_s=125.0) for style in STYLES}
    moving = {
        style: float(np.hypot(log.truth["v_north_m_s"], log.truth["v_east_m_s"]).mean())
        for style, log in flights.items()
    }
    assert moving["hover"] < 0.8 * min(moving["moves"], moving["sticks"], moving["survey"])
    sticks = [command for command in flights["sticks"].commands if command.text.startswith("rc")]
    gaps = np.diff([command.time_s for command in sticks])
    assert np.median(gaps) == pytest.approx(0.05, rel=0.05)


def test_the_same_seed_writes_the_same_script():
    assert pilot(3, 60.0, "sticks") == pilot(np.random.default_rng(3), 60.0, "sticks")
    assert pilot(3, 60.0, "moves") != pilot(4, 60.0, "moves")


@pytest.mark.parametrize(
    ("duration_s", "style", "word"), [(10.0, "hover", "too short"), (60.0, "loops", "unknown style")]
)
def test_nonsense_is_refused(duration_s, style, word):
    with pytest.raises(OptionError, match=word):
        pilot(1, duration_s, style)
