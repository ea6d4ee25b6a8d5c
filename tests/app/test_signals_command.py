"""``yawstring signals``: the list, and signals of flights and tables on disk."""

import json
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from yawstring.app.cli import app
from yawstring.app.signals_page import markdown
from yawstring.edge.files import read_table
from yawstring.edge.simulations import read_scenario, write_flights
from yawstring.errors import OptionError, TableError
from yawstring.schema import CLASSES, SIGNALS
from yawstring.table.signals import SignalOptions

ROOT = Path(__file__).resolve().parents[2]


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["signals", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flights") / "two"
    changes = ("duration_s=6", "attack.onset_s=2", "attack.length_s=3", "traffic.video_mbit_s=0.3")
    scenarios = [read_scenario(name, changes=changes) for name in ("mdk4-deauth", "benign-wpa2")]
    write_flights(scenarios, 5, 2, folder)
    return folder


def test_every_signal_is_listed_with_what_a_person_needs() -> None:
    listed = json.loads(run("--json"))["signals"]
    assert [one["name"] for one in listed] == [one.name for one in SIGNALS]
    printed = run()
    for one in SIGNALS:
        assert one.name in printed
        assert one.meaning
        assert one.source
        assert set(one.shows) <= set(CLASSES[1:])
        assert 0 <= one.memory_s < 1e4


def test_the_page_of_signals_is_current() -> None:
    page = (ROOT / "docs" / "reference" / "signals.md").read_text()
    assert page == markdown(), "run: python -m yawstring.app.signals_page > docs/reference/signals.md"


def test_flights_give_a_table_that_can_be_trained_on(flights: Path, tmp_path: Path) -> None:
    told = json.loads(run("--flights", str(flights), "-o", str(tmp_path / "s.parquet"), "--every", "0.5", "--json"))
    table = read_table(tmp_path / "s.parquet")
    assert told["rows"] == len(table)
    assert table.frame["recording"].unique().to_list() == [0, 1]
    assert table.signals == SignalOptions(every_s=0.5, warm_up_s=2.0)
    gaps = table.frame.select(pl.col("time_ns").diff().over("recording")).drop_nulls().to_series()
    assert set(gaps) == {500_000_000}
    assert set(table.frame["class"]) == {"benign", "dos"}


def test_a_fused_file_gives_the_same_as_the_flights(flights: Path, tmp_path: Path) -> None:
    fused, one, two = (str(tmp_path / name) for name in ("fused.parquet", "one.parquet", "two.parquet"))
    done = CliRunner().invoke(app, ["fuse", "--flights", str(flights), "-o", fused], catch_exceptions=False)
    assert done.exit_code == 0
    run("--flights", str(flights), "-o", one)
    run(fused, "-o", two)
    assert read_table(Path(one)).frame.equals(read_table(Path(two)).frame, null_equal=True)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("-o", "x.parquet"), "expected a TABLE"),
        (("nowhere.parquet",), "--output"),
        (("nowhere.parquet", "-o", "x.parquet", "--every", "now"), "signals: expected seconds or frame"),
        (("nowhere.parquet", "-o", "x.parquet", "--every", "0"), "every 0.001 to 3600 s"),
        (("nowhere.parquet", "-o", "x.parquet", "--drone", "tello"), "--drone: expected an address"),
        (("nowhere.parquet", "-o", "x.parquet"), "found none of that name"),
    ],
)
def test_what_cannot_be_used_is_refused(words: tuple[str, ...], told: str) -> None:
    with pytest.raises((OptionError, TableError), match=told):
        CliRunner().invoke(app, ["signals", *words], catch_exceptions=False)
