"""Some columns alone are what they are among all."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode

HEAD = bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 00000400 69000000")
NAMES = tuple(frames_table(decode(HEAD)).columns)
FAULT = "802.11: an element runs past the frame"
MANAGEMENT_ONLY = ("wlan.ssid", "wlan.fixed.timestamp", "odid.uas_id")


@pytest.fixture(scope="module")
def beacons(captures: Path) -> bytes:
    return (captures / "remote_id" / "odid_wifi_sample.pcap").read_bytes()


@pytest.fixture(scope="module")
def traffic(captures: Path) -> bytes:
    return (captures / "wireshark" / "wpa-Induction.pcap").read_bytes()


@settings(deadline=None, max_examples=15)
@given(st.sets(st.sampled_from(NAMES), min_size=1))
def test_a_choice_of_columns_is_cut_out_of_all(beacons: bytes, traffic: bytes, names: set[str]) -> None:
    for octets in (beacons, traffic):
        everything = frames_table(decode(octets))
        chosen = frames_table(decode(octets, columns=sorted(names)))
        assert set(chosen.columns) == names
        kept = [name for name in chosen.columns if name not in ("reject", "frame.protocols")]
        assert chosen.select(kept).equals(everything.select(kept))


def test_what_no_column_needs_is_not_looked_at(traffic: bytes) -> None:
    damaged = bytearray(traffic)
    first = traffic.index(b"Coherer")
    damaged[first - 1] = 255  # the length of a beacon's first element
    assert decode(bytes(damaged)).rejects[FAULT] == 1
    assert FAULT not in decode(bytes(damaged), columns=["wlan.ta"]).rejects
    for name in MANAGEMENT_ONLY:
        assert decode(bytes(damaged), columns=[name]).rejects[FAULT] == 1


def test_memory_is_of_the_columns_alone(traffic: bytes) -> None:
    decoded = decode(traffic, columns=["wlan.ta", "wlan.ssid"])
    assert decoded.slots.shape == (3, decoded.frames)
    assert decoded.slots.dtype == np.int64


def test_an_unknown_column_is_named() -> None:
    with pytest.raises(ValueError, match=r"'wlan\.nothing'"):
        decode(HEAD, columns=["wlan.ta", "wlan.nothing"])
