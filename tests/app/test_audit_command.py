"""``yawstring audit``: sentences, JSON and a page."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from support.fused import FusedSpec, write_fused
from yawstring.app.cli import app
from yawstring.errors import OptionError


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("audit") / "fused.csv"
    write_fused(path, FusedSpec(rows=900, seed=3))
    return path


def run(*words: str) -> str:
    done = CliRunner().invoke(app, ["audit", *words, "--trees", "5"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("page") / "audit.html"


@pytest.fixture(scope="module")
def told(table: Path, page: Path) -> str:
    """What ``--json`` prints where a page is written, too."""
    return run(str(table), "--json", "-o", str(page))


def test_sentences_json_and_page_say_the_same(table: Path, told: str, page: Path) -> None:
    said = [line.removeprefix("- ") for line in run(str(table)).splitlines() if line.startswith("- ")]
    found = json.loads(told)
    assert found["sentences"] == said
    assert len(said) > 5
    assert {one["split"] for one in found["decay"]} >= {"random", "time", "recording", "runs of 500"}
    text = page.read_text()
    assert not re.search(r"(?:src|href)=.?(?:http|//)", text)
    assert "In plain words" in text


def test_the_same_seed_says_the_same(table: Path, told: str) -> None:
    assert run(str(table), "--json") == told
    assert run(str(table), "--json", "--seed", "4") != told


def test_a_page_that_cannot_be_written_is_refused_before_the_work(table: Path, tmp_path: Path) -> None:
    for name, told in (("audit.pdf", "ends with .html"), ("nowhere/audit.html", "make it first")):
        with pytest.raises(OptionError, match=told):
            CliRunner().invoke(app, ["audit", str(table), "-o", str(tmp_path / name)], catch_exceptions=False)
