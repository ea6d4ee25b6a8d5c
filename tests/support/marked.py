"""A rule that fires at frames to one address, and captures of them: to test what becomes of findings, not detection."""

import numpy as np

from support.flight_files import pcap
from yawstring.watch.batches import Batch
from yawstring.watch.findings import Finding, Identity
from yawstring.wire.capture import records

MARK = 0xAABBCCDDEEFF
NS = 1_000_000_000
PLAIN, MARKED = bytes.fromhex("d4000000aabbccddee00"), bytes.fromhex("d4000000aabbccddeeff")


class MarkedRule:
    """Fires at every marked frame."""

    def start(self, drone: int | None) -> int:
        return 0

    def step(self, state, inputs, roles, *, first_frame, until_ns):
        marked = np.flatnonzero(inputs.whole("wlan.ra") == MARK).tolist()
        return state + len(marked), tuple(
            Finding(
                time_ns=int(inputs.time_ns[place]),
                identity=Identity(kind="marked", attacker=MARK),
                origin="rule",
                source="marked",
                score=1.0,
                threshold=0.5,
                words="A marked frame.",
                frame=first_frame + place,
            )
            for place in marked
        )


def capture(seconds, marked=()) -> bytes:
    """A frame at each of these seconds, and those at ``marked`` are."""
    times = sorted([(second, PLAIN) for second in seconds] + [(second, MARKED) for second in marked])
    return pcap([(round(second * NS), frame) for second, frame in times])


def batch(seconds, marked=(), **given) -> Batch:
    """The same as a batch, read when its last frame came."""
    octets = np.frombuffer(capture(seconds, marked), np.uint8)
    now_ns = round(max([*seconds, *marked]) * NS)
    return Batch(octets=octets, records=records(octets), **{"now_ns": now_ns, **given})
