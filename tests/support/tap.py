"""A radiotap TAP device for a test, or a skip that says why there can be none; and frames to write to it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from yawstring.edge.live.tap import ARPHRD_RADIOTAP, Tap, open_tap
from yawstring.errors import SourceError

RADIOTAP = bytes.fromhex("00000e000a00000000006c09a000")
"""Radiotap of 14 octets: no flags, no rate, 2,412 MHz, 2.4 GHz and CCK (radiotap.org: present bits 1 and 3)."""


@contextmanager
def radiotap_tap(*, link: int = ARPHRD_RADIOTAP) -> Iterator[Tap]:
    """A TAP device of its own, ``with radiotap_tap() as tap: tap.write(frame)``; ``tap.name`` is the interface.

    ``frame`` is a radiotap header and an 802.11 frame behind it, such as :func:`heard` puts together.
    """
    try:
        tap = open_tap(link=link)
    except SourceError as error:
        pytest.skip(str(error))
    with tap:
        yield tap


def heard(frame: bytes, *, frequency_mhz: int = 2412) -> bytes:
    """An 802.11 frame behind a radiotap header that says on which frequency it was heard."""
    flags = 0xA0 if frequency_mhz < 3000 else 0x140
    return RADIOTAP[:10] + frequency_mhz.to_bytes(2, "little") + flags.to_bytes(2, "little") + frame
