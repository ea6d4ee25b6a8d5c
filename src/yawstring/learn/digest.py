"""What a table holds, in a few octets: whether it is the one a detector was trained on, in whatever file it lies."""

import hashlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import polars as pl

from yawstring.models.base import Json
from yawstring.schema import RECORDING
from yawstring.table.corpora import Table
from yawstring.table.windows import stretches

RECORDING_DIGEST_LENGTH = 16
"""Hexadecimal digits kept of a recording's digest: 64 bits."""


def fingerprint(table: Table, rows: pl.DataFrame, features: Sequence[str]) -> dict[str, Json]:
    """Digests and size of a table, ``rows`` being what a detector reads of it.

    ``content`` depends on names, values and order alone, so that a CSV, its Parquet copy and one block of a stacked
    file each have the one that belongs to their rows. ``recordings`` has one for each recording, over the features of
    a detector, so that what it has learnt from is recognised in another table, whatever became of other columns.
    """
    return {
        "capture": table.capture,
        "layout": table.layout,
        "rows": len(table),
        "digest": table.digest,
        "content": content_digest(table.frame.select(*table.columns, RECORDING)),
        "recordings": list(recording_digests(rows, features)),
    }


def content_digest(frame: pl.DataFrame) -> str:
    """SHA-256 of names and values, column by column, in hexadecimal.

    Example:
        >>> one, two = pl.DataFrame({"tof": [60, None]}), pl.DataFrame({"tof": [60.0, None]})
        >>> content_digest(one) == content_digest(two), content_digest(one) == content_digest(one[:1])
        (True, False)
        >>> content_digest(pl.DataFrame({"tof": [0, None]})) == content_digest(pl.DataFrame({"tof": [None, 0]}))
        False
    """
    digest = hashlib.sha256()
    for name in frame.columns:
        column = frame[name]
        digest.update(f"{name}\0{len(column)}\0".encode())
        digest.update(np.packbits(column.is_null().to_numpy()).tobytes())
        if column.dtype.is_numeric() or column.dtype == pl.Boolean:
            digest.update(column.cast(pl.Float64).fill_null(0.0).to_numpy().astype("<f8").tobytes())
        else:
            digest.update("\0".join(column.cast(pl.String).fill_null("").to_list()).encode())
    return digest.hexdigest()


def recording_digests(rows: pl.DataFrame, features: Sequence[str]) -> tuple[str, ...]:
    """A digest for each recording, in the order of the rows, over the columns that a detector reads."""
    frame = rows.select(features)
    stretch = stretches(rows[RECORDING].cast(pl.Int64).to_numpy())
    bounds = np.append(np.flatnonzero(np.diff(stretch, prepend=-1)), len(stretch)).tolist()
    return tuple(content_digest(frame[first:last])[:RECORDING_DIGEST_LENGTH] for first, last in pairwise(bounds))
