"""The aircraft's own words: how its states come, whether they fit together, and whether they fit what is on the air."""

from typing import Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.schema.signals import Signal
from yawstring.table.signals.craft_both import Both
from yawstring.table.signals.craft_commands import Commands
from yawstring.table.signals.craft_flow import Flow
from yawstring.table.signals.craft_gains import Gains
from yawstring.table.signals.craft_holds import Holds
from yawstring.table.signals.craft_inputs import Carry, new_states, no_state
from yawstring.table.signals.craft_jumps import Jumps
from yawstring.table.signals.craft_part import Part
from yawstring.table.signals.craft_repeats import Repeats
from yawstring.table.signals.craft_ties import Ties
from yawstring.table.signals.craft_trends import Trends
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.roles import Roles

PARTS: tuple[Part, ...] = (Flow(), Ties(), Holds(), Repeats(), Jumps(), Trends(), Gains(), Commands(), Both())
"""In the order of the signals."""


class CraftState(NamedTuple):
    """What is kept.

    Attributes:
        carry: Of the rows before, to know a new state.
        parts: Of each part.
    """

    carry: Carry
    parts: tuple[Any, ...]


class Craft(Group):
    """Everything that needs telemetry."""

    signals: ClassVar[tuple[Signal, ...]] = tuple(signal for part in PARTS for signal in part.signals)

    def start(self, options: SignalOptions) -> CraftState:
        """No state yet."""
        return CraftState(no_state(), tuple(part.start() for part in PARTS))

    def step(
        self, state: CraftState, inputs: Inputs, roles: Roles, plan: Plan
    ) -> tuple[CraftState, NDArray[np.float32]]:
        """See :class:`~yawstring.table.signals.group.Group`."""
        states = new_states(state.carry, inputs)
        made = []
        for part, kept in zip(PARTS, state.parts, strict=True):
            out = np.empty((len(plan), len(part.signals)), np.float32)
            part.step(kept, states, inputs, roles, plan, out)
            made.append(out)
        return state, np.concatenate(made, axis=1)
