"""What the ledger goes by, and what it remembers."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from yawstring.errors import OptionError
from yawstring.learn import events
from yawstring.watch.alerts import Alert
from yawstring.watch.findings import Identity
from yawstring.watch.severity import Consequence
from yawstring.watch.suppression import Allowed
from yawstring.watch.tally import Tally

NEVER_NS: Final = -(1 << 62)


@dataclass(frozen=True, kw_only=True)
class LedgerOptions:
    """How findings become alerts.

    Attributes:
        hold_s: Seconds without a finding after which an incident of a rule is closed.
        merge_gap_s: Seconds after its last finding within which a new one of the same identity is the same incident.
        update_s: Seconds between two updates of an open alert at least.
        resume_gap_s: Likewise across a restart, during which nobody listened.
        attackers_most: Open incidents of one kind at one drone, told apart by attacker or link. The rest is one crowd.
        neighbours_most: Neighbouring drones with open incidents of one kind. The rest is one crowd.
        identities_most: Incidents that are remembered at a time. Further ones are turned away, and counted.
        time_error_s: How far times may be off; 0 for those of a recording or a fifo, which are told as they stand:
            nobody knows how the clock went that stamped them.
        digests: SHA-256 by source: of the rule's settings, or of the bundle.
        techniques: Technique of MITRE ATT&CK by rule, or by class called.
        consequences: What may come of it, by rule; of classes it is known
            (:data:`~yawstring.watch.severity.CONSEQUENCES`).
        allow: What the operator has allowed.

    Raises:
        OptionError: A value makes no sense.
    """

    hold_s: float = 10.0
    merge_gap_s: float = 60.0
    update_s: float = 5.0
    resume_gap_s: float = 120.0
    attackers_most: int = 16
    neighbours_most: int = 16
    identities_most: int = 4_096
    time_error_s: float = 0.0
    digests: Mapping[str, str] = field(default_factory=dict)
    techniques: Mapping[str, str] = field(default_factory=dict)
    consequences: Mapping[str, Consequence] = field(default_factory=dict)
    allow: tuple[Allowed, ...] = ()

    def __post_init__(self) -> None:
        if min(self.attackers_most, self.neighbours_most, self.identities_most) < 1:
            raise OptionError("attackers_most, neighbours_most and identities_most are 1 at least")
        if not 0 <= self.resume_gap_s < float("inf") or not 0 <= self.hold_s < float("inf"):
            raise OptionError("hold_s and resume_gap_s are finite numbers of seconds")
        _ = self.spec

    @property
    def spec(self) -> events.EventSpec:
        """How findings of rules are decided on: one is enough, as a share of its own threshold."""
        return events.EventSpec(
            threshold=1.0,
            confirm=1,
            within=1,
            hold_s=self.hold_s,
            merge_gap_s=self.merge_gap_s,
            update_s=self.update_s,
        )


Key = tuple[Identity, str]
"""What an incident is known by: its identity, and the detector's family, or ``""`` for whichever rules see it."""

Stream = tuple[str, int]
"""Where the detector's incidents are numbered: its family, and the recording."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """An incident that is remembered.

    Attributes:
        tally: Its evidence.
        alert: As it was told last.
        told_ns: When.
        last_ns: When it was kept alive last.
        counted: Rows of the detector before a restart.
        state: Of the decision on a rule's findings; that of the beginning for the detector's, and until one of before a
            restart is seen again.
        number: Of the detector's incident within its stream; ``None`` for a rule's.
    """

    tally: Tally
    alert: Alert
    told_ns: int
    last_ns: int
    state: events.EventState
    counted: int = 0
    number: int | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class LedgerState:
    """What the ledger remembers; a value, never changed in place.

    Attributes:
        latest_ns: Highest time of a finding so far.
        open: Open incidents of rules, the one heard last at the end.
        quiet: Closed ones that may be opened again, likewise.
        resumed: Alerts of before a restart that have not been seen again, the one that is given up first at the start.
        incidents: The latest incident of each stream of a detector.
        turned_away: Findings that there was no room for.
        crowded: Findings that were counted for a crowd.
        suppressed: Alerts that the operator's list kept quiet.
    """

    latest_ns: int = NEVER_NS
    open: "OrderedDict[Key, Entry]" = field(default_factory=OrderedDict)
    quiet: "OrderedDict[Key, Entry]" = field(default_factory=OrderedDict)
    resumed: "OrderedDict[Key, Entry]" = field(default_factory=OrderedDict)
    incidents: Mapping[Stream, Entry] = field(default_factory=dict)
    turned_away: int = 0
    crowded: int = 0
    suppressed: int = 0
