"""Channel, FHSS and XChannel fields given again in further present words, beside tshark."""

import struct
from pathlib import Path

import numpy as np
import polars as pl

from support import tshark as oracle
from support.octets import RADIOTAP, STATION, pcap, radiotap
from support.oracle import compare
from support.radiotap_headers import FIELDS, FREQUENCIES, MORE_WORDS, RADIOTAP_NAMESPACE, RATES
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode

RATE, CHANNEL, FHSS, XCHANNEL = 2, 3, 4, 18
FRAMES, SEED = 1_500, 11
ACK = struct.pack("<BBH", 0xD4, 0, 0) + STATION

KINDS = (0x00A0, 0x00C0, 0x0480, 0x0140)
WIDE_KINDS = (*KINDS, 0x10480, 0x20480, 0x40480, 0x10140, 0x20140, 0x40140)
"""Flags that say what is sent: CCK, OFDM or both at 2.4 GHz, OFDM at 5 GHz, HT of either band."""

COLUMNS = (
    "radiotap.channel.freq", "radiotap.channel.flags", "radiotap.channel.flags.cck", "radiotap.channel.flags.ofdm",
    "wlan_radio.phy", "wlan_radio.channel", "wlan_radio.frequency", "wlan_radio.data_rate", "wlan_radio.preamble",
    "wlan_radio.short_preamble", "wlan.ra", "frame.number",
)  # fmt: skip


def value(bit: int, random: np.random.Generator) -> bytes:
    frequency = int(random.choice(FREQUENCIES))
    if bit == CHANNEL:
        return struct.pack("<HH", frequency, int(random.choice(KINDS)))
    if bit == XCHANNEL:
        channel = 14 if frequency == 2484 else (frequency - (2407 if frequency < 3000 else 5000)) // 5
        return struct.pack("<IHBb", int(random.choice(WIDE_KINDS)), frequency, channel, 20)
    return bytes([int(random.choice(RATES))]) if bit == RATE else random.bytes(2)


def drawn_header(random: np.random.Generator) -> tuple[list[int], bytes]:
    """Fields of two to four present words, as bits, and the header of them."""
    words = [[bit for bit in (CHANNEL, FHSS, XCHANNEL) if random.random() < 0.5] for _ in range(random.integers(2, 5))]
    words[0] = [RATE, *words[0]]
    body, before = b"", 4 + 4 * len(words)
    drawn = [bit for bits in words for bit in bits]
    for bit in drawn:
        body += bytes(-(before + len(body)) % FIELDS[bit][0]) + value(bit, random)
    more = 1 << MORE_WORDS | 1 << RADIOTAP_NAMESPACE
    present = [sum(1 << bit for bit in bits) | more for bits in words]
    return drawn, radiotap(body, *present[:-1], present[-1] & ~more)


def test_the_first_channel_is_the_headers_and_the_last_is_the_receptions(tshark: str, tmp_path: Path) -> None:
    random, path = np.random.default_rng(SEED), tmp_path / "channels.pcap"
    drawn = [drawn_header(random) for _ in range(FRAMES)]
    path.write_bytes(pcap([head + ACK for _, head in drawn], link=RADIOTAP))
    for again in (CHANNEL, FHSS, XCHANNEL):
        assert sum(bits.count(again) > 1 for bits, _ in drawn) > FRAMES // 3
    ours = frames_table(decode(path.read_bytes()))
    found = compare(ours, oracle.read(tshark, path, COLUMNS), COLUMNS, capture=path.name)
    with pl.Config(tbl_rows=40, tbl_cols=-1, tbl_width_chars=160):
        assert found.differing.is_empty(), str(found.differing)
    assert min(found.filled[name] for name in COLUMNS if name != "wlan_radio.short_preamble") > FRAMES // 5
