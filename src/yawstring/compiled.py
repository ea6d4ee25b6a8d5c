"""The one way a loop is compiled: Numba, cached on disk, without the interpreter lock.

Loops over octets and frames are written as plain functions over NumPy arrays and marked with :func:`compiled`. A loop
checks its own bounds: Numba does not. ``NUMBA_BOUNDSCHECK=1`` in the environment makes it check too, for a test.
"""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

F = TypeVar("F", bound=Callable[..., object])

_PACKAGE = Path(__file__).parent
_BUILT_ON = {"watch": ("table", "wire")}
"""Other sub-packages whose parts the loops of one may call; ``wire`` for the rest."""

_KEEPING: dict[str, Any] = {"nogil": True, "fastmath": False}
_LENT: dict[str, Any] = {**_KEEPING, "_nrt": False}
_PART: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}


def compiled(function: F) -> F:
    """The function as machine code, compiled at its first call and kept on disk for the next process.

    Floating-point arithmetic keeps IEEE 754's order, so that the same input gives the same bits.

    Args:
        function: A function of the module's top level, of arrays and scalars.

    Example:
        >>> @compiled
        ... def doubled(count: int) -> int:
        ...     return 2 * count
        >>> doubled(21)
        42
    """
    return cast("F", numba.njit(**_KEEPING)(function) if _anonymous(function) else _cached(function, _KEEPING))


def compiled_lent(function: F) -> F:
    """As :func:`compiled`, for a loop that works in the arrays it is lent: it makes none and gives none back.

    Then nobody counts who holds which array: an atomic operation at every call of every part, which would take more
    time than the parts themselves.

    Args:
        function: A function of the module's top level, of arrays and scalars, that gives back a scalar or nothing.
    """
    return cast("F", numba.njit(**_LENT)(function) if _anonymous(function) else _cached(function, _LENT))


def compiled_part(function: F) -> F:
    """The function as machine code that only compiled functions call: those of its sub-package; one in ``wire``, any.

    It has no door for Python and is not kept by itself, only within those that call it: that is a quarter of the time
    it takes to compile. It may make arrays, slice them and give them back, for their holders are counted.

    Args:
        function: A function of the module's top level, of arrays and scalars.
    """
    return cast("F", numba.njit(**_KEEPING, **_PART)(function))


def compiled_lent_part(function: F) -> F:
    """As :func:`compiled_part`, for a part that works in the arrays it is lent, as :func:`compiled_lent` has it.

    It may be called from any compiled function. It may slice an array for its own use, but neither make one, which
    Numba refuses, nor give one back, which nothing refuses: its caller would let go of what nobody has counted.

    Args:
        function: A function of the module's top level, of arrays and scalars, that gives back scalars or nothing.
    """
    return cast("F", numba.njit(**_LENT, **_PART)(function))


def compiled_within(function: F) -> F:
    """As :func:`compiled_lent_part`, put into every place that calls it: for what every frame goes through.

    A call costs more than it seems, for an array is handed over as seven numbers. Each place takes its time to compile.

    Args:
        function: A function of the module's top level, of arrays and scalars, that gives back scalars or nothing.
    """
    return cast("F", numba.njit(**_LENT, **_PART, forceinline=True)(function))


def _cached(function: F, options: dict[str, Any]) -> object:
    dispatcher: Any = numba.njit(cache=True, **options)(function)
    # Numba takes kept machine code for stale when the function's own file has changed, but not when a function it calls
    # or a constant it uses has, in another file: those of its sub-package, and of the one that all others build on,
    # count here too.
    kept = dispatcher._cache._cache_file
    home = _sub_package(Path(function.__code__.co_filename))
    folders = {home, *(_PACKAGE / name for name in _BUILT_ON.get(home.name, ("wire",)))}
    own = Path(__file__).stat().st_mtime_ns
    kept._source_stamp = (kept._source_stamp, own, *(_sources(folder) for folder in sorted(folders)))
    kept._load_index = _stale_where_unreadable(kept._load_index)
    return cast("object", dispatcher)


def _stale_where_unreadable(load_index: Callable[[], dict[Any, str]]) -> Callable[[], dict[Any, str]]:
    """An index names the types of arguments beside the stamp; where one is gone from the sources, so is its worth."""

    def load() -> dict[Any, str]:
        try:
            return load_index()
        except (AttributeError, ImportError):
            return {}

    return load


def _sub_package(file: Path) -> Path:
    return _PACKAGE / file.relative_to(_PACKAGE).parts[0] if _PACKAGE in file.parent.parents else file.parent


@cache
def _sources(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Path, size and time of change of every source in a folder."""
    about = ((path, path.stat()) for path in sorted(folder.rglob("*.py")))
    return tuple((str(path.relative_to(folder)), stat.st_size, stat.st_mtime_ns) for path, stat in about)


def _anonymous(function: F) -> bool:
    """Whether no file holds the source (a doctest, the prompt): then there is nowhere to keep machine code."""
    return function.__code__.co_filename.startswith("<")
