"""What the operator has allowed: alerts that are kept and not told.

The list is TOML (https://toml.io/en/v1.0.0)::

    [[allow]]
    name = "range test"
    reason = "we jam the link ourselves on Tuesdays; ask Kim"
    expires = 2026-12-01T18:00:00Z
    kind = "deauthentication_flood"
    attacker = "02:aa:00:00:00:01"

An entry matches an alert that agrees with it in each of ``kind``, ``drone``, ``attacker`` and ``source`` that it names,
and names one at least. It has a reason, and an end: what is allowed for ever is soon forgotten.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from yawstring.errors import OptionError
from yawstring.watch.alert_json import address_from_text
from yawstring.watch.findings import Identity
from yawstring.watch.plain import plain

ENTRIES_MOST: Final = 1_000
LIST_OCTETS_MOST: Final = 1 << 20

_REQUIRED: Final = ("name", "reason", "expires")
_TEXTS: Final = ("kind", "source")
_ADDRESSES: Final = ("drone", "attacker")


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """An entry of the list.

    Attributes:
        name: What alerts that it keeps quiet are marked with.
        reason: Why, for whoever reads it next.
        until_ns: Unix time, in nanoseconds, from which on it counts no more.
        kind: Kind of incident; ``None``: any.
        drone: BSSID that it happens to; ``None``: any.
        attacker: Address that it comes from; ``None``: any.
        source: Rule, or family of the detector; ``None``: any.
    """

    name: str
    reason: str
    until_ns: int
    kind: str | None = None
    drone: int | None = None
    attacker: int | None = None
    source: str | None = None

    def __post_init__(self) -> None:
        if not any((self.kind, self.source)) and self.drone is None and self.attacker is None:
            raise OptionError(f"entry {self.name!r} would allow everything: name a kind, drone, attacker or source")


def suppressed_by(entries: Sequence[Allowed], identity: Identity, source: str, time_ns: int) -> str | None:
    """Name of the first entry that keeps an alert quiet at that time, or ``None``.

    Example:
        >>> entry = Allowed(name="test", reason="ours", until_ns=10, attacker=7)
        >>> one = Identity(kind="evil_twin", attacker=7)
        >>> suppressed_by([entry], one, "evil_twin", 9), suppressed_by([entry], one, "evil_twin", 10)
        ('test', None)
    """
    here = {"kind": identity.kind, "drone": identity.drone, "attacker": identity.attacker, "source": source}
    for entry in entries:
        wanted = {name: getattr(entry, name) for name in here}
        if time_ns < entry.until_ns and all(value in (None, here[name]) for name, value in wanted.items()):
            return entry.name
    return None


def read_allowed(octets: bytes) -> tuple[Allowed, ...]:
    """The entries of a list.

    Args:
        octets: TOML.

    Raises:
        OptionError: It is none, or an entry is incomplete, unknown or without an end.

    Example:
        >>> text = b'allow = [{name = "a", reason = "b", expires = 2030-01-01T00:00:00Z, kind = "jamming"}]'
        >>> (entry,) = read_allowed(text)
        >>> entry.kind, entry.until_ns // 10**9
        ('jamming', 1893456000)
    """
    try:
        data = tomllib.loads(octets.decode())
    except (ValueError, RecursionError) as error:
        raise OptionError(f"expected TOML, found {plain(str(error), most=120)}") from error
    entries = data.get("allow", [])
    if data.keys() - {"allow"} or not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        raise OptionError("expected entries that begin with [[allow]], and nothing else")
    if len(entries) > ENTRIES_MOST:
        raise OptionError(f"expected at most {ENTRIES_MOST:,} entries, found {len(entries):,}")
    found = tuple(_entry(number, one) for number, one in enumerate(entries, 1))
    if len({one.name for one in found}) < len(found):
        raise OptionError("two entries have the same name: give each its own")
    return found


def _entry(number: int, data: Mapping[str, Any]) -> Allowed:
    unknown = data.keys() - {*_REQUIRED, *_TEXTS, *_ADDRESSES}
    if unknown:
        raise OptionError(f"entry {number}: no such key: {plain(min(unknown), most=40)}")
    texts = {name: _text(number, name, data.get(name, "")) for name in ("name", "reason", *_TEXTS)}
    missing = [name for name in _REQUIRED if not data.get(name)]
    if missing:
        raise OptionError(f"entry {number}: {missing[0]} is missing")
    return Allowed(
        name=texts["name"],
        reason=texts["reason"],
        until_ns=_until_ns(number, data["expires"]),
        kind=texts["kind"] or None,
        source=texts["source"] or None,
        **{name: _address(number, name, data[name]) for name in _ADDRESSES if name in data},
    )


def _text(number: int, name: str, value: object) -> str:
    if not isinstance(value, str) or plain(value) != value:
        raise OptionError(f"entry {number}: expected text of one line as {name}")
    return value


def _until_ns(number: int, value: object) -> int:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise OptionError(f"entry {number}: expected a time like 2026-12-01T18:00:00Z as expires")
    return round((value - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 10**9


def _address(number: int, name: str, value: object) -> int:
    try:
        return address_from_text(_text(number, name, value))
    except ValueError as error:
        raise OptionError(f"entry {number}: {name}: {error}") from None
