"""Columns of a table as the arrays that compiled steps read: typed, contiguous, absence as a mark.

A table may hold a column under another name or in another unit than ours; what stands for what is said here, once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.schema import TIME
from yawstring.schema.frames import ALIASES
from yawstring.table.frames import text_column

if TYPE_CHECKING:
    from yawstring.wire.decoder import Column, Decoded

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
_OLDER = MappingProxyType({new: tuple(old for old, one in ALIASES.items() if one == new) for new in ALIASES.values()})
"""Older names by column."""

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
        lent: Columns of numbers that the frame then need not hold: a stream of small chunks would make more tables than
            it reads.
        decoded: Where columns of text are read from, likewise.

    Example:
        >>> inputs = Inputs(frame=pl.DataFrame({"wlan.seq": [4, None]}), time_ns=np.array([0, 5]))
        >>> inputs.whole("wlan.seq").tolist() == [4, MISSING], inputs.has("wlan.ta")
        (True, False)
    """

    frame: pl.DataFrame
    time_ns: NDArray[np.int64]
    lent: "Mapping[str, Column]" = field(default_factory=dict)
    decoded: "Decoded | None" = None
    _wholes: dict[str, NDArray[np.int64]] = field(default_factory=dict, repr=False)
    _numbers: dict[str, NDArray[np.float64]] = field(default_factory=dict, repr=False)
    _lengths: dict[str, NDArray[np.int64]] = field(default_factory=dict, repr=False)
    _shared: dict[str, tuple[object, NDArray[Any]]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.time_ns)

    def has(self, name: str) -> bool:
        """Whether the table has the column, under this name or an older one."""
        return name in self.lent or self._is_spoken(name) or self._found(name) is not None

    def whole(self, name: str) -> NDArray[np.int64]:
        """``int64[row]``, :data:`MISSING` for null and throughout where there is no such column."""
        kept = self._wholes.get(name)
        if kept is None:
            kept = self._wholes[name] = _fixed(self._made(name, np.dtype(np.int64)))
        return kept

    def number(self, name: str) -> NDArray[np.float64]:
        """``float64[row]``, NaN for null and throughout where there is no such column."""
        kept = self._numbers.get(name)
        if kept is None:
            kept = self._numbers[name] = _fixed(self._made(name, np.dtype(np.float64)))
        return kept

    def shared(self, name: str, of: object, make: Callable[[], NDArray[_Kind]]) -> NDArray[_Kind]:
        """What is made from the chunk and something else, made once for all groups that ask for it.

        Args:
            name: What it is.
            of: What else it is made from; with another, it is made again.
            make: Makes it. Like a column, it may not be written to.
        """
        if name not in self._shared or self._shared[name][0] is not of:
            self._shared[name] = of, _fixed(make())
        return self._shared[name][1]

    def length(self, name: str) -> NDArray[np.int64]:
        """``int64[row]``, octets of a text, :data:`MISSING` for null and throughout where there is no such column."""
        kept = self._lengths.get(name)
        if kept is None:
            kept = self._lengths[name] = _fixed(self._measured(name))
        return kept

    def text(self, name: str, rows: NDArray[np.int64]) -> pl.Series:
        """The texts of a column that the table has, of these rows."""
        if self.decoded is not None and self._is_spoken(name):
            return text_column(name, self.decoded)[rows]
        return self.frame[name][rows].cast(pl.String)

    @cached_property
    def raw_ns(self) -> NDArray[np.int64]:
        """``int64[row]``, receive times as the table has them, see :func:`raw_times`."""
        if TIME in self.lent:
            return lent_times(self.lent)
        raw = raw_times(self.frame)
        return self.time_ns if raw is None else raw

    @cached_property
    def _together(self) -> Mapping[str, NDArray[Any]]:
        """The table's columns of :data:`TOGETHER`, by name and kind."""
        asked = {
            f"{name} {kind}": pl.col(found).cast(target, strict=False).fill_null(absent)
            for kind, (absent, target) in _KINDS.items()
            for name in TOGETHER[kind]
            if (found := self._found(name)) is not None
        }
        taken = self.frame.select(**asked)
        return {key: taken[key].to_numpy() for key in asked}

    def _made(self, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
        absent, target = _KINDS[dtype.name]
        if name in self.lent:
            column = self.lent[name]
            return np.where(column.valid, column.values, absent).astype(dtype, copy=False)
        found = self._found(name)
        if found is None:
            return np.full(len(self), absent, dtype)
        if name in TOGETHER[dtype.name]:
            return self._together[f"{name} {dtype.name}"]
        series = self.frame[found].cast(target, strict=False)
        return np.require((series.fill_null(absent) if series.null_count() else series).to_numpy(), dtype, "C")

    def _measured(self, name: str) -> NDArray[np.int64]:
        if self.decoded is not None and self._is_spoken(name):
            column = self.decoded.lengths(name)
            return np.where(column.valid, column.values, MISSING).astype(np.int64, copy=False)
        if name not in self._held:
            return np.full(len(self), MISSING)
        lengths = self.frame[name].cast(pl.String).str.len_bytes().cast(pl.Int64)
        return np.require(lengths.fill_null(MISSING).to_numpy(), np.int64, "C")

    def _is_spoken(self, name: str) -> bool:
        return self.decoded is not None and name in self.decoded.text_columns

    @cached_property
    def _held(self) -> frozenset[str]:
        return frozenset(self.frame.columns)

    def _found(self, name: str) -> str | None:
        if name in self._held:
            return name
        return next((one for one in _OLDER.get(name, ()) if one in self._held), None)


def _fixed(array: NDArray[Any]) -> NDArray[Any]:
    """Most columns are lent by a table as they are, which none may write to: so none may be written to.

    Then each loop is compiled for one kind of array.
    """
    array.flags.writeable = False
    return array


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
        return _near(stamps)
    for name in ("timestamp_c", "timestamp_p"):
        if name in frame.columns and frame[name].dtype.is_numeric():
            seconds = frame[name].cast(pl.Float64).fill_null(0.0).fill_nan(0.0).to_numpy()
            far = FARTHEST_NS // NS_PER_S
            return _whole(np.minimum(np.maximum(seconds, -far), far) * NS_PER_S)
    return None


def lent_times(columns: "Mapping[str, Column]") -> NDArray[np.int64]:
    """Likewise, of columns that are no table's."""
    stamps = columns[TIME]
    return _near(np.where(stamps.valid, stamps.values, 0).astype(np.int64, copy=False))


def _near(stamps: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.minimum(np.maximum(stamps, -FARTHEST_NS), FARTHEST_NS)


def _whole(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.rint(values).astype(np.int64)
