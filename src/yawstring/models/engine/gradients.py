"""What moved a network's score: integrated gradients, exact up to the quadrature.

Sundararajan, Taly and Yan (2017): the gradient of a score along the straight line from a baseline to a window, averaged
and multiplied by the difference, shares the difference of the two scores out over all values of the window. The average
is taken by Gauss-Legendre quadrature, whose error falls much faster than that of equal steps.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from numpy.typing import NDArray

from yawstring.errors import BundleError, OptionError, TableError
from yawstring.models.base import Fitted
from yawstring.models.engine.network import Network, Parameters
from yawstring.models.engine.program import cross_entropy
from yawstring.models.networks import NetworkFamily
from yawstring.models.registry import make_family

CHUNK = 256
"""Windows explained at once: memory is bounded whatever their number."""

STEPS = 32
"""Points of the quadrature unless told otherwise."""


def network_of(fitted: Fitted) -> tuple[Network, Parameters]:
    """The network of a fitted detector and its weights as the engine has them.

    Raises:
        OptionError: The detector is of a family that is no network.
        BundleError: The weights are not those of one.
    """
    family = make_family(fitted.family, fitted.options)
    if not isinstance(family, NetworkFamily):
        raise OptionError(f"a detector of the family '{fitted.family}' is no network: it has no gradient")
    network = family.network()
    weights = {name: np.asarray(array, np.float32) for name, array in fitted.weights.items()}
    try:
        return network, jax.device_put(network.packed(weights))
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BundleError(f"the weights are not those of a network of the family '{fitted.family}'") from error


def log_probabilities(fitted: Fitted) -> Callable[[Array | NDArray[np.float32]], Array]:
    """The network as a function that JAX can differentiate and compile.

    Returns:
        From ``float32[window, time, feature]`` to ``float32[window, class]``, the logarithms of the probabilities.

    Raises:
        OptionError: The detector is of a family that is no network.
    """
    network, parameters = network_of(fitted)
    return partial(_log_probabilities, network, parameters)


def integrated_gradients(
    fitted: Fitted,
    windows: NDArray[np.float32],
    baseline: NDArray[np.float32],
    *,
    target: int = 1,
    steps: int = STEPS,
) -> NDArray[np.float32]:
    """How much each value of each window moved the score, against a baseline.

    The score is the logarithm of the probability of ``target``. What is given to the values of a window adds up to its
    score less that of the baseline, to the error of the quadrature.

    Args:
        fitted: A detector of a family of networks.
        windows: ``float32[window, time, feature]``, encoded and scaled as in training.
        baseline: What the windows are held against, ``float32[time, feature]`` or one a window: a typical benign
            window, say.
        target: Index of the class.
        steps: Points of the quadrature. More are more exact; rectifiers need more than smooth networks.

    Returns:
        ``float32[window, time, feature]``.

    Raises:
        OptionError: The detector is no network, shapes do not fit, there is no such class, or no step.
        TableError: A value is NaN or infinite.
        BundleError: The weights are not those of such a network.

    Example:
        >>> from yawstring.models.base import Windows
        >>> from yawstring.models.dense import MLP
        >>> rows = np.random.default_rng(0).normal(size=(200, 2)).astype(np.float32)
        >>> labels = (rows[:196, 0] > 0).astype(np.int64)
        >>> train = Windows(rows=rows, starts=np.arange(196), length=3, labels=labels)
        >>> fitted = MLP(dense=(), epochs=5, learning_rate=0.05, dropout=0.0).fit(train, classes=2, seed=1)
        >>> x = train.gather()[:50]
        >>> moved = integrated_gradients(fitted, x, np.zeros((3, 2), np.float32))
        >>> bool(np.abs(moved[:, 0, 0]).mean() > 5 * np.abs(moved[:, 1:]).mean())
        True
    """
    network, parameters = network_of(fitted)
    against = np.broadcast_to(baseline, windows.shape) if baseline.shape == windows.shape[1:] else baseline
    _check(windows, against, classes=fitted.classes, target=target, steps=steps)
    _check_weights(network, parameters, windows.shape[1:], fitted.classes)
    points, shares = np.polynomial.legendre.leggauss(steps)
    line = ((points + 1) / 2).astype(np.float32), (shares / 2).astype(np.float32)
    parts = [
        np.asarray(_integrated(parameters, *_filled(windows, against, first), *line, network=network, target=target))
        for first in range(0, len(windows), CHUNK)
    ]
    return np.concatenate([np.empty((0, *windows.shape[1:]), np.float32), *parts])[: len(windows)]


def _check(
    windows: NDArray[np.float32], baseline: NDArray[np.float32], *, classes: int, target: int, steps: int
) -> None:
    if windows.ndim != 3 or baseline.shape != windows.shape:
        raise OptionError(
            f"expected float32[window, time, feature] and a baseline like it or like one window, not "
            f"{[*windows.shape]} and {[*baseline.shape]}"
        )
    if not 0 <= target < classes:
        raise OptionError(f"target must be a class from 0 to {classes - 1}, not {target}")
    if steps < 1:
        raise OptionError(f"steps must be at least 1, not {steps}")
    if not (np.isfinite(windows).all() and np.isfinite(baseline).all()):
        raise TableError("expected finite numbers in every window and in the baseline, found NaN or infinity")


def _check_weights(network: Network, parameters: Parameters, shape: tuple[int, ...], classes: int) -> None:
    """Refuse weights of a bundle that do not fit each other or the windows; nothing is computed for it."""
    logits = partial(_log_probabilities, network)
    try:
        found = jax.eval_shape(logits, parameters, np.zeros((1, *shape), np.float32)).shape
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise BundleError("the weights of the network do not fit each other, or the windows") from error
    if found != (1, classes):
        raise BundleError(f"the weights of the network tell {found[1]} classes apart, not {classes}")


def _filled(
    windows: NDArray[np.float32], baseline: NDArray[np.float32], first: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A chunk of both, filled up to :data:`CHUNK` so that one program serves all."""

    def fill(array: NDArray[np.float32]) -> NDArray[np.float32]:
        part = array[first : first + CHUNK].astype(np.float32)
        return np.concatenate([part, np.zeros((CHUNK - len(part), *part.shape[1:]), np.float32)])

    return fill(windows), fill(baseline)


@partial(jax.jit, static_argnames=("network", "target"))
def _integrated(
    parameters: Parameters,
    windows: Array,
    baseline: Array,
    points: Array,
    shares: Array,
    *,
    network: Network,
    target: int,
) -> Array:
    def score(x: Array) -> Array:
        return jnp.sum(_log_probabilities(network, parameters, x)[:, target])

    def add(total: Array, at: tuple[Array, Array]) -> tuple[Array, None]:
        point, share = at
        return total + share * jax.grad(score)(baseline + point * (windows - baseline)), None

    mean = jax.lax.scan(add, jnp.zeros_like(windows), (points, shares))[0]
    return (windows - baseline) * mean


def _log_probabilities(network: Network, parameters: Parameters, x: Array | NDArray[np.float32]) -> Array:
    logits = network.logits(parameters, jnp.swapaxes(x, 0, 1) if network.time_first else jnp.asarray(x))
    classes = 2 if logits.shape[1] == 1 else logits.shape[1]
    return jnp.stack([-cross_entropy(logits, jnp.full(len(logits), label)) for label in range(classes)], axis=1)
