"""Commands and answers as numbers: what kind each is, and what motion it asks for.

Words and ranges are those of the Tello SDK guides 2.0 and 3.0. A text is read once for the rows that hold one, which
are few; however long it is, its first octets count.
"""

from typing import Final, NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.table.signals.inputs import MISSING, Inputs

TEXT: Final = "tello.command"
MOST_CHARACTERS: Final = 64

NONE, STICKS, START, LAND, MOVE, ODD_MOVE, QUERY, OTHER, OK, ERROR = range(10)
"""Kinds: sticks, take-off, landing, a move whose motion is told, one whose is not, a question, other; answers."""

KINDS: Final = {
    "rc": STICKS,
    "takeoff": START,
    "land": LAND,
    "emergency": LAND,
    **dict.fromkeys(("up", "down", "left", "right", "forward", "back", "cw", "ccw"), MOVE),
    **dict.fromkeys(("go", "curve", "flip", "jump", "throwfly"), ODD_MOVE),
    **dict.fromkeys(("command", "speed", "stop", "mon", "moff", "mdirection", "streamon", "streamoff"), OTHER),
    "error": ERROR,
    "out": ERROR,
    "unknown": ERROR,
}
"""Kind of each first word."""

TAKE_OFF_M: Final = 0.8
"""How high a Tello takes off, about."""

_CM = 0.01
_NUMBERS = r"^[a-z]+\s+(-?[0-9]{1,4})(?:\s+(-?[0-9]{1,4}))?(?:\s+(-?[0-9]{1,4}))?(?:\s+(-?[0-9]{1,4}))?"


class Texts(NamedTuple):
    """Commands and answers of a chunk.

    Attributes:
        row: ``int64[text]``, the rows that hold one.
        kind: ``int64[text]``.
        asked: ``float64[text, 3]``: way across in m, climb in m, and turn in degrees, a second where it is sticks; NaN
            where it does not say.
    """

    row: NDArray[np.int64]
    kind: NDArray[np.int64]
    asked: NDArray[np.float64]


def texts(inputs: Inputs) -> Texts:
    """The chunk's commands and answers.

    Example:
        >>> frame = pl.DataFrame({"tello.command": ["rc 30 40 -10 5", None, "up 50", "ok"]})
        >>> read = texts(Inputs(frame=frame, time_ns=np.zeros(4, np.int64)))
        >>> read.row.tolist(), read.kind.tolist() == [STICKS, MOVE, OK], read.asked[:2].tolist()
        ([0, 2, 3], True, [[0.5, -0.1, 5.0], [0.0, 0.5, 0.0]])
    """
    row = np.flatnonzero(inputs.length(TEXT) != MISSING)
    if not len(row) or (TEXT in inputs.frame.columns and inputs.frame[TEXT].dtype != pl.String):
        return Texts(np.empty(0, np.int64), np.empty(0, np.int64), np.empty((0, 3)))
    said = inputs.text(TEXT, row).str.slice(0, MOST_CHARACTERS).str.strip_chars().str.to_lowercase()
    word = said.str.extract(r"^([a-z]+)").fill_null("")
    kind = word.replace_strict(KINDS, default=OK, return_dtype=pl.Int64)
    kind = pl.select(pl.when(said.str.ends_with("?")).then(QUERY).otherwise(kind)).to_series()
    numbers = np.column_stack(
        [said.str.extract(_NUMBERS, place + 1).cast(pl.Float64).fill_null(np.nan).to_numpy() for place in range(4)]
    )
    kinds = np.require(kind.to_numpy(), np.int64, ("C", "W"))
    return Texts(np.require(row, np.int64, ("C", "W")), kinds, _asked(word.to_numpy(), kinds, numbers))


def _asked(word: NDArray[np.object_], kind: NDArray[np.int64], numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    asked = np.zeros((len(kind), 3))
    sticks = kind == STICKS
    asked[sticks, 0] = np.hypot(numbers[sticks, 0], numbers[sticks, 1]) * _CM
    asked[sticks, 1], asked[sticks, 2] = numbers[sticks, 2] * _CM, np.abs(numbers[sticks, 3])
    moves = kind == MOVE
    upwards, turns = np.isin(word, ("up", "down")), np.isin(word, ("cw", "ccw"))
    across = moves & ~upwards & ~turns
    asked[across, 0] = numbers[across, 0] * _CM
    upwards &= moves
    asked[upwards, 1] = np.where(word[upwards] == "up", _CM, -_CM) * numbers[upwards, 0]
    turns &= moves
    asked[turns, 2] = numbers[turns, 0]
    asked[kind == START, 1] = TAKE_OFF_M
    asked[kind == LAND, 1] = np.nan
    asked[kind == ODD_MOVE] = np.nan
    return asked
