"""A batch shared out over the devices of the process: who holds what, and the sum over all of them.

Each device holds all rows and all weights and takes the gradient of its own lanes of a batch; the sum over devices
moves every copy of the weights alike. Adding in parts rounds differently, so the bits depend on how many devices there
are. On a processor a device is a thread of its own, and the sum is where they wait for each other: a core that is busy
with something else holds up all of them.
"""

from collections.abc import Callable
from typing import Any

import jax
import numpy as np
from jax import Array, lax
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from yawstring.errors import OptionError

AXIS = "devices"
"""Name of the mesh's only axis."""

WHOLE = PartitionSpec()  # type: ignore[no-untyped-call]  # JAX leaves it untyped
"""All of an array on each device."""

BY_LANE = PartitionSpec(None, AXIS)  # type: ignore[no-untyped-call]  # JAX leaves it untyped
"""Of an array ``[batch, lane]`` to each device its own lanes."""


def mesh_of(devices: int) -> Mesh:
    """The first so many devices of the process, in a row.

    Raises:
        OptionError: The process has fewer.
    """
    found = jax.devices()
    if devices > len(found):
        raise OptionError(
            f"devices is {devices}, but JAX has {len(found)} in this process: call "
            f"yawstring.models.engine.runtime.use_devices({devices}) before anything else uses JAX"
        )
    return Mesh(np.array(found[:devices]), (AXIS,))


def placed(arrays: object, mesh: Mesh, how: object) -> Any:  # noqa: ANN401  # the same tree, of JAX's arrays
    """Arrays on the devices of a mesh, ``how`` being a specification or a tree of them.

    A program is compiled for where its arguments lie, so whatever it takes should always lie there.
    """
    return jax.device_put(arrays, jax.tree.map(lambda one: NamedSharding(mesh, one), how))


def shared(
    work: Callable[..., Any], mesh: Mesh, *, takes: tuple[Any, ...], gives: tuple[Any, ...]
) -> Callable[..., Any]:
    """``work`` done by every device on its part, one specification for each thing it takes and gives.

    The sums over devices are written in ``work`` itself, so JAX is told not to look for missing ones.
    """
    spread: Callable[..., Any] = jax.shard_map(work, mesh=mesh, in_specs=takes, out_specs=gives, check_vma=False)
    return spread


def summed(array: Array) -> Array:
    """Sum over the devices, on each of them. Every call has its price, whatever the array's length."""
    total: Array = lax.psum(array, AXIS)  # type: ignore[no-untyped-call]  # JAX leaves it untyped
    return total


def first_lane(lanes: int) -> Array:
    """Where in the batch this device's lanes begin."""
    return lanes * lax.axis_index(AXIS)
