"""A detector on a stream: rows in, scores and incidents out, with the last rows of windows carried.

The scores are those that :func:`yawstring.learn.evaluate.predict` gives for a table of the same frames: both encode,
cut and score by :mod:`yawstring.learn.scoring`, and both make incidents by :mod:`yawstring.learn.events`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn import events
from yawstring.learn.explain.ranges import Range, ranges_from_json
from yawstring.learn.incidents import scores_of, spec_of
from yawstring.learn.recipe import Trained
from yawstring.learn.scoring import Encoded, Scoring, open_scoring
from yawstring.schema import BENIGN, TELEMETRY_AGE
from yawstring.schema.signals import SIGNALS
from yawstring.table.fuse import TELEMETRY_NAMES
from yawstring.table.signals import SignalOptions
from yawstring.table.signals.inputs import NS_PER_S
from yawstring.wire.slots import NAMES, TEXTS

_PLACES = {signal.name: place for place, signal in enumerate(SIGNALS)}


@dataclass(frozen=True, kw_only=True, eq=False)
class Detector:
    """A bundle, ready to watch.

    Attributes:
        scoring: The graphs, and the recipe that they were made by.
        events: When rows make an incident.
        family: Its family.
        digest: SHA-256 of the bundle.
        attacks: Names of the attacks, in the order of their columns.
        places: Where each feature stands among all signals; ``None`` for columns of frames as they are.
        ranges: What is ordinary, by feature.
    """

    scoring: Scoring
    events: events.EventSpec
    family: str
    digest: str
    attacks: tuple[str, ...]
    places: tuple[int, ...] | None
    ranges: Mapping[str, Range]

    @property
    def signals(self) -> SignalOptions | None:
        """How signals are measured; ``None`` for columns as they are."""
        return self.scoring.recipe.signals

    @property
    def features(self) -> tuple[str, ...]:
        """What it reads."""
        return self.scoring.recipe.features


def ready(trained: Trained, digest: str = "") -> Detector:
    """Make a trained detector ready to watch.

    Args:
        trained: The bundle.
        digest: Its SHA-256.

    Raises:
        OptionError: It reads what a capture does not give, or cannot alarm.
        BundleError: A graph is damaged.
    """
    recipe, family = trained.recipe, trained.detector.family
    if recipe.classes[0] != BENIGN:
        raise OptionError(f"the detector knows nothing benign ({', '.join(recipe.classes)}), so it cannot alarm")
    given = (
        set(_PLACES)
        if recipe.signals is not None
        else {*NAMES.values(), *TEXTS.values(), *TELEMETRY_NAMES, TELEMETRY_AGE}
    )
    if missing := [name for name in recipe.features if name not in given]:
        kind = "signals" if recipe.signals is not None else "frames and telemetry"
        told = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if len(missing) > 3 else "")
        raise OptionError(f"the detector reads what {kind} of a capture do not give: {told}: train it with --signals")
    return Detector(
        scoring=open_scoring(trained.detector, recipe),
        events=spec_of(recipe, family),
        family=family,
        digest=digest,
        attacks=recipe.classes[1:],
        places=None if recipe.signals is None else tuple(_PLACES[name] for name in recipe.features),
        ranges=ranges_from_json(trained.record.get("ranges")),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class ScoreState:
    """What is carried.

    Attributes:
        rows: The last rows, encoded, one fewer than a window holds.
        first_ns: Time of the first row; ``None`` before it.
        events: Of the incidents.
    """

    rows: Encoded = field(default_factory=dict)
    first_ns: int | None = None
    events: events.EventState


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Rows that a detector reads.

    Attributes:
        values: ``float32[row, signal]`` of all signals; or a table of frames, for columns as they are.
        time_ns: ``int64[row]``, not falling.
        last: ``int64[row]``, the chunk's last frame at or before each; -1 where that was in an earlier chunk.
    """

    values: NDArray[np.float32] | pl.DataFrame
    time_ns: NDArray[np.int64]
    last: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """Scores of windows, by their last rows.

    Attributes:
        row: ``int64[window]``, the chunk's row that the window ends with.
        time_ns: ``int64[window]``.
        score: ``float64[window]``, of an attack.
        probabilities: ``float32[window, class]``.
    """

    row: NDArray[np.int64]
    time_ns: NDArray[np.int64]
    score: NDArray[np.float64]
    probabilities: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.row)

    @classmethod
    def none(cls, classes: int = 0) -> "Scored":
        """No scores."""
        row = np.zeros(0, np.int64)
        return cls(row=row, time_ns=row, score=np.zeros(0), probabilities=np.zeros((0, classes), np.float32))


def start(detector: Detector) -> ScoreState:
    """The state before the first row."""
    return ScoreState(events=events.begin(detector.events, attacks=len(detector.attacks)))


def step(
    state: ScoreState, detector: Detector, rows: NDArray[np.float32] | pl.DataFrame, time_ns: NDArray[np.int64]
) -> tuple[ScoreState, Scored, tuple[events.Change, ...]]:
    """Take in rows.

    Args:
        state: From :func:`start` or the step before.
        detector: The same for every step.
        rows: ``float32[row, signal]`` of all signals; or the rows of frames, for a detector of columns as they are.
        time_ns: ``int64[row]``, not falling.

    Returns:
        The state after them, the scores of the windows that are whole now, and what became of incidents.
    """
    if not len(time_ns):
        return state, Scored.none(len(detector.scoring.recipe.classes)), ()
    first_ns = int(time_ns[0]) if state.first_ns is None else state.first_ns
    encoded = _encoded(detector, rows)
    cold = _cold(detector, time_ns, first_ns)
    held = {name: _behind(state.rows.get(name), array[cold:]) for name, array in encoded.items()}
    length = detector.scoring.recipe.window.length
    count = len(next(iter(held.values())))
    starts = np.arange(max(count - length + 1, 0))
    probabilities = detector.scoring.probabilities(held, starts)
    row = np.arange(len(time_ns) - len(starts), len(time_ns))
    scores = scores_of(probabilities, detector.scoring.recipe)
    assert scores is not None, "checked by ready()"  # noqa: S101
    after, changes = events.step(state.events, detector.events, time_ns[row], scores.score, scores.named)
    carried = {name: array[max(count - length + 1, 0) :].copy() for name, array in held.items()}
    scored = Scored(row=row, time_ns=time_ns[row], score=scores.score, probabilities=probabilities)
    return ScoreState(rows=carried, first_ns=first_ns, events=after), scored, changes


def _encoded(detector: Detector, rows: NDArray[np.float32] | pl.DataFrame) -> Encoded:
    if isinstance(rows, pl.DataFrame):
        return detector.scoring.encode(rows.select(detector.features))
    return detector.scoring.encode_measures(rows[:, list(detector.places or ())])


def _cold(detector: Detector, time_ns: NDArray[np.int64], first_ns: int) -> int:
    """Rows at the beginning that no window may hold: signals with a row for every frame know too little there."""
    if detector.signals is None or detector.signals.every_s is not None:
        return 0
    return int((time_ns - first_ns < detector.signals.warm_up_s * NS_PER_S).sum())


def _behind(carried: NDArray[np.float32] | None, rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows if carried is None else np.concatenate([carried, rows])
