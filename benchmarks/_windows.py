"""Windows of the notebook's shape for benchmarks: 17,438 of 5 rows and 55 features, made up from a seed.

They can be learnt (a few features of the last rows decide, with noise), so a contender that learns nothing shows in its
loss; they say nothing about detection.
"""

import numpy as np

from yawstring.models.base import Windows

ROWS, WINDOWS, LENGTH, FEATURES = 21_803, 17_438, 5, 55
UNITS, DENSE, DROPOUT, BATCH = 64, (64,), 0.3, 32


def notebook_windows(seed: int) -> Windows:
    """Training windows in no order, two classes of a third and two thirds, features in 0..1."""
    generator = np.random.default_rng(seed)
    rows = generator.random((ROWS, FEATURES), dtype=np.float32)
    starts = generator.permutation(ROWS - LENGTH)[:WINDOWS]
    score = rows[starts + LENGTH - 1, :3].sum(1) + rows[starts + 1, 3] + generator.normal(0, 0.2, WINDOWS)
    return Windows(rows=rows, starts=starts, length=LENGTH, labels=(score > np.quantile(score, 1 / 3)).astype(np.int64))


def notebook_parts(seed: int, *, windows: int = WINDOWS, held_out: int = WINDOWS // 8) -> tuple[Windows, Windows]:
    """Windows to learn from and an eighth as many to choose by, no window in both; as :func:`notebook_windows`."""
    generator = np.random.default_rng(seed)
    rows = generator.random((ROWS, FEATURES), dtype=np.float32)
    starts = generator.permutation(ROWS - LENGTH)[: windows + held_out]
    score = rows[starts + LENGTH - 1, :3].sum(1) + rows[starts + 1, 3] + generator.normal(0, 0.2, len(starts))
    labels = (score > np.quantile(score, 1 / 3)).astype(np.int64)
    first, second = (
        Windows(rows=rows, starts=starts[part], length=LENGTH, labels=labels[part])
        for part in (slice(windows), slice(windows, None))
    )
    return first, second
