"""Every rule holds to the contract, and one that breaks it fails each of its checks."""

from dataclasses import dataclass
from typing import ClassVar

import pytest
from polars.exceptions import ColumnNotFoundError
from tests.support.rule_contract import CHECKS

from yawstring.edge.rulebook import read_rulebook
from yawstring.edge.self_test import TRIALS
from yawstring.watch.rules import rules
from yawstring.watch.rules.base import Rule, Sight

RULES = {rule.NAME: rule for rule in read_rulebook().rules}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("name", RULES)
def test_every_rule_holds_to_the_contract(name: str, check: str) -> None:
    CHECKS[check](RULES[name])


def test_every_rule_has_a_flight_on_which_it_must_speak() -> None:
    assert set(TRIALS) == set(rules())


@dataclass(frozen=True, kw_only=True)
class Broken(Rule):
    """Does everything that a rule must not."""

    NAME: ClassVar[str] = "Broken!"
    KIND: ClassVar[str] = "broken"
    TECHNIQUE: ClassVar[str] = "T0000"
    CONSEQUENCE: ClassVar[str] = "ruin"
    ABOUT: ClassVar[str] = "no"
    COUNTS: ClassVar[str] = ""
    REFERENCES: ClassVar[tuple[str, ...]] = ("",)
    NEEDS: ClassVar[tuple[str, ...]] = ("no.such.column",)

    least_frames: int = 3

    def __post_init__(self) -> None:
        """Allow whatever comes."""

    def start(self) -> list[int]:
        return []

    def step(self, state: list[int], air: object) -> tuple[list[int], list[Sight]]:
        state.append(len(air.inputs))
        clock = air.inputs.frame["time_ns"]
        return state, [
            Sight(row=row, value=len(state), limit=1e9, words="", watched=True, drone=row, time_ns=clock[row])
            for row in range(0, max(1, len(air.inputs)), 2)
        ]


@pytest.mark.parametrize("check", CHECKS)
def test_a_broken_rule_fails_every_check(check: str) -> None:
    with pytest.raises((AssertionError, IndexError, ColumnNotFoundError)):
        CHECKS[check](Broken())
