"""What every sink is: something that takes changes of alerts, or says why not."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final, Protocol

from yawstring.models.base import Json
from yawstring.watch.alert_json import alert_to_json
from yawstring.watch.alerts import AlertChange

NS_PER_S: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Item:
    """A change on its way to a sink.

    Attributes:
        record: Identity of the record that it stands in.
        sequence: Its number there; both together name it for good.
        change: What happened.
    """

    record: str
    sequence: int
    change: AlertChange


class Sink(Protocol):
    """Where alerts are told.

    Attributes:
        name: What its place in the record is kept by: the same for the same address, and without any secret of it.
        label: What a person sees; without any secret.
        items_most: Changes that it takes at a time.
        from_start: Whether a new sink hears of what is in the record already.
    """

    name: str
    label: str
    items_most: ClassVar[int]
    from_start: ClassVar[bool]

    def send(self, items: Sequence[Item]) -> None:
        """Hand changes over, in order; when this returns, the sink has them.

        Raises:
            SinkError: It has not taken them all. Sending them again does no harm: receivers know them by their number.
        """
        ...

    def reached(self, record: str) -> int:
        """Number of the last change of that record that the sink is known to hold; 0 where it cannot tell."""
        ...

    def close(self) -> None:
        """Let go of what is held. May be called twice."""
        ...


def name_of(kind: str, address: str) -> str:
    """A name for the record: the kind of sink, and a digest of its address."""
    return f"{kind}-{hashlib.sha256(address.encode()).hexdigest()[:16]}"


def change_json(item: Item) -> dict[str, Json]:
    """A change as JSON of our own: what the webhook and MQTT carry.

    Example:
        >>> from yawstring.watch.alert_json import CHANGES
        >>> CHANGES
        ('opened', 'updated', 'closed')
    """
    change = item.change
    head: dict[str, Json] = {
        "format": "yawstring alert",
        "version": 1,
        "record": item.record,
        "sequence": item.sequence,
    }
    return head | {"change": change.kind, "time_ns": change.time_ns, "alert": alert_to_json(change.alert)}


def iso_time(time_ns: int) -> str:
    """A Unix time as RFC 3339 writes it, in UTC to the microsecond.

    Example:
        >>> iso_time(1_700_000_000_123_456_789)
        '2023-11-14T22:13:20.123456Z'
    """
    return (_EPOCH + timedelta(microseconds=time_ns // 1000)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
