"""Rows that may equal another one: a sieve before comparing whole rows, which is slow where there are many columns."""

import numpy as np
import polars as pl
from numpy.typing import NDArray


def candidates(frame: pl.DataFrame) -> NDArray[np.bool_]:
    """Rows whose hash another row shares, ``bool[row]``: every row that equals another one, hardly any that does not.

    Values are told apart as Polars groups them: null equals null, NaN equals NaN, 0.0 equals -0.0.

    Example:
        >>> candidates(pl.DataFrame({"a": [1, 2, 1, None], "b": [0.0, 0.0, -0.0, 0.0]})).tolist()
        [True, False, True, False]
    """
    if not frame.width:
        return np.ones(len(frame), np.bool_)
    return frame.hash_rows().is_duplicated().to_numpy()
