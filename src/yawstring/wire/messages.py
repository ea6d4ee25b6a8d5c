"""What a binary flight log comes out as, whichever its format: messages by kind, their fields as columns."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Wanted = Mapping[str, frozenset[str]]
"""Kinds of messages to read, and of each the fields; a log need not have them."""

US_PER_S = 1_000_000
MOST_TIME_US = np.iinfo(np.int64).max // 1000
"""The latest time, in microseconds, that nanoseconds of 64 bits hold."""

TIME_RANGE = "time out of range"


@dataclass(frozen=True, kw_only=True, eq=False)
class Kind:
    """The messages of one kind, in the order of the log.

    Attributes:
        time_us: ``int64[message]``, when each was received or measured, in microseconds.
        fields: ``float64[message]`` by name, in the message's own unit.
    """

    time_us: NDArray[np.int64]
    fields: Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True, eq=False)
class Messages:
    """The messages of a log.

    Attributes:
        kinds: Messages by the name of their kind.
        rejects: Reason and count of what could not be read.
        notes: What is worth knowing of what could be, and how often.
    """

    kinds: Mapping[str, Kind]
    rejects: Mapping[str, int]
    notes: Mapping[str, int]
