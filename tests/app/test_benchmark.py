"""``yawstring benchmark``: the T-ITS corpus, whole recordings held out, and an aim that can be missed."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from support import recorded
from yawstring.app.benchmark import tits, tits_choice
from yawstring.app.benchmark.folds import Fold
from yawstring.app.benchmark.tits_folds import CLASSES, FOLDS, SIGNALS, Corpus, fold_of
from yawstring.app.cli import app
from yawstring.edge.files import read_table
from yawstring.errors import OptionError
from yawstring.learn.measured import split_rows
from yawstring.schema import LABEL_DISPUTED, RECORDING, features
from yawstring.table.corpora import Table
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec

FOLD = SplitSpec(folds=FOLDS, fold=1, validation=0, seed=1)
GRID = tits_choice.GRID[:2]


@pytest.fixture(scope="module")
def corpus(three_attack_cyber: Path) -> Corpus:
    return Corpus.of(read_table(three_attack_cyber))


@pytest.fixture(scope="module")
def little() -> Table:
    table = recorded.table(rows=60)
    return replace(table, frame=table.frame.with_columns(pl.lit(False).alias(LABEL_DISPUTED)))


def undisputed(corpus: Corpus) -> np.ndarray:
    return ~corpus.frames.frame[LABEL_DISPUTED].to_numpy()


def test_signals_hold_on_recordings_that_were_not_seen(corpus: Corpus) -> None:
    best, columns = (
        next(one for one in tits.CONTENDERS if one.name == name)
        for name in ("extra trees on signals", "forest on columns, single rows")
    )
    found, plain = (tits.folds(corpus, one, (1,), undisputed(corpus), "recordings") for one in (best, columns))
    assert found.classes[0] > plain.classes[0] + 0.1
    assert found.classes[0] > 0.96
    assert found.binary[0] > 0.96
    assert 0.9 < found.scored < 1


def test_signals_measured_once_are_those_measured_anew_in_every_part(corpus: Corpus) -> None:
    keep = undisputed(corpus)
    made = fold_of(corpus, FOLD, keep, signals=SIGNALS, rows=30)
    frame, split = split_rows(corpus.frames, FOLD, WindowSpec(length=30), SIGNALS, lambda _: keep)
    anew = Fold.of(frame, split, features(frame.columns), CLASSES, signals=SIGNALS)
    for one, other in ((made.train, anew.train), (made.test, anew.test)):
        assert one.frame.equals(other.frame)
        np.testing.assert_array_equal(one.starts, other.starts)
        np.testing.assert_array_equal(one.truth, other.truth)


def test_a_choice_sees_nothing_of_the_recordings_that_its_fold_tests(corpus: Corpus) -> None:
    keep = undisputed(corpus)
    learnt = tits_choice.learnt_rows(corpus, FOLD, keep)
    tested = keep & ~learnt
    recording = corpus.frames.frame[RECORDING].to_numpy()
    assert not set(recording[learnt]) & set(recording[tested])
    # Every signal and label of the tested recordings is another, and the choice is the same to the last bit.
    planted = pl.when(pl.Series(tested))
    names = features(corpus.signals.columns)
    spoilt = corpus.signals.with_columns(
        *(planted.then(pl.lit(1.0)).otherwise(pl.col(name)).alias(name) for name in names),
        planted.then(pl.lit("replay")).otherwise(pl.col("class")).alias("class"),
    )
    honest = tits_choice.choose(corpus, FOLD, 1, keep, GRID)
    assert tits_choice.choose(replace(corpus, signals=spoilt), FOLD, 1, keep, GRID) == honest
    assert 0.9 < honest.macro_f1 < 1


def test_the_best_of_the_grid_is_chosen_in_every_fold(little: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus, keep = Corpus.of(little), np.ones(len(little), np.bool_)
    monkeypatch.setattr(tits, "choose", partial(tits_choice.choose, grid=GRID))
    told: list[str] = []
    found = tits.chosen(corpus, (1,), keep, "recordings", told.append)
    assert len(told) == len(found.chosen) == 1
    assert len(found.chosen[0]) == FOLDS
    assert 0.5 < found.scored < 1  # 19 or 29 of the 60 rows of each recording come before a window is full
    alone = [tits_choice.choose(corpus, FOLD, 1, keep, (one,)) for one in GRID]
    assert found.chosen[0][FOLD.fold] == max(alone, key=lambda one: one.macro_f1)


@pytest.mark.parametrize(("value", "word"), [(0.98, "met"), (0.96, "**missed**")])
def test_the_page_says_what_was_found(
    value: float, word: str, three_attack_cyber: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pick = tits_choice.Choice(family="forest", leaf=3, rows=20, macro_f1=0.97531)

    def results(*_: object) -> Iterator[tits.Result]:
        yield tits.Result(
            name="a detector", how="recordings", classes=(value,), binary=(value,), scored=0.9, chosen=((pick,) * 4,)
        )

    monkeypatch.setattr(tits, "results", results)
    words = ["benchmark", "--data", str(three_attack_cyber.parents[1]), "-o", str(tmp_path / "detection.md"), "--json"]
    words += ["--only", "tits"]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    told = json.loads(done.stdout)["tits"]["results"][0]
    assert told["classes"] == [value]
    assert told["chosen"][0][0] == {"family": "forest", "leaf": 3, "rows": 20, "macro_f1": 0.97531}
    page = (tmp_path / "detection.md").read_text()
    assert "| a detector | recordings | 90% |" in page
    assert f"{value:.4f}, {word}" in page
    assert f"| 1 |{' forest, leaf 3, 20 rows (0.975) |' * 4}" in page
    assert "What it does not show" in page


@pytest.mark.parametrize("part", ["tits", "tlm", "aircrack"])
@pytest.mark.parametrize(("words", "message"), [(["--data", "{}"], "found no such file"), ([], "give --data DIR")])
def test_a_benchmark_without_its_data_is_refused(part: str, words: list[str], message: str, tmp_path: Path) -> None:
    given = [word.format(tmp_path) for word in words]
    with pytest.raises(OptionError, match=message):
        CliRunner().invoke(app, ["benchmark", "--only", part, *given], catch_exceptions=False)
