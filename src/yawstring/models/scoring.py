"""Scores windows with a detector's ONNX graph: octets in, probabilities out, no file touched.

Outside training every score comes from here, whatever made the graph. ONNX Runtime gives the same bits for a window
whether it is scored alone or among others, and on any number of threads.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import BundleError, OptionError, TableError
from yawstring.models.base import INPUT_NAME, OUTPUT_NAME, Reads, Windows
from yawstring.models.shapes import MISSING, TREES
from yawstring.models.vetting import WINDOW_RANK, Vetted, vet

if TYPE_CHECKING:
    from onnxruntime import InferenceSession, SessionOptions

BATCH = 256
"""Windows scored at once, fewer where a graph makes very much of each: they then stay in the cache. Of 64 to 4,096, 128
and 256 gave the most windows a second."""

LOG_FATAL = 4
"""ONNX Runtime's log level: what goes wrong is raised, not printed as well."""

REASON_CHARACTERS_MAX = 200
"""What is shown of ONNX Runtime's own message; some run to thousands."""

SUM_TOLERANCE = 1e-3
"""How far from 1 the probabilities of a window may add up."""


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Scorer:
    """A detector ready to score; made by :func:`open_scorer`, safe to share between threads.

    Attributes:
        session: ONNX Runtime's session.
        shape: Shape of one window (time, feature) or one row (feature).
        classes: Columns of the probabilities.
        batch: Windows scored at once.
        missing: Whether a window may hold NaN, for a missing value.
    """

    session: "InferenceSession"
    shape: tuple[int, ...]
    classes: int
    batch: int
    missing: bool

    @property
    def reads(self) -> Reads:
        """Whether the graph takes whole windows or single rows."""
        return "window" if len(self.shape) + 1 == WINDOW_RANK else "row"

    def __call__(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities of an array of windows, or of rows for a graph of rows.

        Args:
            array: ``float32[window, time, feature]`` or ``float32[row, feature]``; scored :attr:`batch` at a time.

        Returns:
            ``float32[window, class]``, each row summing to 1.

        Raises:
            OptionError: The array's shape or dtype is another.
            BundleError: The graph fails on these windows.
            TableError: A window holds infinity, or NaN where the graph has no IsNaN to handle it. ONNX Runtime's LSTM
                would clip them and give a plausible score. A graph of rows takes either.
        """
        if array.shape[1:] != self.shape or array.dtype != np.float32:
            raise OptionError(f"the detector takes float32[n, {_dims(self.shape)}], not {array.dtype}{[*array.shape]}")
        if len(array) > (batch := self.batch):
            return np.concatenate([self._run(array[first : first + batch]) for first in range(0, len(array), batch)])
        return self._run(array)

    def score(self, windows: Windows) -> NDArray[np.float32]:
        """Probabilities of every window: ``float32[window, class]``.

        A graph of rows is given each window's last row. Windows are gathered :attr:`batch` at a time.

        Raises:
            OptionError: The windows' length or number of features is another than the graph's.
            TableError: As for a call.
        """
        shape = (windows.length, windows.rows.shape[1])
        if shape[-len(self.shape) :] != self.shape:
            raise OptionError(f"the detector takes float32[n, {_dims(self.shape)}], not windows of {_dims(shape)}")
        offsets = np.arange(windows.length) if self.reads == "window" else windows.length - 1
        scores = np.empty((len(windows), self.classes), np.float32)
        for first in range(0, len(windows), self.batch):
            starts = windows.starts[first : first + self.batch]
            index = starts[:, None] + offsets if self.reads == "window" else starts + offsets
            scores[first : first + self.batch] = self(windows.rows[index])
        return scores

    def _run(self, array: NDArray[np.float32]) -> NDArray[np.float32]:
        if not len(array):  # ONNX Runtime's LSTM ends the process on an empty batch
            return np.empty((0, self.classes), np.float32)
        if array.ndim == WINDOW_RANK:
            self._refuse(array)
        try:
            scores: NDArray[np.float32] = self.session.run([OUTPUT_NAME], {INPUT_NAME: array})[0]
        except _refusals() as error:
            raise _damaged(error) from error
        return scores

    def _refuse(self, windows: NDArray[np.float32]) -> None:
        if self.missing and np.isinf(windows).any():
            raise TableError("expected numbers in every window, or NaN for a missing one, found infinity")
        if not (self.missing or np.isfinite(windows).all()):
            raise TableError("expected finite numbers in every window, found NaN or infinity")


def open_scorer(graph: bytes, *, threads: int = 1) -> Scorer:
    """Make a graph ready to score.

    Args:
        graph: Octets of an ONNX model with one input, :data:`~yawstring.models.base.INPUT_NAME`, and one output,
            :data:`~yawstring.models.base.OUTPUT_NAME`. No other file is read, and no code but ONNX Runtime's is run.
        threads: Threads that share a batch. One is fastest for single windows. Trees always run on one: shared out,
            their votes would be added in another order, which gives other bits.

    Raises:
        BundleError: The graph is damaged, is no detector's, or holds what a detector has no use for.
        OptionError: ``threads`` is below one.

    Example:
        >>> from yawstring.models.recurrent_graph import recurrent_graph
        >>> weights = {"lstm/kernel": np.ones((3, 8)), "lstm/recurrent_kernel": np.ones((2, 8)),
        ...            "lstm/bias": np.zeros(8), "output/kernel": np.zeros((2, 2)), "output/bias": np.zeros(2)}
        >>> scorer = open_scorer(recurrent_graph(weights, length=5))
        >>> scorer.reads, scorer.shape, scorer.classes
        ('window', (5, 3), 2)
        >>> scorer(np.zeros((1, 5, 3), np.float32)).tolist()
        [[0.5, 0.5]]
    """
    if threads < 1:
        raise OptionError(f"threads must be at least 1, not {threads}")
    vetted = vet(graph, batch=BATCH)
    try:
        scorer = _scorer(_session(graph, 1 if TREES in vetted.operators else threads), vetted)
    except _refusals() as error:
        raise _damaged(error) from error
    # Some damage shows only when a window goes through.
    scores = scorer(np.zeros((1, *scorer.shape), np.float32))
    if scores.shape != (1, scorer.classes) or not abs(scores.sum() - 1) < SUM_TOLERANCE:
        raise BundleError("the graph gives no probabilities: they must be one row a window that sums to 1")
    return scorer


def _scorer(session: "InferenceSession", vetted: Vetted) -> Scorer:
    return Scorer(
        session=session,
        shape=vetted.shape,
        classes=vetted.classes,
        batch=vetted.batch,
        missing=MISSING in vetted.operators,
    )


def _damaged(error: Exception) -> BundleError:
    reason = " ".join(str(error).split())[:REASON_CHARACTERS_MAX]
    return BundleError(f"the graph is damaged: {reason}")


def _dims(shape: tuple[int, ...]) -> str:
    return ", ".join(map(str, shape))


def _options(threads: int) -> "SessionOptions":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.log_severity_level = LOG_FATAL
    # Octets that look like ONNX Runtime's own format would be read as that, past the vetting.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    return options


def _session(graph: bytes, threads: int) -> "InferenceSession":
    import onnxruntime

    return onnxruntime.InferenceSession(
        graph, _options(threads), providers=["CPUExecutionProvider"], enable_fallback=False
    )


def _refusals() -> tuple[type[Exception], ...]:
    """What ONNX Runtime raises: exceptions of no common base, and UnicodeDecodeError for a name that is no UTF-8."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoModel", "NotImplemented")
    return (*(getattr(state, name) for name in names), state.RuntimeException, UnicodeDecodeError)
