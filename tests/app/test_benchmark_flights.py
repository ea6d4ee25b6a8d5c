"""The benchmark on simulated flights: campaigns, one table of three parts, and a page that can say missed."""

from collections import Counter
from dataclasses import replace

import polars as pl
import pytest

from yawstring.app.benchmark import flights
from yawstring.app.benchmark.campaigns import ATTACKS, FOR_RULES, STRENGTHS, TEST, TRAIN, VALIDATE, Campaign
from yawstring.app.benchmark.flights_page import section
from yawstring.edge import campaigns
from yawstring.models.majority import Majority
from yawstring.simulate.attacks import KINDS

LITTLE = {"traffic.video_mbit_s": "0.2", "neighbours.networks": "1"}
SHORT = Campaign(
    name="short", attacked=2, benign=1, attacks=1, duration_s=60, benign_s=40, ranges=LITTLE,
    kinds=("mdk4_deauth", "beacon_flood"), changes="length_s = 8",
)  # fmt: skip
PARTS = {"train": SHORT, "validation": replace(SHORT, name="short-too"), "test": replace(SHORT, name="short-three")}


@pytest.fixture(scope="module")
def keep(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def table(keep):
    told = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(campaigns, "PER_PROCESS", 1)  # more flights than a pool makes: the next one goes on
        found = flights.flown(flights.Flying(seed=3, workers=2, keep=keep), told.append, parts=PARTS)
    assert len(told) == 9
    return found


def test_campaigns_deal_every_attack_out_evenly():
    flown = Counter(kind for one in TEST.scenarios(1) for kind, _ in one.attacks)
    assert flown.keys() == KINDS.keys() - FOR_RULES
    assert sum(flown.values()) == 400
    # A kind that needs an open or a closed network comes in half of the flights; a bias comes injected, too.
    assert max(flown.values()) <= 4 * min(flown.values())
    assert len(ATTACKS) == len(KINDS) - len(FOR_RULES) + 1


def test_flights_that_judge_are_others():
    names = [[one.name for one in campaign.scenarios(1)] for campaign in (TRAIN, VALIDATE, TEST)]
    assert [len(one) for one in names] == [40, 20, 180]
    assert TEST.ranges != TRAIN.ranges == VALIDATE.ranges


def test_strengths_reach_down_to_a_frame_in_ten_seconds():
    kind, settings = STRENGTHS[0].scenarios(1)[0].attacks[0]
    assert (kind, settings["rate_hz"]) == ("disassociation", (0.1,))


def test_every_part_has_the_flights_of_its_campaign(table):
    flights_of = table.frame.group_by("part").agg(pl.col("recording").n_unique())
    assert dict(flights_of.iter_rows()) == {"train": 3, "validation": 3, "test": 3}


def test_a_flight_that_was_kept_is_not_flown_again(table, keep):
    files = {path: path.stat().st_mtime_ns for path in keep.iterdir()}
    told = []
    again = flights.flown(flights.Flying(seed=3, workers=1, keep=keep), told.append, parts=PARTS)
    assert all(one.endswith(", kept") for one in told)
    assert again.digest == table.digest
    assert again.frame.equals(table.frame)
    assert again.frame.schema == table.frame.schema
    assert {path: path.stat().st_mtime_ns for path in keep.iterdir()} == files
    assert len(files) == 9


def test_what_is_kept_is_known_by_all_that_a_flight_comes_from(keep):
    (scenario, *_) = SHORT.scenarios(3)
    (other, *_) = replace(SHORT, duration_s=61).scenarios(3)
    keys = {
        campaigns._key(campaigns._Job(scenario=one, seed=seed, options=options, keep=keep))
        for one, seed, options in (
            (scenario, 1, flights.SIGNALS),
            (scenario, 2, flights.SIGNALS),
            (other, 1, flights.SIGNALS),
            (scenario, 1, replace(flights.SIGNALS, every_s=1.0)),
        )
    }
    assert len(keys) == 4


def test_a_detector_finds_loud_attacks_and_majority_does_not(table, tmp_path):
    told = []
    contenders = (flights.TREES, flights.Contender(name="majority", family=Majority()))
    how = flights.Flying(keep=tmp_path)
    trees, majority = flights.results(table, how, told.append, contenders)
    assert trees.incidents["episodes"] == majority.incidents["episodes"] == 2
    assert (trees.incidents["found"], majority.incidents["found"]) == (2, 0)
    strengths = flights.by_strength(
        trees.trained, flights.Flying(), told.append, campaigns=(replace(SHORT, name="again"),)
    )
    left_out = replace(flights.TREES, name="flood", unseen="flood")
    (unseen,) = flights.results(table, how, told.append, (left_out,))
    page = "\n".join(section((trees, majority), (unseen,), strengths, seed=1, digest="0" * 64))
    assert "| extra trees | 2 of 2 | 100% (15.8 to 100) | " in page
    assert "| majority | 0 of 2 | 0% (0 to 84.2) | 0 | " in page
    assert "| again | 2 | " in page
    assert "| `flood` | 1 | " in page
    assert "Aim: 99% found" in page
    (again,) = flights.results(table, how, told.append, (flights.TREES,))
    assert (again.trained, again.incidents) == (None, trees.incidents)
    assert told[-1].endswith(", kept")
    (other,) = flights.results(table, replace(how, seed=2), told.append, (contenders[1],))
    assert other.trained is not None


def test_another_flights_telemetry_leaves_the_air_alone(table):
    null = flights.trained(table, replace(flights.TREES, null=True), 1)
    assert null.record["data"]["rows"] == len(table)
