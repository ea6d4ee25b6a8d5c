"""A rehearsal: a made-up stream through everything that a watch does, so that nothing is compiled once it listens.

Machine code is made when a loop is first called, or read from the disk if an earlier run has made it, and the graph of
a detector takes its memory when it first scores. On a machine that never watched that takes most of a minute, in which
a watch would be deaf; so it is done before anybody listens. Nothing of a rehearsal is kept.

The frames are those that every loop needs to be called once: a beacon, a state of the drone and a command to it (IEEE
802.11-2020, clause 9; RFC 791, RFC 768; Tello SDK 2.0 User Guide), a request to send, an encrypted frame, a flood's.
"""

import struct
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from yawstring.learn import events
from yawstring.table.telemetry import frame_of, from_states
from yawstring.watch import flow, stream
from yawstring.watch.batches import Batch, empty_batch
from yawstring.watch.findings import Finding, Identity
from yawstring.watch.flow import FlowOptions
from yawstring.wire.capture import records
from yawstring.wire.octets import view
from yawstring.wire.stamps import NS_PER_S
from yawstring.wire.tello import STATE_FIELDS, STATE_PORT, format_state, read_datagrams

BEGUN_NS: Final = 1_700_000_000 * NS_PER_S
"""When the made-up stream begins: any time will do."""

_COMMAND_PORT = 8889
_LINK_TYPE_802_11 = 105
_STEP_NS = 1_000_000
_ALL, _DRONE, _CONTROLLER = b"\xff" * 6, bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
_FROM_DRONE, _TO_DRONE, _PROTECTED = 2, 1, 0x41
_MANAGEMENT, _CONTROL, _DATA = 0, 4, 8


def rehearse(options: FlowOptions) -> None:
    """Send a made-up stream through everything that these options ask for."""
    state, ledger, rows = stream.start(options.stream), flow.start(options), _telemetry()
    for batch in _batches(options):
        state, out = stream.step(state, options.stream, batch, rows.filter(pl.col("time_ns") <= batch.now_ns))
        rows = rows.filter(pl.col("time_ns") > batch.now_ns)
        ledger, _ = flow.take(ledger, options, replace(out, findings=(*out.findings, _finding(batch.now_ns))), batch)
    _, out = stream.finish(state, options.stream)
    flow.finish(ledger, options, out)
    if options.stream.detector is not None:
        _alarm(options.stream.detector.events)


def frames() -> tuple[bytes, ...]:
    """The frames, without a frame check sequence.

    Example:
        >>> len(frames()), frames()[0][:1].hex(), frames()[-1][:1].hex()
        (8, '80', 'c0')
    """
    state = format_state(dict.fromkeys(STATE_FIELDS, 0), pads=False)
    name = b"\x00\x09rehearsal\x03\x01\x06"
    return (
        _head(_MANAGEMENT | 8 << 4, 0, _ALL, _DRONE, _DRONE) + struct.pack("<QHH", 1, 100, 1) + name,
        _head(_DATA, _FROM_DRONE, _CONTROLLER, _DRONE, _DRONE) + _datagram(state, STATE_PORT),
        _head(_DATA, _TO_DRONE, _DRONE, _CONTROLLER, _DRONE) + _datagram(b"command", _COMMAND_PORT),
        _head(_DATA | 8 << 4, _PROTECTED, _DRONE, _CONTROLLER, _DRONE) + bytes.fromhex("0000 0100 0020 00000000") * 3,
        _head(_MANAGEMENT | 4 << 4, 0, _ALL, _CONTROLLER, _ALL) + name,
        bytes([_CONTROL | 11 << 4, 0]) + struct.pack("<H", 9000) + _DRONE + _CONTROLLER,
        bytes([_CONTROL | 12 << 4, 0]) + struct.pack("<H", 9000) + _ALL,
        _head(_MANAGEMENT | 12 << 4, 0, _ALL, _DRONE, _DRONE) + struct.pack("<H", 7),
    )


def _batches(options: FlowOptions) -> Iterator[Batch]:
    """All frames once; again when the detector no longer warms up, for a window's rows and more; and a silence."""
    detector = options.stream.detector
    length, warm_ns, every_ns = 1, NS_PER_S, _STEP_NS
    if detector is not None:
        length = detector.scoring.recipe.window.length
        if detector.signals is not None:
            warm_ns += round(detector.signals.warm_up_s * NS_PER_S)
            every_ns = round((detector.signals.every_s or 0.0) * NS_PER_S) or every_ns
    yield _batch(BEGUN_NS, 1)
    again = _batch(BEGUN_NS + warm_ns, 1 + length // len(frames()), every_ns)
    yield again
    yield empty_batch(again.now_ns + 3 * NS_PER_S)


def capture(first_ns: int, times: int, step_ns: int = _STEP_NS) -> bytes:
    """A capture of the frames so many times over, each so long after the one before."""
    parts = [struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, _LINK_TYPE_802_11)]
    for number, frame in enumerate(frames() * times):
        stamp = divmod(first_ns + number * step_ns, NS_PER_S)
        parts.append(struct.pack("<IIII", *stamp, len(frame), len(frame)) + frame)
    return b"".join(parts)


def _batch(first_ns: int, times: int, step_ns: int = _STEP_NS) -> Batch:
    octets = view(capture(first_ns, times, step_ns))
    found = records(octets)
    return Batch(octets=octets, records=found, now_ns=first_ns + len(found) * step_ns)


def _telemetry() -> pl.DataFrame:
    """States of which one comes before every batch."""
    state = format_state(dict.fromkeys(STATE_FIELDS, 1), pads=False)
    times = [BEGUN_NS - _STEP_NS, BEGUN_NS, BEGUN_NS + _STEP_NS]
    return frame_of(from_states(read_datagrams((time_ns, state) for time_ns in times)))


def _finding(time_ns: int) -> Finding:
    """What opens an alert."""
    identity = Identity(kind="rehearsal", drone=1)
    words = "A rehearsal."
    return Finding(
        time_ns=time_ns, identity=identity, origin="rule", source="rehearsal", score=1.0, threshold=0.5, words=words
    )


def _alarm(spec: events.EventSpec) -> None:
    """An incident from its beginning to its end, whatever the detector says of the frames."""
    times = BEGUN_NS + np.arange(spec.within, dtype=np.int64) * _STEP_NS
    state, _ = events.step(events.begin(spec), spec, times, np.ones(len(times)))
    events.finish(state, spec)


def _head(kind: int, flags: int, receiver: bytes, sender: bytes, third: bytes) -> bytes:
    return bytes([kind, flags, 0, 0]) + receiver + sender + third + b"\x10\x00"


def _datagram(payload: bytes, port: int) -> bytes:
    """LLC, SNAP, IPv4 and UDP around a payload."""
    udp = struct.pack(">HHHH", port, port, 8 + len(payload), 0) + payload
    internet = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(udp), 7, 0, 64, 17, 0) + bytes([192, 168, 10, 1] * 2)
    return bytes.fromhex("aaaa030000000800") + internet + udp
