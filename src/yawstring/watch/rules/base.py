"""The contract of every rule: a frozen dataclass of thresholds, and a step from a chunk of frames to findings.

A rule is a signature, not a guess: it says what it counts, from how much on, and why that is no accident. Its
thresholds stand in the rulebook alone (``rulebook.toml``), each with its unit in its name; none has a default here. Its
state is bounded, whatever the air holds, and any way of cutting the frames into chunks gives the same findings.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Final, Literal

from yawstring.errors import OptionError
from yawstring.models.base import Json
from yawstring.table.signals.inputs import MISSING
from yawstring.table.survey import mac_text
from yawstring.watch.findings import Finding, Identity
from yawstring.watch.rules.air import Air

Consequence = Literal["safety", "control", "service", "nuisance"]
"""What comes of it: the aircraft itself is in danger; its control is lost or taken; the link suffers; it is odd."""

THRESHOLD: Final = 0.5
"""Score of a finding that has just reached its rule's limit."""

_UNITS: Final = {
    "_s": (1e-3, 3600.0), "_ms": (1e-3, 1e6), "_us": (0.0, 1e6), "_dbm": (-120.0, 40.0), "_db": (0.1, 100.0),
    "_m": (1e-3, 1e6), "_m_s": (1e-3, 1e5), "_m_s2": (1e-3, 1e5), "_deg": (0.1, 360.0), "_pct": (0.1, 100.0),
    "_frames": (1, 1e6), "_networks": (1, 1e6), "_senders": (1, 1e6), "_times": (1, 1e6), "_states": (1, 1e6),
    "_drones": (1, 1e6), "_numbers": (1, 2.0**48), "_ppm": (1.0, 1e6),
}  # fmt: skip
"""Units that a threshold's name may end with, and what is allowed in them."""


@dataclass(frozen=True, kw_only=True)
class Rule(ABC):
    """One signature; its fields are its thresholds.

    Class attributes:
        NAME: What the rulebook and an alert's source call it.
        KIND: Kind of its findings' identity; the same for rules that see the same thing in different ways.
        TECHNIQUE: Technique of MITRE ATT&CK v19.
        CONSEQUENCE: What comes of it.
        ABOUT: One sentence in plain words.
        COUNTS: What the value of a finding is, with its unit.
        REFERENCES: Where it is described.
        NEEDS: Columns without which it has nothing to say.

    Raises:
        OptionError: A threshold is out of its unit's range.
    """

    NAME: ClassVar[str]
    KIND: ClassVar[str]
    TECHNIQUE: ClassVar[str]
    CONSEQUENCE: ClassVar[Consequence]
    ABOUT: ClassVar[str]
    COUNTS: ClassVar[str]
    REFERENCES: ClassVar[tuple[str, ...]]
    NEEDS: ClassVar[tuple[str, ...]]

    def __post_init__(self) -> None:
        for name, value in self.settings().items():
            low, high = _UNITS[unit_of(name)]
            if not (math.isfinite(value) and low <= value <= high):
                raise OptionError(f"rule '{self.NAME}': {name}: expected {low:g} to {high:g}, found {value:g}")

    def settings(self) -> dict[str, float]:
        """Its thresholds by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @abstractmethod
    def start(self) -> Any:  # noqa: ANN401 -- each rule has a state of its own
        """Its state before the first frame."""

    @abstractmethod
    def step(self, state: Any, air: Air) -> tuple[Any, list["Sight"]]:  # noqa: ANN401 -- likewise
        """Look at a chunk.

        Args:
            state: From :meth:`start` or the step before; gone afterwards.
            air: The chunk.

        Returns:
            The state behind it, and what was seen, by rising rows.
        """


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a rule saw at one row.

    Attributes:
        row: Row of the chunk.
        value: What was measured.
        limit: From what value on it counts.
        words: One sentence.
        watched: Whether it happens to the watched drone.
        drone: BSSID of the network that it happens to.
        attacker: Transmitter that it comes from, where that says something.
        link: The other end, for kinds that are about a link.
        time_ns: When, if not when the row came.
        framed: Whether it rests on the row's frame; else on the telemetry beside it.
    """

    row: int
    value: float
    limit: float
    words: str
    watched: bool
    drone: int | None = None
    attacker: int | None = None
    link: int | None = None
    time_ns: int | None = None
    framed: bool = True


def unit_of(name: str) -> str:
    """The unit that a threshold's name ends with, its underscore included.

    Example:
        >>> unit_of("within_s"), unit_of("climb_m_s")
        ('_s', '_m_s')
    """
    return max((unit for unit in _UNITS if name.endswith(unit)), key=len)


def sure(value: float, limit: float) -> float:
    """How sure a value is: :data:`THRESHOLD` at its limit, 0.875 at twice as much, and so on towards 1.

    Example:
        >>> sure(10, 10), sure(20, 10), sure(100, 10)
        (0.5, 0.875, 0.995)
    """
    return 1.0 - (1.0 - THRESHOLD) * (limit / max(value, limit)) ** 2


def named(address: int | None) -> str:
    """An address as people write it.

    Example:
        >>> named(0x60601F000001), named(None)
        ('60:60:1f:00:00:01', 'nobody known')
    """
    return "nobody known" if address is None else mac_text(address)


def address(value: int) -> int | None:
    """An address out of a column, ``None`` where there is none."""
    return None if value == MISSING else int(value)


def finding(rule: Rule, air: Air, sight: Sight) -> Finding:
    """What a rule saw, as everybody reads it."""
    level, mhz = air.inputs.number("wlan_radio.signal_dbm")[sight.row], air.whole("radiotap.channel.freq")[sight.row]
    return Finding(
        time_ns=int(air.time_ns[sight.row]) if sight.time_ns is None else sight.time_ns,
        identity=Identity(kind=rule.KIND, drone=sight.drone, attacker=sight.attacker, link=sight.link),
        origin="rule",
        source=rule.NAME,
        score=sure(sight.value, sight.limit),
        threshold=THRESHOLD,
        value=float(sight.value),
        words=sight.words,
        watched=sight.watched,
        frame=air.first_frame + sight.row if sight.framed else None,
        rssi_dbm=float(level) if sight.framed and not math.isnan(level) else None,
        frequency_mhz=float(mhz) if sight.framed and mhz != MISSING else None,
    )


def described(rule: Rule) -> dict[str, Json]:
    """What is said of a rule wherever rules are listed."""
    return {
        "name": rule.NAME,
        "kind": rule.KIND,
        "technique": rule.TECHNIQUE,
        "consequence": rule.CONSEQUENCE,
        "about": rule.ABOUT,
        "counts": rule.COUNTS,
        "settings": dict(rule.settings()),
    }
