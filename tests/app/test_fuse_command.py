"""``yawstring fuse`` as a user runs it, on captures made octet by octet."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from support.flight_files import BEACONS_PER_STATE, FlightSpec, write_flight
from yawstring.app.cli import app
from yawstring.app.notebook.steps import look, open_layout
from yawstring.edge.files import read_table
from yawstring.errors import InputError
from yawstring.table.telemetry import COLUMNS

FRAMES = 60 * (1 + BEACONS_PER_STATE)


def run(*words: object) -> tuple[str, str]:
    result = CliRunner().invoke(app, ["fuse", *map(str, words)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


def refused(*words: object) -> str:
    with pytest.raises(InputError) as caught:
        CliRunner().invoke(app, ["fuse", *map(str, words)], catch_exceptions=False)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def files(folder: Path, *, labels: str = "labels.csv", log: str = "telemetry.log") -> list[object]:
    return ["--frames", folder / "capture.pcap", "--telemetry", folder / log, "--labels", folder / labels]


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_flight(tmp_path_factory.mktemp("flight"), FlightSpec())


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same flight, its log stamped by a clock an hour and a bit behind."""
    return write_flight(tmp_path_factory.mktemp("slow"), FlightSpec(slow_s=3600.25))


def test_a_flight_becomes_a_table(flight: Path, tmp_path: Path) -> None:
    out, err = run(*files(flight), "-o", tmp_path / "fused.parquet")
    table = read_table(tmp_path / "fused.parquet")
    frame = table.frame
    assert len(frame) == FRAMES
    assert frame["frame.number"].to_list() == list(range(1, FRAMES + 1))
    assert set(COLUMNS) < set(frame.columns)
    assert frame.columns[-1] == "recording"
    assert frame["recording"].dtype == pl.Int32
    assert (table.modality, table.capture) == ("fused", "capture")
    assert frame["telemetry_age_s"].null_count() == 1
    attack = frame.filter(pl.col("class") == "dos")
    assert attack["time_ns"].min() >= (FlightSpec.start_s + 2) * 10**9 > frame["time_ns"][0]
    assert attack["time_ns"].max() < (FlightSpec.start_s + 4) * 10**9
    assert set(attack["technique"]) == {"made_up"}
    assert set(attack["episode"]) == {0}
    assert set(frame["label_certainty"]) == {0.5}
    assert f"{FRAMES:,} frames" in out
    assert "59 states" in out or "60 states" in out
    assert "note" not in err


def test_a_frame_stands_beside_what_was_last_said(flight: Path, tmp_path: Path) -> None:
    """The state in a datagram is logged a millisecond later, so its own frame has the state before."""
    run(*files(flight), "-o", tmp_path / "fused.parquet")
    said = None
    for text, height, age in (
        read_table(tmp_path / "fused.parquet").frame.select("tello.state", "height_m", "telemetry_age_s").rows()
    ):
        assert height == (None if said is None else said / 100)
        if text is not None:
            assert age is None or age == pytest.approx(0.099, abs=1e-6)
            said = int(text.split(";h:")[1].split(";")[0])


def test_truth_and_intervals_give_the_same_labels(flight: Path, tmp_path: Path) -> None:
    run(*files(flight), "-o", tmp_path / "intervals.parquet")
    run(*files(flight, labels="truth.csv"), "-o", tmp_path / "truth.parquet")
    names = ("class", "technique", "episode")
    ours, theirs = (read_table(tmp_path / f"{name}.parquet").frame.select(names) for name in ("intervals", "truth"))
    assert ours.equals(theirs)


@pytest.mark.parametrize("clear", [True, False], ids=["open", "encrypted"])
def test_the_clock_offset_is_found(clear: bool, tmp_path: Path) -> None:
    made = write_flight(tmp_path / "flight", FlightSpec(slow_s=3600.25, clear=clear, states=400))
    out, err = run(*files(made), "-o", tmp_path / "fused.parquet", "--clock-offset", "auto", "--json")
    (described,) = json.loads(out)["flights"]
    assert described["clock"]["offset_s"] == pytest.approx(3600.249, abs=0.002)
    assert described["clock"]["found"]["method"] == ("states" if clear else "lengths")
    assert described["joined"]["fresh"] in (1199, 1200)
    assert "fusing 1/1" in err


def test_an_offset_that_the_data_contradict_is_said(slow: Path, tmp_path: Path) -> None:
    out, err = run(*files(slow), "-o", tmp_path / "fused.parquet")
    assert "note: capture: the clock offset used is 0.000 s, but the data show 3600.249" in err
    assert "100.0%" in out
    out, err = run(*files(slow), "-o", tmp_path / "fused.parquet", "--clock-offset", 3600.25)
    assert "note" not in err


def test_an_offset_that_cannot_be_known_is_refused(flight: Path, tmp_path: Path) -> None:
    other = write_flight(tmp_path / "other", FlightSpec(seed=2))
    words = ["--frames", flight / "capture.pcap", "--telemetry", other / "telemetry.log", "-o", tmp_path / "no.parquet"]
    assert "the clock offset cannot be found" in refused(*words, "--clock-offset", "auto")
    assert list(tmp_path.glob("*no.parquet*")) == []


def test_without_telemetry_the_air_stands_alone(flight: Path, tmp_path: Path) -> None:
    out, err = run("--frames", flight / "capture.pcap", "--telemetry", "none", "-o", tmp_path / "air.parquet")
    frame = read_table(tmp_path / "air.parquet").frame
    assert frame.select("telemetry_age_s", *COLUMNS).null_count().row(0) == (FRAMES,) * (len(COLUMNS) + 1)
    assert "class" not in frame.columns
    assert "no telemetry: its columns are null" in err
    assert "no labels were given" in out


def test_whole_seconds_are_spread_and_said(flight: Path, tmp_path: Path) -> None:
    log = (flight / "telemetry.log").read_text().splitlines()
    (tmp_path / "whole.log").write_text("\n".join(line[:10] + line[20:] for line in log) + "\n")
    words = [
        "--frames",
        flight / "capture.pcap",
        "--telemetry",
        tmp_path / "whole.log",
        "-o",
        tmp_path / "fused.parquet",
    ]
    _, err = run(*words)
    assert "whole seconds was spread" in err
    ages = read_table(tmp_path / "fused.parquet").frame["telemetry_age_s"].drop_nulls()
    assert ages.max() < 0.11


def test_decoded_frames_fuse_like_their_capture(flight: Path, tmp_path: Path) -> None:
    decoded = CliRunner().invoke(app, ["decode", str(flight / "capture.pcap"), "-o", str(tmp_path / "frames.parquet")])
    assert decoded.exit_code == 0
    run(*files(flight), "-o", tmp_path / "capture.parquet")
    run("--frames", tmp_path / "frames.parquet", *files(flight)[2:], "-o", tmp_path / "parquet.parquet")
    ours, theirs = (read_table(tmp_path / f"{name}.parquet").frame for name in ("capture", "parquet"))
    assert ours.equals(theirs)


def test_a_folder_of_flights_is_one_table_of_recordings(tmp_path: Path) -> None:
    for number in range(5):
        write_flight(tmp_path / "flights" / f"flight-{number}", FlightSpec(seed=number, states=20 + number))
    (tmp_path / "flights" / "notes").mkdir()
    (tmp_path / "flights" / "flight-1" / "telemetry.log").unlink()
    out, err = run("--flights", tmp_path / "flights", "-o", tmp_path / "fused.parquet", "--json")
    described = json.loads(out)
    assert [one["name"] for one in described["flights"]] == [f"flight-{number}" for number in range(5)]
    assert [one["labels"]["file"].rsplit("/")[-1] for one in described["flights"]] == ["truth.csv"] * 5
    frame = read_table(tmp_path / "fused.parquet").frame
    counts = dict(frame.group_by("recording").len().iter_rows())
    assert counts == {number: (20 + number) * (1 + BEACONS_PER_STATE) for number in range(5)}
    assert frame.filter(pl.col("recording") == 1)["height_m"].null_count() == counts[1]
    assert err.count("fusing") == 5
    single, _ = run("--flights", tmp_path / "flights" / "flight-3", "-o", tmp_path / "one.parquet", "--json")
    alone = read_table(tmp_path / "one.parquet").frame.drop("recording")
    assert alone.equals(frame.filter(pl.col("recording") == 3).drop("recording"))
    assert json.loads(single)["flights"][0]["joined"] == described["flights"][3]["joined"]


def test_the_notebooks_csv_opens_in_the_notebook(tmp_path: Path) -> None:
    for number in range(2):
        write_flight(tmp_path / "flights" / f"flight-{number}", FlightSpec(seed=number))
    run("--flights", tmp_path / "flights", "-o", tmp_path / "fused.parquet", "--csv", tmp_path / "fused.csv")
    table = read_table(tmp_path / "fused.csv")
    fused = read_table(tmp_path / "fused.parquet").frame
    assert table.layout == "notebook"
    assert table.frame["recording"].to_list() == fused["recording"].to_list()
    assert table.frame["h"].to_list() == [round(100 * (height or 0)) for height in fused["height_m"]]
    assert look(open_layout(table)).incomplete == 0


def test_the_table_can_be_inspected_and_learnt_from(tmp_path: Path) -> None:
    for number in range(6):
        write_flight(tmp_path / "flights" / f"flight-{number}", FlightSpec(seed=number))
    fused = tmp_path / "fused.parquet"
    run("--flights", tmp_path / "flights", "-o", fused)
    inspected = CliRunner().invoke(app, ["inspect", str(fused), "--json"], catch_exceptions=False)
    (profile,) = json.loads(inspected.stdout)["tables"]
    assert profile["roles"]["unknown"] == []
    assert profile["recordings"]["count"] == 6
    words = ["train", str(fused), "--out", str(tmp_path / "bundle"), "--detector", "forest", "--split", "recording"]
    assert CliRunner().invoke(app, words, catch_exceptions=False).exit_code == 0


def test_labels_of_another_capture_leave_nothing_behind(flight: Path, tmp_path: Path) -> None:
    other = write_flight(tmp_path / "other", FlightSpec(states=61))
    words = [*files(flight)[:4], "--labels", other / "truth.csv", "-o", tmp_path / "fused.parquet"]
    assert "another capture" in refused(*words)
    assert list(tmp_path.glob("*fused.parquet*")) == []


def test_what_is_odd_about_the_labels_is_said(flight: Path, tmp_path: Path) -> None:
    start = FlightSpec.start_s
    rows = [(0, 3, "benign"), (1, 2, "dos"), (1.5, 2.5, "fdi"), (900, 901, "dos")]
    lines = [f"{start + first},{last + start},{name}" for first, last, name in rows]
    (tmp_path / "odd.csv").write_text("\n".join(["start,end,class", *lines]) + "\n")
    words = [*files(flight)[:4], "--labels", tmp_path / "odd.csv", "-o", tmp_path / "fused.parquet"]
    _, err = run(*words)
    for note in ("1 intervals begin within another", "1 of 4 intervals hold no frame", "frames have no label"):
        assert note in err
    assert "needs a label in every row, found" in refused(*words, "--csv", tmp_path / "fused.csv")


def test_options_that_do_not_go_together_are_refused(flight: Path, tmp_path: Path) -> None:
    out = ["-o", tmp_path / "fused.parquet"]
    assert "found neither" in refused(*out)
    assert "found both" in refused("--frames", flight / "capture.pcap", "--flights", flight, *out)
    assert "leave out --telemetry" in refused("--flights", flight, "--telemetry", "x.log", *out)
    assert "expected auto or seconds, found 'soon'" in refused(*files(flight), *out, "--clock-offset", "soon")
    assert "--telemetry-start" in refused(*files(flight), *out, "--telemetry-start", "soon")
    assert "needs a label" in refused("--frames", flight / "capture.pcap", *out, "--csv", tmp_path / "fused.csv")
    assert "ends with .parquet" in refused(*files(flight), "-o", tmp_path / "fused.txt")
    assert "found none" in refused("--flights", tmp_path, *out)
    run(*files(flight), *out)
    again = ["--frames", tmp_path / "fused.parquet", "-o", tmp_path / "again.parquet"]
    assert "telemetry beside them already" in refused(*again)


def test_a_log_that_counts_from_its_own_start_is_given_one(flight: Path, tmp_path: Path) -> None:
    start = FlightSpec.start_s
    log = (flight / "telemetry.log").read_text().splitlines()
    own = [f"{int(line[:10]) - start}{line[10:]}" for line in log]
    (tmp_path / "own.log").write_text("\n".join(own) + "\n")
    words = ["--frames", flight / "capture.pcap", "--telemetry", tmp_path / "own.log", "-o", tmp_path / "own.parquet"]
    refused(*words)
    run(*words, "--telemetry-start", start)
    run(*files(flight)[:4], "-o", tmp_path / "fused.parquet")
    assert read_table(tmp_path / "own.parquet").frame.equals(read_table(tmp_path / "fused.parquet").frame)
