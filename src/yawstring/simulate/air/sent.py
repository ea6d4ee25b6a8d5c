"""What goes out on the air: one row a frame, offered or added by the air."""

from enum import IntEnum

import numpy as np


class Added(IntEnum):
    """What a transmission is."""

    OFFERED = 0
    ACK = 1
    CTS = 2
    RTS = 3
    BLOCK_ACK = 4


ACK_OCTETS, CTS_OCTETS, RTS_OCTETS, BLOCK_ACK_OCTETS = 14, 14, 20, 32

SENT = np.dtype(
    [
        ("start_ns", np.int64),
        ("first_bit_ns", np.int64),
        ("end_ns", np.int64),
        ("parent", np.int32),
        ("added", np.uint8),
        ("station", np.int16),
        ("channel", np.uint8),
        ("rate", np.uint8),
        ("retry", np.uint8),
        ("sequence", np.uint16),
        ("duration", np.uint16),
        ("octets", np.int32),
        ("packet", np.int64),
        ("tsf", np.int64),
        ("clash", np.int64),
        ("bitmap", np.uint64),
    ]
)
"""A transmission. ``start_ns`` to ``end_ns`` is the air it holds, ``first_bit_ns`` when its first octet begins.

``clash`` is above 0, and the same, for those that collide; ``sequence`` and ``bitmap`` of a Block Ack are what it
acknowledges.
"""
