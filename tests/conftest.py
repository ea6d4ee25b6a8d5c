"""Fixtures for every test, and the rule that nothing may skip in CI."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.gpu import NO_GPU

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"

NO_SKIP = "YAWSTRING_NO_SKIP"
"""Set (to anything) in CI: a test that would skip for a missing tool or file fails instead."""


def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo) -> None:
    if call.excinfo is not None and call.excinfo.errisinstance(pytest.skip.Exception) and os.environ.get(NO_SKIP):
        reason = str(call.excinfo.value)
        if reason.startswith(NO_GPU):
            return
        refused = AssertionError(f"skipped where no test may skip: {reason}").with_traceback(call.excinfo.tb)
        call.excinfo = pytest.ExceptionInfo.from_exception(refused)


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before pytest-xdist starts workers for a whole folder, compile once what each of them would compile again."""
    config = session.config
    starts_workers = bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")
    if starts_workers and any(Path(argument).is_dir() for argument in config.args):
        from support.warm import warm

        warm()


def shared(relative: str) -> Path:
    """Path of a file of the real data, or a skip that says which file is missing."""
    path = SHARED_DATA / relative
    if not path.exists():
        pytest.skip(f"real data not found: {path}")
    return path


@pytest.fixture(scope="session")
def three_attack_cyber() -> Path:
    """The T-ITS table of one header: 33,102 rows, benign, DoS and replay."""
    return shared("tits/three_attack_cyber.csv")


@pytest.fixture(scope="session")
def ten_blocks() -> Path:
    """The stacked T-ITS excerpt: ten blocks, five schemas. A loader fixture, never evaluation data."""
    return shared("tits/excerpt_ten_blocks.csv")


@pytest.fixture(scope="session")
def tlm_uav() -> Path:
    """Telemetry of TLM:UAV: 12,253 rows, four attacks, each one unbroken episode."""
    return shared("tlm_uav/Fusion_Data.csv")


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of real captures: sound ones, malformed ones, drones that say who they are."""
    return shared("captures")


@pytest.fixture(scope="session")
def tshark() -> str:
    """Path of tshark, the oracle of the decoder."""
    program = shutil.which("tshark")
    if program is None:
        pytest.skip("tshark not found: the decoder is compared with it (Debian: apt install tshark)")
    return program


@pytest.fixture(scope="session")
def tello_logs() -> list[Path]:
    """Two real flights of a Tello, a column a field, one row a second."""
    return sorted(shared("tello").glob("telemetry_log_*.csv"))


@pytest.fixture(scope="session")
def ulog() -> Path:
    """A real flight log of PX4."""
    return shared("px4/sample_log_small.ulg")


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[None]:
    """Keep what the tests compile out of the user's cache; the workers of a session and their processes share it."""
    base = tmp_path_factory.getbasetemp()
    home = (base.parent if hasattr(pytestconfig, "workerinput") else base) / "cache"
    programs = home / "yawstring" / "compiled"
    programs.mkdir(mode=0o700, parents=True, exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(home))
        patch.setenv("JAX_COMPILATION_CACHE_DIR", str(programs))
        patch.setenv("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")
        if "jax" in sys.modules:  # it has read its variables
            from yawstring.models.engine.runtime import use_compilation_cache

            use_compilation_cache(programs)
        yield
