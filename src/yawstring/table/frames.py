"""Decoded frames as a table: one row a frame, in file order, under the schema's names."""

from typing import TYPE_CHECKING

import polars as pl

from yawstring.wire.slots import NAMES, SCALES

if TYPE_CHECKING:
    from yawstring.wire.decoder import Decoded

FRACTIONS = frozenset(NAMES[slot] for slot in SCALES)
"""Columns that are no whole numbers."""


def frames_table(decoded: "Decoded") -> pl.DataFrame:
    r"""The table of the frames.

    Args:
        decoded: What :func:`yawstring.wire.decoder.decode` gave.

    Returns:
        Int64, Float64 and String columns; absent is null. Addresses are numbers of 48 bits, hashes numbers of 64 bits
        with a sign. A text that is not UTF-8 keeps its odd octets as ``\xNN``.

    Example:
        >>> from yawstring.wire.decoder import decode
        >>> head = bytes.fromhex("d4c3b2a1 02000400 00000000 00000000 00000400 69000000")
        >>> ack = bytes.fromhex("01000000 02000000 0a000000 0a000000 d4000000 aabbccddeeff")
        >>> frames_table(decode(head + ack)).select("time_ns", "wlan.fc.subtype", "wlan.ta").row(0)
        (1000002000, 13, None)
    """
    columns = [_series(name, decoded) for name in decoded.columns]
    return pl.DataFrame([*columns, *(text_column(name, decoded) for name in decoded.text_columns)])


def _series(name: str, decoded: "Decoded") -> pl.Series:
    if name not in decoded.present:
        return _nothing(name, pl.Float64 if name in FRACTIONS else pl.Int64, decoded.frames)
    column = decoded.columns[name]
    values = pl.Series(name, column.values)
    if column.valid.all():
        return values
    return values.set(pl.Series(~column.valid), None)


def _nothing(name: str, dtype: type[pl.DataType], frames: int) -> pl.Series:
    """A column without any value."""
    return pl.Series(name, [None], dtype).new_from_index(0, frames).alias(name)


def text_column(name: str, decoded: "Decoded") -> pl.Series:
    """One column of text, as :func:`frames_table` has it."""
    if name not in decoded.present:
        return _nothing(name, pl.String, decoded.frames)
    texts: list[str | None] = [None] * decoded.frames
    known: dict[bytes, str] = {}
    for frame, octets in decoded.texts(name):
        text = known.get(octets)
        if text is None:
            text = known[octets] = octets.decode("utf-8", "backslashreplace")
        texts[frame] = text
    return pl.Series(name, texts, pl.String)
