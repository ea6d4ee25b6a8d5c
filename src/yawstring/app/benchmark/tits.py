"""The T-ITS corpus: do signals and trees hold on recordings that they have not seen?

Four folds of whole recordings, linked ones kept together, every window tested once by a detector that never saw its
recording; signals start anew in each recording, and the first rows of one are not scored: a window has to be full.
Three classes, and attack or benign from the same scores. The detector that counts is chosen inside each fold
(:mod:`yawstring.app.benchmark.tits_choice`); the others stand beside it as they are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from yawstring.app.benchmark.folds import Pooled, Scored, pooled
from yawstring.app.benchmark.tits_choice import Choice, choose
from yawstring.app.benchmark.tits_folds import FOLDS, Contender, Corpus, fold_of
from yawstring.models.majority import Majority
from yawstring.models.threshold import Threshold
from yawstring.models.trees import Forest
from yawstring.schema import LABEL_DISPUTED
from yawstring.table.corpora import Table
from yawstring.table.splits import SplitSpec

CHOSEN = "chosen in each fold"
HELD_OUT = "recordings, disputed rows out"

EXTRA_TREES = Contender(name="extra trees on signals", family=Forest(extra=True, leaf=3))

CONTENDERS = (
    EXTRA_TREES,
    replace(EXTRA_TREES, name="the same, every row scored", rows=1),
    Contender(name="threshold on one signal", family=Threshold()),
    Contender(name="forest on columns, single rows", family=Forest(), signals=None),
    Contender(name="majority", family=Majority(), signals=None),
)


@dataclass(frozen=True, kw_only=True)
class Result:
    """Macro-F1 over seeds.

    Attributes:
        name: The contender.
        how: What was held out.
        classes: Macro-F1 of three classes, one value a seed.
        binary: Of attack or benign.
        scored: Share of the rows that were scored.
        chosen: What was chosen in each fold, a list a seed; empty where nothing was.
    """

    name: str
    how: str
    classes: tuple[float, ...]
    binary: tuple[float, ...]
    scored: float
    chosen: tuple[tuple[Choice, ...], ...] = ()


def results(table: Table, seeds: Sequence[int], done: Callable[[str], None]) -> Iterator[Result]:
    """The detector chosen in each fold, every contender in folds of recordings, and one under other splits and labels.

    Args:
        table: ``three_attack_cyber.csv``.
        seeds: Of folds and trees.
        done: Told of each seed of the chosen one, and of each other result; as often as :func:`steps` says.
    """
    corpus, undisputed = Corpus.of(table), ~table.frame[LABEL_DISPUTED].to_numpy()
    yield chosen(corpus, seeds, undisputed, HELD_OUT, done)
    for one in CONTENDERS:
        yield _told(done, folds(corpus, one, seeds, undisputed, HELD_OUT))
    yield _told(done, folds(corpus, EXTRA_TREES, seeds, None, "recordings, as labelled"))
    for policy in ("time", "random"):
        spec = SplitSpec(policy=policy, validation=0)
        runs = [pooled([_scored(corpus, EXTRA_TREES, replace(spec, seed=seed), seed, None)]) for seed in seeds]
        yield _told(done, _result(EXTRA_TREES.name, f"{policy}, as labelled", runs, len(corpus)))


def steps(seeds: int) -> int:
    """How often :func:`results` tells of something."""
    return seeds + len(CONTENDERS) + 3


def chosen(
    corpus: Corpus, seeds: Sequence[int], keep: NDArray[np.bool_], how: str, done: Callable[[str], None]
) -> Result:
    """What is chosen inside each fold, tested on the recordings of the fold.

    Args:
        corpus: The corpus.
        seeds: Of folds, choices and trees.
        keep: ``bool[row]``, rows to use.
        how: What the table calls this.
        done: Told of each seed.
    """
    runs, picked = [], []
    for seed in seeds:
        picks = tuple(choose(corpus, spec, seed, keep) for spec in _folds_of(seed))
        tested = zip(picks, _folds_of(seed), strict=True)
        runs.append(pooled([_scored(corpus, pick.contender(), spec, seed, keep) for pick, spec in tested]))
        picked.append(picks)
        done(f"{CHOSEN}, seed {seed}: {runs[-1].classes:.4f} and {runs[-1].binary:.4f}")
    return replace(_result(CHOSEN, how, runs, int(keep.sum())), chosen=tuple(picked))


def folds(corpus: Corpus, one: Contender, seeds: Sequence[int], keep: NDArray[np.bool_] | None, how: str) -> Result:
    """A contender in folds of whole recordings.

    Args:
        corpus: The corpus.
        one: The contender.
        seeds: Of folds and trees.
        keep: ``bool[row]``, rows to use; ``None``: all.
        how: What the table calls this.
    """
    runs = [pooled([_scored(corpus, one, spec, seed, keep) for spec in _folds_of(seed)]) for seed in seeds]
    return _result(one.name, how, runs, len(corpus) if keep is None else int(keep.sum()))


def _scored(corpus: Corpus, one: Contender, spec: SplitSpec, seed: int, keep: NDArray[np.bool_] | None) -> Scored:
    return fold_of(corpus, spec, keep, signals=one.signals, rows=one.rows).scored(one.family, seed)


def _folds_of(seed: int) -> list[SplitSpec]:
    return [SplitSpec(folds=FOLDS, fold=fold, validation=0, seed=seed) for fold in range(FOLDS)]


def _result(name: str, how: str, runs: Sequence[Pooled], rows: int) -> Result:
    return Result(
        name=name,
        how=how,
        classes=tuple(run.classes for run in runs),
        binary=tuple(run.binary for run in runs),
        scored=float(np.mean([run.windows for run in runs])) / rows,
    )


def _told(done: Callable[[str], None], one: Result) -> Result:
    done(f"{one.name}, {one.how}: {np.mean(one.classes):.3f}")
    return one
