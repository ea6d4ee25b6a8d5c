"""One trial of a search: an LSTM of the population, trained for the epochs it is granted.

A promoted trial goes on from the weights of its parent's best epoch with a fresh Adam, as Keras Tuner's does. All that
is drawn comes from the seed of the search and the place of the trial in the schedule, so that it does not matter who
runs it, or when. Needs JAX: import it where something is searched.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn.search.material import Material
from yawstring.learn.search.schedule import Job, Slot
from yawstring.learn.search.space import Space, Values
from yawstring.models.base import Epoch, Json
from yawstring.models.engine.fitting import Fit, Passed, balanced_weights
from yawstring.models.engine.initial import Weights, initial_weights
from yawstring.models.engine.population import Population, padded, settings, shapes
from yawstring.models.engine.program import Adam, Options
from yawstring.models.recurrent import LSTM

Objective = Literal["macro_f1", "batch_f1", "accuracy"]
OBJECTIVES: tuple[Objective, ...] = ("macro_f1", "batch_f1", "accuracy")
"""What is to be highest on the validation part: the mean F1 of the classes, Keras's mean over batches of the F1 of
class 1 (the notebook's), or the share that is right."""

WIDTH_CLASSES = 4
"""Widths that LSTMs are padded to, at most: each is compiled once."""

ORDER, DROPS, WEIGHTS = 0, 1, 2
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
    """Train a trial for its epochs, and score each on the validation part.

    Args:
        materials: Windows by their length.
        job: Its place and its epochs.
        values: Its options, as the space draws them.
        start: What its parent left it; ``None``: fresh weights.
        options: What it shares with all others.
        root: The first of its line, whose weights were drawn.
        watch: Called after every epoch, with the objective; what it raises ends the trial.
    """
    material = materials[int(values["window"])].only(str(values["columns"]))
    fit = _begin(material, job, values, start, options, root)
    order = np.random.default_rng(_seed(options.seed, job.slot, ORDER))
    history: list[Epoch] = []
    best, best_start, best_epoch = -np.inf, None, 0
    for number in range(job.first_epoch + 1, job.epochs + 1):
        learnt = fit.epoch(order.permutation(len(material.train)))
        judged = fit.evaluate(material.validation)
        score = _score(judged, material.classes, options)
        epoch = Epoch(
            number=number,
            loss=learnt.loss,
            f1=_score(learnt, material.classes, options),
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
    """Shapes of the padded weights of a trial."""
    return shapes(
        features=material.train.rows.shape[1],
        units=options.units(int(values["units"])),
        width=options.width,
        layers=options.layers,
        outputs=_outputs(material),
    )


def fresh_weights(material: Material, values: Values, options: TrialOptions, root: Slot) -> Weights:
    """The padded weights that the first trial of a line starts from."""
    rng = np.random.default_rng(_seed(options.seed, root, WEIGHTS))
    units = int(values["units"])
    fresh = initial_weights(rng, material.train.rows.shape[1], units, dense_of(values), _outputs(material))
    return padded(fresh, units=options.units(units), width=options.width, layers=options.layers)


def dense_of(values: Values) -> tuple[int, ...]:
    """Widths of the hidden dense layers of a draw."""
    return tuple(int(values[f"dense_{layer}_units"]) for layer in range(int(values["layers"])))


def dropouts_of(values: Values) -> tuple[float, ...]:
    """Shares dropped after the recurrent layer and after each hidden dense layer of a draw."""
    layers = range(int(values["layers"]))
    return float(values["dropout"]), *(float(values[f"dense_{layer}_dropout"]) for layer in layers)


def family_of(values: Values, *, epochs: int, batch: int = 32) -> LSTM:
    """The detector that a draw stands for, trained for so many epochs to the last."""
    dropout, *dense_dropout = dropouts_of(values)
    return LSTM(
        units=int(values["units"]),
        dropout=dropout,
        dense=dense_of(values),
        dense_dropout=tuple(dense_dropout),
        learning_rate=float(values["learning_rate"]),
        class_weights=bool(values["class_weights"]),
        batch=batch,
        epochs=epochs,
        keep="last",
    )


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
    return Fit.start(
        Population(layers=options.layers),
        weights,
        train,
        batch=options.batch,
        options=Options(
            np.float32(values["learning_rate"]),
            weighed,
            np.uint32(_seed(options.seed, job.slot, DROPS).generate_state(1)[0]),
            settings(depth=int(values["layers"]), dropouts=dropouts_of(values), layers=options.layers),
        ),
        adam=adam,
    )


def _score(passed: Passed, classes: int, options: TrialOptions) -> float:
    if options.objective == "accuracy":
        return float(np.mean(passed.truth == passed.predicted))
    how: Literal["macro", "batch"] = "batch" if options.objective == "batch_f1" else "macro"
    return passed.f1(how, classes=classes, batch=options.batch)


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
