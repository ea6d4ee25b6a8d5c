"""Who beacons under one name: a handful of addresses, and what each says of itself."""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.compiled import compiled_part
from yawstring.table.signals.inputs import MISSING, NS_PER_S

NAMESAKES: Final = 16
"""Addresses kept; of more than so many the longest silent is forgotten."""

RECENT_NS: Final = 10 * NS_PER_S
"""An address counts for so long after its last beacon."""


class Namesakes(NamedTuple):
    """Addresses of one name.

    Attributes:
        bssid: ``int64[address]``, :data:`MISSING` for none.
        heard: ``int64[address]``, when its last beacon came.
        traits: ``int64[address, 3]``: channel, protection, list of elements.
    """

    bssid: NDArray[np.int64]
    heard: NDArray[np.int64]
    traits: NDArray[np.int64]


@compiled_part
def meet(who: Namesakes, bssid: int, now: int, channel: int, security: int, elements: int) -> bool:
    """Keep what an address said; whether it is new."""
    at, first = 0, True
    for one in range(len(who.bssid)):
        if who.bssid[one] == bssid:
            at, first = one, False
            break
        if who.heard[one] < who.heard[at]:
            at = one
    who.bssid[at], who.heard[at] = bssid, now
    who.traits[at, 0], who.traits[at, 1], who.traits[at, 2] = channel, security, elements
    return first


@compiled_part
def recent(who: Namesakes, now: int) -> int:
    """How many were heard of late."""
    count = 0
    for one in range(len(who.bssid)):
        count += _counts(who, one, now)
    return count


@compiled_part
def differing(who: Namesakes, trait: int, now: int) -> int:
    """How many values of a trait those heard of late have between them."""
    count = 0
    for one in range(len(who.bssid)):
        if not _counts(who, one, now) or who.traits[one, trait] == MISSING:
            continue
        first = True
        for other in range(one):
            first &= not _counts(who, other, now) or who.traits[other, trait] != who.traits[one, trait]
        count += first
    return count


@compiled_part
def _counts(who: Namesakes, one: int, now: int) -> bool:
    return bool(who.bssid[one] != MISSING and now - who.heard[one] <= RECENT_NS)
