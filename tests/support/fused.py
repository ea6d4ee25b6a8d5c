"""A made-up fused table in the layout of the reference notebook, for tests and timings only.

The real table is not public. This one has its 62 columns in its order, its dtypes and its habits: whole-second
``timestamp``, sub-second ``timestamp_c``, a ``frame.number`` that rises within a recording and falls where a new one
begins, several recordings of several flights, 10 Hz telemetry repeated on every frame until the next report, addresses
as small codes, the same four constant columns, and about two thirds of the rows in attack episodes.

**It claims nothing about detection quality.** Its attacks are a few lines of arithmetic: a flood of
de-authentications or a replay of old data frames mixed, at a rate drawn for each episode, into ordinary traffic that
holds a few look-alikes.
A score on it shows that the code runs and that steps differ, never that a drone is safer.

Run it to get a file::

    python tests/support/fused.py OUT.csv --rows 2000 --seed 1
"""

import argparse
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

COLUMNS = (
    *("timestamp", "mid", "x", "y", "mpitch", "mroll", "myaw", "z", "pitch", "roll", "yaw", "vgx", "vgy", "vgz"),
    *("templ", "temph", "tof", "h", "bat", "baro", "flight_time", "agx", "agy", "agz"),
    *("mpitch.1", "mroll.1", "myaw.1", "timestamp_c", "frame.number", "frame.len"),
    *("wlan.ta", "wlan.sa", "wlan.ra", "wlan.da", "wlan.bssid", "wlan.duration", "wlan.frag", "wlan.seq"),
    *("wlan.fc.type", "wlan.fc.subtype", "wlan.flags", "wlan.fcs", "wlan.fcs.status"),
    *("wlan.qos", "wlan.qos.priority", "wlan.qos.ack", "wlan.ccmp.extiv", "wlan.wep.key", "data.len"),
    *("radiotap.hdr_length", "radiotap.antenna_signal", "radiotap.signal_quality"),
    *("radiotap.channel.flags.ofdm", "radiotap.channel.flags.cck"),
    *("wlan_radio.datarate", "wlan_radio.channel", "wlan_radio.frequency", "wlan_radio.signal_strength (dbm)"),
    *("wlan_radio.Noise level (dbm)", "wlan_radio.SNR (db)", "wlan_radio.preamble", "class"),
)

CONSTANT = ("wlan.frag", "wlan.qos.ack", "wlan_radio.Noise level (dbm)", "wlan_radio.SNR (db)")
"""The four columns that hold one value in the real table, and in every table made here."""

FIRST_FLIGHT = datetime(2024, 4, 24, 21, 42, 32, tzinfo=UTC)
LOCAL_OFFSET_H = -5
"""``timestamp`` is local time, ``timestamp_c`` Unix seconds."""

FREQUENCY_BASE_MHZ = 2400
"""Frequencies are written in MHz above this.

The real table has 2452 and the like, which the notebook leaves unscaled. On a table as small as this, such a column
saturates an LSTM's gates from the start, Keras's as well as ours, and it learns nothing.
"""

FRAMES_PER_S = 60.0
STATE_PERIOD_S = 0.1
MPDU_OVERHEAD = 26 + 8 + 4
"""QoS header, CCMP header and FCS, in octets."""

Row = dict[str, float | int | str]


@dataclass(frozen=True, kw_only=True)
class FusedSpec:
    """What to make.

    Attributes:
        rows: Rows of the table, exactly.
        seed: Every draw comes from it.
        flights: Flights, each with its own addresses, times and habits.
        recordings: Recordings of each flight.
        attack_share: Wanted share of class 1; kept roughly.
        episode_rows: Mean length of an episode of either class, in rows.
    """

    rows: int = 2000
    seed: int = 1
    flights: int = 3
    recordings: int = 4
    attack_share: float = 2 / 3
    episode_rows: int = 60


def fused_rows(spec: FusedSpec) -> list[Row]:
    """Rows of the table, as dictionaries in the order of :data:`COLUMNS`."""
    rng = np.random.default_rng(spec.seed)
    count = spec.flights * spec.recordings
    edges = np.linspace(0, spec.rows, count + 1).astype(int)
    rows: list[Row] = []
    for index in range(count):
        number, part = divmod(index, spec.recordings)
        if part == 0:
            flight = _Flight(number, rng)
        flight.start_recording()
        rows += _recording(int(edges[index + 1] - edges[index]), flight, spec, rng)
    return rows


def fused_csv(spec: FusedSpec | None = None, *, duplicate_headers: bool = False) -> bytes:
    """The table as octets of a CSV file.

    Args:
        spec: What to make.
        duplicate_headers: Write the second ``mpitch``, ``mroll`` and ``myaw`` under the name of the first, as the
            program that recorded them may have; otherwise as ``mpitch.1`` and so on, as pandas spells them.
    """
    rows = fused_rows(spec or FusedSpec())
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([name.removesuffix(".1") for name in COLUMNS] if duplicate_headers else COLUMNS)
    writer.writerows([row[name] for name in COLUMNS] for row in rows)
    return text.getvalue().encode()


def write_fused(path: Path, spec: FusedSpec | None = None, *, duplicate_headers: bool = False) -> Path:
    """Write the table to ``path`` and give the path back."""
    path.write_bytes(fused_csv(spec, duplicate_headers=duplicate_headers))
    return path


class _Flight:
    """What stays the same, or runs on, during one flight: addresses, clocks, battery, position."""

    def __init__(self, number: int, rng: np.random.Generator) -> None:
        self.rng = rng
        codes = rng.permutation(4) + (4 * number if number else 0)
        self.drone, self.station = int(codes[0]), int(codes[1])
        start = FIRST_FLIGHT + timedelta(minutes=17 * number)
        self.time_s = start.timestamp() + float(rng.uniform(0, 0.5))
        self.takeoff_s = self.time_s
        self.state_due_s = self.time_s
        self.signal = {self.drone: -40.0 + rng.normal(0, 5), self.station: -34.0 + rng.normal(0, 5)}
        self.sequence: dict[int, int] = {}
        self.packet_number: dict[int, int] = {}
        self.channel = (9, 6, 11)[number % 3]
        self.yaw, self.height, self.vgx = int(rng.integers(-180, 180)), 30, 0
        self.battery, self.baro = 93.0 - 4 * number, 305.0 + float(rng.normal(0, 3))
        self.frame_number = 0
        self.state: Row = {}

    def start_recording(self) -> None:
        """A new capture and association, some seconds later: frames, sequences and packets are counted anew."""
        self.frame_number = int(self.rng.integers(1, 30))
        self.sequence = {self.drone: int(self.rng.integers(0, 90)), self.station: int(self.rng.integers(0, 90))}
        self.packet_number = {self.drone: 20, self.station: 20}
        self.time_s += float(self.rng.uniform(2, 6))

    def tick(self) -> None:
        """On to the next frame that was kept, with a new state when one is due."""
        self.time_s += float(self.rng.exponential(1 / FRAMES_PER_S))
        self.frame_number += 1 + int(self.rng.poisson(0.4))
        if self.time_s >= self.state_due_s:
            self.state_due_s = self.time_s + STATE_PERIOD_S
            self.state = self._next_state()

    def _next_state(self) -> Row:
        rng, age_s = self.rng, self.time_s - self.takeoff_s
        self.yaw = (self.yaw + int(rng.integers(-3, 4)) + 180) % 360 - 180
        self.height = int(np.clip(self.height + rng.integers(-1, 2) * 10, 0, 150))
        self.vgx = int(np.clip(self.vgx + rng.integers(-1, 2), -5, 5))
        pitch, roll = int(rng.normal(0, 2)), int(rng.normal(0, 2))
        warm = int(min(age_s / 20, 12))
        return {
            **self._mission_pad(),
            "pitch": pitch,
            "roll": roll,
            "yaw": self.yaw,
            "vgx": self.vgx,
            "vgy": int(rng.integers(-2, 3)),
            "vgz": int(rng.integers(-1, 2)),
            "templ": 64 + warm,
            "temph": 68 + warm,
            "tof": max(10, self.height + 50 + int(rng.normal(0, 4))),
            "h": self.height,
            "bat": int(self.battery - age_s / 15),
            "baro": round(self.baro + self.height / 100 + float(rng.normal(0, 0.1)), 2),
            "flight_time": 1 + int(age_s),
            "agx": float(round(10 + 17 * pitch + rng.normal(0, 4))),
            "agy": float(round(-10 + 17 * roll + rng.normal(0, 4))),
            "agz": float(round(-940 + rng.normal(0, 15))),
        }

    def _mission_pad(self) -> Row:
        """Seen in one state of fifty; -1 and -100 mean that there is none."""
        angles = ("mpitch", "mroll", "myaw")
        if self.rng.random() > 0.02:
            return {"mid": -1, **dict.fromkeys("xyz", -100), **{a + twin: 0 for a in angles for twin in ("", ".1")}}
        turned = {angle: int(self.rng.integers(1, 90)) for angle in angles}
        twins = {f"{angle}.1": value for angle, value in turned.items()}
        place = {axis: int(self.rng.integers(-50, 50)) for axis in "xyz"}
        return {"mid": int(self.rng.integers(1, 9)), **place, **turned, **twins}


def _recording(length: int, flight: _Flight, spec: FusedSpec, rng: np.random.Generator) -> list[Row]:
    """One recording: episodes of ordinary traffic and of attack, in turn."""
    rows: list[Row] = []
    attacked = bool(rng.random() < spec.attack_share)
    while len(rows) < length:
        share = spec.attack_share if attacked else 1 - spec.attack_share
        wanted = int(rng.uniform(0.5, 1.5) * 2 * share * spec.episode_rows)
        kind = str(rng.choice(["flood", "replay"]))
        hostile = float(rng.uniform(0.25, 0.6)) if attacked else 0.0
        for _ in range(min(max(wanted, 6), length - len(rows))):
            flight.tick()
            frame = _frame(flight, kind if rng.random() < hostile else _ordinary(rng), rng)
            rows.append({**flight.state, **frame, "class": int(attacked)})
        attacked = not attacked
    return rows


def _ordinary(rng: np.random.Generator) -> str:
    return str(rng.choice(["video", "command", "beacon", "flood", "retry"], p=[0.46, 0.30, 0.15, 0.02, 0.07]))


def _frame(flight: _Flight, kind: str, rng: np.random.Generator) -> Row:
    """Columns of one frame. ``flood`` and ``beacon`` are management frames, the rest protected QoS data."""
    management = kind in {"flood", "beacon"}
    sender = flight.drone if management or kind == "video" or rng.random() < 0.3 else flight.station
    old = kind == "replay"
    hostile_shift = float(rng.normal(4, 5)) if kind in {"flood", "replay"} else 0.0
    signal = round(flight.signal[sender] + hostile_shift + float(rng.normal(0, 2.5)))
    flight.sequence[sender] = (flight.sequence[sender] + 1) % 4096
    length = 0 if management else int(rng.normal(1380, 120) if kind == "video" else rng.integers(40, 230))
    header = 35 if kind == "video" else 32
    fields = _management(kind) if management else _data(flight, sender, kind, rng)
    local = datetime.fromtimestamp(flight.time_s, UTC) + timedelta(hours=LOCAL_OFFSET_H)
    return {
        "timestamp": local.strftime("%Y-%m-%d %H:%M:%S"),
        "timestamp_c": round(flight.time_s, 6),
        "frame.number": flight.frame_number,
        "frame.len": header + length + (MPDU_OVERHEAD if length else 30),
        "wlan.ta": sender,
        "wlan.sa": sender,
        "wlan.bssid": flight.drone,
        "wlan.frag": 0,
        "wlan.seq": (flight.sequence[sender] - (int(rng.integers(5, 90)) if old else 0)) % 4096,
        "wlan.fcs": int(rng.integers(0, 2**32)),
        "wlan.fcs.status": 2 if rng.random() > 0.01 else 1,
        "wlan.qos.ack": 0,
        "data.len": length,
        "radiotap.hdr_length": header,
        "radiotap.antenna_signal": signal,
        "radiotap.signal_quality": int(np.clip(78 + rng.normal(0, 6), 0, 100)),
        "wlan_radio.channel": flight.channel,
        "wlan_radio.frequency": 2407 - FREQUENCY_BASE_MHZ + 5 * flight.channel,
        "wlan_radio.signal_strength (dbm)": signal,
        "wlan_radio.Noise level (dbm)": 0,
        "wlan_radio.SNR (db)": 0,
        "wlan.ra": flight.station if sender == flight.drone else flight.drone,
        "wlan.da": flight.station if sender == flight.drone else flight.drone,
        **fields,
    }


def _management(kind: str) -> Row:
    """Beacon or de-authentication: 1 Mb/s, long preamble, no payload that Wireshark would call data."""
    return {
        "wlan.duration": 314 if kind == "flood" else 0,
        "wlan.fc.type": 0,
        "wlan.fc.subtype": 12 if kind == "flood" else 8,
        "wlan.flags": 0,
        **dict.fromkeys(("wlan.qos", "wlan.qos.priority", "wlan.ccmp.extiv", "wlan.wep.key"), 0),
        "radiotap.channel.flags.ofdm": 0,
        "radiotap.channel.flags.cck": 1,
        "wlan_radio.datarate": 1.0,
        "wlan_radio.preamble": 192,
    }


def _data(flight: _Flight, sender: int, kind: str, rng: np.random.Generator) -> Row:
    """Protected QoS data; a replay carries an old packet number and no retry bit."""
    flight.packet_number[sender] += 1
    to_ap = sender == flight.station
    old = int(rng.integers(5, 90)) if kind == "replay" else 0
    video = kind == "video"
    priority = int(rng.choice([0, 6], p=[0.9, 0.1]))
    return {
        "wlan.duration": int(rng.choice([36, 44, 48], p=[0.6, 0.2, 0.2] if kind == "replay" else [0.1, 0.5, 0.4])),
        "wlan.fc.type": 2,
        "wlan.fc.subtype": 8,
        "wlan.flags": 0x40 + (1 if to_ap else 2) + (8 if kind == "retry" else 0),
        "wlan.qos": priority,
        "wlan.qos.priority": priority,
        "wlan.ccmp.extiv": max(1, flight.packet_number[sender] - old),
        "wlan.wep.key": int(rng.random() < 0.01),
        "radiotap.channel.flags.ofdm": 0 if video else 1,
        "radiotap.channel.flags.cck": 0,
        "wlan_radio.datarate": 144.444 if video else float(rng.choice([24.0, 36.0, 48.0])),
        "wlan_radio.preamble": 40 if video else 20,
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a table to a file."""
    parser = argparse.ArgumentParser(description="A made-up fused table, for tests and timings only.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--flights", type=int, default=3)
    parser.add_argument("--recordings", type=int, default=4, help="recordings of each flight")
    parser.add_argument("--duplicate-headers", action="store_true", help="write mpitch twice, not mpitch.1")
    given = parser.parse_args(arguments)
    spec = FusedSpec(rows=given.rows, seed=given.seed, flights=given.flights, recordings=given.recordings)
    write_fused(given.out, spec, duplicate_headers=given.duplicate_headers)


if __name__ == "__main__":
    main()
