"""One fitted detector of a bundle: its part of the JSON, and its weights as safetensors."""

import math
from collections.abc import Mapping
from typing import TypeVar, cast, get_args

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import BundleError
from yawstring.models.base import Epoch, Fitted, Json, Reads

Arrays = Mapping[str, NDArray[np.generic]]
Kind = TypeVar("Kind", bool, int, str, dict[str, Json], list[Json])

DTYPES: Mapping[str, np.dtype[np.generic]] = {
    name: np.dtype(numpy_name)
    for name, numpy_name in (
        ("BOOL", "?"),
        ("U8", "u1"),
        ("I8", "i1"),
        ("I16", "<i2"),
        ("I32", "<i4"),
        ("I64", "<i8"),
        ("F32", "<f4"),
        ("F64", "<f8"),
    )
}
"""NumPy's dtype for each of safetensors' that weights may have."""


def write_weights(weights: Arrays) -> bytes:
    """Octets of a safetensors file, the same for the same weights.

    Example:
        >>> read_weights(write_weights({"bias": np.array([0.5], np.float32)}))
        {'bias': array([0.5], dtype=float32)}
    """
    from safetensors.numpy import save

    return save({name: np.asarray(value, order="C") for name, value in weights.items()})


def read_weights(octets: bytes) -> dict[str, NDArray[np.generic]]:
    """Arrays of a safetensors file, by name; they cannot be written to.

    Raises:
        BundleError: The file is damaged, or holds a dtype that weights do not have.
    """
    from safetensors import SafetensorError, deserialize

    try:
        tensors = deserialize(octets)  # type: ignore[no-untyped-call]  # safetensors gives it no types
    except (SafetensorError, UnicodeDecodeError) as error:
        raise BundleError("the weights are damaged: no safetensors file") from error
    arrays: dict[str, NDArray[np.generic]] = {}
    for name, tensor in tensors:
        if tensor["dtype"] not in DTYPES:
            raise BundleError(f"the weights hold numbers of the kind {tensor['dtype']}, which is not known here")
        arrays[name] = np.ndarray(tuple(tensor["shape"]), DTYPES[tensor["dtype"]], bytes(tensor["data"]))
    return arrays


def fitted_to_json(fitted: Fitted) -> dict[str, Json]:
    """All of a fitted detector but its graph and the values of its weights."""
    return {
        "family": fitted.family,
        "reads": fitted.reads,
        "classes": fitted.classes,
        "options": dict(fitted.options),
        "weights": _shapes(fitted.weights),
        "history": [_epoch_to_json(epoch) for epoch in fitted.history],
    }


def fitted_from_json(data: Json, *, graph: bytes, weights: Arrays) -> Fitted:
    """The fitted detector that :func:`fitted_to_json` was given.

    Args:
        data: What it wrote.
        graph: Octets of the graph.
        weights: Arrays by name.

    Raises:
        BundleError: The JSON is another, or the weights' names, dtypes or shapes are not those it says.
    """
    if not isinstance(data, dict):
        raise BundleError("the JSON of a detector is no object")
    reads = get(data, "reads", str)
    if reads not in get_args(Reads):
        raise BundleError(f"a detector reads {' or '.join(get_args(Reads))}, not '{reads}'")
    if get(data, "weights", dict) != _shapes(weights):
        raise BundleError("the weights' names, dtypes or shapes are not those the JSON says")
    return Fitted(
        family=get(data, "family", str),
        reads=cast(Reads, reads),
        graph=graph,
        weights=weights,
        classes=get(data, "classes", int),
        options=get(data, "options", dict),
        history=tuple(_epoch_from_json(epoch) for epoch in get(data, "history", list)),
    )


def get(data: Mapping[str, Json], name: str, kind: type[Kind]) -> Kind:
    """A value that must be there and of that type; ``True`` is no number.

    Raises:
        BundleError: It is not.
    """
    value = data.get(name)
    if type(value) is not kind:
        raise BundleError(f"'{name}' is missing, or of another type than {kind.__name__}")
    return value


def _shapes(weights: Arrays) -> dict[str, Json]:
    """Dtype and shape of every array, by name in order of the alphabet, as safetensors does not keep another."""
    return {name: {"dtype": value.dtype.name, "shape": [*value.shape]} for name, value in sorted(weights.items())}


def _epoch_to_json(epoch: Epoch) -> dict[str, Json]:
    return {name: getattr(epoch, name) for name in Epoch.__dataclass_fields__}


def _epoch_from_json(data: Json) -> Epoch:
    if not isinstance(data, dict) or data.keys() != Epoch.__dataclass_fields__.keys():
        raise BundleError("an epoch of the history is not one of yawstring's")
    return Epoch(
        number=get(data, "number", int),
        loss=_finite(data["loss"]),
        f1=_finite(data["f1"]),
        validation_loss=None if data["validation_loss"] is None else _finite(data["validation_loss"]),
        validation_f1=None if data["validation_f1"] is None else _finite(data["validation_f1"]),
    )


def _finite(value: Json) -> float:
    if not isinstance(value, float | int) or not math.isfinite(value):
        raise BundleError("a figure of the history is no number")
    return float(value)
