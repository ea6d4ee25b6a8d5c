"""``yawstring benchmark``: the T-ITS corpus, whole recordings held out, and an aim that can be missed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yawstring.app.benchmark import tits
from yawstring.app.cli import app
from yawstring.edge.files import read_table
from yawstring.errors import OptionError


def test_signals_hold_on_recordings_that_were_not_seen(three_attack_cyber: Path) -> None:
    table = read_table(three_attack_cyber)
    keep = ~table.frame["label_disputed"].to_numpy()
    best, columns = (
        next(one for one in tits.CONTENDERS if one.name == name)
        for name in ("extra trees on signals", "forest on columns, single rows")
    )
    found, plain = (tits.folds(table, one, (1,), keep, "recordings") for one in (best, columns))
    assert found.classes[0] > plain.classes[0] + 0.1
    assert found.classes[0] > 0.96
    assert found.binary[0] > 0.96
    assert 0.9 < found.scored < 1


@pytest.mark.parametrize(("value", "word"), [(0.98, "met"), (0.96, "**missed**")])
def test_the_page_says_what_was_found(
    value: float, word: str, three_attack_cyber: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def results(*_: object) -> Iterator[tits.Result]:
        yield tits.Result(name="a detector", how="recordings", classes=(value,), binary=(value,), scored=0.9)

    monkeypatch.setattr(tits, "results", results)
    words = ["benchmark", "--data", str(three_attack_cyber.parents[1]), "-o", str(tmp_path / "detection.md"), "--json"]
    words += ["--only", "tits"]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert json.loads(done.stdout)["tits"]["results"][0]["classes"] == [value]
    page = (tmp_path / "detection.md").read_text()
    assert "| a detector | recordings | 90% |" in page
    assert f"{value:.4f}, {word}" in page
    assert "What it does not show" in page


@pytest.mark.parametrize(("words", "message"), [(["--data", "{}"], "found no such file"), ([], "give --data DIR")])
def test_a_benchmark_without_the_corpus_is_refused(words: list[str], message: str, tmp_path: Path) -> None:
    given = [word.format(tmp_path) for word in words]
    with pytest.raises(OptionError, match=message):
        CliRunner().invoke(app, ["benchmark", *given], catch_exceptions=False)
