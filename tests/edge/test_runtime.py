"""Compiled programs are kept between processes, and only where nobody else may write."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from yawstring.edge.runtime import cache_folder, ready_training

TRAIN = """
import numpy as np
from yawstring.edge.runtime import ready_training
from yawstring.models.base import Windows
from yawstring.models.recurrent import LSTM
assert ready_training() is None
rows = np.random.default_rng(0).random((64, 3), dtype=np.float32)
windows = Windows(rows=rows, starts=np.arange(60), length=5, labels=np.arange(60) % 2)
LSTM(units=4, dense=(), epochs=1).fit(windows, classes=2, seed=1)
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_a_second_process_compiles_nothing_new(home: Path) -> None:
    def programs() -> set[str]:
        subprocess.run([sys.executable, "-c", TRAIN], check=True)
        return {path.name for path in cache_folder().iterdir() if not path.name.endswith("-atime")}

    first = programs()
    assert first
    assert programs() == first


def test_the_folder_is_the_users_alone(home: Path) -> None:
    assert ready_training() is None
    assert cache_folder() == home / "yawstring" / "compiled"
    assert cache_folder().stat().st_mode & 0o077 == 0


def test_a_folder_others_may_write_to_is_not_used(home: Path) -> None:
    cache_folder().mkdir(parents=True)
    cache_folder().chmod(0o777)
    assert "others may write" in (ready_training() or "")


def test_a_folder_that_cannot_be_made_is_named(home: Path) -> None:
    (home / "yawstring").write_text("in the way")
    assert str(cache_folder()) in (ready_training() or "")


@pytest.mark.parametrize("value", ["", "relative/folder"])
def test_a_variable_that_is_no_absolute_path_is_ignored(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert cache_folder() == Path(os.path.expanduser("~")) / ".cache" / "yawstring" / "compiled"


LOOPS = """
import sys
from yawstring.edge.runtime import ready_loops
ready_loops()
from yawstring.wire.decoder import decode
decode(b"")
print("scipy.linalg" in sys.modules)
import scipy.linalg.cython_blas
"""


def test_loops_start_without_scipy_and_leave_it_to_others() -> None:
    done = subprocess.run([sys.executable, "-c", LOOPS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False"]


@pytest.mark.parametrize("collecting", [True, False])
def test_the_collector_of_cycles_is_left_as_it_was_found(home: Path, collecting: bool) -> None:
    code = f"""
import gc
(gc.enable if {collecting} else gc.disable)()
from yawstring.edge.runtime import ready_loops, ready_training
before = len(gc.get_objects())
ready_training(), ready_loops()
assert gc.isenabled() is {collecting}
assert gc.get_freeze_count() > before
"""
    subprocess.run([sys.executable, "-c", code], check=True)
