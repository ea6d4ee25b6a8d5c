"""Headers of the radio against their standards: what each field holds, where it begins, and what a rate comes to."""

import struct

import pytest

from support.octets import PPI, PRISM, RADIOTAP, STATION, pcap, radiotap
from support.radiotap_headers import layouts
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import Decoded, decode
from yawstring.wire.radiotap import LAYOUTS

ACK = struct.pack("<BBH", 0xD4, 0, 0) + STATION


def decoded(head: bytes, *, link: int = RADIOTAP, frame: bytes = ACK) -> Decoded:
    return decode(pcap([head + frame], link=link))


def read(head: bytes, *names: str, link: int = RADIOTAP) -> list[float | None]:
    columns = decoded(head, link=link).columns
    return [columns[name].values[0].item() if columns[name].valid[0] else None for name in names]


SIGNAL, NOISE, ANTENNA = "radiotap.dbm_antsignal", "radiotap.dbm_antnoise", "radiotap.antenna"
RATE, PREAMBLE, CHANNEL = "wlan_radio.data_rate", "wlan_radio.preamble", "wlan_radio.channel"


def test_fields_are_aligned_from_the_start_of_the_header() -> None:
    # TSFT, flags, rate, channel, signal, noise, quality, antenna, RX flags
    head = radiotap(struct.pack("<QBBHHbbHBxH", 123, 0x02, 22, 2437, 0x00A0, -40, -90, 77, 3, 0x2), 0x48EF)
    names = (
        "radiotap.length",
        "radiotap.mactime",
        "radiotap.flags",
        "radiotap.channel.freq",
        "radiotap.channel.flags.cck",
    )
    assert read(head, *names) == [len(head), 123, 2, 2437, 1]
    assert read(head, SIGNAL, NOISE, "radiotap.quality", ANTENNA, "radiotap.rxflags") == [-40, -90, 77, 3, 2]
    assert read(head, RATE, CHANNEL, "wlan_radio.snr", PREAMBLE, "wlan.ra") == [11, 6, 50, 96, 0x020000000002]


def test_the_first_antenna_and_the_last() -> None:
    head = radiotap(struct.pack("<bbBbB", -30, -50, 0, -70, 1), 0xA0000020, 0xA0000820, 0x00000820)
    assert read(head, SIGNAL, "wlan_radio.signal_dbm", ANTENNA) == [-30, -70, 0]


def test_a_vendor_namespace_is_passed_over_by_its_length() -> None:
    vendor = b"\x00\x11\x22\x01" + struct.pack("<H", 3) + b"\xaa\xbb\xcc"
    # Signal; then two octets of a vendor's header are aligned to 2; after its data the noise of the last word.
    head = radiotap(struct.pack("<bx", -30) + vendor + struct.pack("<b", -90), 0xC0000020, 0xA0000001, 0x00000040)
    assert read(head, SIGNAL, NOISE, "radiotap.mactime") == [-30, -90, None]


def test_words_past_the_defined_fields_end_the_walk() -> None:
    head = radiotap(b"\xe2" + bytes(8), 0x80000020, 0x00000020)
    assert read(head, SIGNAL, "wlan_radio.signal_dbm") == [-30, -30]


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"\x00\x00\x07\x00" + bytes(4), "radiotap: length impossible"),
        (b"\x00\x00\xff\xff" + bytes(4), "radiotap: length impossible"),
        (b"\x00\x00", "radiotap: length impossible"),
        (struct.pack("<BBHI", 0, 0, 8, 1 << 31), "radiotap: present words run past the header"),
        (radiotap(b"", 0x20), "radiotap: a field runs past the header"),
        (radiotap(bytes(6), 1 << 30), "frame fine"),
        (radiotap(bytes(4) + b"\x01\x00", 1 << 30), "radiotap: a field runs past the header"),
    ],
)
def test_a_header_that_cannot_be_is_counted(head: bytes, reason: str) -> None:
    frame = b"" if len(head) < 8 else ACK
    assert decoded(head, frame=frame).rejects == ({} if reason == "frame fine" else {reason: 1})


def test_the_frame_behind_a_broken_field_is_read() -> None:
    assert read(radiotap(b"", 0x20), "wlan.ra", SIGNAL) == [0x020000000002, None]


def test_a_transmission_without_a_frame_has_no_frame() -> None:
    head = radiotap(struct.pack("<bB", -30, 0), 1 << 5 | 1 << 26)
    assert read(head, SIGNAL, "wlan.ra", "wlan_radio.signal_dbm") == [-30, None, None]


def mcs(known: int, flags: int, index: int) -> bytes:
    return radiotap(bytes([known, flags, index]), 1 << 19)


@pytest.mark.parametrize(
    ("head", "rate", "preamble"),
    [
        (mcs(0x07, 0, 7), 65.0, 36),  # 802.11-2020, tables of clause 19.5
        (mcs(0x07, 4, 7), 72.2222, 36),
        (mcs(0x07, 5, 15), 300.0, 40),
        (mcs(0x07, 1, 31), 540.0, 48),
        (mcs(0x0F, 8, 0), 6.5, 28),
        (mcs(0x07, 1, 32), 6.0, 36),
        (mcs(0x07, 0, 33), 39.0, 40),
        (mcs(0x07, 0, 38), 97.5, 40),
        (mcs(0x07, 0, 76), 214.5, 48),
        (mcs(0x07, 0, 77), None, None),
        (mcs(0x02, 0, 7), None, None),
        (mcs(0x27, 0x20, 0), 6.5, 40),
    ],
)
def test_rates_of_ht(head: bytes, rate: float | None, preamble: int | None) -> None:
    assert read(head, RATE, PREAMBLE, "wlan_radio.phy") == [pytest.approx(rate) if rate else None, preamble, 7]


@pytest.mark.parametrize(("flags", "rate"), [(0x00, 65.0), (0x80, 72.2222)])
def test_the_guard_interval_of_the_flags_counts_where_the_mcs_field_has_none(flags: int, rate: float) -> None:
    head = radiotap(bytes([flags, 0x03, 0, 7]), 1 << 1 | 1 << 19)
    assert read(head, RATE) == [pytest.approx(rate)]


def vht(flags: int, bandwidth: int, index: int, streams: int) -> bytes:
    return radiotap(struct.pack("<HBB4B4x", 0x44, flags, bandwidth, index << 4 | streams, 0, 0, 0), 1 << 21)


@pytest.mark.parametrize(
    ("head", "rate"),
    [
        (vht(0, 0, 8, 1), 78.0),  # 802.11-2020, tables of clause 21.5
        (vht(0, 0, 9, 1), None),
        (vht(0, 0, 9, 3), 288.9 - 28.9),
        (vht(4, 4, 9, 2), 866.6667),
        (vht(4, 4, 6, 3), None),
        (vht(4, 11, 9, 2), 1733.3333),
        (vht(4, 11, 9, 3), None),
        (vht(4, 1, 9, 1), 200.0),
        (vht(0, 4, 10, 1), None),
    ],
)
def test_rates_of_vht(head: bytes, rate: float | None) -> None:
    assert read(head, RATE, "wlan_radio.phy") == [pytest.approx(rate) if rate else None, 8]


def he(index: int, streams: int, unit: int, guard: int, dual: int = 0) -> bytes:
    return radiotap(struct.pack("<6H", 0x4060, 0x0002, index << 8 | dual << 12, 0, unit | guard << 4, streams), 1 << 23)


@pytest.mark.parametrize(
    ("head", "rate"),
    [
        (he(11, 1, 0, 0), 143.3824),  # 802.11ax, tables of clause 27.5
        (he(11, 2, 2, 0), 1200.9804),
        (he(0, 1, 0, 2), 7.3125),
        (he(9, 1, 4, 0), 11.7647),
        (he(0, 1, 0, 0, 1), 4.3015),
        (he(12, 1, 0, 0), None),
    ],
)
def test_rates_of_he(head: bytes, rate: float | None) -> None:
    assert read(head, RATE, "wlan_radio.phy", PREAMBLE) == [pytest.approx(rate, rel=1e-4) if rate else None, 11, None]


@pytest.mark.parametrize(
    ("frequency", "channel"),
    [(2412, 1), (2472, 13), (2484, 14), (5180, 36), (5825, 165), (4920, 184), (5955, 1), (2400, None), (0, None)],
)
def test_channels(frequency: int, channel: int | None) -> None:
    head = radiotap(struct.pack("<HH", frequency, 0x00C0), 8)
    assert read(head, CHANNEL, "wlan_radio.frequency") == [channel, frequency or None]


def prism(**values: int) -> bytes:
    names = ("hosttime", "mactime", "channel", "rssi", "sq", "signal", "noise", "rate", "istx", "frmlen")
    items = b"".join(
        struct.pack("<IHHi", place << 16 | 0x44, int(name not in values), 4, values.get(name, 0))
        for place, name in enumerate(names, start=1)
    )
    return struct.pack("<II16s", 0x44, 144, b"wlan0") + items


def test_a_prism_header() -> None:
    head = prism(channel=7, rssi=-40, noise=-90, rate=4)
    columns = (CHANNEL, "wlan_radio.signal_dbm", "wlan_radio.noise_dbm", RATE, "wlan.ra")
    assert read(head, *columns, link=PRISM) == [7, -40, -90, 2, 0x020000000002]
    assert decoded(head[:100], link=PRISM, frame=b"").rejects == {"prism: header cut short": 1}


def test_an_avs_header_under_the_same_link_type() -> None:
    head = struct.pack(">IIQQIIIIIIiiII", 0x80211001, 64, 1, 2, 4, 11, 110, 0, 0, 2, -55, -95, 0, 0)
    columns = (CHANNEL, RATE, "wlan_radio.signal_dbm", "wlan_radio.noise_dbm", "wlan.ra")
    assert read(head, *columns, link=PRISM) == [11, 11, -55, -95, 0x020000000002]
    assert decoded(head[:60], link=PRISM, frame=b"").rejects == {"avs: header cut short or of another version": 1}


def test_a_ppi_header() -> None:
    common = struct.pack("<HHQHHHHBBbb", 2, 20, 99, 1, 11, 2437, 0x00A0, 0, 0, -60, -95)
    head = struct.pack("<BBHI", 0, 0, 8 + len(common), 105) + common
    columns = ("wlan_radio.signal_dbm", "wlan_radio.noise_dbm", RATE, CHANNEL)
    assert read(head, *columns, link=PPI) == [-60, -95, 5.5, 6]
    other = head[:4] + struct.pack("<I", 1) + head[8:]
    assert decoded(other, link=PPI).rejects == {"ppi: carries another link type": 1}
    assert decoded(head[:8] + struct.pack("<HH", 2, 90) + head[12:], link=PPI).rejects == {
        "ppi: a field runs past the header": 1
    }


def test_a_link_type_nobody_reads_leaves_a_row() -> None:
    assert read(b"", "frame.len", "reject", "wlan.ra", link=1) == [10, 11, None]


def test_more_layouts_than_are_kept_are_read_as_each_alone() -> None:
    heads = layouts(3 * LAYOUTS, seed=4)
    frames = [head + ACK for head in (*heads, *reversed(heads))]
    together = frames_table(decode(pcap(frames, link=RADIOTAP))).drop("frame.number", "time_ns")
    for place in range(0, len(frames), 7):
        alone = frames_table(decoded(frames[place], frame=b"")).drop("frame.number", "time_ns")
        assert alone.equals(together[place])


def test_layouts_differ_by_the_length_of_a_vendor_namespace() -> None:
    """The present words and the length are the same, and yet the fields behind begin elsewhere."""

    def head(skipped: bytes) -> bytes:
        vendor = b"\x00\x11\x22\x01" + struct.pack("<H", len(skipped)) + skipped
        return radiotap(vendor + struct.pack("<b", -30) + bytes(4 - len(skipped)), 0xC0000000, 0xA0000000, 0x00000020)

    table = frames_table(decode(pcap([head(some) + ACK for some in (b"", b"\xaa", b"\xaa\xbb")], link=RADIOTAP)))
    assert table["radiotap.length"].n_unique() == 1
    assert table[SIGNAL].to_list() == [-30, -30, -30]


@pytest.mark.parametrize("count", [1, 31, 32, 33, 64, 65, 97])
def test_any_count_of_frames_gives_every_frame(count: int) -> None:
    """Frames are read in blocks: the last may be short, and values of a block before must not stay."""
    signals = [-30 - place % 50 if place % 3 else None for place in range(count)]
    frames = [radiotap(struct.pack("<b", s), 0x20) + ACK if s else radiotap(b"", 0) + ACK for s in signals]
    assert frames_table(decode(pcap(frames, link=RADIOTAP)))[SIGNAL].to_list() == signals
