"""Classes that cannot be judged: in one recording only, or with nothing benign measured in the same columns.

A class whose rows fill other columns than any benign row does is told by which cells are empty, and a figure on it
says nothing about the attack.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from yawstring.schema import BENIGN, LABEL, RECORDING, roles

FILLED = 0.5
"""Share of a recording's rows that must have a value for a column to count as one of its columns."""


@dataclass(frozen=True, kw_only=True)
class Counterpart:
    """What stands beside one class.

    Attributes:
        name: The class.
        rows: Its rows.
        recordings: Recordings that hold it.
        alone: Its rows in recordings whose columns no benign row has all of.
        columns: Columns of those recordings that benign rows never fill.
    """

    name: str
    rows: int
    recordings: int
    alone: int
    columns: tuple[str, ...]


def counterparts(frame: pl.DataFrame) -> Iterator[Counterpart]:
    """What stands beside each class, in the order of their names.

    Args:
        frame: A labelled table with ``recording``.

    Example:
        >>> frame = pl.DataFrame({"tof": [1, None], "bat": [None, 2], "class": ["benign", "fdi"], "recording": [0, 1]})
        >>> [(one.name, one.alone, one.columns) for one in counterparts(frame)]
        [('benign', 0, ()), ('fdi', 1, ('bat',))]
    """
    names = [name for name, role in roles(frame.columns).items() if role != "label" and name != RECORDING]
    benign = frame.filter(pl.col(LABEL) == BENIGN)
    ever = set(_filled(benign, names, least=0.0))
    for name in sorted(frame[LABEL].unique().to_list()):
        own = frame.filter(pl.col(LABEL) == name)
        alone, columns = 0, dict[str, None]()
        for part in own.partition_by(RECORDING) if name != BENIGN else []:
            filled = _filled(part, names, least=FILLED)
            if not _has_all(benign, filled):
                alone += len(part)
                columns |= dict.fromkeys(one for one in filled if one not in ever)
        yield Counterpart(
            name=name, rows=len(own), recordings=own[RECORDING].n_unique(), alone=alone, columns=tuple(columns)
        )


def _has_all(benign: pl.DataFrame, columns: list[str]) -> bool:
    """Whether a benign row has a value in each of the columns."""
    if not columns:
        return bool(len(benign))
    return bool(benign.select(pl.all_horizontal(pl.col(one).is_not_null() for one in columns).any()).item())


def _filled(frame: pl.DataFrame, names: list[str], *, least: float) -> list[str]:
    """Columns of which more than a share of the rows have a value."""
    if not len(frame):
        return []
    return [name for name in names if 1 - frame[name].null_count() / len(frame) > least]
