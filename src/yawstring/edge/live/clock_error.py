"""How far the times of live frames may be off: the kernel's stamp from the antenna, and the kernel's clock from UTC.

The kernel stamps a frame when the driver hands it over, a few milliseconds at most after its last symbol, for adapters
gather what they receive. Of its clock the kernel itself keeps the largest error (``adjtimex(2)``, ``maxerror``): as
small as whoever disciplines the clock has found it, growing since, and 16 s where nobody does.
"""

import ctypes
import os
from typing import Final

from yawstring.errors import SourceError

STAMP_S: Final = 0.005
"""From the end of a frame on the air to its stamp."""

_US_PER_S: Final = 1_000_000


class _Timex(ctypes.Structure):
    """``struct timex`` of Linux, up to what is read; the rest is room."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("rest", ctypes.c_char * 256),
    )


def clock_error_s() -> float:
    """The largest error of the kernel's clock, as the kernel knows it, in seconds; nothing is changed.

    Raises:
        SourceError: The kernel does not say.

    Example:
        >>> clock_error_s() >= 0
        True
    """
    asked = _Timex()
    if ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(asked)) < 0:
        raise SourceError(f"the kernel does not say how far its clock is off: {os.strerror(ctypes.get_errno())}")
    return float(asked.maxerror) / _US_PER_S


def time_error_s() -> float:
    """How far the times of frames that this machine hears may be off, in seconds."""
    return STAMP_S + clock_error_s()
