"""From the scores of a part's windows to incidents and their figures: where tables meet :mod:`yawstring.learn.events`.

The score of a window is that of its last row, the moment at which it can be known. Windows of one recording whose last
rows follow on each other in the table are one stream; where rows are missing (an embargo, another part) a new one
begins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.learn.episodes import Stretch, stretches_of, times_of, tracks_of
from yawstring.learn.events import EventSpec, Incident, Track, detect
from yawstring.learn.judging import figures, judge_incidents
from yawstring.learn.metrics import Outcome, attack_score, likeliest_attack
from yawstring.learn.recipe import Recipe
from yawstring.models.base import Json
from yawstring.schema import BENIGN, EPISODE, LABEL, ONSET, RECORDING, TECHNIQUE
from yawstring.table.parts import Part

TRUTH_COLUMNS = (RECORDING, LABEL, EPISODE, TECHNIQUE, ONSET)


@dataclass(frozen=True, kw_only=True, eq=False)
class Scores:
    """What is said about windows, as far as incidents go.

    Attributes:
        score: ``float64[window]``, of an attack.
        named: ``int64[window]``, index of the likeliest attack among ``names``.
        names: Attacks.
    """

    score: NDArray[np.float64]
    named: NDArray[np.int64]
    names: tuple[str, ...]


def scores_of(probabilities: NDArray[np.float32], recipe: Recipe) -> Scores | None:
    """The scores of an attack; ``None`` where no class is benign, so that everything is one.

    Args:
        probabilities: ``float32[window, class]``.
        recipe: What the classes are.
    """
    if recipe.classes[0] != BENIGN:
        return None
    return Scores(score=attack_score(probabilities), named=likeliest_attack(probabilities), names=recipe.classes[1:])


def spec_of(recipe: Recipe, family: str) -> EventSpec:
    """When a family's rows make an incident; the default where the recipe does not say."""
    return recipe.events.get(family) or EventSpec()


def last_rows(part: Part) -> NDArray[np.int64]:
    """``int64[window]``: where in the table the last row of each window stands."""
    return part.rows[part.starts + part.window.length - 1]


def tracks(frame: pl.DataFrame, rows: NDArray[np.int64], scores: Scores) -> tuple[Track, ...] | None:
    """Scores as tracks, one a stream; ``None`` where the table has no clock.

    Args:
        frame: The table.
        rows: ``int64[window]``, the last row of each window in the table.
        scores: Of those windows.
    """
    time_ns = times_of(frame)
    if time_ns is None:
        return None
    recording = frame[RECORDING].cast(pl.Int64).to_numpy()[rows]
    return tracks_of(rows, recording, time_ns[rows], scores.score, scores.named)


def watched(frame: pl.DataFrame, rows: NDArray[np.int64], scores: Scores) -> tuple[tuple[Track, Stretch], ...] | None:
    """Tracks beside the truth; ``None`` where the table has no clock.

    Args:
        frame: The table, labelled.
        rows: ``int64[window]``, the last row of each window in the table.
        scores: Of those windows.
    """
    found = tracks(frame, rows, scores)
    if found is None:
        return None
    truth = frame.select(name for name in TRUTH_COLUMNS if name in frame.columns)[rows]
    edges = np.cumsum([0, *(len(track.time_ns) for track in found)])
    pieces = [truth[int(start) : int(start) + len(track.time_ns)] for start, track in zip(edges, found, strict=False)]
    return tuple(zip(found, stretches_of(found, pieces), strict=True))


def scored(
    there: Sequence[tuple[Track, Stretch]], score: NDArray[np.float64], named: NDArray[np.int64]
) -> tuple[tuple[Track, Stretch], ...]:
    """The same windows beside the same truth, with other scores.

    Args:
        there: As :func:`watched` gives it.
        score: ``float64[window]``, in the order of its tracks.
        named: ``int64[window]``, likewise.
    """
    edges = np.cumsum([len(track.time_ns) for track, _ in there])[:-1]
    pieces = zip(np.split(score, edges), np.split(named, edges), strict=True)
    return tuple(
        (replace(track, score=one, named=name), stretch)
        for (track, stretch), (one, name) in zip(there, pieces, strict=True)
    )


def incident_figures(
    frame: pl.DataFrame, rows: NDArray[np.int64], scores: Scores, spec: EventSpec
) -> dict[str, Json] | None:
    """Episodes found, false alarms and delays; ``None`` where the table has no clock.

    Args:
        frame: The table, labelled.
        rows: ``int64[window]``, the last row of each window in the table.
        scores: Of those windows.
        spec: When rows make an incident.

    Returns:
        ``options`` of the incidents, and what :func:`yawstring.learn.judging.figures` gives.
    """
    there = watched(frame, rows, scores)
    if there is None:
        return None
    judged = judge_incidents((stretch, detect(spec, track, attacks=len(scores.names))) for track, stretch in there)
    return {"options": spec.to_json(), **figures(judged, scores.names)}


def incidents_by_family(
    frame: pl.DataFrame, part: Part, outcomes: Mapping[str, Outcome], recipe: Recipe
) -> dict[str, Json]:
    """Figures of incidents for every family that was measured on a part.

    Empty where there can be none: the table has no clock, or no class is benign.

    Args:
        frame: The table, labelled.
        part: Its part that was measured, whole stretches of recordings.
        outcomes: What each family said, by its name.
        recipe: What the classes are, and when rows make an incident.
    """
    found: dict[str, Json] = {}
    for family, outcome in outcomes.items():
        scores = scores_of(outcome.probabilities, recipe)
        if scores is not None:
            found[family] = incident_figures(frame, last_rows(part), scores, spec_of(recipe, family))
    return {family: figures for family, figures in found.items() if figures is not None}


def numbered(found: Sequence[Track], spec: EventSpec, *, attacks: int) -> tuple[pl.Series, tuple[Incident, ...]]:
    """The incident that each row lies in, counted through the table from 0, and the incidents.

    Args:
        found: Tracks in the order of rows.
        spec: When rows make an incident.
        attacks: Number of attacks that rows may look like.

    Returns:
        ``Int32[row]``, null outside incidents, and the incidents in the order of their numbers.
    """
    numbers: list[NDArray[np.int64]] = []
    incidents: list[Incident] = []
    for track in found:
        number = np.full(len(track.time_ns), -1)
        for incident in detect(spec, track, attacks=attacks):
            a, b = np.searchsorted(track.time_ns, [incident.opened_ns, incident.last_ns + 1])
            number[a:b] = len(incidents)
            incidents.append(incident)
        numbers.append(number)
    series = pl.Series("incident", np.concatenate(numbers) if numbers else np.zeros(0, np.int64), dtype=pl.Int32)
    return series.replace(-1, None), tuple(incidents)
