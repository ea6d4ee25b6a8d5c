"""Contract of what measures the aircraft's words: like a group of signals, with the new states at hand.

States are found once for all parts, which is what :class:`~yawstring.table.signals.craft.Craft` does.
"""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from yawstring.schema.signals.signal import Signal
from yawstring.table.signals.craft_inputs import States
from yawstring.table.signals.group import Plan
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.roles import Roles


class Part(ABC):
    """Signals that one pass over states, and over frames where it needs them, measures together.

    Class attributes:
        signals: What it measures, in the order of its columns.
    """

    signals: ClassVar[tuple[Signal, ...]]

    @abstractmethod
    def start(self) -> Any:  # noqa: ANN401  # each part has a state of its own
        """What it keeps, before the first frame."""

    @abstractmethod
    def step(
        self,
        kept: Any,  # noqa: ANN401  # as above
        states: States,
        inputs: Inputs,
        roles: Roles,
        plan: Plan,
        out: NDArray[np.float32],
    ) -> None:
        """Read a chunk.

        Args:
            kept: From :meth:`start`; brought up to date in place.
            states: New states of the chunk.
            inputs: The chunk.
            roles: Who speaks to whom in it.
            plan: When rows are given out.
            out: ``float32[row, signal]``, to be filled: NaN where a value is not known.
        """
