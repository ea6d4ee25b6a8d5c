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


PAIR = """
from typing import NamedTuple
class {name}(NamedTuple):
    left: int
    right: int
"""

ADDED = """
from {module} import {name} as Pair
from yawstring.compiled import compiled

@compiled
def added(pair):
    return pair.left + pair.right

print(added(Pair(3, 4)), sum(added.stats.cache_hits.values()))
"""


def test_what_was_kept_for_a_type_that_is_gone_is_compiled_anew(run, tmp_path: Path) -> None:
    for module, name in (("pairs", "Pair"), ("pairs", "Both"), ("couples", "Both")):
        for old in tmp_path.glob("*s.py"):
            old.unlink()
        (tmp_path / f"{module}.py").write_text(PAIR.format(name=name))
        (tmp_path / "whole.py").write_text(ADDED.format(module=module, name=name))
        os.utime(tmp_path / "whole.py", ns=(1, 1))  # its own file looks as it did, so that the same index is read
        assert run() == ["7", "0"]
        assert run() == ["7", "1"]
