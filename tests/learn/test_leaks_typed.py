"""The type checker refuses what the run time refuses: a part in the wrong place."""

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import polars as pl

from yawstring.learn import parts
from yawstring.learn.candidates import judge_candidate
from yawstring.learn.choosing import ChoosingOptions
from yawstring.learn.recipe import Recipe
from yawstring.models.base import Family, Fitted
from yawstring.table.parts import TestPart, TrainPart, ValidationPart
from yawstring.table.scale import Encoder

def use(family: Family, fitted: Fitted, learn: TrainPart, choose: ValidationPart, test: TestPart, made: Recipe) -> None:
    Encoder.fit(learn)
    parts.fit(family, learn, choose, recipe=made, seed=1)
    parts.choose_threshold(fitted, choose, made)
    Encoder.fit(choose)  # refused
    Encoder.fit(test)  # refused
    parts.fit(family, test, None, recipe=made, seed=1)  # refused
    parts.fit(family, choose, None, recipe=made, seed=1)  # refused
    parts.fit(family, learn, test, recipe=made, seed=1)  # refused
    parts.fit(family, learn, learn, recipe=made, seed=1)  # refused
    parts.choose_threshold(fitted, test, made)  # refused
    parts.choose_threshold(fitted, learn, made)  # refused
    judge_candidate(fitted, pl.DataFrame(), choose, made, ChoosingOptions())
    judge_candidate(fitted, pl.DataFrame(), test, made, ChoosingOptions())  # refused
"""


def test_mypy_refuses_each_leak_and_nothing_else(tmp_path, monkeypatch):
    api = pytest.importorskip("mypy.api", reason="the type checker comes with the extra 'check'")
    program = tmp_path / "leaks.py"
    program.write_text(PROGRAM)
    monkeypatch.chdir(ROOT)  # its settings, and its cache where there is one
    out, err, _ = api.run(["--strict", str(program)])
    assert not err
    refused = {int(line.split(":")[1]) for line in out.splitlines() if "[arg-type]" in line}
    expected = {number for number, line in enumerate(PROGRAM.split("\n"), 1) if line.endswith("# refused")}
    assert refused == expected
    assert out.count("error:") == len(expected)
