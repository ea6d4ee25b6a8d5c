"""Which options of which detector a search may choose, and the detector that a choice stands for.

Every detector shares the window, the columns, the groups of signals that are read and the threshold of an attack; the
others are its own, under the names of :mod:`yawstring.models`, simplified where a name holds several numbers.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

from yawstring.errors import OptionError
from yawstring.learn.search.parameters import Parameter, Values, one_of
from yawstring.models.attention import Attention
from yawstring.models.base import Family
from yawstring.models.boosting import Boosting
from yawstring.models.convolutional import CNN
from yawstring.models.dense import MLP
from yawstring.models.networks import NetworkFamily
from yawstring.models.recurrent import LSTM
from yawstring.models.trees import Forest
from yawstring.models.window_forest import WindowForest
from yawstring.table.signals import GROUPS

HALF = "half"
"""The threshold that is none: the likeliest class is called."""

SIGNALS_OF: Mapping[str, tuple[str, ...]] = {
    "signals_" + re.sub(r"(?<!^)(?=[A-Z])", "_", type(group).__name__).lower(): tuple(
        signal.name for signal in group.signals
    )
    for group in GROUPS
}
"""Names of the signals of each group, by the parameter that says whether they are read."""

_SHARED: Mapping[str, Parameter] = {
    "window": one_of(5),
    "columns": one_of("all"),
    "threshold": one_of(HALF),
    **{name: one_of(True) for name in SIGNALS_OF},
}

_LEARNING: Mapping[str, Parameter] = {"learning_rate": one_of(1e-3), "class_weights": one_of(False)}

DEFAULTS: Mapping[str, Mapping[str, Parameter]] = {
    "lstm": {
        "units": one_of(64),
        "dropout": one_of(0.3),
        "layers": one_of(1),
        "dense_units": one_of(64),
        "dense_dropout": one_of(0.0),
        **_LEARNING,
        **_SHARED,
    },
    "cnn": {"filters": one_of(32), "taps": one_of(3), "blocks": one_of(3), "dropout": one_of(0.3)}
    | {**_LEARNING, **_SHARED},
    "mlp": {"units": one_of(64), "layers": one_of(2), "dropout": one_of(0.3), **_LEARNING, **_SHARED},
    "attention": {"units": one_of(32), "heads": one_of(2), "blocks": one_of(1), "dropout": one_of(0.1)}
    | {**_LEARNING, **_SHARED},
    "forest": {"trees": one_of(100), "depth": one_of(0), "leaf": one_of(1), "extra": one_of(False)}
    | {"class_weights": one_of(False), **_SHARED},
    "window_forest": {"trees": one_of(200), "depth": one_of(0), "leaf": one_of(1), "extra": one_of(True)}
    | {"class_weights": one_of(False), **_SHARED},
    "boosting": {"rounds": one_of(100), "leaves": one_of(31), "leaf": one_of(20), "share": one_of(0.3)}
    | {"l2": one_of(0.0), "learning_rate": one_of(0.1), "class_weights": one_of(False), **_SHARED},
}
"""What may be searched of each detector, with the value of what a space leaves out; a depth of 0 is no limit."""

LIMITS: Mapping[str, tuple[float, float]] = {
    "units": (1, 4096),
    "filters": (1, 4096),
    "dense_units": (1, 4096),
    "layers": (1, 16),
    "blocks": (1, 12),
    "taps": (1, 64),
    "heads": (1, 64),
    "window": (1, 4096),
    "dropout": (0, 0.99),
    "dense_dropout": (0, 0.99),
    "learning_rate": (1e-9, 1e3),
    "threshold": (1e-6, 1),
    "trees": (1, 10_000),
    "rounds": (1, 10_000),
    "depth": (0, 64),
    "leaf": (1, 1_000_000),
    "leaves": (2, 4096),
    "share": (1e-3, 1),
    "l2": (0, 1e9),
}
"""Least and most: a space that asks for more memory than there is would be found out late."""

TEXTS: Mapping[str, tuple[str, ...]] = {"columns": ("all", "cyber", "physical"), "threshold": (HALF,)}
"""Words that a parameter may be."""


def options_of(detector: str) -> Mapping[str, Parameter]:
    """What may be searched of a detector.

    Raises:
        OptionError: Nothing may.
    """
    if detector not in DEFAULTS:
        raise OptionError(f"the detector '{detector}' cannot be searched: {', '.join(DEFAULTS)} can")
    return DEFAULTS[detector]


def has_epochs(detector: str) -> bool:
    """Whether a detector learns in epochs, so that a trial can be cut short and gone on with."""
    return issubclass(_FAMILIES[detector], NetworkFamily)


def family_of(detector: str, values: Values, *, epochs: int, batch: int = 32) -> Family:
    """The detector that a draw stands for; a network is trained for so many epochs to the last.

    Raises:
        OptionError: The values do not go together.

    Example:
        >>> family_of("forest", {"trees": 20, "depth": 0, "leaf": 2, "extra": False, "class_weights": True}, epochs=1)
        Forest(trees=20, depth=None, leaf=2, class_weights=True, extra=False)
    """
    return _MAKERS[detector](values, epochs, batch)


def reads(values: Values, name: str) -> bool:
    """Whether a draw reads a column, as far as the groups of signals decide.

    Example:
        >>> reads({"signals_air": False}, "air_frames_1s"), reads({"signals_air": False}, "frame.len")
        (False, True)
    """
    return not any(not values.get(group, True) and name in names for group, names in SIGNALS_OF.items())


def effort_of(detector: str, values: Values) -> float:
    """About how long an epoch of a draw takes, in the products it asks for; of trees, in leaves.

    Example:
        >>> effort_of("forest", {"trees": 50}) < effort_of("forest", {"trees": 100})
        True
    """
    if detector == "lstm":
        units = int(values["units"])
        return float(4 * int(values["window"]) * units * units + sum(width * units for width in dense_of(values)))
    counts = [int(values[name]) for name in ("units", "filters", "trees", "rounds") if name in values]
    return float(counts[0] * int(values.get("blocks", values.get("layers", values.get("leaves", 1)))))


def dense_of(values: Values) -> tuple[int, ...]:
    """Widths of the hidden dense layers of an LSTM's draw."""
    return tuple(int(values[f"dense_{layer}_units"]) for layer in range(int(values["layers"])))


def dropouts_of(values: Values) -> tuple[float, ...]:
    """Shares dropped after the recurrent layer and after each hidden dense layer of an LSTM's draw."""
    layers = range(int(values["layers"]))
    return float(values["dropout"]), *(float(values[f"dense_{layer}_dropout"]) for layer in layers)


def lstm_of(values: Values, epochs: int, batch: int = 32) -> LSTM:
    """The LSTM that a draw stands for."""
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


def _cnn_of(values: Values, epochs: int, batch: int) -> CNN:
    return CNN(
        filters=int(values["filters"]), taps=int(values["taps"]),
        dilations=tuple(2**block for block in range(int(values["blocks"]))), dropout=float(values["dropout"]),
        learning_rate=float(values["learning_rate"]), class_weights=bool(values["class_weights"]),
        batch=batch, epochs=epochs, keep="last",
    )  # fmt: skip


def _mlp_of(values: Values, epochs: int, batch: int) -> MLP:
    return MLP(
        dense=(int(values["units"]),) * int(values["layers"]), dropout=float(values["dropout"]),
        learning_rate=float(values["learning_rate"]), class_weights=bool(values["class_weights"]),
        batch=batch, epochs=epochs, keep="last",
    )  # fmt: skip


def _attention_of(values: Values, epochs: int, batch: int) -> Attention:
    return Attention(
        width=int(values["units"]), heads=int(values["heads"]), blocks=int(values["blocks"]),
        dropout=float(values["dropout"]), learning_rate=float(values["learning_rate"]),
        class_weights=bool(values["class_weights"]), batch=batch, epochs=epochs, keep="last",
    )  # fmt: skip


def _forest_of(values: Values, epochs: int, batch: int) -> Forest:
    return Forest(
        trees=int(values["trees"]), depth=int(values["depth"]) or None, leaf=int(values["leaf"]),
        extra=bool(values["extra"]), class_weights=bool(values["class_weights"]),
    )  # fmt: skip


def _window_forest_of(values: Values, epochs: int, batch: int) -> WindowForest:
    return WindowForest(
        trees=int(values["trees"]), depth=int(values["depth"]) or None, leaf=int(values["leaf"]),
        extra=bool(values["extra"]), class_weights=bool(values["class_weights"]),
    )  # fmt: skip


def _boosting_of(values: Values, epochs: int, batch: int) -> Boosting:
    return Boosting(
        rounds=int(values["rounds"]), leaves=int(values["leaves"]), leaf=int(values["leaf"]),
        share=float(values["share"]), l2=float(values["l2"]), learning_rate=float(values["learning_rate"]),
        class_weights=bool(values["class_weights"]),
    )  # fmt: skip


_Maker: TypeAlias = Callable[[Values, int, int], Family]

_MAKERS: Mapping[str, _Maker] = {
    "lstm": lstm_of,
    "cnn": _cnn_of,
    "mlp": _mlp_of,
    "attention": _attention_of,
    "forest": _forest_of,
    "window_forest": _window_forest_of,
    "boosting": _boosting_of,
}

_FAMILIES: Mapping[str, type[Family]] = {
    family.name: family for family in (LSTM, CNN, MLP, Attention, Forest, WindowForest, Boosting)
}
