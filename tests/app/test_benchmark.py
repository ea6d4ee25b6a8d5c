"""``yawstring benchmark``: the T-ITS corpus, whole recordings held out, and an aim that can be missed."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yawstring.app.cli import app
from yawstring.errors import OptionError


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["benchmark", *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


def test_signals_hold_on_recordings_that_were_not_seen(three_attack_cyber: Path, tmp_path: Path) -> None:
    data = three_attack_cyber.parents[1]
    found = json.loads(run("--data", str(data), "--seeds", "1", "-o", str(tmp_path / "detection.md"), "--json"))["tits"]
    figures = {(one["name"], one["how"].split(",")[0]): one for one in found}
    best = figures["extra trees on signals", "recordings"]
    assert best["classes"][0] > figures["forest on columns, single rows", "recordings"]["classes"][0] + 0.1
    assert best["classes"][0] > 0.96
    assert best["binary"][0] > 0.96
    assert figures["the same, every row scored", "recordings"]["scored"] == 1
    page = (tmp_path / "detection.md").read_text()
    assert all(one["name"] in page for one in found)
    assert "What it does not show" in page


def test_a_folder_without_the_corpus_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="found no such file"):
        CliRunner().invoke(app, ["benchmark", "--data", str(tmp_path)], catch_exceptions=False)
