"""The one way from rows to probabilities: encode, cut windows, score, calibrate, hear what stands beside.

A table is scored whole, a stream a few rows at a time; both come through here, and since ONNX Runtime gives a window
the same bits whatever it is scored with, so does a detector, live or from a file.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.learn.recipe import Recipe
from yawstring.learn.unknown import combine
from yawstring.models.base import Encoding, Fitted, Windows
from yawstring.models.scoring import Scorer, open_scorer

Encoded: TypeAlias = Mapping[Encoding, NDArray[np.float32]]
"""``float32[row, feature]``, the same rows as each member wants them."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Member:
    """One graph of a detector.

    Attributes:
        family: Its family.
        encoding: How it wants its rows.
        scorer: The graph, ready.
    """

    family: str
    encoding: Encoding
    scorer: Scorer


@dataclass(frozen=True, kw_only=True, eq=False)
class Scoring:
    """A detector ready to score, made by :func:`open_scoring`.

    Attributes:
        recipe: How it reads.
        known: What tells the classes apart that were learnt.
        beside: What hears attacks never learnt; ``None`` where nothing does.
    """

    recipe: Recipe
    known: Member
    beside: Member | None = None

    def encode(self, frame: pl.DataFrame) -> Encoded:
        """The rows of a table, as each member wants them.

        Raises:
            TableError: A column is missing, or holds text where a number is due.
        """
        encoder = self.recipe.encoder
        return {name: encoder.transform(frame) if name == "scaled" else encoder.raw(frame) for name in self._encodings}

    def encode_measures(self, values: NDArray[np.float32]) -> Encoded:
        """The same rows as an array, where every feature is a measure.

        Args:
            values: ``float32[row, feature]``, NaN for a missing value.
        """
        return {
            name: self.recipe.encoder.transform_measures(values.astype(np.float64)) if name == "scaled" else values
            for name in self._encodings
        }

    def probabilities(self, rows: Encoded, starts: NDArray[np.int64]) -> NDArray[np.float32]:
        """Probabilities of every window, ``float32[window, class]``, calibrated.

        A last class ``unknown`` has those that the novelty detector beside gives it, and none where there is no such.

        Args:
            rows: As :meth:`encode` gives them.
            starts: ``int64[window]``, first row of each.
        """
        known = self.of_member(self.known, rows, starts)
        if not self.recipe.has_unknown:
            return known
        if self.beside is not None and self.recipe.unknown is not None:
            return combine(known, self.of_member(self.beside, rows, starts), self.recipe.unknown)
        return np.concatenate([known, np.zeros((len(known), 1), np.float32)], axis=1)

    def of_member(self, member: Member, rows: Encoded, starts: NDArray[np.int64]) -> NDArray[np.float32]:
        """Probabilities of the classes that one graph has, ``float32[window, class]``, calibrated."""
        cut = Windows(
            rows=rows[member.encoding],
            starts=starts,
            length=self.recipe.window.length,
            labels=np.zeros(len(starts), np.int64),
        )
        probabilities = member.scorer.score(cut)
        calibration = self.recipe.calibrations.get(member.family)
        return probabilities if calibration is None else calibration.apply(probabilities)

    @property
    def _encodings(self) -> tuple[Encoding, ...]:
        members = (self.known,) if self.beside is None else (self.known, self.beside)
        return tuple(dict.fromkeys(member.encoding for member in members))


def open_scoring(fitted: Fitted, recipe: Recipe) -> Scoring:
    """Make a detector, with what is heard beside it, ready to score.

    Raises:
        BundleError: A graph is damaged.
    """
    heard = fitted.beside if recipe.has_unknown and recipe.unknown is not None else None
    beside = None if heard is None else open_member(heard, recipe)
    return Scoring(recipe=recipe, known=open_member(fitted, recipe), beside=beside)


def open_member(fitted: Fitted, recipe: Recipe) -> Member:
    """Make one graph ready to score.

    Raises:
        BundleError: It is damaged.
    """
    return Member(family=fitted.family, encoding=recipe.encodings[fitted.family], scorer=open_scorer(fitted.graph))
