"""Attacks left out: measured on and never trained on, to ask what a detector says of the next new attack.

An attack is left out by the name of its class or of its technique. Rows of it, and those that follow until the next
attack of the same recording begins, are kept from the training and validation parts: a drone that has just been thrown
off its network flies benign by its label, and is not what benign is learnt from. The test part keeps all of them. There
the left-out attack counts as :data:`~yawstring.schema.UNKNOWN`, and what follows as it is labelled.

Leaving one attack out in turn is the usual test of novelty detection (Scheirer et al., "Toward open set recognition",
IEEE PAMI 35, 2013).
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import LeakError, OptionError
from yawstring.schema import BENIGN, LABEL, RECORDING, TECHNIQUE, UNKNOWN
from yawstring.table.policies import TRAIN, VALIDATION
from yawstring.table.splits import PART_NAMES, Split, class_of_rows

NEVER_TRAINED_ON = "never trained on "
"""What the stamp of a left-out attack begins with; its name follows."""


def unseen_rows(frame: pl.DataFrame, names: Sequence[str]) -> NDArray[np.bool_] | None:
    """``bool[row]``: rows that only the test part may hold; ``None`` where nothing is left out.

    Args:
        frame: Columns ``class`` and ``recording``, ``technique`` where there is one, rows in order.
        names: Classes or techniques to leave out.

    Raises:
        OptionError: A name is that of no attack in the table.
        TableError: A row has no label.

    Example:
        >>> flown = ["benign", "dos", "benign", "replay", "benign"]
        >>> frame = pl.DataFrame({"class": flown, "recording": [0] * 5})
        >>> unseen_rows(frame, ("dos",)).tolist()
        [False, True, True, False, False]
    """
    if not names:
        return None
    _check_names(frame, names)
    attack = frame[LABEL] != BENIGN
    state = frame.select(
        pl.col(RECORDING),
        pl.when(attack).then(pl.Series(_named(frame, names))).otherwise(None).alias("state"),
    )
    return state.select(pl.col("state").forward_fill().over(RECORDING).fill_null(False))["state"].to_numpy()


def with_unknown(frame: pl.DataFrame, known: Sequence[str], names: Sequence[str]) -> pl.DataFrame:
    """The table with the class ``unknown`` for attacks that were left out, and for classes that are not known.

    Args:
        frame: Columns ``class``, and ``technique`` where there is one.
        known: Classes that a detector knows.
        names: Classes or techniques that it never saw.

    Example:
        >>> how = [None, "flood", "deauth", None]
        >>> frame = pl.DataFrame({"class": ["benign", "dos", "dos", "fdi"], "technique": how})
        >>> with_unknown(frame, ("benign", "dos"), ("flood",))["class"].to_list()
        ['benign', 'unknown', 'dos', 'unknown']
    """
    strange = _named(frame, names) | ~frame[LABEL].is_in(list(known)).fill_null(True).to_numpy()
    return frame.with_columns(pl.when(pl.Series(strange)).then(pl.lit(UNKNOWN)).otherwise(LABEL).alias(LABEL))


def refuse_seen(split: Split, unseen: NDArray[np.bool_] | None) -> None:
    """Refuse a split that shows a left-out attack to what is fitted or chosen.

    Args:
        split: The split.
        unseen: ``bool[row]``, as :func:`unseen_rows` gives it.

    Raises:
        LeakError: A window of the training or validation part holds such a row.
    """
    if unseen is None:
        return
    before = np.concatenate([[0], np.cumsum(unseen)])
    for part in (TRAIN, VALIDATION):
        starts = split.starts[part]
        if (before[starts + split.window.length] > before[starts]).any():
            raise LeakError(f"a window of the {PART_NAMES[part]} part holds rows of an attack that was left out")


def _named(frame: pl.DataFrame, names: Sequence[str]) -> NDArray[np.bool_]:
    """``bool[row]``: attacked rows whose class or technique is one of the names."""
    found = frame[LABEL].is_in(list(names)).fill_null(False)
    if TECHNIQUE in frame.columns:
        found = found | frame[TECHNIQUE].cast(pl.String).is_in(list(names)).fill_null(False)
    return np.asarray((found & (frame[LABEL] != BENIGN).fill_null(False)).to_numpy())


def _check_names(frame: pl.DataFrame, names: Sequence[str]) -> None:
    there = set(class_of_rows(frame).tolist()) - {BENIGN}
    attacks = frame.filter(pl.col(LABEL) != BENIGN)
    if TECHNIQUE in frame.columns:
        there |= set(attacks[TECHNIQUE].cast(pl.String).drop_nulls().unique().to_list())
    if strange := [name for name in names if name not in there]:
        raise OptionError(
            f"no attack is called '{strange[0]}', so that it cannot be left out: there are {', '.join(sorted(there))}"
        )
