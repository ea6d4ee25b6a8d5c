"""The benchmark on TLM:UAV telemetry: within its episodes only, beside a control that can give it away."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import f1_score

from yawstring.app.benchmark import tlm
from yawstring.app.benchmark.tlm_page import section
from yawstring.edge.files import read_table
from yawstring.errors import TableError
from yawstring.models.majority import Majority
from yawstring.models.trees import Forest
from yawstring.table.corpora import Table

FOREST = tlm.Contender(name="forest", family=Forest(trees=20))


def flight(*, attack: float, stretch: float) -> Table:
    """Eight stretches of 150 rows, ordinary and attacked in turn, of measurements that lean with either or neither."""
    rng = np.random.default_rng(3)
    number = np.repeat(np.arange(8), 150)
    label = np.where(number % 2 == 0, 0, (number + 1) // 2)
    columns = {name: rng.normal(size=len(number)) for name in tlm.MEASURES}
    columns["Roll"] = columns["Roll"] + attack * label
    columns["MagX"] = columns["MagX"] + stretch * number
    frame = pl.DataFrame({"timestamp": np.arange(len(number)), **columns, "labels": label})
    return Table(frame=frame, layout="unknown", capture="made up", modality="physical", digest="0" * 64)


def test_stretches_are_runs_of_one_label_and_the_clock_is_left_out() -> None:
    frame = tlm.stretches(flight(attack=0, stretch=0))
    assert frame["recording"].to_list() == np.repeat(np.arange(8), 150).tolist()
    assert frame["class"].unique(maintain_order=True).to_list() == ["benign", *(f"attack {n}" for n in range(1, 5))]
    assert "timestamp" not in frame.columns
    assert tlm.ordinary(frame)["class"].n_unique() == 4


@pytest.mark.parametrize(("attack", "stretch"), [(9.0, 0.0), (0.0, 9.0)])
def test_the_control_tells_an_attack_from_the_minute_it_was_flown_in(attack: float, stretch: float) -> None:
    frame = tlm.stretches(flight(attack=attack, stretch=stretch))
    found = tlm.measured(frame, FOREST, 1)
    control = tlm.measured(tlm.ordinary(frame), FOREST, 1)
    assert found.classes > 0.75  # in either case, and only the control says which it is
    assert found.binary > 0.75
    assert control.classes > 0.75 if stretch else control.classes < 0.4


def test_a_forest_is_worth_what_scikit_learn_says() -> None:
    frame = tlm.stretches(flight(attack=1.0, stretch=0.0))
    edges = np.tile(np.arange(150) < 120, 8)
    values, truth = frame.select(tlm.MEASURES).to_numpy().astype(np.float32), frame["class"].to_numpy()
    grown = RandomForestClassifier(20, random_state=1).fit(values[edges], truth[edges])
    expected = f1_score(truth[~edges], grown.predict(values[~edges]), average="macro")
    assert tlm.measured(frame, FOREST, 1).classes == pytest.approx(expected, abs=0.05)


def test_every_result_is_told_and_the_page_says_what_the_control_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tlm, "CONTENDERS", (FOREST, tlm.Contender(name="majority", family=Majority())))
    told: list[str] = []
    found = list(tlm.results(flight(attack=0.5, stretch=9.0), (1, 2), told.append))
    assert len(told) == len(found) == 2
    page = "\n".join(section(found, file="a.csv", digest="0" * 64, seeds=2))
    assert "| majority | 0." in page
    assert "Best is forest, 0." in page
    assert "it tells stretches of ordinary flight apart better than attacks" in page
    assert "What it does not show: that an attack would be found." in page


def test_another_table_is_refused() -> None:
    table = flight(attack=0, stretch=0)
    lacking = Table(frame=table.frame.drop("MagY"), layout="unknown", capture="x", modality="physical", digest="0" * 64)
    with pytest.raises(TableError, match="no column 'MagY'"):
        tlm.stretches(lacking)


def test_on_the_corpus_ordinary_stretches_are_told_apart_better_than_attacks(tlm_uav: Path) -> None:
    frame = tlm.stretches(read_table(tlm_uav))
    assert frame["class"].value_counts(sort=True)["count"].to_list() == [6567, 1863, 1823, 1449, 551]
    assert tlm.measured(tlm.ordinary(frame), FOREST, 1).classes > tlm.measured(frame, FOREST, 1).classes
