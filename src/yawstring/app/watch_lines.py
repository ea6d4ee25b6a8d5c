"""What a watch says to a person: a line for whatever happens, and on a terminal one more that tells how it goes."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status
from rich.text import Text

from yawstring.edge.watching import Note
from yawstring.models.base import Json
from yawstring.table.survey import mac_text
from yawstring.watch.alerts import Alert, AlertChange
from yawstring.watch.plain import plain

STYLES = {"critical": "bold reverse red", "high": "bold red", "medium": "yellow", "low": "dim"}
NS_PER_S = 1_000_000_000


class Lines:
    """Lines of a watch, as a context manager."""

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        """Say it there.

        Args:
            console: Where to.
            quiet: Only alerts.
        """
        self._console, self._quiet = console, quiet
        self._status: Status | None = console.status("waiting for frames") if console.is_terminal else None

    def __enter__(self) -> Self:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._status is not None:
            self._status.stop()

    def changes(self, changes: Sequence[AlertChange]) -> None:
        """A line for an alert that opens, and one for its end; what the operator allowed is left out."""
        for change in changes:
            if change.kind != "updated" and change.alert.suppressed is None:
                self._say(change_line(change), STYLES[change.alert.severity] if change.kind == "opened" else "")

    def note(self, note: Note) -> None:
        """A line about the watch itself."""
        if not self._quiet:
            self._say(f"{'' if note.good else 'warning: '}{note.words}", "" if note.good else "yellow")

    def health(self, body: Mapping[str, Json]) -> None:
        """How it goes; on a terminal alone."""
        if self._status is not None:
            self._status.update(health_line(body))

    def _say(self, line: str, style: str) -> None:
        self._console.print(Text(plain(line), style=style))


def change_line(change: AlertChange) -> str:
    """An alert that opens or is over, in one line.

    Example:
        >>> from yawstring.watch.findings import Identity
        >>> one = Alert(key="0" * 16, identity=Identity(kind="evil_twin", drone=0x60601F000001), origin="rule",
        ...             source="evil_twin", digest="", severity="high", watched=True, opened_ns=0, confirmed_ns=0,
        ...             last_ns=2 * 10**9, score=1.0, threshold=0.5, count=3, words="Two of one name.")
        >>> change_line(AlertChange(kind="opened", time_ns=0, alert=one))
        '1970-01-01 00:00:00.0 HIGH evil_twin at 60:60:1f:00:00:01: Two of one name. [00000000]'
    """
    alert, who = change.alert, _who(change.alert)
    if change.kind == "closed":
        lasted = (alert.last_ns - alert.opened_ns) / NS_PER_S
        return f"{time_text(change.time_ns)} over {alert.identity.kind}{who} after {lasted:.1f} s [{alert.key[:8]}]"
    severity = alert.severity.upper()
    return f"{time_text(change.time_ns)} {severity} {alert.identity.kind}{who}: {alert.words} [{alert.key[:8]}]"


def health_line(body: Mapping[str, Json]) -> str:
    """How it goes, in one line."""
    score = body["score"]
    told = [
        f"{body['frames']:,} frames, {body['frames_per_s']:,.0f}/s" if isinstance(body["frames"], int) else "",
        f"{body['drops']:,} lost",
        f"air {body['air']}",
        f"telemetry {body['telemetry']}",
        f"score {score:.2f}" if isinstance(score, float) else "",
    ]
    return " · ".join(one for one in told if one)


def time_text(time_ns: int) -> str:
    """A Unix time in UTC, to a tenth of a second."""
    moment = datetime.fromtimestamp(max(time_ns, 0) // NS_PER_S, UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{max(time_ns, 0) % NS_PER_S // 100_000_000}"


def _who(alert: Alert) -> str:
    identity = alert.identity
    parts = [(" at ", identity.drone), (" from ", identity.attacker), (" with ", identity.link)]
    return "".join(f"{word}{mac_text(address)}" for word, address in parts if address is not None)
