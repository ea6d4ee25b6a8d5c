"""What was in the air: frames by kind, who sent them, which networks and channels; adds up over pieces of captures."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import polars as pl

from yawstring.schema import TIME

FRAMES = "frames"
"""Column of counts in every table of a survey."""

KIND_NAMES: Mapping[tuple[int, int], str] = MappingProxyType({
    (0, 0): "association request", (0, 1): "association response", (0, 2): "reassociation request",
    (0, 3): "reassociation response", (0, 4): "probe request", (0, 5): "probe response", (0, 6): "timing advertisement",
    (0, 8): "beacon", (0, 9): "ATIM", (0, 10): "disassociation", (0, 11): "authentication",
    (0, 12): "de-authentication", (0, 13): "action", (0, 14): "action without ACK",
    (1, 2): "trigger", (1, 3): "TACK", (1, 4): "beamforming report poll", (1, 5): "NDP announcement",
    (1, 6): "control frame extension", (1, 7): "control wrapper", (1, 8): "block ACK request", (1, 9): "block ACK",
    (1, 10): "PS-Poll", (1, 11): "RTS", (1, 12): "CTS", (1, 13): "ACK", (1, 14): "CF-End", (1, 15): "CF-End and CF-ACK",
    (2, 0): "data", (2, 1): "data and CF-ACK", (2, 2): "data and CF-poll", (2, 3): "data, CF-ACK and CF-poll",
    (2, 4): "null", (2, 5): "CF-ACK", (2, 6): "CF-poll", (2, 7): "CF-ACK and CF-poll",
    (2, 8): "QoS data", (2, 9): "QoS data and CF-ACK", (2, 10): "QoS data and CF-poll",
    (2, 11): "QoS data, CF-ACK and CF-poll", (2, 12): "QoS null", (2, 14): "QoS CF-poll",
    (2, 15): "QoS CF-ACK and CF-poll",
    (3, 0): "DMG beacon", (3, 1): "S1G beacon",
})  # fmt: skip
"""Name of each type and subtype: IEEE 802.11-2020, table 9-1, and 802.11ax for the trigger."""

TYPE_NAMES = ("management", "control", "data", "extension")
"""Name of each type."""

PROTECTION_NAMES = ("open", "WEP", "TKIP", "CCMP or GCMP")
"""Name of each code of the column ``protection``."""

_BEACON, _PROBE_RESPONSE = 8, 5
_TABLES = {
    "kinds": ("wlan.fc.type", "wlan.fc.subtype"),
    "transmitters": ("wlan.ta",),
    "networks": ("wlan.ssid", "wlan.bssid"),
    "channels": ("wlan_radio.channel",),
    "protections": ("protection",),
}
"""Each table of counts, and the columns it counts by."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Survey:
    """Counts over frames.

    Attributes:
        frames: Number of frames.
        octets: Sum of their lengths on the air.
        first_ns: Receive time of the earliest; ``None`` where no frame has one.
        last_ns: Receive time of the latest.
        counts: Tables ``kinds``, ``transmitters``, ``networks`` (beacons and probe responses alone), ``channels`` and
            ``protections`` (data frames alone): the columns counted by, and ``frames``, most frequent first.
    """

    frames: int
    octets: int
    first_ns: int | None
    last_ns: int | None
    counts: Mapping[str, pl.DataFrame]

    @property
    def span_s(self) -> float | None:
        """Seconds from the earliest frame to the latest."""
        return None if self.first_ns is None or self.last_ns is None else (self.last_ns - self.first_ns) / 1e9


def survey(frame: pl.DataFrame) -> Survey:
    """Count the frames of a table.

    Args:
        frame: Columns of :func:`yawstring.table.frames.frames_table`.
    """
    announced = (pl.col("wlan.fc.type") == 0) & pl.col("wlan.fc.subtype").is_in([_BEACON, _PROBE_RESPONSE])
    parts = {"networks": frame.filter(announced), "protections": frame.filter(pl.col("wlan.fc.type") == 2)}
    counts = {
        name: _sorted(parts.get(name, frame).group_by(by).agg(pl.len().cast(pl.Int64).alias(FRAMES)))
        for name, by in _TABLES.items()
    }
    first, last = frame[TIME].min(), frame[TIME].max()
    return Survey(
        frames=len(frame),
        octets=int(frame["frame.len"].sum()),
        first_ns=first if isinstance(first, int) else None,
        last_ns=last if isinstance(last, int) else None,
        counts=MappingProxyType(counts),
    )


def added(one: Survey, other: Survey) -> Survey:
    """The survey of both together."""
    counts = {
        name: _sorted(pl.concat([one.counts[name], other.counts[name]]).group_by(by).agg(pl.col(FRAMES).sum()))
        for name, by in _TABLES.items()
    }
    return Survey(
        frames=one.frames + other.frames,
        octets=one.octets + other.octets,
        first_ns=min((time for time in (one.first_ns, other.first_ns) if time is not None), default=None),
        last_ns=max((time for time in (one.last_ns, other.last_ns) if time is not None), default=None),
        counts=MappingProxyType(counts),
    )


def kinds(counted: Survey) -> Iterator[tuple[str, str, int]]:
    """Name of type and subtype, and count, most frequent first.

    A frame too short to have a type is ``unreadable``.
    """
    for kind, subtype, count in counted.counts["kinds"].iter_rows():
        if kind is None or subtype is None:
            yield "unreadable", "", count
        else:
            yield TYPE_NAMES[kind & 3], KIND_NAMES.get((kind, subtype), f"reserved {subtype}"), count


def mac_text(address: int) -> str:
    """An address as it is written.

    Example:
        >>> mac_text(0x60601F0011FF)
        '60:60:1f:00:11:ff'
    """
    return address.to_bytes(6, "big").hex(":")


def _sorted(counts: pl.DataFrame) -> pl.DataFrame:
    """Most frequent first; what is as frequent in the order of its values, so that the order says nothing else."""
    names = [name for name in counts.columns if name != FRAMES]
    return counts.sort(FRAMES, *names, descending=[True] + [False] * len(names), nulls_last=True)
