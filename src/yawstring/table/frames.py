"""Decoded frames as a table: one row a frame, in file order, under the schema's names."""

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from yawstring.wire.decoder import Column, Decoded


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
    columns = [_series(name, column) for name, column in decoded.columns.items()]
    return pl.DataFrame([*columns, *(text_column(name, decoded) for name in decoded.text_columns)])


def _series(name: str, column: "Column") -> pl.Series:
    present = int(np.count_nonzero(column.valid))
    dtype = pl.Float64 if column.values.dtype == np.float64 else pl.Int64
    if present == 0:
        return pl.Series(name, [None], dtype).new_from_index(0, len(column.valid)).alias(name)
    values = pl.Series(name, column.values)
    if present == len(column.valid):
        return values
    return values.set(pl.Series(~column.valid), None)


def text_column(name: str, decoded: "Decoded") -> pl.Series:
    """One column of text, as :func:`frames_table` has it."""
    texts: list[str | None] = []
    known: dict[bytes, str] = {}
    for frame, octets in decoded.texts(name):
        text = known.get(octets)
        if text is None:
            text = known[octets] = octets.decode("utf-8", "backslashreplace")
        texts = texts or [None] * decoded.frames
        texts[frame] = text
    if not texts:
        return pl.Series(name, [None], pl.String).new_from_index(0, decoded.frames).alias(name)
    return pl.Series(name, texts, pl.String)
