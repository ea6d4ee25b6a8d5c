"""Why a capture, a record or a frame could not be read to its end: every reason, once.

A reason of a capture is counted and the reader goes on where it can. A reason of a frame is counted once for the frame,
which keeps its row: what stood before the fault is in it, the rest is null, and the column ``reject`` says which fault
came first (the reason's place in :data:`REASONS`; null for a frame without one).
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

(
    FINE, CAPTURE_UNKNOWN, CAPTURE_CUT, BLOCK_LENGTH, BLOCK_SHORT, BLOCK_TRAILER, SECTION_ORDER, INTERFACE_UNKNOWN,
    INTERFACE_MANY, OPTION_LENGTH, TIME_RANGE,
    LINK_UNKNOWN, RADIOTAP_LENGTH, RADIOTAP_PRESENT, RADIOTAP_FIELD, PRISM_LENGTH, AVS_LENGTH, PPI_LENGTH, PPI_FIELD,
    PPI_LINK, MAC_SHORT, MAC_VERSION, PROTECTION_SHORT, FIXED_SHORT, ELEMENT_LENGTH, ELEMENT_CONTENT, CLOCK_RANGE,
    LLC_SHORT, IP_HEADER_BAD, IP_LENGTH_BAD, UDP_LENGTH_BAD, TCP_HEADER_BAD, ODID_BAD,
) = range(33)  # fmt: skip

REASONS: tuple[str, ...] = (
    "",
    "capture: neither pcap nor pcapng",
    "capture: ends within a record",
    "capture: a block's length is impossible",
    "capture: a block is too short for its kind",
    "capture: a block's two lengths differ",
    "capture: a section has no known byte order",
    "capture: a packet names no interface of its section",
    "capture: more interfaces than are kept",
    "capture: an option runs past its block",
    "record: a time beyond 64-bit nanoseconds",
    "frame: link type not read",
    "radiotap: length impossible",
    "radiotap: present words run past the header",
    "radiotap: a field runs past the header",
    "prism: header cut short",
    "avs: header cut short or of another version",
    "ppi: length impossible",
    "ppi: a field runs past the header",
    "ppi: carries another link type",
    "802.11: MAC header cut short",
    "802.11: protocol version is not 0",
    "802.11: protection header cut short",
    "802.11: fixed fields cut short",
    "802.11: an element runs past the frame",
    "802.11: an element is too short for its kind",
    "802.11: a clock of 2^63 or more",
    "llc: header cut short",
    "ip: header length or version impossible",
    "ip: total length impossible",
    "udp: length impossible",
    "tcp: header length impossible",
    "odid: message cut short or of unknown size",
)
"""Every reason; its place is the code in the column ``reject``."""

MOST_REASONS = 64
"""Length of the vector that counts them."""


def no_rejects() -> NDArray[np.int64]:
    """A fresh vector of counts: int64[reason]."""
    return np.zeros(MOST_REASONS, np.int64)


def counted(counts: NDArray[np.int64]) -> Mapping[str, int]:
    """Reasons that occurred and how often.

    Example:
        >>> counts = no_rejects()
        >>> counts[CAPTURE_CUT] += 1
        >>> dict(counted(counts))
        {'capture: ends within a record': 1}
    """
    return {reason: int(counts[code]) for code, reason in enumerate(REASONS) if code and counts[code]}
