"""What measures signals: a step with a state of its own, the same whichever way its input is cut.

A group reads a chunk of frames once, in a compiled loop, and writes a row of values whenever the plan asks for one. Its
state is bounded, whatever the air holds, and is handed on: after a step the state that went in is gone.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.schema.signals import Signal
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.roles import Roles

LEAST_EVERY_S, MOST_EVERY_S = 0.001, 3600.0


@dataclass(frozen=True, kw_only=True)
class SignalOptions:
    """How signals are measured.

    Attributes:
        every_s: Seconds from one row to the next, counted from the first frame; ``None``: a row for every frame.
        drone: BSSID of the drone, as the number in ``wlan.bssid``, where a person names it; ``None``: learn it.
        warm_up_s: Seconds at the start of a stream that give no row, or rows that are not scored: signals know too
            little then.

    Raises:
        OptionError: A number makes no sense.
    """

    every_s: float | None = 0.1
    drone: int | None = None
    warm_up_s: float = 2.0

    def __post_init__(self) -> None:
        if self.every_s is not None and not LEAST_EVERY_S <= self.every_s <= MOST_EVERY_S:
            raise OptionError(f"a row of signals every {LEAST_EVERY_S} to {MOST_EVERY_S:g} s, not {self.every_s}")
        if not 0 <= self.warm_up_s <= MOST_EVERY_S:
            raise OptionError(f"a warm-up of 0 to {MOST_EVERY_S:g} s, not {self.warm_up_s}")

    def to_json(self) -> dict[str, float | int | None]:
        """The options as JSON; :meth:`from_json` gives them back."""
        return {"every_s": self.every_s, "drone": self.drone, "warm_up_s": self.warm_up_s}

    @classmethod
    def from_json(cls, data: Any) -> "SignalOptions":  # noqa: ANN401  # JSON of any kind is looked at
        """The options that :meth:`to_json` wrote.

        Raises:
            KeyError, TypeError, ValueError, OptionError: They are none.

        Example:
            >>> SignalOptions.from_json(SignalOptions(every_s=None).to_json()).every_s is None
            True
        """
        every_s, drone = data["every_s"], data["drone"]
        return cls(
            every_s=None if every_s is None else float(every_s),
            drone=None if drone is None else int(drone),
            warm_up_s=float(data["warm_up_s"]),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Plan:
    """When rows are given out, in order.

    Attributes:
        after: ``int64[row]``: how many frames of the chunk come before the row.
        time_ns: ``int64[row]``: the moment it speaks about, not before those frames' times.
    """

    after: NDArray[np.int64]
    time_ns: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.after)


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
