"""Detector and baselines side by side, and in plain words whether the detector earned its keep."""

from collections.abc import Mapping
from typing import cast

from yawstring.learn.bootstrap import difference, measure
from yawstring.learn.metrics import Figure, Outcome
from yawstring.models.base import Json

FIGURE = "macro_f1"


def judge(outcomes: Mapping[str, Outcome], *, detector: str, seed: int, resamples: int) -> dict[str, Json]:
    """``metrics`` of every family on the same windows, and the ``verdict`` on the detector, a sentence a baseline.

    Args:
        outcomes: By family, all on the same windows.
        detector: Name of the family that is judged.
        seed: Of the bootstrap.
        resamples: Of the bootstrap.
    """
    metrics = {name: measure(outcome, seed=seed, resamples=resamples) for name, outcome in outcomes.items()}
    sentences: list[Json] = []
    for name in outcomes:
        if name == detector:
            continue
        gap = difference(outcomes[detector], outcomes[name], seed=seed, resamples=resamples)
        mine, theirs = (cast("dict[str, float | None]", metrics[one][FIGURE])["value"] for one in (detector, name))
        sentences.append(_sentence(detector, name, mine, theirs, gap))
    return {"metrics": cast(Json, metrics), "verdict": sentences}


def _sentence(detector: str, baseline: str, mine: float | None, theirs: float | None, gap: Figure) -> str:
    if mine is None or theirs is None or gap.value is None:
        return f"{detector} and {baseline} cannot be compared: macro-F1 is undefined here"
    figures = f"macro-F1 {mine:.3f} against {theirs:.3f}"
    word = "beats" if gap.value > 0 else "loses to" if gap.value < 0 else "equals"
    sentence = f"{detector} {word} {baseline}: {figures}"
    if gap.low is None or gap.high is None:
        return f"{sentence} (no interval: {gap.note})"
    sentence += f", difference {gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]"
    if gap.low <= 0 <= gap.high and gap.value != 0:
        sentence += ", which these recordings cannot tell from none"
    return sentence
