"""The drone's states out of the frames of an open network, which nobody needs a port for.

The drone is the access point: what goes the other way is a station's, and no application receives it. A frame that is
sent again, because its receiver did not acknowledge it, is one state.
"""

from dataclasses import dataclass, replace

import polars as pl

from yawstring.table.telemetry import frame_of, from_states
from yawstring.wire.decoder import Decoded
from yawstring.wire.mac import FCS_BAD
from yawstring.wire.tello import read_datagrams

TEXT = "tello.state"
_MARK = ("wlan.ta", "wlan.seq", "wlan.frag")


@dataclass(frozen=True, kw_only=True)
class AirStates:
    """What is carried.

    Attributes:
        network: BSSID of the drone's network; ``None`` before the first state, where nobody has named it.
        mark: Sender, sequence number and fragment of the last state.
        last_ns: Its time, which none after it is below.
        rejects: Datagrams that were no state.
    """

    network: int | None = None
    mark: tuple[int | None, ...] = ()
    last_ns: int = 0
    rejects: int = 0


def step(state: AirStates, decoded: Decoded, drone: int | None) -> tuple[AirStates, pl.DataFrame | None]:
    """Take the states out of frames.

    Args:
        state: What the step before gave.
        decoded: The frames.
        drone: BSSID of the drone's network, where it is known; else that of the first state counts.

    Returns:
        The state after them, and rows of telemetry; ``None`` where there are none.
    """
    texts = list(decoded.texts(TEXT))
    if not texts:
        return state, None
    columns, datagrams = decoded.columns, list[tuple[int, bytes]]()

    def value(name: str, frame: int) -> int | None:
        column = columns[name]
        return int(column.values[frame]) if column.valid[frame] else None

    for frame, octets in texts:
        stamp, network = value("time_ns", frame), value("wlan.bssid", frame)
        from_drone = value("wlan.fc.fromds", frame) == 1 and value("wlan.fc.tods", frame) == 0
        if stamp is None or not from_drone or value("wlan.fcs.status", frame) == FCS_BAD:
            continue
        state = replace(state, network=drone if drone is not None else state.network or network)
        mark = tuple(value(name, frame) for name in _MARK)
        if network != state.network or (value("wlan.fc.retry", frame) == 1 and mark == state.mark):
            continue
        state = replace(state, mark=mark, last_ns=max(state.last_ns, stamp))
        datagrams.append((state.last_ns, octets))
    states = read_datagrams(datagrams)
    state = replace(state, rejects=state.rejects + sum(states.rejects.values()))
    rows = frame_of(from_states(states))
    return state, rows if len(rows) else None
