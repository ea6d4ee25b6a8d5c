"""Rules: frames and telemetry in, findings of known signatures out.

``state, findings = step(state, book, inputs, roles)``, and any way of cutting the input gives the same findings. A rule
is a module of this folder (:mod:`~yawstring.watch.rules.base` says what it must hold to); thresholds are the
rulebook's.
"""

from dataclasses import dataclass
from typing import Any

from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.roles import Roles
from yawstring.watch.findings import Finding, Identity
from yawstring.watch.rules.air import AirState, air_start, air_step
from yawstring.watch.rules.base import Rule, Sight, finding
from yawstring.watch.rules.book import Rulebook, parse_rulebook
from yawstring.watch.rules.registry import rules
from yawstring.watch.rules.tally import PACE_NS

__all__ = ["Rule", "Rulebook", "RulesState", "parse_rulebook", "rules", "start", "step"]


TOLD_MOST = 4096
"""Identities that are remembered as told; of more the one told longest ago is forgotten."""


@dataclass(frozen=True, kw_only=True, eq=False)
class RulesState:
    """Where a stream stands.

    Attributes:
        air: What is known of the drone.
        states: State of each rule of the book, in its order.
        told: When each rule last spoke of each identity.
    """

    air: AirState
    states: tuple[Any, ...]
    told: dict[tuple[str, Identity], int]


def start(book: Rulebook, drone: int | None) -> RulesState:
    """The state before the first frame.

    Args:
        book: The rules.
        drone: BSSID of the watched drone, where a person names it.
    """
    return RulesState(air=air_start(drone), states=tuple(rule.start() for rule in book.rules), told={})


def step(
    state: RulesState,
    book: Rulebook,
    inputs: Inputs,
    roles: Roles,
    *,
    first_frame: int,
    until_ns: int | None = None,
) -> tuple[RulesState, tuple[Finding, ...]]:
    """Look at a chunk of one stream.

    Args:
        state: From :func:`start` or the step before; gone afterwards.
        book: The same for every step of a stream.
        inputs: The chunk: frames in the order they came, with telemetry beside them where there is any.
        roles: Whose each frame is.
        first_frame: Number of the chunk's first frame in the stream, from 1.
        until_ns: Up to when nothing more will come. No rule speaks of what did not come, so nothing depends on it; it
            is taken so that rules are stepped as signals are.

    Returns:
        The state behind the chunk, and the findings in the order of the frames they rest on, or of the frame that
        brought the telemetry they rest on: at most one in 100 ms for each rule and identity, with all that was counted.
    """
    known, air = air_step(state.air, inputs, roles, first_frame)
    stepped = [rule.step(one, air) for rule, one in zip(book.rules, state.states, strict=True)]
    seen: list[tuple[int, int, Rule, Sight]] = [
        (sight.row, place, rule, sight)
        for place, (rule, (_, sights)) in enumerate(zip(book.rules, stepped, strict=True))
        for sight in sights
    ]
    seen.sort(key=lambda one: one[:2])
    after = RulesState(air=known, states=tuple(one for one, _ in stepped), told=state.told)
    findings = (finding(rule, air, sight) for _, _, rule, sight in seen)
    return after, tuple(one for one in findings if _is_news(state.told, one))


def _is_news(told: dict[tuple[str, Identity], int], one: Finding) -> bool:
    """Whether nothing was said of it a moment ago; then that is kept."""
    key = (one.source, one.identity)
    if key in told and one.time_ns - told[key] < PACE_NS:
        return False
    told.pop(key, None)
    told[key] = one.time_ns
    if len(told) > TOLD_MOST:
        del told[next(iter(told))]
    return True
