"""What every family checks before it learns."""

from yawstring.errors import OptionError
from yawstring.models.base import Windows


def check_parts(train: Windows, validation: Windows | None, *, classes: int) -> None:
    """Refuse parts that nothing can be learnt from or chosen by.

    Args:
        train: Windows to learn from.
        validation: Windows to choose by.
        classes: Number of classes.

    Raises:
        OptionError: Fewer than two classes, a part without a window, or a label outside ``range(classes)``.

    Example:
        >>> import numpy as np
        >>> rows = np.zeros((4, 1), np.float32)
        >>> train = Windows(rows=rows, starts=np.array([0]), length=2, labels=np.array([2]))
        >>> check_parts(train, None, classes=2)
        Traceback (most recent call last):
        ...
        yawstring.errors.OptionError: labels of the training part lie in 2..2, expected 0..1
    """
    if classes < 2:
        raise OptionError(f"a detector tells two classes apart or more, not {classes}")
    for part, windows in (("training", train), ("validation", validation)):
        if windows is None:
            continue
        if not len(windows):
            raise OptionError(f"the {part} part holds no window: give more rows or shorter windows")
        low, high = int(windows.labels.min()), int(windows.labels.max())
        if low < 0 or high >= classes:
            raise OptionError(f"labels of the {part} part lie in {low}..{high}, expected 0..{classes - 1}")


def check_counts(**counts: int | None) -> None:
    """Refuse an option that counts something and is below one; ``None`` is for those that may be left open.

    Raises:
        OptionError: Names the option.

    Example:
        >>> check_counts(trees=3, depth=None, leaf=0)
        Traceback (most recent call last):
        ...
        yawstring.errors.OptionError: leaf must be at least 1, not 0
    """
    for option, value in counts.items():
        if value is not None and value < 1:
            raise OptionError(f"{option} must be at least 1, not {value}")
