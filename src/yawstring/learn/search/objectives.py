"""What a trial is to be highest in, on the validation part.

Definitions are scikit-learn's, as in :mod:`yawstring.learn.metrics`; for two classes an area is that of the second
one, else the mean over the classes that occur. ``batch_f1`` is the mean over batches of the F1 of class 1, which Keras
shows and the notebook goes by.
"""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn.metrics import areas, confusion, decide, rates
from yawstring.learn.search.parameters import Value
from yawstring.models.engine.figures import batch_f1, macro_f1

Objective = Literal["macro_f1", "batch_f1", "accuracy", "balanced_accuracy", "pr_auc", "roc_auc"]
OBJECTIVES: tuple[Objective, ...] = get_args(Objective)


def objective_of(
    objective: Objective,
    truth: NDArray[np.int64],
    probabilities: NDArray[np.float32],
    *,
    threshold: Value = "half",
    batch: int,
) -> float:
    """An objective of windows whose class is known.

    Args:
        objective: Which.
        truth: ``int64[window]``.
        probabilities: ``float32[window, class]``.
        threshold: Score of an attack from which on one is called; ``"half"``: the likeliest class is. The areas are
            over all thresholds, and do not look at it.
        batch: Windows in a batch, for ``batch_f1``.

    Raises:
        OptionError: It is undefined: an area where all windows are of one class.

    Example:
        >>> shares = np.array([[0.9, 0.1], [0.6, 0.4], [0.65, 0.35], [0.2, 0.8]], np.float32)
        >>> truth = np.array([0, 0, 1, 1])
        >>> objective_of("accuracy", truth, shares, batch=2), objective_of("roc_auc", truth, shares, batch=2)
        (0.75, 0.75)
        >>> objective_of("accuracy", truth, shares, threshold=0.3, batch=2)
        0.75
    """
    classes = probabilities.shape[1]
    if objective in ("pr_auc", "roc_auc"):
        return _area(objective, truth, probabilities)
    called = decide(probabilities, None if isinstance(threshold, str) else float(threshold))
    if objective == "macro_f1":
        return macro_f1(truth, called, classes)
    if objective == "batch_f1":
        return batch_f1(truth, called, batch)
    if objective == "accuracy":
        return float(np.mean(truth == called))
    return float(np.nanmean(rates(confusion(truth, called, classes)).recall))


def _area(objective: str, truth: NDArray[np.int64], probabilities: NDArray[np.float32]) -> float:
    two = probabilities.shape[1] == 2
    labels = [1] if two else np.unique(truth).tolist()
    if len(np.unique(truth)) < 2:
        raise OptionError(f"{objective} needs two classes in the validation part, and it holds one: use accuracy")
    member, draws = np.zeros(len(truth), np.int64), np.ones((1, 1))
    found = [areas(truth == label, probabilities[:, label], member, draws) for label in labels]
    return float(np.mean([roc[0] if objective == "roc_auc" else pr[0] for roc, pr in found]))
