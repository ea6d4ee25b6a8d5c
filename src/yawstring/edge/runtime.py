"""Readies the process: for training, devices of JAX and compiled programs kept for the next run; for loops, Numba.

Programs are kept in ``$XDG_CACHE_HOME/yawstring/compiled`` (``~/.cache`` where the variable is not set; XDG Base
Directory Specification). They are machine code that a later run will load, so the folder is used only while it is the
user's own and nobody else may write to it. It may be deleted at any time.
"""

import os
import stat
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import NamedTuple, cast

from yawstring.errors import MissingExtraError

BLAS = "scipy.linalg.cython_blas"
"""Where Numba looks for a BLAS."""

OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


class Ready(NamedTuple):
    """How training runs in this process.

    Attributes:
        devices: Devices of JAX that a fit may share its batches between.
        note: Why compiled programs are not kept, or ``None`` where they are. Training works either way.
    """

    devices: int
    note: str | None


def ready_training(devices: int = 1) -> Ready:
    """Settle how JAX runs in this process; call it once, before anything is fitted.

    Args:
        devices: Devices wanted.

    Raises:
        MissingExtraError: JAX is not installed.
    """
    try:
        from yawstring.models.engine.runtime import use_compilation_cache, use_devices
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "jax", extra="train", needed_for="training a network") from error
    there = use_devices(devices)
    folder = cache_folder()
    if reason := _unusable(folder):
        return Ready(there, f"compiled programs are not kept, so every run compiles anew: {reason}")
    use_compilation_cache(folder)
    return Ready(there, None)


def cache_folder() -> Path:
    """Where compiled programs are kept."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    root = Path(base) if Path(base).is_absolute() else Path.home() / ".cache"
    return root / "yawstring" / "compiled"


def _unusable(folder: Path) -> str | None:
    """Why programs cannot be kept in ``folder``, which is made if it is not there."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError as error:
        return f"{folder}: {error.strerror}"
    if status.st_uid != os.geteuid() or status.st_mode & OTHERS_MAY_WRITE:
        return f"{folder} belongs to another user, or others may write to it"
    return None


def ready_loops() -> None:
    """Load what compiled loops need, once, without the BLAS that Numba looks for and no loop of ours uses.

    Loading SciPy for it takes a sixth of a second of every start. Whoever imports SciPy afterwards gets it.
    """
    modules = cast("dict[str, ModuleType | None]", sys.modules)
    if BLAS in modules:
        return
    modules[BLAS] = None
    try:
        import_module("numba.np.arraymath")
    finally:
        del modules[BLAS]
