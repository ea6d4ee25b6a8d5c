"""The contract of every detector family: arrays in, an ONNX graph out.

A *family* is a frozen dataclass of options with one method, :meth:`Family.fit`. What comes back is a :class:`Fitted`:
an ONNX graph that scores (outside training nothing else does), the weights, and the history of the fit. A family never
sees a table, a file or a label column among its features; those are the caller's affair.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

Json: TypeAlias = bool | int | float | str | list["Json"] | dict[str, "Json"] | None

Reads = Literal["window", "row"]
Encoding = Literal["scaled", "raw"]

INPUT_NAME = "windows"
"""Name of the graph's input: ``float32[window, time, feature]``, or ``float32[row, feature]`` for a family of rows."""

OUTPUT_NAME = "probabilities"
"""Name of the graph's output: ``float32[window, class]``, each row summing to 1."""


@dataclass(frozen=True, kw_only=True)
class Windows:
    """Windows of consecutive rows, kept as row indices so that no window is ever copied.

    Attributes:
        rows: ``float32[row, feature]``, the rows that windows are cut from.
        starts: ``int64[window]``, index of each window's first row.
        length: Rows in a window.
        labels: ``int64[window]``, class index of each window.

    Example:
        >>> windows = Windows(rows=np.zeros((6, 2), np.float32), starts=np.array([0, 3]), length=3,
        ...                   labels=np.array([0, 1]))
        >>> windows.gather().shape, windows.last_rows().shape
        ((2, 3, 2), (2, 2))
    """

    rows: NDArray[np.float32]
    starts: NDArray[np.int64]
    length: int
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts)

    def gather(self) -> NDArray[np.float32]:
        """``float32[window, time, feature]``, a copy of every window."""
        return np.asarray(self.rows[self.starts[:, None] + np.arange(self.length)])

    def last_rows(self) -> NDArray[np.float32]:
        """``float32[window, feature]``, the last row of every window: what a family of single rows sees."""
        return np.asarray(self.rows[self.starts + self.length - 1])


@dataclass(frozen=True, kw_only=True)
class Epoch:
    """What one pass over the training windows showed; validation figures are ``None`` without a validation part."""

    number: int
    loss: float
    f1: float
    validation_loss: float | None = None
    validation_f1: float | None = None


Watch = Callable[[Epoch], None]
"""Called after every epoch, for a progress bar."""


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A fitted detector.

    Attributes:
        family: Name of the family that made it.
        reads: ``"window"`` or ``"row"``: what the graph takes.
        graph: ONNX graph, input :data:`INPUT_NAME`, output :data:`OUTPUT_NAME`.
        weights: Arrays by name, what goes into ``model.safetensors``.
        history: Epochs in order; empty for families that have none.
        options: The family's options, as JSON.
        classes: Number of classes, at least two.
        beside: A detector of novelty that is heard as well, so that an attack never trained on is called.
    """

    family: str
    reads: Reads
    graph: bytes
    weights: Mapping[str, NDArray[np.generic]]
    classes: int
    options: Mapping[str, Json]
    history: tuple[Epoch, ...] = field(default=())
    beside: "Fitted | None" = None


class Family(ABC):
    """A detector family: a frozen, keyword-only dataclass of options that can be fitted.

    Class attributes:
        name: What ``--detector`` calls it.
        reads: Whether it sees whole windows or only each window's last row.
        encoding: ``"scaled"`` for encoded and scaled features, ``"raw"`` for columns as they are (trees).
        learns: ``"labels"``, or ``"benign"`` for a family that learns from windows of class 0 alone.
    """

    name: ClassVar[str]
    reads: ClassVar[Reads]
    encoding: ClassVar[Encoding]
    learns: ClassVar[Literal["labels", "benign"]] = "labels"

    @abstractmethod
    def fit(
        self,
        train: Windows,
        validation: Windows | None = None,
        *,
        classes: int,
        seed: int,
        watch: Watch | None = None,
    ) -> Fitted:
        """Fit on ``train``; choose the best epoch on ``validation``, where the family has epochs.

        Args:
            train: Windows to learn from.
            validation: Windows to choose by, never learnt from.
            classes: Number of classes; labels lie in ``range(classes)``.
            seed: Every random draw comes from it: same seed, same machine, same bits.
            watch: Called after every epoch.

        Raises:
            OptionError: ``train`` holds no window, or a label outside ``range(classes)``.
            MissingExtraError: The family's library is not installed.
        """
