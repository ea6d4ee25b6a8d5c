"""Where the measures of a group go in its rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.schema.signals import Signal
from yawstring.table.signals.tallies import RATE


class Fractions(NamedTuple):
    """Measures that are one fading count over another, or a second.

    Attributes:
        of: ``int64[fraction, 2]``, the count above and the one below, or :data:`~yawstring.table.signals.tallies.RATE`.
        columns: ``int64[fraction]``, where the first horizon of each goes.
    """

    of: NDArray[np.int64]
    columns: NDArray[np.int64]


def fractions_of(
    signals: Sequence[Signal], area: str, lanes: Iterable[str], counts: int, measures: Mapping[str, tuple[int, int]]
) -> Fractions:
    """The same fractions for each lane; lane ``n`` has its counts from ``n * counts`` on.

    Args:
        signals: The group's.
        area: What their names start with.
        lanes: Short names, in the order of their counts.
        counts: How many a lane has.
        measures: For each name, the count above and the one below.
    """
    names, of = [], []
    for lane, name in enumerate(lanes):
        for measure, (above, below) in measures.items():
            names.append(f"{area}_{name}_{measure}")
            of.append((lane * counts + above, RATE if below == RATE else lane * counts + below))
    return Fractions(np.array(of, np.int64), columns_of(signals, names))


def columns_of(signals: Sequence[Signal], names: Iterable[str]) -> NDArray[np.int64]:
    """``int64[name]``: the first column whose name is this one, or this one with a horizon after it.

    Example:
        >>> from yawstring.schema.signals.air import AIR_SIGNALS
        >>> columns_of(AIR_SIGNALS, ["air_frames"]).tolist()
        [0]
    """
    stems = [signal.name.rpartition("_")[0] for signal in signals]
    full = [signal.name for signal in signals]
    return np.array([stems.index(name) if name in stems else full.index(name) for name in names], np.int64)
