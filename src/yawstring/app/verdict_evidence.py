"""What an evaluation rests on, for its page: precision over recall, how training went, what the detector lives off."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from yawstring.edge import plots
from yawstring.edge.report import Block, Grid, Picture, Prose
from yawstring.learn.explain.importance import Importance, importances
from yawstring.learn.metrics import Outcome
from yawstring.learn.recipe import Trained
from yawstring.models.base import Epoch
from yawstring.schema import BENIGN, SIGNALS
from yawstring.table.parts import TestPart

COLOURS = (plots.BLUE, plots.VERMILION, plots.GREEN, plots.PURPLE, plots.GREY)
STYLES: tuple[plots.Style, ...] = ("line", "dashed", "dots")

MOST_POINTS = 200
"""Points of a curve; more would not be seen."""

MOST_FEATURES = 15
"""Features whose importance is shown, the greatest first."""

LEAST_DROP = 1e-9


def precision_recall(truth: NDArray[np.bool_], score: NDArray[np.floating]) -> tuple[list[float], list[float]]:
    """Recall and precision at every threshold, thinned to what can be seen; empty where one side is.

    Example:
        >>> precision_recall(np.array([False, True, True]), np.array([0.2, 0.9, 0.1]))
        ([0.0, 0.5, 0.5, 1.0], [1.0, 1.0, 0.5, 0.6666666666666666])
    """
    if truth.all() or not truth.any():
        return [], []
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(score[order])), len(score) - 1)
    hits = np.cumsum(truth[order])[last]
    recall, precision = hits / truth.sum(), hits / (last + 1)
    seen = np.unique(np.linspace(0, len(last) - 1, MOST_POINTS).astype(np.int64))
    return [0.0, *recall[seen].tolist()], [1.0, *precision[seen].tolist()]


def curves(outcomes: Mapping[str, Outcome], *, detector: str, salt: str) -> Picture | None:
    """Precision over recall: of every family, attack against benign; of the detector, each attack against the rest.

    Args:
        outcomes: What each family said, by its name.
        detector: The family whose attacks are drawn one by one, where there are several.
        salt: A word that tells the figure from the others on the page.

    Returns:
        ``None`` where only one side was tested.
    """
    panels = {"attack or benign": _families(outcomes), "each attack": _attacks(outcomes[detector])}
    drawn = {title: lines for title, lines in panels.items() if lines}
    if not drawn:
        return None
    return Picture(
        svg=plots.curves(drawn, across="recall", up="precision", salt=salt),
        caption="How precise each detector is at each share of the attack windows that it finds."
        + (f" Beside it {detector} alone, each attack against all other windows." if len(drawn) > 1 else ""),
        alternative="Precision over recall; the areas under the curves stand in the tables as PR-AUC.",
    )


def _families(outcomes: Mapping[str, Outcome]) -> list[plots.Curve]:
    told = {}
    for name, one in outcomes.items():
        if BENIGN in one.classes:
            benign = one.classes.index(BENIGN)
            told[name] = (one.truth != benign, 1 - one.probabilities[:, benign])
    return _lines(told)


def _attacks(one: Outcome) -> list[plots.Curve]:
    if len(one.classes) < 3:  # the curve of the only attack stands there already
        return []
    attacks = {name: place for place, name in enumerate(one.classes) if name != BENIGN}
    return _lines({name: (one.truth == place, one.probabilities[:, place]) for name, place in attacks.items()})


def _lines(told: Mapping[str, tuple[NDArray[np.bool_], NDArray[np.floating]]]) -> list[plots.Curve]:
    found = []
    for place, (name, (truth, score)) in enumerate(told.items()):
        recall, precision = precision_recall(truth, score)
        style, colour = STYLES[min(place, len(STYLES) - 1)], COLOURS[place % len(COLOURS)]
        found += [plots.Curve(name=name, x=recall, y=precision, colour=colour, style=style)] if recall else []
    return found


def learning(history: Sequence[Epoch], *, salt: str) -> Picture | None:
    """How training went, epoch by epoch; ``None`` for a family without epochs."""
    if not history:
        return None
    panels = {
        "loss": [
            plots.Series(name="training", values=[one.loss for one in history]),
            plots.Series(
                name="validation",
                values=[one.validation_loss for one in history],
                colour=plots.VERMILION,
                style="dashed",
            ),
        ],
        "F1": [
            plots.Series(name="training", values=[one.f1 for one in history]),
            plots.Series(
                name="validation", values=[one.validation_f1 for one in history], colour=plots.VERMILION, style="dashed"
            ),
        ],
    }
    return Picture(
        svg=plots.lines(panels, along="epoch", salt=salt),
        caption="How training went; the weights kept are those of the epoch with the best validation F1.",
        alternative=f"Loss and F1 over {len(history)} epochs, in training and on the validation part.",
    )


def signal_groups(features: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Features by what they are about: the first word of a signal's name; columns as they are by their protocol.

    Example:
        >>> signal_groups(("air_frames_1s", "air_frames_10s", "wlan.duration"))
        {'air': ('air_frames_1s', 'air_frames_10s'), 'wlan': ('wlan.duration',)}
    """
    signals = {one.name for one in SIGNALS}
    groups: dict[str, list[str]] = {}
    for name in features:
        groups.setdefault(name.split("_")[0] if name in signals else name.split(".")[0], []).append(name)
    return {group: tuple(names) for group, names in groups.items()}


def worth(trained: Trained, test: TestPart, *, seed: int, salt: str) -> Iterator[Block]:
    """What the detector lives off: groups of features, then single ones of the groups that matter."""
    groups = signal_groups(trained.recipe.features)
    of_group = sorted(importances(trained.detector, test, trained.recipe, groups, seed=seed), key=_drop)
    single = {name: (name,) for one in of_group[:4] for name in one.features[: 2 * MOST_FEATURES]}
    of_feature = sorted(importances(trained.detector, test, trained.recipe, single, seed=seed, repeats=1), key=_drop)
    yield from _bars(of_group, "groups", f"{salt}-groups")
    yield from _bars(of_feature, "single features of the groups that matter most", f"{salt}-features")
    yield Prose(text="Features that say much the same hide one another: a group can matter where none of its own does.")


def _drop(one: Importance) -> float:
    return -one.drop


def _bars(found: Sequence[Importance], what: str, salt: str) -> Iterator[Block]:
    shown = [one for one in found if one.drop > LEAST_DROP][:MOST_FEATURES]
    if not shown:
        yield Prose(text=f"Of {what}, none is worth anything to the detector by itself.")
        return
    yield Picture(
        svg=plots.bars(
            [one.name for one in shown],
            [one.drop for one in shown],
            [one.spread for one in shown],
            along="macro-F1 lost",
            salt=salt,
        ),
        caption=f"What the detector loses on the test part when {what} no longer belong to their rows.",
        alternative=f"Macro-F1 lost by {what}; the table holds the numbers.",
    )
    yield Grid(
        columns=("moved", "features", "macro-F1 lost"),
        rows=[(one.name, f"{len(one.features)}", f"{one.drop:.3f} ± {one.spread:.3f}") for one in shown],
        numbers=(1, 2),
    )
