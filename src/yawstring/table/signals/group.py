"""What measures signals: a step with a state of its own, the same whichever way its input is cut.

A group reads a chunk of frames once, in a compiled loop, and writes a row of values whenever the plan asks for one. Its
state is bounded, whatever the air holds, and is handed on: after a step the state that went in is gone.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from yawstring.schema.signals import Signal
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.plan import Plan, SignalOptions
from yawstring.table.signals.roles import Roles

__all__ = ["Group", "Plan", "SignalOptions"]


class Group(ABC):
    """Signals that one pass over the frames measures together.

    Class attributes:
        signals: What it measures, in the order of its columns.
    """

    signals: ClassVar[tuple[Signal, ...]]

    @abstractmethod
    def start(self, options: SignalOptions) -> Any:  # noqa: ANN401  # each group has a state of its own
        """The state before the first frame."""

    @abstractmethod
    def step(
        self,
        state: Any,  # noqa: ANN401  # as above
        inputs: Inputs,
        roles: Roles,
        plan: Plan,
    ) -> tuple[Any, NDArray[np.float32]]:
        """Read a chunk.

        Args:
            state: From :meth:`start` or the step before; gone afterwards.
            inputs: The chunk.
            roles: Who speaks to whom in it.
            plan: When rows are given out.

        Returns:
            The state after it, and ``float32[row, signal]``, NaN where a value is not known.
        """
