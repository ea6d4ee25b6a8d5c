"""Columns of a table as the arrays that compiled steps read: typed, contiguous, absence as a mark.

A table may hold a column under another name or in another unit than ours; what stands for what is said here, once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.schema import TIME
from yawstring.schema.frames import ALIASES

if TYPE_CHECKING:
    from yawstring.wire.decoder import Column

MISSING: Final = -(1 << 62)
"""Stands for null in a column of whole numbers."""

NS_PER_S: Final = 1_000_000_000

TOGETHER: Final[Mapping[str, tuple[str, ...]]] = {
    "int64": (
        "data.data",
        "elements_hash",
        "frame.len",
        "ip.dst",
        "ip.id",
        "ip.len",
        "ip.proto",
        "ip.src",
        "llc.type",
        "payload_hash",
        "radiotap.channel.freq",
        "radiotap.length",
        "radiotap.mactime",
        "reject",
        "ssid_hash",
        "udp.dstport",
        "udp.srcport",
        "vendor_hash",
        "wlan.bssid",
        "wlan.ds.current_channel",
        "wlan.duration",
        "wlan.fc.fromds",
        "wlan.fc.protected",
        "wlan.fc.retry",
        "wlan.fc.subtype",
        "wlan.fc.tods",
        "wlan.fc.type",
        "wlan.fcs.status",
        "wlan.fixed.beacon",
        "wlan.fixed.capabilities",
        "wlan.fixed.reason_code",
        "wlan.fixed.timestamp",
        "wlan.flags",
        "wlan.frag",
        "wlan.qos.ack",
        "wlan.qos.priority",
        "wlan.ra",
        "wlan.rsn.akms.type",
        "wlan.rsn.pcs.type",
        "wlan.seq",
        "wlan.ta",
        "wlan_radio.channel",
        "wlan_radio.frequency",
        "wlan_radio.preamble",
    ),
    "float64": ("wlan_radio.data_rate", "wlan_radio.noise_dbm", "wlan_radio.signal_dbm"),
}
"""Columns taken from a table by one query, of each kind: a query for each takes longer than what it asks for."""

_Kind = TypeVar("_Kind", bound=np.generic)

FARTHEST_NS: Final = (1 << 62) - 1
"""Times are kept within this of 1970 (the year 2116), so that the time between any two is a number of 64 bits."""


_KINDS: Final[Mapping[str, tuple[float, type[pl.DataType]]]] = {
    "int64": (MISSING, pl.Int64),
    "float64": (np.nan, pl.Float64),
}
"""What stands for null, and the type in Polars."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """A chunk of a table's rows.

    Attributes:
        frame: The chunk; each row is a frame, with what the aircraft had last said beside it.
        time_ns: ``int64[row]``, receive times, never falling: a clock that steps back stands still for as long.
        decoded: Columns of numbers as the decoder gives them, which the frame then need not hold: a stream of small
            chunks would make more tables than it reads.

    Example:
        >>> inputs = Inputs(frame=pl.DataFrame({"wlan.seq": [4, None]}), time_ns=np.array([0, 5]))
        >>> inputs.whole("wlan.seq").tolist() == [4, MISSING], inputs.has("wlan.ta")
        (True, False)
    """

    frame: pl.DataFrame
    time_ns: NDArray[np.int64]
    decoded: "Mapping[str, Column]" = field(default_factory=dict)
    _kept: dict[str, NDArray[Any]] = field(default_factory=dict, repr=False)
    _shared: dict[str, tuple[object, NDArray[Any]]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.time_ns)

    def has(self, name: str) -> bool:
        """Whether the table has the column, under this name or an older one."""
        return name in self.decoded or self._found(name) is not None

    def whole(self, name: str) -> NDArray[np.int64]:
        """``int64[row]``, :data:`MISSING` for null and throughout where there is no such column."""
        return self._array(name, np.dtype(np.int64))

    def number(self, name: str) -> NDArray[np.float64]:
        """``float64[row]``, NaN for null and throughout where there is no such column."""
        return self._array(name, np.dtype(np.float64))

    def shared(self, name: str, of: object, make: Callable[[], NDArray[_Kind]]) -> NDArray[_Kind]:
        """What is made from the chunk and something else, made once for all groups that ask for it.

        Args:
            name: What it is.
            of: What else it is made from; with another, it is made again.
            make: Makes it. Like a column, it may not be written to.
        """
        if name not in self._shared or self._shared[name][0] is not of:
            made = make()
            made.flags.writeable = False
            self._shared[name] = of, made
        return self._shared[name][1]

    def _array(self, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
        key = f"{name} {dtype}"
        if not self._kept:
            self._take_together()
        if key not in self._kept:
            self._kept[key] = np.require(self._made(name, dtype), dtype, "C")
            # Most columns are lent by the table as they are, which none may write to: so none may be written to, and
            # each loop is compiled for one kind of array.
            self._kept[key].flags.writeable = False
        return self._kept[key]

    def _take_together(self) -> None:
        asked = {
            f"{name} {kind}": pl.col(found).cast(target, strict=False).fill_null(absent)
            for kind, (absent, target) in _KINDS.items()
            for name in TOGETHER[kind]
            if name not in self.decoded and (found := self._found(name)) is not None
        }
        if asked:
            taken = self.frame.select(**asked)
            self._kept.update((key, taken[key].to_numpy()) for key in asked)

    def _made(self, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
        absent, target = _KINDS[str(dtype)]
        if name in self.decoded:
            column = self.decoded[name]
            return np.where(column.valid, column.values, absent).astype(dtype, copy=False)
        found = self._found(name)
        if found is None:
            return np.full(len(self), absent, dtype)
        series = self.frame[found].cast(target, strict=False)
        return (series.fill_null(absent) if series.null_count() else series).to_numpy()

    def _found(self, name: str) -> str | None:
        names = (name, *(old for old, new in ALIASES.items() if new == name))
        return next((one for one in names if one in self.frame.columns), None)


def raw_times(frame: pl.DataFrame) -> NDArray[np.int64] | None:
    """``int64[row]``, receive times in nanoseconds as the table has them, 0 where it has none for a row.

    ``time_ns``; else ``timestamp_c`` or ``timestamp_p``, seconds. ``None`` for a table without a column of time.

    Example:
        >>> raw_times(pl.DataFrame({"timestamp_c": [1.5, 2.0]})).tolist()
        [1500000000, 2000000000]
    """
    if TIME in frame.columns:
        series = frame[TIME].cast(pl.Int64)
        stamps: NDArray[np.int64] = (series.fill_null(0) if series.null_count() else series).to_numpy()
        return np.minimum(np.maximum(stamps, -FARTHEST_NS), FARTHEST_NS)
    for name in ("timestamp_c", "timestamp_p"):
        if name in frame.columns and frame[name].dtype.is_numeric():
            seconds = frame[name].cast(pl.Float64).fill_null(0.0).fill_nan(0.0).to_numpy()
            far = FARTHEST_NS // NS_PER_S
            return _whole(np.minimum(np.maximum(seconds, -far), far) * NS_PER_S)
    return None


def _whole(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(values).astype(np.int64)
