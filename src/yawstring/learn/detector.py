"""Training, scoring and evaluation as one object, in scikit-learn's manner.

A :class:`Detector` reads tables, not bare arrays, for what it may learn depends on what a column means and on which
recording a row belongs to. The words are scikit-learn's: options in the constructor, ``fit`` returns the detector,
``get_params`` and ``set_params``, names with a trailing underscore once fitted.
"""

from dataclasses import fields, replace
from typing import Any, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.learn.evaluate import evaluate, predict
from yawstring.learn.recipe import Trained
from yawstring.learn.train import TrainOptions, train
from yawstring.models.base import Family, Json, Watch
from yawstring.models.recurrent import LSTM
from yawstring.schema import layout_of, modality_of
from yawstring.table.corpora import Table
from yawstring.table.recordings import recording_ids

Tabular: TypeAlias = Table | pl.DataFrame


class Detector:
    """A detector with its protocol.

    Args:
        detector: Its family; ``None``: an :class:`~yawstring.models.recurrent.LSTM`.
        options: Fields of :class:`~yawstring.learn.train.TrainOptions`: ``split``, ``window``, ``target``, ``labels``,
            ``seed`` and the rest.

    Attributes:
        trained_: What ``fit`` made, for :func:`yawstring.save`.
        classes_: Names of the classes, in the order of :meth:`predict_proba`'s columns.

    Example:
        >>> from yawstring.models.majority import Majority
        >>> from yawstring.table.splits import SplitSpec
        >>> frame = pl.DataFrame({"frame.number": [*range(50)] * 8, "frame.len": [*range(400)],
        ...                       "class": (["benign"] * 50 + ["dos"] * 50) * 4})
        >>> detector = Detector(Majority(), split=SplitSpec(test=0.25), baselines=()).fit(frame)
        >>> detector.predict(frame).tolist()[:2], detector.predict_proba(frame).shape
        (['benign', 'benign'], (368, 2))
        >>> detector.evaluate(frame)["metrics"]["majority"]["accuracy"]["value"]
        0.5
    """

    def __init__(self, detector: Family | None = None, **options: Any) -> None:  # noqa: ANN401  # checked by the class
        self._options = _options(detector or LSTM(), options)
        self.trained_: Trained | None = None

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Options by name; ``deep`` is there because scikit-learn asks with it."""
        return {one.name: getattr(self._options, one.name) for one in fields(self._options)}

    def set_params(self, **options: Any) -> "Detector":  # noqa: ANN401  # checked by the class
        """Change options; what was fitted is forgotten.

        Raises:
            OptionError: There is no such option.
        """
        merged = self.get_params() | options
        self._options = _options(merged.pop("detector"), merged)
        self.trained_ = None
        return self

    def fit(self, table: Tabular, watch: Watch | None = None) -> "Detector":
        """Split the table, fit on its training part, measure on its test part; see :mod:`yawstring.learn.train`."""
        self.trained_ = train(as_table(table), self._options, watch)
        return self

    @property
    def classes_(self) -> NDArray[np.str_]:
        """Names of the classes."""
        return np.asarray(self._fitted().recipe.classes)

    def predict_frame(self, table: Tabular) -> pl.DataFrame:
        """Every window with its recording, row, part, class and probabilities; see :mod:`yawstring.learn.evaluate`."""
        return predict(self._fitted(), as_table(table))

    def predict(self, table: Tabular) -> NDArray[np.str_]:
        """``str[window]``, the class called."""
        return np.asarray(self.predict_frame(table)["predicted"].to_list(), np.str_)

    def predict_proba(self, table: Tabular) -> NDArray[np.float32]:
        """``float32[window, class]``."""
        columns = [f"p_{name}" for name in self._fitted().recipe.classes]
        return np.asarray(self.predict_frame(table).select(columns).to_numpy(), np.float32)

    def evaluate(self, table: Tabular) -> dict[str, Json]:
        """Figures beside the baselines'; see :func:`yawstring.learn.evaluate.evaluate`."""
        return evaluate(self._fitted(), as_table(table))

    def _fitted(self) -> Trained:
        if self.trained_ is None:
            raise OptionError("the detector has not been fitted yet: call fit(table) first")
        return self.trained_


def as_table(table: Tabular) -> Table:
    """A table as it is, or one made of a frame: recordings are told apart where no column does so.

    Example:
        >>> as_table(pl.DataFrame({"frame.number": [1, 2, 1], "frame.len": [5, 5, 5]})).frame["recording"].to_list()
        [0, 0, 1]
    """
    if isinstance(table, Table):
        return table
    recording = pl.Series("recording", recording_ids(table), dtype=pl.Int32)
    return Table(
        frame=table.with_columns(recording),
        layout=layout_of(table.columns),
        capture="frame",
        modality=modality_of(table.columns),
        digest="",
    )


def _options(detector: Family, options: dict[str, Any]) -> TrainOptions:
    known = {one.name for one in fields(TrainOptions)}
    if unknown := sorted(set(options) - known):
        raise OptionError(f"no option '{unknown[0]}': {', '.join(sorted(known))}")
    return replace(TrainOptions(detector=detector), **options)
