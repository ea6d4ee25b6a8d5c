"""A made-up T-ITS-like table of a few short recordings; it claims nothing about detection quality.

A recording holds one class, and its frame length and protocol lean a little towards it, so that detectors have
something to learn. Nothing else about it is meant to look like a drone.
"""

import numpy as np
import polars as pl

from yawstring.schema import layout_of, modality_of
from yawstring.table.corpora import Table

PLAN = ("benign", "benign", "benign", "benign", "dos", "dos", "dos", "dos", "replay", "replay", "replay", "replay")


def frame(plan=PLAN, *, rows=60, seed=0):
    """One recording for each entry of ``plan``, of ``rows`` rows each; a column the schema does not know on top."""
    rng = np.random.default_rng(seed)
    names = list(dict.fromkeys(plan))
    lean = np.repeat([names.index(name) for name in plan], rows)
    count = len(lean)
    return pl.DataFrame(
        {
            "timestamp_c": np.arange(count) * 0.01 + seed,
            "frame.number": np.tile(np.arange(1, rows + 1), len(plan)),
            "frame.len": rng.integers(20, 90, count) + 15 * lean,
            "wlan.seq": np.arange(count) % 4096,
            "wlan.fc.type": np.where(rng.random(count) < 0.3 + 0.2 * lean, 2, 0),
            "wlan.duration": rng.choice([0, 44, 314], count),
            "my_note": rng.random(count),
            "class": np.repeat(plan, rows).tolist(),
            "recording": pl.Series(np.repeat(np.arange(len(plan)), rows), dtype=pl.Int32),
        }
    )


def table(plan=PLAN, *, rows=60, seed=0, columns=None):
    """The same as a table; ``columns`` replaces or adds columns."""
    made = frame(plan, rows=rows, seed=seed).with_columns(**(columns or {}))
    return Table(
        frame=made,
        layout=layout_of(made.columns),
        capture="recorded",
        modality=modality_of(made.columns),
        digest=f"{seed:064x}",
    )
