"""The reference notebook, in order: its steps 1 to 10."""

import importlib.metadata
import platform
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.app.notebook import steps
from yawstring.app.notebook.hyperband import Searched, search
from yawstring.app.notebook.network import Bars, Cut, Layer, Run, fit, reference, summary
from yawstring.errors import OptionError, TableError
from yawstring.models.base import Windows
from yawstring.models.recurrent import LSTM
from yawstring.schema import LABEL
from yawstring.table.corpora import Table

LIBRARIES = ("yawstring", "numpy", "polars", "scikit-learn", "jax", "optuna", "onnx", "onnxruntime")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be chosen.

    Attributes:
        epochs: Passes over the training windows.
        seed: ``random_state`` of the split, and seed of the network; the notebook's split has 10. (The notebook does
            not seed its network.)
        search: Whether to search, step 9. Otherwise step 10 rebuilds the network of step 8.

    Raises:
        OptionError: A value makes no sense.
    """

    epochs: int = 10
    seed: int = 10
    search: bool = False

    def __post_init__(self) -> None:
        if self.epochs < 1:
            raise OptionError(f"the network is fitted for at least 1 epoch, not {self.epochs}")
        if not 0 <= self.seed < 2**32 - 1:
            raise OptionError(f"a seed lies between 0 and 2^32 - 2, not {self.seed}")


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What steps 1 to 7 make of a table.

    Attributes:
        findings: What step 1 counts.
        opened: The table's rows in file order, before anything is done to them.
        weighed: Rows with weights, in order of time, all columns and ``recording``.
        order: ``int64[row]``, where each of them stood in the file.
        features: Names of the 55 features.
        windows: Every window.
        parts: Which of them are for what.
    """

    findings: steps.Findings
    opened: pl.DataFrame
    weighed: pl.DataFrame
    order: NDArray[np.int64]
    features: tuple[str, ...]
    windows: Windows
    parts: steps.Parts

    @property
    def label(self) -> NDArray[np.int64]:
        """``int64[row]``, class of each row in order of time."""
        return self.weighed[LABEL].to_numpy()

    @property
    def cut(self) -> Cut:
        """Windows of each part."""
        return cut(self.windows, self.parts)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What the notebook comes to.

    Attributes:
        options: What was chosen.
        prepared: Steps 1 to 7.
        network: The network of step 8.
        layers: Its summary.
        first: Step 8.
        searched: Step 9; ``None``: it was left out.
        best: What the search chose; without one, the network of step 8.
        again: Step 10: ``best``, rebuilt and fitted anew.
    """

    options: Options
    prepared: Prepared
    network: LSTM
    layers: tuple[Layer, ...]
    first: Run
    searched: Searched | None
    best: LSTM
    again: Run


def prepare(table: Table, *, seed: int) -> Prepared:
    """Steps 1 to 7.

    Args:
        table: A table of the notebook's layout.
        seed: Seed of the split.

    Raises:
        TableError: It is of another layout, misses values, holds one class, or is too short.
        SplitError: The split is undefined on it.
    """
    opened = steps.open_layout(table)
    findings = steps.look(opened)
    if findings.incomplete:
        raise TableError(
            f"{findings.incomplete} of {findings.rows} rows miss a value: the notebook counts such rows and hands them "
            "to its network, which then learns nothing; leave them out of the table"
        )
    if opened[LABEL].n_unique() < 2:
        raise TableError(f"expected rows of both classes, found {findings.rows} of one", column=LABEL)
    order = steps.stable_order(opened)
    weighed = steps.weigh(opened)[order]
    scaled = steps.scale(steps.drop(weighed))
    label = weighed[LABEL].to_numpy()
    windows = steps.windows(steps.matrix(scaled), label)
    return Prepared(
        findings=findings,
        opened=opened,
        weighed=weighed,
        order=order,
        features=(*scaled.columns, f"{LABEL} again"),
        windows=windows,
        parts=steps.split(windows.labels, seed=seed),
    )


def cut(windows: Windows, parts: steps.Parts) -> Cut:
    """The windows of each part, over the same rows."""
    train, validation, test = (steps.take(windows, part) for part in (parts.train, parts.validation, parts.test))
    return Cut(train=train, validation=validation, test=test)


def run(prepared: Prepared, options: Options, *, bars: Bars) -> Outcome:
    """Steps 8 to 10: fit the network, search, rebuild the best and fit it, on the train part alone.

    Step 10 fits from the seed after the first one's, so that the two are as independent as the notebook's.
    """
    network = reference(epochs=options.epochs)
    first = fit(network, prepared.cut, seed=options.seed, title="fit", bars=bars)
    searched = search(prepared.cut, epochs=options.epochs, seed=options.seed, bars=bars) if options.search else None
    best = network if searched is None else searched.network
    again = fit(best, prepared.cut, seed=options.seed + 1, title="fit again", bars=bars)
    return Outcome(
        options=options,
        prepared=prepared,
        network=network,
        layers=summary(network, features=len(prepared.features)),
        first=first,
        searched=searched,
        best=best,
        again=again,
    )


def versions() -> Mapping[str, str]:
    """Versions of Python and of the libraries that figures depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
