"""Scenarios: what a file may say, what is refused and how, and that a drawn flight is a scenario."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.edge.simulations import read_scenario, ready_scenarios
from yawstring.errors import OptionError
from yawstring.simulate.attacks import KINDS
from yawstring.simulate.scenario import LARGEST_SEED, draw, parse_scenario, scenario_text
from yawstring.simulate.scenario_keys import Key, keys_of
from yawstring.simulate.settings import SECTIONS, Flight

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference" / "scenarios.md"

REFUSED = {
    "nonsense": "x.toml: expected TOML",
    "format = 2": "x.toml: format: found 2, expected 1",
    "duration_s = 1": "x.toml: duration_s: found 1, expected a number or a range [low, high] of 2 to 3600 s",
    "duration_s = [9, 5]": "x.toml: duration_s: found [9, 5], expected a number or a range",
    "duration_s = [5, 6, 7]": "x.toml: duration_s: found [5, 6, 7]",
    "duration_s = true": "x.toml: duration_s: found True",
    "duration_s = nan": "x.toml: duration_s: found nan",
    "security = 'wep'": "x.toml: security: found 'wep', expected one or a list of wpa2, open",
    "security = []": "x.toml: security: found []",
    "colour = 1": "x.toml: colour: found a key of this name, expected one of duration_s, security",
    "[sky]\na = 1": "x.toml: found [sky], expected one of site, drone",
    "site = 3": "x.toml: site: found 3, expected a table of keys",
    "[drone]\nchannel = 14": "x.toml: drone.channel: found 14, expected a channel of 1 to 13, or a list of them",
    "[neighbours]\nnetworks = 1.5": "x.toml: neighbours.networks: found 1.5, expected a whole number",
    "[receiver]\nhops = 1": "x.toml: receiver.hops: found 1, expected true, false, or a list of both",
    "attack = 3": "x.toml: attack: found 3, expected [[attack]]",
    "[[attack]]\nkind = 'lasers'": "x.toml: attack[0].kind: found 'lasers', expected one of aireplay_deauth",
    "[[attack]]\nkind = 'jamming'\nduty = 2": "x.toml: attack[0].duty: found 2, expected a number or a range",
    "[[attack]]\nkind = 'command_replay'": "x.toml: attack[0].kind: found 'command_replay' with security wpa2 or open",
    "security = 'wpa2'\n[[attack]]\nkind = 'telemetry_bias'\nplace = 'injected'": "expected security = 'open'",
    "duration_s = 9\n[[attack]]\nkind = 'jamming'": "attack[0].onset_s: found 16, expected less than duration_s",
    'name = "a\\nb"': "x.toml: name: found 'a\\nb', expected one line of text",
    "[drawn]\nseed = -1": "x.toml: drawn.seed: found -1",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_makes_no_sense_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(OptionError, match=f"^.*{re.escape(REFUSED[text])}.*$") as caught:
        parse_scenario(text, file="x.toml")
    assert "\n" not in str(caught.value)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=200))
def test_any_text_is_a_scenario_or_refused_in_one_line(text: str) -> None:
    try:
        parse_scenario(text, file="x.toml")
    except OptionError as error:
        told = str(error)
    else:
        told = ""
    assert "\n" not in told


@settings(deadline=None, max_examples=60)
@given(low=st.floats(15, 40), width=st.floats(0, 20), seed=st.integers(0, LARGEST_SEED))
def test_a_range_is_drawn_within_its_ends(low: float, width: float, seed: int) -> None:
    scenario = parse_scenario(f"[site]\nradius_m = [{low!r}, {low + width!r}]", file="x.toml")
    assert low <= draw(scenario, seed).site.radius_m <= low + width


def test_ranges_are_drawn_all_over() -> None:
    scenario = parse_scenario("[site]\nradius_m = [10, 20]\n[neighbours]\nnetworks = [0, 3]", file="x.toml")
    drawn = [draw(scenario, seed) for seed in range(400)]
    radii = [one.site.radius_m for one in drawn]
    assert abs(sum(radii) / 400 - 15) < 0.6
    assert min(radii) < 10.3
    assert max(radii) > 19.7
    assert {one.neighbours.networks for one in drawn} == {0, 1, 2, 3}
    assert {one.drone.channel for one in drawn} == {1, 6, 11}


def test_fixing_one_value_leaves_every_other_draw_as_it_was() -> None:
    text = "[[attack]]\nkind = 'aireplay_deauth'\n"
    free = draw(parse_scenario(text, file="x.toml"), 5)
    fixed = draw(parse_scenario("[drone]\npower_dbm = 12\n" + text, file="x.toml"), 5)
    assert fixed.drone.power_dbm == 12 != free.drone.power_dbm
    assert (fixed.drone.distance, fixed.site, fixed.attacks) == (free.drone.distance, free.site, free.attacks)


@pytest.mark.parametrize("name", ready_scenarios())
def test_a_drawn_flight_is_a_scenario_of_single_values(name: str) -> None:
    drawn = draw(read_scenario(name), 11)
    again = parse_scenario(scenario_text(drawn, notes={"ssid": 'a "quoted" \\ name'}), file="again.toml")
    assert again.seed == 11
    assert draw(again, 11) == drawn


def test_a_change_sets_a_key_of_every_attack() -> None:
    scenario = read_scenario("lure-and-inject", changes=("attack.power_dbm=[3, 4]", "traffic.video_mbit_s=1"))
    assert {settings["power_dbm"] for _, settings in scenario.attacks} == {(3.0, 4.0)}
    assert scenario.sections["traffic"]["video_mbit_s"] == (1.0,)


@pytest.mark.parametrize("change", ["duration_s", "duration_s=", "sky.a=1", "=3", "traffic.=1", "duration_s=a b"])
def test_a_change_that_makes_no_sense_is_refused(change: str) -> None:
    with pytest.raises(OptionError, match="--set: found"):
        read_scenario("benign-wpa2", changes=(change,))


def test_there_are_scenarios_for_every_kind_of_attack() -> None:
    kinds = {kind for name in ready_scenarios() for kind, _ in read_scenario(name).attacks}
    assert kinds == set(KINDS)
    assert len(ready_scenarios()) >= 20
    assert all(read_scenario(name).summary for name in ready_scenarios())


def _sections() -> dict[str, dict[str, Key]]:
    attacks = {kind: keys_of(attack) for kind, attack in KINDS.items()}
    return {"At the top": keys_of(Flight), **{name: keys_of(one) for name, one in SECTIONS.items()}, **attacks}


def test_the_reference_names_every_key_with_its_limits_and_every_ready_scenario() -> None:
    text = DOCS.read_text()
    for keys in _sections().values():
        for name, key in keys.items():
            limits = f"{key.low:g} to {key.high:g}" if key.kind in ("number", "whole") else ""
            parts = (f"| `{name}` |", key.meaning, limits)
            assert any(all(part in line for part in parts) for line in text.splitlines()), parts
    assert [name for name in ready_scenarios() if f"| `{name}` |" not in text] == []
