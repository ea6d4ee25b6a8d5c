"""Writes the scores of a table's windows as a file."""

from io import BytesIO
from pathlib import Path

import polars as pl

from yawstring.edge.files import write_octets
from yawstring.errors import OptionError

ENDINGS = (".parquet", ".pq", ".csv")


def check_scores_path(path: Path) -> None:
    """Refuse a file whose ending is not one of :data:`ENDINGS`, before any work is done.

    Raises:
        OptionError: The ending is another, or the folder does not exist.
    """
    if path.suffix.lower() not in ENDINGS:
        raise OptionError(f"{path}: expected a name that ends with {' or '.join(ENDINGS)}")
    if not path.parent.is_dir():
        raise OptionError(f"{path}: there is no folder {path.parent}")


def write_scores(scores: pl.DataFrame, path: Path) -> None:
    """Write scores as Parquet or CSV, by the ending, whole or not at all.

    Raises:
        OptionError: The ending is another.
        TableError: The file cannot be written.
    """
    check_scores_path(path)
    octets = BytesIO()
    if path.suffix.lower() == ".csv":
        scores.write_csv(octets)
    else:
        scores.write_parquet(octets)
    write_octets(octets.getvalue(), path)
