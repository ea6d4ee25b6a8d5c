"""The rules as a stream runs them: one book, from the first frame to the last."""

from dataclasses import dataclass
from typing import Any

from yawstring.table.signals import Inputs, Roles
from yawstring.watch import rules
from yawstring.watch.findings import Finding
from yawstring.watch.rules import Rulebook, RulesState


@dataclass(frozen=True, kw_only=True, eq=False)
class Ruling:
    """Rules of a book.

    Attributes:
        book: The book.
    """

    book: Rulebook

    def start(self, drone: int | None) -> RulesState:
        """The state before the first frame."""
        return rules.start(self.book, drone)

    def step(
        self,
        state: Any,  # noqa: ANN401  # the stream's protocol does not know whose state it is
        inputs: Inputs,
        roles: Roles,
        *,
        first_frame: int,
        until_ns: int | None,
    ) -> tuple[RulesState, tuple[Finding, ...]]:
        """Look at a chunk."""
        return rules.step(state, self.book, inputs, roles, first_frame=first_frame, until_ns=until_ns)
