"""Rules over whole recordings: a capture and, where there is one, a log, to what the rules find in them."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import numpy as np
import polars as pl

from yawstring.edge.telemetry import parse_telemetry
from yawstring.table.frames import frames_table
from yawstring.table.fuse import fuse
from yawstring.table.signals.inputs import Inputs, raw_times
from yawstring.table.signals.roles import roles_start, roles_step
from yawstring.watch import rules
from yawstring.watch.findings import Finding
from yawstring.watch.rules import Rulebook
from yawstring.wire.decoder import decode


def fused(capture: bytes, telemetry: bytes | None) -> pl.DataFrame:
    """The frames of a capture with the telemetry of a log beside them, as a watch sees them.

    Args:
        capture: Octets of a capture.
        telemetry: Octets of a log; ``None`` or nothing where there is none.
    """
    states = parse_telemetry(telemetry, name="telemetry").frame if telemetry else None
    return fuse(frames_table(decode(capture)), states).frame


def ruled(
    frame: pl.DataFrame, book: Rulebook, *, drone: int | None = None, cuts: Iterable[int] = ()
) -> Iterator[Finding]:
    """What the rules find in a table of frames.

    Args:
        frame: Rows of one recording, in the order they came.
        book: The rules.
        drone: BSSID of the watched drone, if a person names it.
        cuts: Rows before which the table is cut into chunks.
    """
    times = raw_times(frame)
    times = np.zeros(len(frame), np.int64) if times is None else np.maximum.accumulate(times)
    known, state = roles_start(drone), rules.start(book, drone)
    for first, after in pairwise([0, *sorted(cuts), len(frame)]):
        inputs = Inputs(frame=frame[first:after], time_ns=times[first:after])
        known, roles = roles_step(known, inputs)
        state, findings = rules.step(state, book, inputs, roles, first_frame=first + 1)
        yield from findings
