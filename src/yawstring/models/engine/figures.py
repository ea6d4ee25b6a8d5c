"""Loss-side figures of an epoch, from the classes predicted on the way."""

import numpy as np
from numpy.typing import NDArray

Classes = NDArray[np.integer]


def macro_f1(truth: Classes, predicted: Classes, classes: int) -> float:
    """Mean of the F1 of every class that occurs in either, each worth the same.

    Args:
        truth: ``int[window]``.
        predicted: ``int[window]``.
        classes: Number of classes.

    Example:
        >>> round(macro_f1(np.array([0, 0, 1]), np.array([0, 1, 1]), 2), 4)
        0.6667
    """
    pairs = np.asarray(truth, np.int64) * classes + predicted
    confusion = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
    both = confusion.sum(0) + confusion.sum(1)
    occurs = both > 0
    return float(np.mean(2 * np.diag(confusion)[occurs] / both[occurs]))


def batch_f1(truth: Classes, predicted: Classes, batch: int) -> float:
    """Unweighted mean over batches of the F1 of class 1, as Keras averages a metric that is a plain function.

    It is not the F1 of the epoch: F1 is no mean, and a short last batch counts as much as a full one. A batch in which
    class 1 neither occurs nor is predicted counts as 0.

    Args:
        truth: ``int[window]``, in the order the batches were cut from.
        predicted: ``int[window]``, likewise.
        batch: Windows in a batch.

    Example:
        >>> batch_f1(np.array([1, 1, 0, 1]), np.array([1, 1, 0, 0]), 2)
        0.5
    """
    cuts = np.arange(0, len(truth), batch)
    hits = np.add.reduceat((truth == 1) & (predicted == 1), cuts, dtype=np.int64)
    either = np.add.reduceat((truth == 1).astype(np.int64) + (predicted == 1), cuts)
    return float(np.mean(2 * hits / np.maximum(either, 1)))
