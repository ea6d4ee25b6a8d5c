"""How much each option of a search mattered: functional analysis of variance (Hutter, Hoos and Leyton-Brown, 2014).

Optuna's, over the trials that started anew, with the epochs they were granted as an option among the others: otherwise
a trial that was cut short would count against its options. Options that only some trials have are left out.
"""

import math
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

from yawstring.edge.studies import distribution
from yawstring.learn.search.space import Space

if TYPE_CHECKING:
    from yawstring.edge.study_records import Record

FEWEST = 8
"""Trials below which nothing is said: a forest over fewer finds what it likes."""

EPOCHS = "epochs"


def importances(records: "Sequence[Record]", space: Space, *, seed: int) -> dict[str, float]:
    """Share of the variance of scores by option, the largest first; empty where there is too little to go by.

    Args:
        records: Trials that are complete.
        space: What could be chosen.
        seed: Of the forest.
    """
    import optuna
    from optuna.distributions import BaseDistribution, IntDistribution
    from optuna.trial import create_trial

    fresh = [one for one in records if one.parent is None and one.score is not None and math.isfinite(one.score)]
    if len(fresh) < FEWEST or len({one.score for one in fresh}) < 2:
        return {}
    named = space.named()
    longest = max(one.epochs for one in fresh)
    study = optuna.create_study(direction="maximize")
    for one in fresh:
        made: dict[str, BaseDistribution] = {name: distribution(named[name]) for name in one.values}
        study.add_trial(
            create_trial(
                params={**one.values, EPOCHS: one.epochs},
                distributions={**made, EPOCHS: IntDistribution(1, longest)},
                value=one.score,
            )
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Optuna tells its experimental parts and constant options by warnings
        found = optuna.importance.get_param_importances(
            study, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=seed)
        )
    return {name: float(share) for name, share in found.items() if math.isfinite(share) and share > 0}
