"""Kept machine code is never older than the sources it came from, and what counts no holders makes no arrays."""

import os
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import get_type_hints

import numpy as np
import pytest
from numba.core.dispatcher import Dispatcher
from numba.core.errors import NumbaError

import yawstring.wire
from support.octets import pcap
from yawstring.wire.decoder import decode
from yawstring.wire.frames import read_frames
from yawstring.wire.records import scan_records

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


LENT = """
import numpy as np
from yawstring.compiled import {mark}

@{mark}
def inner(values):
    {body}

{outer}
"""


@pytest.mark.parametrize("mark", ["compiled_lent", "compiled_lent_part", "compiled_within"])
@pytest.mark.parametrize(
    "body",
    [
        "return np.empty(3, np.int64).size",
        "return np.zeros(values.size, np.int64)[0]",
        "return values.copy()[0]",
        "return (values + 1)[0]",
        "return len([values[0]])",
    ],
)
def test_a_loop_without_counting_makes_no_array(
    mark: str, body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it made would never be given back: nobody counts its holders."""
    outer = "from yawstring.compiled import compiled_lent\n@compiled_lent\ndef outer(values):\n    return inner(values)"
    name = f"lent_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text(LENT.format(mark=mark, body=body, outer=outer))
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("numba.config.CACHE_DIR", str(tmp_path / "kept"))
    with pytest.raises(NumbaError):
        import_module(name).outer(np.arange(4))


def dispatchers() -> dict[str, Dispatcher]:
    """Every compiled function of ``wire`` by its name."""
    modules = [import_module(f"yawstring.wire.{found.name}") for found in iter_modules(yawstring.wire.__path__)]
    members = [(f"{module.__name__}.{name}", value) for module in modules for name, value in vars(module).items()]
    return {name: value for name, value in members if isinstance(value, Dispatcher)}


def test_what_does_not_count_gives_back_no_array() -> None:
    lent = {name: one.py_func for name, one in dispatchers().items() if one.targetoptions.get("_nrt") is False}
    assert len(lent) > 60
    given = {name: str(get_type_hints(function)["return"]) for name, function in lent.items()}
    assert {name: back for name, back in given.items() if "ndarray" in back.lower()} == {}


def test_the_decoders_loops_count_nothing() -> None:
    """Neither, with all that is put into it, calls the part of Numba that makes arrays and counts their holders."""
    decode(pcap([b"\xd4\x00\x00\x00" + bytes(6)]))
    for loop in (read_frames, scan_records):
        kept = loop._cache._cache_file
        codes = [(Path(kept._cache_path) / name).read_bytes() for name in kept._load_index().values()]
        assert codes
        assert all(loop.__name__.encode() in code for code in codes)
        assert re.findall(rb"NRT_\w+", b"".join(codes)) == []
