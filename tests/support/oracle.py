"""Our columns beside another program's, cell by cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

NUMBER = "frame.number"

PRINTED_DIGITS = 1e-5
"""Relative distance of two equal numbers of which one was printed with six digits."""

TENTHS = frozenset({"wlan_radio.data_rate"})
HALF_A_TENTH = 0.0501
"""Distance of two equal numbers of which one was rounded to a tenth, as Wireshark rounds the rates of VHT and HE."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison:
    """Two tables of the same frames.

    Attributes:
        filled: By column, how many cells hold a value in one table or the other.
        differing: capture, ``frame.number``, column, ours, theirs (text, null where empty), and why we
            rejected the frame, ``reject`` (null where not): a row a differing cell.
    """

    filled: Mapping[str, int]
    differing: pl.DataFrame

    @property
    def share_equal(self) -> float:
        """Share of the filled cells that are equal."""
        return 1 - len(self.differing) / max(1, sum(self.filled.values()))


def compare(ours: pl.DataFrame, theirs: pl.DataFrame, columns: Sequence[str], *, capture: str) -> Comparison:
    """Compare two tables row by row.

    Args:
        ours: Has ``frame.number``, ``reject`` and the columns.
        theirs: The same, of the same frames.
        columns: What to compare.
        capture: Name of the capture, for the list of differences.
    """
    assert ours[NUMBER].to_list() == theirs[NUMBER].to_list(), f"{capture}: not the same frames"
    filled, found = {}, []
    for column in columns:
        one, other = ours[column].rename("ours"), theirs[column].rename("theirs")
        pair = pl.DataFrame([ours[NUMBER], ours["reject"], one, other])
        filled[column] = pair.select((pl.col("ours").is_not_null() | pl.col("theirs").is_not_null()).sum()).item()
        apart = pair.filter(~_equal(one, other, HALF_A_TENTH if column in TENTHS else 0.0))
        found.append(
            apart.select(
                pl.lit(capture).alias("capture"),
                pl.col(NUMBER),
                pl.lit(column).alias("column"),
                pl.col("ours").cast(pl.String),
                pl.col("theirs").cast(pl.String),
                pl.col("reject"),
            )
        )
    return Comparison(filled=filled, differing=pl.concat(found))


def _equal(one: pl.Series, other: pl.Series, rounded: float) -> pl.Expr:
    """Whether the cells are equal; null equals null."""
    ours, theirs = pl.col("ours"), pl.col("theirs")
    if one.dtype.is_float() or other.dtype.is_float():
        apart, printed = (ours.cast(pl.Float64) - theirs.cast(pl.Float64)).abs(), theirs.cast(pl.Float64).abs()
        near = (apart <= printed * PRINTED_DIGITS) | (apart <= rounded)
        return near.fill_null(False) | (ours.is_null() & theirs.is_null())
    return ours.eq_missing(theirs)


def together(comparisons: Sequence[Comparison]) -> Comparison:
    """The comparisons as one."""
    filled: dict[str, int] = {}
    for comparison in comparisons:
        for column, count in comparison.filled.items():
            filled[column] = filled.get(column, 0) + count
    return Comparison(filled=filled, differing=pl.concat([comparison.differing for comparison in comparisons]))
