"""Some of many windows, drawn by a seed: neighbours overlap, so that a share of them says nearly as much as all."""

from dataclasses import replace

import numpy as np

from yawstring.models.base import Windows


def some_windows(windows: Windows, most: int, *, seed: int) -> Windows:
    """At most ``most`` of the windows, in their order; all of them where there are no more.

    Example:
        >>> windows = Windows(rows=np.zeros((9, 1), np.float32), starts=np.arange(9), length=1,
        ...                   labels=np.arange(9))
        >>> drawn = some_windows(windows, 4, seed=1)
        >>> len(drawn), bool((np.diff(drawn.starts) > 0).all()), bool((drawn.labels == drawn.starts).all())
        (4, True, True)
    """
    if len(windows) <= most:
        return windows
    drawn = np.sort(np.random.default_rng(seed).choice(len(windows), most, replace=False))
    return replace(windows, starts=windows.starts[drawn], labels=windows.labels[drawn])
