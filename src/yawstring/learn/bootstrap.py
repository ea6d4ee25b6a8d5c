"""Intervals by resampling whole recordings or runs, never rows.

Rows of one recording look alike, so that resampling rows would count one flight a thousand times over and give an
interval that no other flight respects. Here the groups are drawn with replacement (the cluster bootstrap: Field and
Welsh, J. R. Statist. Soc. B 69, 2007), those of each class among themselves, as attacks are staged and not drawn; the
2.5 % and 97.5 % quantiles of the resampled figure are the interval.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from yawstring.learn.metrics import Figure, Floats, Outcome, areas, rates
from yawstring.models.base import Json

RESAMPLES = 1_000
INTERVAL = (0.025, 0.975)
OVERALL = ("accuracy", "balanced_accuracy", "macro_f1", "roc_auc", "pr_auc")
OF_CLASS = ("precision", "recall", "f1", "roc_auc", "pr_auc")


def measure(outcome: Outcome, *, seed: int, resamples: int = RESAMPLES) -> dict[str, Json]:
    """Every figure of an outcome, as JSON.

    ``windows``, ``groups``, ``classes``, ``confusion``, the figures of :data:`OVERALL`, and ``per_class``: those of
    :data:`OF_CLASS` with ``support`` (windows) and ``groups``. A figure has ``value``, ``low``, ``high`` and ``note``.

    Args:
        outcome: What a detector said.
        seed: Of the resampling.
        resamples: How many.

    Example:
        >>> outcome = Outcome(classes=("benign", "attack"), truth=np.array([0, 0, 1, 1]),
        ...                   probabilities=np.array([[.9, .1], [.8, .2], [.3, .7], [.6, .4]], np.float32),
        ...                   group=np.array([0, 1, 2, 3]))
        >>> figures = measure(outcome, seed=10)
        >>> figures["accuracy"]["value"], figures["roc_auc"]["value"], figures["confusion"]
        (0.75, 1.0, [[2, 0], [1, 1]])
    """
    groups, member, holds = _groups(outcome)
    draws = _draw(holds.argmax(axis=1), np.random.default_rng(seed), resamples)
    matrices = _matrices(outcome, member, len(groups))
    point = _columns(outcome, member, matrices, np.ones((1, len(groups))))
    drawn = _columns(outcome, member, matrices, draws.astype(np.float32))
    result: dict[str, Json] = {
        "windows": len(outcome.truth),
        "groups": len(groups),
        "classes": list(outcome.classes),
        "confusion": matrices.sum(axis=0).tolist(),
    }
    for name in OVERALL:
        result[name] = _figure(name, point[name], drawn[name], outcome.classes, holds).to_json()
    per_class: dict[str, Json] = {}
    for label, class_name in enumerate(outcome.classes):
        figures: dict[str, Json] = {"support": int(holds[:, label].sum()), "groups": int((holds[:, label] > 0).sum())}
        for name in OF_CLASS:
            one, many = point[f"{name} {label}"], drawn[f"{name} {label}"]
            figures[name] = _figure(name, one, many, (class_name,), holds[:, [label]]).to_json()
        per_class[class_name] = figures
    result["per_class"] = per_class
    return result


def difference(one: Outcome, other: Outcome, *, seed: int, resamples: int = RESAMPLES) -> Figure:
    """Macro-F1 of ``one`` less that of ``other`` on the same windows, resampled together.

    What two detectors share, easy and hard recordings, falls out of their difference, so that its interval tells more
    than whether theirs overlap.
    """
    groups, member, holds = _groups(one)
    draws = _draw(holds.argmax(axis=1), np.random.default_rng(seed), resamples)
    point, drawn = np.zeros(1), np.zeros(resamples)
    for sign, outcome in ((1, one), (-1, other)):
        matrices = _matrices(outcome, member, len(groups))
        point += sign * rates(matrices.sum(axis=0, keepdims=True), outcome.over).macro_f1
        drawn += sign * rates(np.tensordot(draws, matrices, axes=1), outcome.over).macro_f1
    return _figure("macro_f1", point, drawn, one.classes, holds)


def _groups(outcome: Outcome) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Groups, ``int64[window]`` index of each window's, and ``int64[group, class]``, windows of each class in each."""
    groups, member = np.unique(outcome.group, return_inverse=True)
    holds = np.zeros((len(groups), len(outcome.classes)), np.int64)
    np.add.at(holds, (member, outcome.truth), 1)
    return groups, member, holds


def _columns(
    outcome: Outcome, member: NDArray[np.int64], matrices: NDArray[np.int64], draws: NDArray[np.floating]
) -> dict[str, Floats]:
    """Every figure by name, ``float64[draw]``; those of a class have its index in the name."""
    found = rates(np.tensordot(draws.astype(np.float64), matrices, axes=1), outcome.over)
    roc, pr = _areas(outcome, member, draws)
    two = len(outcome.classes) == 2
    columns = {
        "accuracy": found.accuracy,
        "balanced_accuracy": found.balanced_accuracy,
        "macro_f1": found.macro_f1,
        "roc_auc": roc[:, 1] if two else roc[:, : outcome.over].mean(axis=1),
        "pr_auc": pr[:, 1] if two else pr[:, : outcome.over].mean(axis=1),
    }
    by_class = {"precision": found.precision, "recall": found.recall, "f1": found.f1, "roc_auc": roc, "pr_auc": pr}
    for label in range(len(outcome.classes)):
        columns |= {f"{name} {label}": values[:, label] for name, values in by_class.items()}
    return columns


def _figure(name: str, one: Floats, many: Floats, classes: Sequence[str], holds: NDArray[np.int64]) -> Figure:
    """A figure with its interval, or with the reason why it has none.

    Args:
        name: Which figure.
        one: ``float64[1]``, on the test part itself; NaN if undefined.
        many: ``float64[resample]``.
        classes: Classes it depends on.
        holds: ``int64[group, class]``, windows of those classes in each group.
    """
    value = float(one[0])
    spread = (holds > 0).sum(axis=0)
    absent = [label for label, groups in zip(classes, spread, strict=True) if groups == 0]
    single = [label for label, groups in zip(classes, spread, strict=True) if groups == 1]
    if np.isnan(value):
        return Figure(value=None, note=_undefined(name, absent))
    many = many[~np.isnan(many)]
    if len(holds) < 2 or (name == "recall" and single):
        return Figure(value=value, note="one group only: no interval")
    if len(many) < 2:
        return Figure(value=value, note="undefined in every resample: no interval")
    low, high = np.quantile(many, INTERVAL)
    note = f"class '{single[0]}' is in one group only: the interval is too narrow" if single else None
    return Figure(value=value, low=float(low), high=float(high), note=note)


def _undefined(name: str, absent: Sequence[str]) -> str:
    if absent:
        return f"undefined: class '{absent[0]}' is absent"
    return "undefined: never predicted" if name == "precision" else "undefined: one class only"


def _draw(stratum: NDArray[np.int64], rng: np.random.Generator, resamples: int) -> Floats:
    """``float64[resample, group]``: how often each group was drawn, with replacement, within its stratum."""
    counts = np.zeros((resamples, len(stratum)))
    for value in np.unique(stratum):
        groups = np.flatnonzero(stratum == value)
        counts[:, groups] = rng.multinomial(len(groups), np.full(len(groups), 1 / len(groups)), size=resamples)
    return counts


def _matrices(outcome: Outcome, member: NDArray[np.int64], groups: int) -> NDArray[np.int64]:
    """``int64[group, true, predicted]``."""
    size = len(outcome.classes)
    flat = (member * size + outcome.truth) * size + outcome.predicted
    return np.bincount(flat, minlength=groups * size * size).reshape(groups, size, size)


def _areas(outcome: Outcome, member: NDArray[np.int64], counts: NDArray[np.floating]) -> tuple[Floats, Floats]:
    """ROC-AUC and PR-AUC, each ``float64[resample, class]``."""
    labels = range(len(outcome.classes))
    found = [areas(outcome.truth == label, outcome.probabilities[:, label], member, counts) for label in labels]
    return np.stack([roc for roc, _ in found], axis=1), np.stack([pr for _, pr in found], axis=1)
