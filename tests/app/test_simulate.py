"""``yawstring simulate``: what it writes, what it says, and that it writes whole folders or none."""

import csv
from pathlib import Path

import pytest
from tests.support.flights import SHORT
from typer.testing import CliRunner

from yawstring.app.cli import app
from yawstring.edge import simulations
from yawstring.errors import InputError

FILES = ["capture.pcapng", "labels.csv", "scenario.toml", "telemetry.log", "truth.csv"]
SETS = [part for change in SHORT for part in ("--set", change)]


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, ["simulate", *arguments], catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_one_flight_is_five_files_and_a_line(tmp_path: Path) -> None:
    told = run("disassociation", "--seed", "3", "-o", str(tmp_path / "one"), *SETS)
    assert names(tmp_path) == ["one"]
    assert names(tmp_path / "one") == FILES
    assert "disassociation" in told
    assert "seed 3" in told


def test_the_scenario_of_a_flight_gives_it_again(tmp_path: Path) -> None:
    run("mdk4-deauth", "--seed", "9", "-o", str(tmp_path / "one"), *SETS)
    run(str(tmp_path / "one" / "scenario.toml"), "-o", str(tmp_path / "two"))
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_flights_take_the_scenarios_in_turn_and_do_not_depend_on_the_workers(tmp_path: Path) -> None:
    sources = ("benign-open", "cts-flood")
    run(*sources, "--flights", "3", "--workers", "1", "--seed", "5", "-o", str(tmp_path / "one"), *SETS)
    run(*sources, "--flights", "3", "--workers", "2", "--seed", "5", "-o", str(tmp_path / "two"), *SETS)
    assert names(tmp_path / "one") == ["flight-000", "flight-001", "flight-002", "flights.csv"]
    for path in sorted((tmp_path / "one").rglob("*.*")):
        assert path.read_bytes() == (tmp_path / "two" / path.relative_to(tmp_path / "one")).read_bytes()
    with (tmp_path / "one" / "flights.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["scenario"] for row in rows] == ["benign-open", "cts-flood", "benign-open"]
    assert [row["attacks"] for row in rows] == ["", "cts_flood", ""]
    assert [int(row["seed"]) for row in rows] == [simulations.flight_seed(5, number) for number in range(3)]


def test_the_list_names_every_ready_scenario() -> None:
    told = run("--list")
    assert all(name in told for name in simulations.ready_scenarios())


def test_a_folder_in_use_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="expected a new or empty folder"):
        run("benign-wpa2", "-o", str(tmp_path / "mine"), *SETS)
    assert names(tmp_path) == ["mine"]
    assert names(tmp_path / "mine") == ["thesis.txt"]


def test_a_failure_halfway_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(simulations, "_write", lambda made, folder: full(folder))
    with pytest.raises(InputError, match="No space left on device"):
        run("benign-wpa2", "--flights", "2", "--workers", "1", "-o", str(tmp_path / "out"), *SETS)
    assert names(tmp_path) == []


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "expected SCENARIO and --output DIR"),
        (("sunny", "-o", "x"), "expected a .toml file or a name of `yawstring simulate --list`"),
        (("nowhere.toml", "-o", "x"), "expected a file, found none of that name"),
        (("benign-wpa2", "-o", "x", "--set", "speed"), "--set: found 'speed'"),
    ],
)
def test_what_makes_no_sense_is_one_line(arguments: tuple[str, ...], reason: str) -> None:
    with pytest.raises(InputError, match=reason.replace(".", "\\.")) as caught:
        run(*arguments)
    assert "\n" not in str(caught.value)
