"""States of the aircraft, as rows of a table bring them: which row brings a new one, when it came, and its values.

In a fused table every frame has beside it what the drone had last said, and how old that is: a state is new when the
time it came has changed. A table without that age, but with frames, brings a new state when a value changes; one
without frames has a state a row.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.schema import TELEMETRY_AGE
from yawstring.schema.signals.craft_fields import FIELDS, PAD, PAD_X, PAD_YAW, TOF
from yawstring.table.signals.inputs import MISSING, NS_PER_S, Inputs

FRAME_COLUMNS: Final = ("wlan.fc.type", "wlan.ta", "frame.number", "frame.len")
"""Any of them means that rows are frames."""

MOST_AGE_S = 1e6
SAME_NS = 1000
"""An age in seconds, added to a time, comes out at the same nanosecond, or next to it."""

MOST = 1e7
"""A value beyond is no measurement; products of smaller ones stay finite."""

NO_ECHO_M = 65.0
"""A Tello's range finder says 65.53 m when nothing comes back; it reaches 8 m."""

NO_PAD_M = -1.0
"""The Tello puts -1 m in each place over a pad when there is none, -2 m with detection off."""


class States(NamedTuple):
    """New states of a chunk, in order.

    Attributes:
        row: ``int64[state]``, the chunk's row that brings it.
        time_ns: ``int64[state]``, when it came, never falling and never after its row.
        values: ``float64[state, field]``, in the order of :data:`~yawstring.schema.signals.craft_fields.FIELDS`, NaN
            where it does not say.
    """

    row: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    values: NDArray[np.float64]


class Carry(NamedTuple):
    """What is kept of the rows before.

    Attributes:
        times_ns: ``int64[2]``: when the last state came, by the table's own clock, and as it was handed on.
        values: ``float64[field]``, the last row's.
    """

    times_ns: NDArray[np.int64]
    values: NDArray[np.float64]


def no_state() -> Carry:
    """Before the first row."""
    return Carry(np.full(2, MISSING, np.int64), np.full(len(FIELDS), np.nan))


def new_states(carry: Carry, inputs: Inputs) -> States:
    """The chunk's new states; what ``carry`` holds is brought up to date.

    Example:
        >>> import polars as pl
        >>> frame = pl.DataFrame({"time_ns": [9, 10, 10**8], "telemetry_age_s": [9e-9, 1e-8, 1e-8], "h": [3, 3, 4]})
        >>> states = new_states(no_state(), Inputs(frame=frame, time_ns=frame["time_ns"].to_numpy()))
        >>> states.row.tolist(), states.time_ns.tolist(), states.values[:, 0].tolist()
        ([0, 2], [0, 99999990], [0.03, 0.04])
    """
    count = len(inputs)
    rows, times = np.empty(count, np.int64), np.empty(count, np.int64)
    if inputs.has(TELEMETRY_AGE):
        age_s = inputs.number(TELEMETRY_AGE)
        found = _by_age(inputs.raw_ns, age_s, inputs.time_ns, carry.times_ns, rows, times)
        values = _values(inputs, rows[:found])
    else:
        values = _values(inputs, np.arange(count))
        every = not any(map(inputs.has, FRAME_COLUMNS))
        found = _by_change(values, every, inputs.time_ns, carry.values, rows, times)
        values = values[rows[:found]]
    return States(rows[:found].copy(), times[:found].copy(), values)


def _values(inputs: Inputs, rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """``float64[row, field]`` of these rows, in our units."""
    out = np.full((len(rows), len(FIELDS)), np.nan)
    if not len(rows):
        return out
    for place, field in enumerate(FIELDS):
        for name, unit in ((field.name, 1.0), *field.others):
            if inputs.has(name):
                column = inputs.number(name)[rows]
                out[:, place] = column if unit == 1.0 else column * unit
                break
    with np.errstate(invalid="ignore"):
        out[~(np.abs(out) <= MOST)] = np.nan
    _without_marks(out)
    return out


def _without_marks(values: NDArray[np.float64]) -> None:
    """Numbers that a Tello says instead of "nothing there" become NaN."""
    values[values[:, TOF] > NO_ECHO_M, TOF] = np.nan
    pads = values[:, PAD_X : PAD_YAW + 1]
    marked = (pads[:, :3] == NO_PAD_M).all(axis=1) | (pads[:, :3] == 2 * NO_PAD_M).all(axis=1)
    pads[(values[:, PAD] < 0) | marked] = np.nan


@compiled
def _by_age(
    raw_ns: NDArray[np.int64],
    age_s: NDArray[np.float64],
    now_ns: NDArray[np.int64],
    last_ns: NDArray[np.int64],
    rows: NDArray[np.int64],
    times: NDArray[np.int64],
) -> int:
    found = 0
    for row in range(len(now_ns)):
        if not 0.0 <= age_s[row] <= MOST_AGE_S:
            continue
        age_ns = np.int64(np.rint(age_s[row] * NS_PER_S))
        came_ns = raw_ns[row] - age_ns
        if last_ns[0] != MISSING and -SAME_NS <= came_ns - last_ns[0] <= SAME_NS:
            continue
        last_ns[0] = came_ns
        last_ns[1] = max(last_ns[1], now_ns[row] - age_ns) if last_ns[1] != MISSING else now_ns[row] - age_ns
        rows[found], times[found] = row, last_ns[1]
        found += 1
    return found


@compiled
def _by_change(
    values: NDArray[np.float64],
    every: bool,
    now_ns: NDArray[np.int64],
    last: NDArray[np.float64],
    rows: NDArray[np.int64],
    times: NDArray[np.int64],
) -> int:
    found = 0
    for row in range(len(now_ns)):
        changed, said = every, False
        for place in range(values.shape[1]):
            value = values[row, place]
            said = said or value == value
            if value == value and value != last[place]:
                changed = True
            last[place] = value
        if changed and said:
            rows[found], times[found] = row, now_ns[row]
            found += 1
    return found
