"""What became of each feature over a window, as a few numbers: what trees over windows read.

The same statistics are made twice: by :func:`statistics` in NumPy, for fitting, and by :func:`statistics_nodes` inside
the ONNX graph, for scoring. Both add float32 to float32 in the order of time, so that both give the same numbers and
no window goes another way through a tree than it did in training. A missing value (NaN) is left out; a statistic of a
feature that is missing throughout the window is NaN itself.
"""

import numpy as np
from numpy.typing import NDArray

from yawstring.models.base import INPUT_NAME, Windows
from yawstring.models.nodes import INT64, Nodes

STATISTICS = ("last", "mean", "max", "min", "deviation", "change", "present")
"""Of the whole window, for each feature: ``last`` and first are those that are not missing, ``change`` is their
difference, ``deviation`` divides by the number of values there are, ``present`` is their share of the rows."""

RECENT_SHARE = 3
"""The recent part of a window is the last of so many equal parts, rounded up."""

RECENT_ROWS_MIN = 2
"""A recent part of a single row would say again what ``last`` says, and is left out."""

OUTPUT = "statistics"
"""Name of the value that :func:`statistics_nodes` makes."""

CHUNK = 2048
"""Windows worked on at once, so that intermediate arrays stay small."""


def statistic_names(length: int, *, recent: bool = False) -> tuple[str, ...]:
    """Names of a feature's statistics, in the order they stand in.

    Example:
        >>> statistic_names(5)
        ('last', 'mean', 'max', 'min', 'deviation', 'change', 'present')
        >>> statistic_names(5, recent=True)[7:]
        ('recent mean', 'recent max', 'recent min', 'recent deviation', 'recent change', 'recent present')
    """
    return STATISTICS + tuple(f"recent {name}" for name in STATISTICS[1:] if _recent_rows(length, recent))


def statistics(windows: Windows, *, recent: bool = False) -> NDArray[np.float32]:
    """The statistics of every window.

    Args:
        windows: Windows; NaN stands for a missing value.
        recent: Also those of the last third of the window, but for ``last``, which would be the same.

    Returns:
        ``float32[window, statistic × feature]``: the first statistic of every feature, then the second, and so on.

    Example:
        >>> windows = Windows(rows=np.array([[1], [np.nan], [4]], np.float32), starts=np.array([0]), length=3,
        ...                   labels=np.array([0]))
        >>> statistics(windows).tolist()
        [[4.0, 2.5, 4.0, 1.0, 1.5, 3.0, 0.6666666865348816]]
    """
    features = windows.rows.shape[1]
    recent_rows = _recent_rows(windows.length, recent)
    out = np.empty((len(windows), len(statistic_names(windows.length, recent=recent)) * features), np.float32)
    for first in range(0, len(windows), CHUNK):
        starts = windows.starts[first : first + CHUNK]
        parts = _of_rows(windows.rows, starts, windows.length)
        if recent_rows:
            parts += _of_rows(windows.rows, starts + windows.length - recent_rows, recent_rows)[1:]
        np.concatenate(parts, axis=1, out=out[first : first + CHUNK])
    return out


def statistics_nodes(length: int, *, recent: bool = False) -> Nodes:
    """Nodes that turn a graph's input into :data:`OUTPUT`, as :func:`statistics` does.

    Args:
        length: Rows in a window.
        recent: As for :func:`statistics`.

    Example:
        >>> made = statistics_nodes(3).nodes[-1]
        >>> made.op, made.outputs
        ('Flatten', ['statistics'])
    """
    nodes = Nodes()
    parts = _nodes_of_rows(nodes, INPUT_NAME, "whole/", length)
    if rows := _recent_rows(length, recent):
        ends = [nodes.constant("recent/from", [length - rows]), nodes.constant("recent/to", [length])]
        source = nodes.add("Slice", INPUT_NAME, *ends, nodes.constant("recent/axis", [1]), out="recent/rows")
        parts += _nodes_of_rows(nodes, source, "recent/", rows)[1:]
    nodes.add("Flatten", nodes.add("Concat", *parts, out="each", axis=1), out=OUTPUT, axis=1)
    return nodes


def _recent_rows(length: int, recent: bool) -> int:
    rows = -(-length // RECENT_SHARE) if recent else 0
    return rows if rows >= RECENT_ROWS_MIN else 0


def _of_rows(rows: NDArray[np.float32], starts: NDArray[np.int64], length: int) -> list[NDArray[np.float32]]:
    """:data:`STATISTICS` of ``length`` rows from each start on, each ``float32[window, feature]``."""
    shape = (len(starts), rows.shape[1])
    first, last, highest, lowest = (np.full(shape, np.nan, np.float32) for _ in range(4))
    count, total, squares = (np.zeros(shape, np.float32) for _ in range(3))
    for time in range(length):
        value = rows[starts + time]
        there = ~np.isnan(value)
        count += there
        total += np.where(there, value, np.float32(0))
        np.copyto(last, value, where=there)
        np.copyto(first, value, where=there & np.isnan(first))
        np.fmax(highest, value, out=highest)
        np.fmin(lowest, value, out=lowest)
    with np.errstate(invalid="ignore", over="ignore"):  # 0 / 0 is what is wanted where nothing is there
        mean = total / count
        for time in range(length):
            apart = rows[starts + time] - mean
            squares += np.where(np.isnan(apart), np.float32(0), apart * apart)
        return [last, mean, highest, lowest, np.sqrt(squares / count), last - first, count / np.float32(length)]


def _nodes_of_rows(nodes: Nodes, source: str, prefix: str, length: int) -> list[str]:
    """Append nodes that make :data:`STATISTICS` of ``source``; names of the values, each ``[window, 1, feature]``."""
    part = Nodes(prefix=prefix)
    zero, one = part.constant("zero", np.float32(0)), part.constant("one", np.float32(1))
    time, final = part.constant("time", [1]), part.constant("final", [length - 1])
    absent = part.add("IsNaN", source, out="absent")

    def total(value: str, out: str) -> str:
        """The sum over time of what is there. ReduceSum's order is anybody's guess, CumSum's is not."""
        there = part.add("Where", absent, zero, value, out=f"{out}/there")
        running = part.add("CumSum", there, time, out=f"{out}/running")
        return part.add("Gather", running, final, out=out, axis=1)

    first, last = _edges(part, source, absent, length)
    highest, lowest = _extremes(part, source, absent, last)
    count = total(one, "count")
    mean = part.add("Div", total(source, "sum"), count, out="mean")
    apart = part.add("Sub", source, mean, out="apart")
    squares = total(part.add("Mul", apart, apart, out="squared"), "squares")
    deviation = part.add("Sqrt", part.add("Div", squares, count, out="variance"), out="deviation")
    change = part.add("Sub", last, first, out="change")
    present = part.add("Div", count, part.constant("length", np.float32(length)), out="present")
    nodes.extend(part)
    return [last, mean, highest, lowest, deviation, change, present]


def _edges(part: Nodes, source: str, absent: str, length: int) -> tuple[str, str]:
    """The first and the last value that is there, each ``[window, 1, feature]``; NaN where there is none."""
    places = part.constant("places", np.arange(length, dtype=np.float32)[None, :, None])

    def edge(op: str, otherwise: int, out: str) -> str:
        beyond = part.constant(f"{out}/beyond", np.float32(otherwise))
        there = part.add("Where", absent, beyond, places, out=f"{out}/places")
        place = part.add(op, there, out=f"{out}/place", axes=[1], keepdims=1)
        index = part.add("Cast", place, out=f"{out}/index", to=INT64)
        return part.add("GatherElements", source, index, out=out, axis=1)

    return edge("ReduceMin", length - 1, "first"), edge("ReduceMax", 0, "last")


def _extremes(part: Nodes, source: str, absent: str, last: str) -> tuple[str, str]:
    """The highest and the lowest value, each ``[window, 1, feature]``; NaN where nothing is there."""
    # The last value stands in for missing ones: it is no news to either.
    filled = part.add("Where", absent, last, source, out="filled")
    nothing, nan = part.add("IsNaN", last, out="nothing"), part.constant("nan", np.float32(np.nan))

    def extreme(op: str, out: str) -> str:
        found = part.add(op, filled, out=f"{out}/found", axes=[1], keepdims=1)
        return part.add("Where", nothing, nan, found, out=out)

    return extreme("ReduceMax", "max"), extreme("ReduceMin", "min")
