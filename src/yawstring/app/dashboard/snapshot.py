"""What the store says at one moment: everything that a page shows, read once and bounded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median

from yawstring.models.base import Json
from yawstring.watch.alerts import Alert

LONGEST_GAP_NS, LONGEST_GAP_PACES = 30 * 10**9, 20
"""A watch that told nothing for so long, and for so many times its usual pace, had stopped."""

_LARGEST = 1e300

SECONDS_SHOWN = 300
"""How far back the curves go: one row of health a second, so as many rows."""


@dataclass(frozen=True, kw_only=True)
class Health:
    """One second of the watch, as it wrote it.

    Attributes:
        time_ns: When, by the clock of the watch.
        body: What it said; see :mod:`yawstring.edge.alert_store`.
    """

    time_ns: int
    body: Mapping[str, Json] = field(default_factory=dict)

    def number(self, *path: str) -> float | None:
        """A number of the body, or ``None`` where there is none.

        Example:
            >>> Health(time_ns=0, body={"by_kind": {"data": 4.0}}).number("by_kind", "data")
            4.0
        """
        found: Json = dict(self.body)
        for name in path:
            found = found.get(name) if isinstance(found, dict) else None
        usable = isinstance(found, int | float) and not isinstance(found, bool) and abs(found) < _LARGEST
        return float(found) if usable and isinstance(found, int | float) else None

    def word(self, name: str) -> str:
        """A word of the body, or nothing."""
        found = self.body.get(name)
        return found if isinstance(found, str) else ""

    def mapping(self, name: str) -> Mapping[str, Json]:
        """A mapping of the body, or an empty one."""
        found = self.body.get(name)
        return found if isinstance(found, dict) else {}


def unbroken(health: Sequence[Health]) -> Sequence[Health]:
    """The latest stretch in which the watch told of itself without a break: this run of it, or this recording.

    A replay at ten times the speed tells of every tenth second, so that a break is one for that pace.
    """
    gaps_ns = [later.time_ns - earlier.time_ns for earlier, later in pairwise(health)]
    pace_ns = median(gap for gap in gaps_ns if gap >= 0) if any(gap >= 0 for gap in gaps_ns) else 0
    longest_ns = max(LONGEST_GAP_NS, LONGEST_GAP_PACES * pace_ns)
    breaks = [at for at, gap in enumerate(gaps_ns, 1) if not 0 <= gap <= longest_ns]
    return health[breaks[-1] if breaks else 0 :]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """The store at one moment.

    Attributes:
        now_ns: By the clock of the machine that the dashboard runs on.
        alive: Whether the watch has given a sign of life just now.
        health: What the watch last told of itself, the oldest first: this run, :data:`SECONDS_SHOWN` times at most.
        alerts: Every open alert, the worst first: a crowd about neighbours must not hide one about the drone.
        unread: Closed alerts about the watched drone that nobody has acknowledged, the latest first.
        stations: Transmitters, the busiest first.
        notes: What the watch says of itself: drone, bundle, sources, when it started.
    """

    now_ns: int
    alive: bool
    health: Sequence[Health] = ()
    alerts: Sequence[Alert] = ()
    unread: Sequence[Alert] = ()
    stations: Sequence[Mapping[str, Json]] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def last(self) -> Health | None:
        """The last second that the watch told of."""
        return self.health[-1] if self.health else None
