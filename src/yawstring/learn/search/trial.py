"""One trial of a search: a detector fitted to windows of the training part, and scored on those of the validation part.

An LSTM is one of the population, so that few programs serve all trials; another network is compiled for what it is;
trees are grown at once. A network is trained for the epochs it is granted. A promoted trial goes on from the weights of
its parent's best epoch with a fresh Adam, as Keras Tuner's does. All that is drawn comes from the seed of the search
and the place of the trial in the schedule, so that it does not matter who runs it, or when. Needs JAX: import it where
something is searched.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn.search.detectors import dense_of, dropouts_of, family_of, has_epochs
from yawstring.learn.search.material import Material
from yawstring.learn.search.objectives import OBJECTIVES, Objective, objective_of
from yawstring.learn.search.parameters import Values
from yawstring.learn.search.schedule import Job, Slot
from yawstring.learn.search.space import Space
from yawstring.models.base import Epoch, Json
from yawstring.models.engine.fitting import Fit, Passed, balanced_weights
from yawstring.models.engine.initial import Weights, initial_weights
from yawstring.models.engine.network import Network, Settings
from yawstring.models.engine.population import Population, padded, settings, shapes
from yawstring.models.engine.program import Adam, Options
from yawstring.models.networks import NetworkFamily
from yawstring.models.scoring import open_scorer

WIDTH_CLASSES = 4
"""Widths that LSTMs are padded to, at most: each is compiled once."""

ORDER, DROPS, WEIGHTS, GROWN = 0, 1, 2, 3
"""What a seed is for."""


class Start(NamedTuple):
    """What a promoted trial goes on with: padded weights, and Adam's memory where that is kept."""

    weights: Weights
    adam: Adam | None


@dataclass(frozen=True, kw_only=True)
class TrialOptions:
    """What all trials of a search share.

    Attributes:
        space: What may be chosen.
        objective: What is to be highest.
        batch: Windows in a batch.
        keep_adam: A promoted trial goes on with its parent's Adam, not with a fresh one.
        seed: Every random draw comes from it.
    """

    space: Space
    objective: Objective = "macro_f1"
    batch: int = 32
    keep_adam: bool = False
    seed: int = 10

    def __post_init__(self) -> None:
        if self.objective not in OBJECTIVES:
            raise OptionError(f"no objective '{self.objective}': {', '.join(OBJECTIVES)}")
        if self.batch < 1 or self.seed < 0:
            raise OptionError("a batch holds at least 1 window, and a seed is 0 or more")

    @property
    def is_population(self) -> bool:
        """Whether one program serves many trials."""
        return self.space.detector == "lstm"

    @property
    def layers(self) -> int:
        """Hidden dense layers that a trial may have."""
        return self.space.most_layers

    @property
    def width(self) -> int:
        """Width that dense layers are padded to."""
        return max(int(value) for value in self.space["dense_units"].values())

    def units(self, asked: int) -> int:
        """Width that an LSTM of ``asked`` units is padded to.

        Example:
            >>> from yawstring.learn.search.space import NOTEBOOK
            >>> options = TrialOptions(space=NOTEBOOK)
            >>> [options.units(asked) for asked in (32, 64, 128)]
            [32, 64, 128]
        """
        return min(width for width in _width_classes(self.space) if width >= asked)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """What a trial came to.

    Attributes:
        score: The objective at the best epoch, the earliest of equals.
        best_epoch: Which that was, parents' epochs counted.
        history: Every epoch of this trial.
        start: What a promoted trial goes on with.
    """

    score: float
    best_epoch: int
    history: tuple[Epoch, ...]
    start: Start


def run_trial(
    materials: Mapping[int, Material],
    job: Job,
    values: Values,
    start: Start | None,
    options: TrialOptions,
    *,
    root: Slot,
    watch: Callable[[Epoch, float], None],
) -> Ended:
    """Train a trial for its epochs, and score each on the validation part; what has no epochs is fitted once.

    Args:
        materials: Windows by their length.
        job: Its place and its epochs.
        values: Its options, as the space draws them.
        start: What its parent left it; ``None``: fresh weights.
        options: What it shares with all others.
        root: The first of its line, whose weights were drawn.
        watch: Called after every epoch, with the objective; what it raises ends the trial.
    """
    material = materials[int(values["window"])].read_by(values)
    if not has_epochs(options.space.detector):
        return _grown(material, job, values, options, watch)
    fit = _begin(material, job, values, start, options, root)
    order = np.random.default_rng(_seed(options.seed, job.slot, ORDER))
    history: list[Epoch] = []
    best, best_start, best_epoch = -np.inf, None, 0
    for number in range(job.first_epoch + 1, job.epochs + 1):
        learnt = fit.epoch(order.permutation(len(material.train)))
        judged = fit.evaluate(material.validation)
        score = _score(judged, values, options)
        epoch = Epoch(
            number=number,
            loss=learnt.loss,
            f1=_score(learnt, values, options),
            validation_loss=judged.loss,
            validation_f1=score,
        )
        history.append(epoch)
        if score > best:
            best, best_epoch = score, number
            best_start = Start(fit.weights(), fit.adam() if options.keep_adam else None)
        watch(epoch, score)
    if best_start is None:
        raise OptionError("a trial has at least one epoch")
    return Ended(score=float(best), best_epoch=best_epoch, history=tuple(history), start=best_start)


def weight_shapes(material: Material, values: Values, options: TrialOptions) -> dict[str, tuple[int, ...]]:
    """Shapes of the weights of a trial, those of a population padded."""
    if not options.is_population:
        drawn = _drawn(np.random.default_rng(0), material, values, options)
        return {name: array.shape for name, array in drawn.items()}
    return shapes(
        features=material.train.rows.shape[1],
        units=options.units(int(values["units"])),
        width=options.width,
        layers=options.layers,
        outputs=_outputs(material),
    )


def fresh_weights(material: Material, values: Values, options: TrialOptions, root: Slot) -> Weights:
    """The weights that the first trial of a line starts from, those of a population padded."""
    rng = np.random.default_rng(_seed(options.seed, root, WEIGHTS))
    if not options.is_population:
        return _drawn(rng, material, values, options)
    units = int(values["units"])
    fresh = initial_weights(rng, material.train.rows.shape[1], units, dense_of(values), _outputs(material))
    return padded(fresh, units=options.units(units), width=options.width, layers=options.layers)


def history_to_json(history: Sequence[Epoch]) -> list[Json]:
    """Epochs as JSON; a loss that ran away is ``null``."""

    def finite(value: float | None) -> float | None:
        return value if value is not None and np.isfinite(value) else None

    return [
        {
            "number": epoch.number,
            "loss": finite(epoch.loss),
            "score": finite(epoch.f1),
            "validation_loss": finite(epoch.validation_loss),
            "validation_score": finite(epoch.validation_f1),
        }
        for epoch in history
    ]


def _begin(material: Material, job: Job, values: Values, start: Start | None, options: TrialOptions, root: Slot) -> Fit:
    train = material.train
    weights, adam = start or Start(fresh_weights(material, values, options, root), None)
    weighed = balanced_weights(train.labels, material.classes) if values["class_weights"] else _even(material.classes)
    network: Network = (
        Population(layers=options.layers) if options.is_population else _network(values, options).network()
    )
    return Fit.start(
        network,
        weights,
        train,
        batch=options.batch,
        options=Options(
            np.float32(values["learning_rate"]),
            weighed,
            np.uint32(_seed(options.seed, job.slot, DROPS).generate_state(1)[0]),
            _told(values, options),
        ),
        adam=adam,
    )


def _told(values: Values, options: TrialOptions) -> Settings | None:
    if not options.is_population:
        return None
    return settings(depth=int(values["layers"]), dropouts=dropouts_of(values), layers=options.layers)


def _network(values: Values, options: TrialOptions) -> NetworkFamily:
    return cast(NetworkFamily, family_of(options.space.detector, values, epochs=1, batch=options.batch))


def _drawn(rng: np.random.Generator, material: Material, values: Values, options: TrialOptions) -> Weights:
    train = material.train
    return _network(values, options).initial(
        rng, length=train.length, features=train.rows.shape[1], outputs=_outputs(material)
    )


def _grown(
    material: Material, job: Job, values: Values, options: TrialOptions, watch: Callable[[Epoch, float], None]
) -> Ended:
    """A trial of what is fitted at once: one epoch, and nothing to go on from."""
    family = family_of(options.space.detector, values, epochs=1, batch=options.batch)
    seed = int(_seed(options.seed, job.slot, GROWN).generate_state(1)[0])
    scorer = open_scorer(family.fit(material.train, None, classes=material.classes, seed=seed).graph)
    shown, chosen = (scorer.score(part) for part in (material.train, material.validation))
    score = _judged(material.validation.labels, chosen, values, options)
    learnt = _judged(material.train.labels, shown, values, options)
    epoch = Epoch(
        number=1,
        loss=_log_loss(material.train.labels, shown),
        f1=learnt,
        validation_loss=_log_loss(material.validation.labels, chosen),
        validation_f1=score,
    )
    watch(epoch, score)
    return Ended(score=score, best_epoch=1, history=(epoch,), start=Start({}, None))


def _log_loss(truth: NDArray[np.int64], probabilities: NDArray[np.float32]) -> float:
    """Mean over windows; a probability of nought counts as the least that there is in single precision."""
    right = probabilities[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(right, np.finfo(np.float32).tiny)).mean(dtype=np.float64))


def _score(passed: Passed, values: Values, options: TrialOptions) -> float:
    return _judged(passed.truth, passed.probabilities, values, options)


def _judged(
    truth: NDArray[np.int64], probabilities: NDArray[np.float32], values: Values, options: TrialOptions
) -> float:
    return objective_of(options.objective, truth, probabilities, threshold=values["threshold"], batch=options.batch)


def _outputs(material: Material) -> int:
    return 1 if material.classes == 2 else material.classes


def _even(classes: int) -> NDArray[np.float32]:
    return np.ones(classes, np.float32)


def _seed(seed: int, slot: Slot, purpose: int) -> np.random.SeedSequence:
    return np.random.SeedSequence([seed, *slot, purpose])


@lru_cache(maxsize=16)
def _classes_of(widths: tuple[int, ...]) -> tuple[int, ...]:
    count = min(WIDTH_CLASSES, len(widths))
    return tuple(widths[-(-(number + 1) * len(widths) // count) - 1] for number in range(count))


def _width_classes(space: Space) -> tuple[int, ...]:
    """Widths of LSTMs that are compiled, the largest among them."""
    return _classes_of(tuple(sorted({int(value) for value in space["units"].values()})))
