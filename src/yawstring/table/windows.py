"""Windows of consecutive rows that never cross a segment.

A window is kept as the index of its first row; nothing is copied. A *segment* is a stretch of rows that belong
together: one recording, or one part of one, so that a window never mixes two flights, nor training rows with test rows.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError

Label = Literal["last", "next"]
Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

NO_SEGMENT = -1
"""Segment of a row that no window may hold: an embargoed row, say."""


@dataclass(frozen=True, kw_only=True)
class WindowSpec:
    """How windows are cut.

    Attributes:
        length: Rows in a window, at least 1.
        label: ``"last"``: a window has the class of its last row, the moment it speaks about. ``"next"``: that of the
            row after it, which must lie in the same segment; so the reference notebook does it.

    Raises:
        OptionError: ``length`` is below 1, or ``label`` is neither word.
    """

    length: int = 5
    label: Label = "last"

    def __post_init__(self) -> None:
        if self.length < 1:
            raise OptionError(f"a window holds at least 1 row, not {self.length}")
        if self.label not in ("last", "next"):
            raise OptionError(f"a window's label is 'last' or 'next', not '{self.label}'")

    @property
    def label_offset(self) -> int:
        """Rows from a window's first row to the one that gives its label."""
        return self.length - 1 if self.label == "last" else self.length

    @property
    def memory(self) -> int:
        """Rows before the one that gives the label that a window depends on: the least embargo."""
        return self.label_offset

    def to_json(self) -> dict[str, Json]:
        """The options as JSON."""
        return {"length": self.length, "label": self.label}


def stretches(segment: NDArray[np.int64]) -> NDArray[np.int64]:
    """``int64[row]``: number of the stretch of equal, neighbouring values that each row lies in.

    Example:
        >>> stretches(np.array([4, 4, 7, 4])).tolist()
        [0, 0, 1, 2]
    """
    if not len(segment):
        return np.zeros(0, np.int64)
    return np.concatenate([[0], np.cumsum(segment[1:] != segment[:-1])]).astype(np.int64)


def window_starts(segment: NDArray[np.int64], spec: WindowSpec) -> NDArray[np.int64]:
    """``int64[window]``: first row of every window that lies, with its label, inside one segment.

    Args:
        segment: ``int64[row]``; rows of one segment are neighbours. :data:`NO_SEGMENT` takes a row out. An id that
            comes back after another one starts a new segment.
        spec: How windows are cut.

    Example:
        >>> window_starts(np.array([0, 0, 0, 1, 1, -1, -1]), WindowSpec(length=2)).tolist()
        [0, 1, 3]
        >>> window_starts(np.array([0, 0, 0, 1, 1, -1, -1]), WindowSpec(length=2, label="next")).tolist()
        [0]
    """
    last = len(segment) - spec.label_offset
    if last <= 0:
        return np.zeros(0, np.int64)
    stretch = stretches(segment)
    whole = (stretch[:last] == stretch[spec.label_offset :]) & (segment[:last] != NO_SEGMENT)
    return np.flatnonzero(whole).astype(np.int64)
