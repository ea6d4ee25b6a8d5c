"""Kept machine code is never older than the sources it came from."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PART = """
from yawstring.compiled import compiled_part
FACTOR = {factor}

@compiled_part
def scaled(value):
    return FACTOR * value
"""

WHOLE = """
from part import scaled
from yawstring.compiled import compiled

@compiled
def total(count):
    out = 0
    for value in range(count):
        out += scaled(value)
    return out

print(total(5), sum(total.stats.cache_hits.values()))
"""


@pytest.fixture
def run(tmp_path: Path):
    def inner() -> list[str]:
        words = [sys.executable, "-B", str(tmp_path / "whole.py")]
        place = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kept")}
        return subprocess.run(words, capture_output=True, text=True, check=True, env=place).stdout.split()

    (tmp_path / "whole.py").write_text(WHOLE)
    return inner


def test_machine_code_is_kept_until_a_part_in_another_file_changes(run, tmp_path: Path) -> None:
    (tmp_path / "part.py").write_text(PART.format(factor=1))
    assert run() == ["10", "0"]
    assert run() == ["10", "1"]
    (tmp_path / "part.py").write_text(PART.format(factor=1000))
    assert run() == ["10000", "0"]
