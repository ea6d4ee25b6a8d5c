"""Files of made-up flights on an open or an encrypted network: a capture, a log, labels. For tests of fusing only."""

import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from yawstring.wire.tello import format_state

NS = 1_000_000_000
DRONE = bytes.fromhex("60601f0000aa")
CONTROLLER = bytes.fromhex("0233445566bb")
PERIOD_S = 0.1
DELIVERY_S = 0.001
BEACONS_PER_STATE = 2


@dataclass(frozen=True, kw_only=True)
class FlightSpec:
    """What to make.

    Attributes:
        states: States sent, ten a second.
        start_s: Unix time of the first, in whole seconds.
        seed: Every draw comes from it.
        clear: The network is open.
        slow_s: What the log's clock is behind the capture's.
        attacks: Intervals in seconds from the start, each a de-authentication.
    """

    states: int = 60
    start_s: int = 1_713_976_952
    seed: int = 1
    clear: bool = True
    slow_s: float = 0.0
    attacks: tuple[tuple[float, float], ...] = field(default=((2.0, 4.0),))


def write_flight(folder: Path, spec: FlightSpec) -> Path:
    """Write ``capture.pcap``, ``telemetry.log``, ``labels.csv`` and ``truth.csv``; gives the folder back."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(spec.seed)
    sent = [(spec.start_s + PERIOD_S * number) for number in range(spec.states)]
    states = [_state(number, rng) for number in range(spec.states)]
    frames, log = [], []
    for at, state in zip(sent, states, strict=True):
        frames += [(round((at + step * PERIOD_S / 3) * NS), _beacon()) for step in range(1, BEACONS_PER_STATE + 1)]
        frames.append((round(at * NS), _datagram(state) if spec.clear else _encrypted(len(state))))
        received = round((at + DELIVERY_S - spec.slow_s) * NS)
        log.append(f"{received // NS}.{received % NS:09d} {state.decode().strip()}")
    frames.sort(key=lambda frame: frame[0])
    (folder / "capture.pcap").write_bytes(pcap(frames))
    (folder / "telemetry.log").write_text("\n".join(log) + "\n")
    spans = [(spec.start_s + first, spec.start_s + last) for first, last in spec.attacks]
    rows = [f"{first},{last},dos,made_up,me,0.5" for first, last in spans]
    (folder / "labels.csv").write_text("\n".join(["start,end,class,technique,source,certainty", *rows]) + "\n")
    lines = ["frame.number,time_ns,transmitter,role,forged,class,technique,episode"]
    for number, (at, _) in enumerate(frames, start=1):
        on = next((place for place, (first, last) in enumerate(spans) if first * NS <= at < last * NS), None)
        lines.append(f"{number},{at},drone,drone,0," + ("benign,," if on is None else f"dos,made_up,{on}"))
    (folder / "truth.csv").write_text("\n".join(lines) + "\n")
    return folder


def pcap(frames: list[tuple[int, bytes]]) -> bytes:
    """A capture of plain 802.11 frames (link type 105), stamped in nanoseconds."""
    head = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 105)
    records = (struct.pack("<IIII", at // NS, at % NS, len(octets), len(octets)) + octets for at, octets in frames)
    return head + b"".join(records)


def _state(number: int, rng: np.random.Generator) -> bytes:
    fields = {name: int(rng.normal(0, 25)) for name in ("pitch", "roll", "yaw", "vgx", "vgy", "vgz")}
    fields |= {"templ": 60, "temph": 64, "tof": 100 + int(rng.normal(0, 20)), "h": 10 * (number % 12), "bat": 87}
    fields |= {"baro": round(rng.normal(50, 60), 2), "time": number // 10}
    return format_state(fields | {name: round(rng.normal(0, 300), 2) for name in ("agx", "agy", "agz")}, pads=False)


def _data(flags: int, body: bytes) -> bytes:
    return struct.pack("<BBH", 0x08, 0x02 | flags, 44) + CONTROLLER + DRONE + DRONE + struct.pack("<H", 16) + body


def _datagram(payload: bytes) -> bytes:
    udp = struct.pack(">HHHH", 8889, 8890, 8 + len(payload), 0)
    head = struct.pack(
        ">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 7, 0, 64, 17, 0, b"\xc0\xa8\n\x01", b"\xc0\xa8\n\x02"
    )
    return _data(0, bytes.fromhex("aaaa030000000800") + head + udp + payload)


def _encrypted(length: int) -> bytes:
    """CCMP: its header, and as much ciphertext as LLC, IPv4 and UDP headers, the payload and the MIC take."""
    return _data(0x40, bytes.fromhex("0100002000000000") + bytes(36 + length + 8))


def _beacon() -> bytes:
    head = struct.pack("<BBH", 0x80, 0, 0) + b"\xff" * 6 + DRONE + DRONE + struct.pack("<H", 0)
    return head + struct.pack("<QHH", 1, 100, 1) + b"\x00\x05TELLO" + b"\x03\x01\x06"
