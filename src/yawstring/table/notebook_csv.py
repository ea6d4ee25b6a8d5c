"""A fused table in the layout of the reference notebook: its 62 columns, its spellings, its numbers, nothing missing.

That layout knows no missing value, so what is absent becomes what it holds there: 0, and the Tello's own marks where no
mission pad is in sight. Addresses become small numbers in the order in which they appear, from 1 on, so that 0 stays
what it is: no address. The attack's name is lost: class 1 is any attack.
"""

import polars as pl

from yawstring.errors import TableError
from yawstring.schema import BENIGN, LABEL, NOTEBOOK_COLUMNS, TIME
from yawstring.schema.frames import ALIASES
from yawstring.table.telemetry import TELLO_COLUMNS, tello_columns
from yawstring.wire.stamps import NS_PER_S

ADDRESSES = ("wlan.ta", "wlan.sa", "wlan.ra", "wlan.da", "wlan.bssid")
"""Columns of addresses, which share their codes."""

NO_PAD = {"mid": -1, "x": -100, "y": -100, "z": -100}
"""What the Tello says where no mission pad is in sight."""

_SECOND_COPY = ".1"


def notebook_columns(frame: pl.DataFrame) -> pl.DataFrame:
    """The table in the notebook's layout, rows in the same order.

    Args:
        frame: A fused table whose every row has a time and a label; a column that it lacks is absent throughout.

    Raises:
        TableError: A row has no time or no label.

    Example:
        >>> frame = pl.DataFrame({"time_ns": [1713976952500000000], "wlan.ta": [0x60601F0011FF], "class": ["dos"]})
        >>> notebook_columns(frame).select("timestamp", "timestamp_c", "mid", "wlan.ta", "wlan.ra", "class").row(0)
        ('2024-04-24 16:42:32', 1713976952.5, -1, 1, 0, 1)
    """
    for name, word in ((TIME, "time"), (LABEL, "label")):
        missing = frame[name].null_count() if name in frame.columns else len(frame)
        if missing or name not in frame.columns:
            raise TableError(
                f"the notebook's layout needs a {word} in every row, found {missing:,} without", column=name
            )
    made = {**_telemetry(frame), **_addresses(frame)}
    made["timestamp"] = pl.from_epoch(frame[TIME] // NS_PER_S, time_unit="s").dt.strftime("%Y-%m-%d %H:%M:%S")
    made["timestamp_c"] = frame[TIME] / NS_PER_S
    made[LABEL] = (frame[LABEL] != BENIGN).cast(pl.Int64)
    return pl.DataFrame([made.get(name, _filled(frame, name)).alias(name) for name in NOTEBOOK_COLUMNS])


def _telemetry(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """The Tello's own numbers, the second copies among them."""
    states = tello_columns(frame).with_columns(pl.col(name).fill_null(mark) for name, mark in NO_PAD.items())
    copies = {name: name.removesuffix(_SECOND_COPY) for name in NOTEBOOK_COLUMNS if name.endswith(_SECOND_COPY)}
    made = {name: states[name].fill_null(0) for name in TELLO_COLUMNS}
    return made | {copy: made[name] for copy, name in copies.items()}


def _addresses(frame: pl.DataFrame) -> dict[str, pl.Series]:
    """Codes of the addresses: in order of the rows, and within a row in that of :data:`ADDRESSES`."""
    firsts = [
        pl.DataFrame({"address": frame[name]}).with_row_index("row").unique("address", keep="first").drop_nulls()
        for name in ADDRESSES
        if name in frame.columns
    ]
    if not firsts:
        return {}
    order = pl.concat(one.with_columns(place=pl.lit(place)) for place, one in enumerate(firsts))
    known = order.sort("row", "place").unique("address", keep="first", maintain_order=True)["address"]
    codes = pl.Series(range(1, len(known) + 1), dtype=pl.Int64)
    given = [name for name in ADDRESSES if name in frame.columns]
    return {name: frame[name].replace_strict(known, codes, default=0, return_dtype=pl.Int64) for name in given}


def _filled(frame: pl.DataFrame, name: str) -> pl.Series:
    """A column of the frames under its old name, 0 where it is absent."""
    given = next((one for one in (name, ALIASES.get(name, name)) if one in frame.columns), None)
    if given is None:
        return pl.Series(name, [0], dtype=pl.Int64).new_from_index(0, len(frame))
    return frame[given].fill_null(0)
