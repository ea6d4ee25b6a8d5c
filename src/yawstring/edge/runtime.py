"""Readies the process: for training, one thread of JAX and compiled programs kept for the next run; for loops, Numba.

Programs are kept in ``$XDG_CACHE_HOME/yawstring/compiled`` (``~/.cache`` where the variable is not set; XDG Base
Directory Specification). They are machine code that a later run will load, so the folder is used only while it is the
user's own and nobody else may write to it. It may be deleted at any time.
"""

import gc
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import cast

from yawstring.errors import MissingExtraError

BLAS = "scipy.linalg.cython_blas"
"""Where Numba looks for a BLAS."""

OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH


def ready_training(needed_for: str = "training a network", *, workers: bool = False) -> str | None:
    """Settle how JAX runs in this process; call it once, before anything is fitted.

    Args:
        needed_for: What JAX is needed for, should it be missing.
        workers: Several threads of ours will train at once.

    Returns:
        Why compiled programs are not kept, or ``None`` where they are. Training works either way.

    Raises:
        MissingExtraError: JAX is not installed.
    """
    try:
        with _uncollected():
            from yawstring.models.engine.runtime import compute_in_caller, use_compilation_cache, use_one_thread
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "jax", extra="train", needed_for=needed_for) from error
    if workers:
        compute_in_caller()
    use_one_thread()
    folder = cache_folder()
    if reason := _unusable(folder):
        return f"compiled programs are not kept, so every run compiles anew: {reason}"
    use_compilation_cache(folder)
    return None


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
        with _uncollected():
            import_module("numba.np.arraymath")
    finally:
        del modules[BLAS]


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python's collector of cycles rest, and spare it for good what is there at the end.

    The classes and functions of a library stay as long as the process. Looking through them again and again takes a
    seventh of the time of importing JAX, and as much of tracing the first program.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was:
            gc.enable()
