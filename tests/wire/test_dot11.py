"""The MAC header and what protects a body, against IEEE 802.11-2020, zlib's CRC-32 and the SipHash paper's vector."""

import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.octets import ALL, AP, FAR, OTHER, RADIOTAP, STATION, header, number, pcap, radiotap, with_fcs
from yawstring.wire.decoder import Decoded, decode
from yawstring.wire.rejects import REASONS

TO_DS, FROM_DS, MORE, RETRY, PROTECTED, ORDER = 1, 2, 4, 8, 0x40, 0x80


def read(frame: bytes, *names: str) -> list[float | None]:
    return cells(decode(pcap([frame])), *names)


def cells(decoded: Decoded, *names: str, row: int = 0) -> list[float | None]:
    columns = decoded.columns
    return [columns[name].values[row].item() if columns[name].valid[row] else None for name in names]


ADDRESSES = ("wlan.ra", "wlan.ta", "wlan.da", "wlan.sa", "wlan.bssid")


@pytest.mark.parametrize(
    ("flags", "da", "sa", "bssid"),
    [
        (0, STATION, AP, OTHER),
        (TO_DS, OTHER, AP, STATION),
        (FROM_DS, STATION, OTHER, AP),
        (TO_DS | FROM_DS, OTHER, FAR, None),
    ],
)
def test_addresses_of_data_frames(flags: int, da: bytes, sa: bytes, bssid: bytes | None) -> None:
    frame = header(2, 0, flags=flags, first=STATION, second=AP, third=OTHER) + FAR
    wanted = [number(STATION), number(AP), number(da), number(sa), None if bssid is None else number(bssid)]
    assert read(frame, *ADDRESSES) == wanted


@pytest.mark.parametrize(
    ("subtype", "two", "bssid"),
    [
        (13, False, None), (12, False, None), (11, True, None), (8, True, None), (9, True, None), (14, True, AP),
        (10, True, STATION),
    ],
)  # fmt: skip
def test_addresses_of_control_frames(subtype: int, two: bool, bssid: bytes | None) -> None:
    frame = struct.pack("<BBH", subtype << 4 | 4, 0, 0xC001) + STATION + (AP if two else b"")
    wanted = [number(STATION), number(AP) if two else None, None, None, None if bssid is None else number(bssid)]
    assert read(frame, *ADDRESSES) == wanted
    assert read(frame, "wlan.duration", "wlan.aid") == ([None, 1] if subtype == 10 else [0x4001, None])


def test_a_control_wrapper_carries_another_control_frame() -> None:
    frame = struct.pack("<BBH", 7 << 4 | 4, 0, 0) + STATION + struct.pack("<HI", 11 << 4 | 4, 0x12345678) + AP
    assert read(frame, "wlan.ra", "wlan.ta", "wlan.htc") == [number(STATION), number(AP), 0x12345678]


def test_flags_sequence_and_fragment() -> None:
    frame = header(2, 0, flags=MORE | RETRY | 0x10 | 0x20, sequence=4095, fragment=15, duration=0x7FFF)
    names = ("frag", "retry", "pwrmgt", "moredata", "protected", "order", "tods", "fromds", "type", "subtype")
    assert read(frame, *(f"wlan.fc.{name}" for name in names)) == [1, 1, 1, 1, 0, 0, 0, 0, 2, 0]
    assert read(frame, "wlan.flags", "wlan.seq", "wlan.frag", "wlan.duration") == [0x3C, 4095, 15, 0x7FFF]


def test_qos_and_ht_control() -> None:
    frame = header(2, 8, flags=FROM_DS | ORDER) + struct.pack("<HI", 0x70 | 0x80 | 5, 0xCAFE)
    assert read(frame, "wlan.qos", "wlan.qos.priority", "wlan.qos.ack", "wlan.htc") == [0xF5, 5, 3, 0xCAFE]
    assert read(frame, "wlan.qos.eosp", "wlan.qos.amsdupresent") == [1, 1]
    assert read(header(2, 12, flags=TO_DS) + b"\xf5\x00", "wlan.qos.eosp", "wlan.qos.amsdupresent") == [None, None]


BODY = bytes(range(20))
NAMES = ("protection", "wlan.wep.key", "wlan.wep.iv", "wlan.tkip.extiv", "wlan.ccmp.extiv", "data.len")


@pytest.mark.parametrize(
    ("head", "wanted"),
    [
        (b"\x01\x02\x03\x80", [1, 2, 0x010203, None, None, 16]),  # of the body, less the check value at its end
        (b"\x11\x31\x22\x60\x01\x00\x00\x00", [2, 1, None, 0x11122, None, 20]),
        (b"\x05\x01\x00\x20\x02\x00\x00\x00", [3, 0, None, None, 0x20105, 20]),
        (b"\xff\xff\x00\x20\xff\xff\xff\xff", [3, 0, None, None, 2**48 - 1, 20]),
    ],
)
def test_protection(head: bytes, wanted: list[int | None]) -> None:
    assert read(header(2, 0, flags=PROTECTED) + head + BODY, *NAMES) == wanted


def test_protected_management_is_not_read_as_elements() -> None:
    frame = header(0, 12, flags=PROTECTED) + b"\x05\x00\x00\x20" + bytes(20)
    assert read(frame, "protection", "wlan.fixed.reason_code", "wlan.ccmp.extiv") == [3, None, 5]


@pytest.mark.parametrize("size", range(24))
def test_a_header_cut_short_keeps_what_was_there(size: int) -> None:
    frame = header(2, 0, first=STATION, second=AP, third=OTHER, sequence=9)[:size]
    wanted = [number(STATION) if size >= 10 else None, number(AP) if size >= 16 else None, None]
    assert read(frame, "wlan.ra", "wlan.ta", "wlan.seq") == wanted
    assert REASONS[int(read(frame, "reject")[0] or 0)] == "802.11: MAC header cut short"


def test_another_version_is_not_read_on() -> None:
    decoded = decode(pcap([b"\x01" + header(2, 0)[1:]]))
    assert decoded.rejects == {"802.11: protocol version is not 0": 1}
    assert cells(decoded, "wlan.fc.version", "wlan.fc.type", "wlan.ra") == [1, None, None]


@given(st.binary(min_size=0, max_size=300), st.integers(0, 31), st.booleans())
@settings(deadline=None, max_examples=60)
def test_the_fcs_is_that_of_zlib(body: bytes, flip: int, bad: bool) -> None:
    frame = bytearray(with_fcs(header(2, 0) + body))
    frame[-1 - flip // 8] ^= bad << flip % 8
    head = radiotap(b"\x10", 2)
    decoded = decode(pcap([head + bytes(frame)], link=RADIOTAP))
    assert cells(decoded, "wlan.fcs", "wlan.fcs.status") == [int.from_bytes(frame[-4:], "little"), int(not bad)]


def test_no_fcs_is_no_fcs_and_a_cut_frame_has_none() -> None:
    frame = radiotap(b"\x10", 2) + with_fcs(header(2, 0) + BODY)
    cut = decode(pcap([frame[:-9]], link=RADIOTAP, lengths=[len(frame)]))
    assert cells(cut, "wlan.fcs", "wlan.fcs.status") == [None, None]
    assert cells(decode(pcap([radiotap(b"\x00", 2) + frame[9:]], link=RADIOTAP)), "wlan.fcs.status") == [None]


def test_padding_behind_the_header_is_passed_over() -> None:
    mac = header(2, 8, flags=FROM_DS) + b"\x00\x00"
    body = bytes.fromhex("aaaa030000000806") + bytes(28)
    sent = zlib.crc32(mac + body).to_bytes(4, "little")
    decoded = decode(pcap([radiotap(b"\x30", 2) + mac + b"\xee\xee" + body + sent], link=RADIOTAP))
    assert cells(decoded, "llc.type", "wlan.fcs.status") == [0x0806, 1]


def payload_hashes(frames: list[bytes], key: bytes) -> list[int]:
    column = decode(pcap(frames), key=key).columns["payload_hash"]
    assert column.valid.all()
    return column.values.tolist()


def test_the_payload_hash_is_siphash() -> None:
    # Aumasson and Bernstein, SipHash, appendix A.
    key, text = bytes(range(16)), bytes(range(15))
    ciphertext = header(2, 0, flags=PROTECTED) + b"\x01\x00\x00\x20\x00\x00\x00\x00" + text
    assert np.int64(payload_hashes([ciphertext], key)[0]).view(np.uint64) == 0xA129CA6149BE45E5


def test_a_repeat_has_the_hash_of_the_first() -> None:
    def ciphertext(counter: int, text: bytes, flags: int = 0, sequence: int = 0) -> bytes:
        head = bytes([counter, 0, 0, 0x20, 0, 0, 0, 0])
        return header(2, 0, flags=PROTECTED | flags, sequence=sequence) + head + text

    first, again, other, key = b"0123456789", b"0123456789", b"0123456780", bytes(16)
    hashes = payload_hashes([ciphertext(1, first), ciphertext(1, again, RETRY, 7), ciphertext(2, other)], key)
    assert hashes[0] == hashes[1] != hashes[2]
    assert payload_hashes([ciphertext(1, first)], bytes(range(16)))[0] != hashes[0]
    assert payload_hashes([ciphertext(1, first)], b"")[0] == hashes[0]
    with pytest.raises(ValueError, match="16 octets"):
        decode(pcap([]), key=b"short")


@given(st.binary(max_size=120))
@settings(deadline=None, max_examples=200)
def test_any_octets_are_a_row(frame: bytes) -> None:
    for link in (105, 119, 127, 192):
        decoded = decode(pcap([frame, ALL], link=link))
        assert decoded.frames == 2
        assert cells(decoded, "frame.number", "frame.len") == [1, len(frame)]
        assert sum(decoded.rejects.values()) == int(decoded.columns["reject"].valid.sum())
