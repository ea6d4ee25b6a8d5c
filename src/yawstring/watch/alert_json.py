"""Alerts as JSON: how the store keeps them and programs read them.

Addresses are text (``"60:60:1f:00:00:01"``), times are Unix nanoseconds as whole numbers. What comes back from a file
is checked field by field, since anybody may have written it.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final, cast, get_args

from yawstring.models.base import Json
from yawstring.table.survey import mac_text
from yawstring.watch.alerts import SEVERITIES, Alert, AlertChange, ChangeKind
from yawstring.watch.findings import Identity, Origin

ADDRESS_BITS: Final = 48
ADDRESSES: Final = ("drone", "attacker", "link")

CHANGES: Final[tuple[ChangeKind, ...]] = get_args(ChangeKind)


def alert_to_json(alert: Alert) -> dict[str, Json]:
    """An alert as JSON.

    Example:
        >>> one = Alert(key="0" * 16, identity=Identity(kind="evil_twin", drone=0x60601F000001), origin="rule",
        ...             source="evil_twin", digest="", severity="high", watched=True, opened_ns=1, confirmed_ns=1,
        ...             last_ns=2, score=1.0, threshold=0.5, count=3, words="Two of one name.")
        >>> alert_to_json(one)["identity"]
        {'kind': 'evil_twin', 'drone': '60:60:1f:00:00:01', 'attacker': None, 'link': None}
        >>> alert_from_json(alert_to_json(one)) == one
        True
    """
    body: dict[str, Json] = {one.name: getattr(alert, one.name) for one in fields(Alert)}
    body["identity"] = _identity_to_json(alert.identity)
    body["reasons"] = list(alert.reasons)
    body["frames"] = None if alert.frames is None else list(alert.frames)
    body["details"] = dict(alert.details)
    return body


def alert_from_json(data: Json) -> Alert:
    """The alert that :func:`alert_to_json` wrote.

    Raises:
        ValueError: The JSON is another.
    """
    if not isinstance(data, dict) or data.keys() != _READERS.keys():
        raise ValueError("expected the fields of an alert")
    return Alert(**{name: read(name, data[name]) for name, read in _READERS.items()})


def change_from_json(kind: str, time_ns: int, data: Json) -> AlertChange:
    """A change of an alert that was kept as its kind, time and the alert as JSON.

    Raises:
        ValueError: It is none.
    """
    return AlertChange(
        kind=cast(ChangeKind, _one_of(CHANGES)("kind", kind)), time_ns=time_ns, alert=alert_from_json(data)
    )


def address_to_json(address: int | None) -> str | None:
    """An address as text, such as ``"60:60:1f:00:00:01"``."""
    return None if address is None else mac_text(address)


def address_from_text(text: str) -> int:
    """The address that a text such as ``"60:60:1f:00:00:01"`` or ``"60-60-1F-00-00-01"`` names.

    Raises:
        ValueError: The text is none.

    Example:
        >>> hex(address_from_text("60:60:1F:00:00:01"))
        '0x60601f000001'
    """
    pairs = text.replace("-", ":").split(":")
    if len(pairs) * 8 != ADDRESS_BITS or any(
        len(pair) != 2 or not pair.isalnum() or not pair.isascii() for pair in pairs
    ):
        raise ValueError(f"expected an address like 60:60:1f:00:00:01, found {text!r}")
    return int("".join(pairs), 16)


def _identity_to_json(identity: Identity) -> dict[str, Json]:
    return {"kind": identity.kind, **{name: address_to_json(getattr(identity, name)) for name in ADDRESSES}}


def _identity(name: str, value: Json) -> Identity:
    if not isinstance(value, dict) or value.keys() != {"kind", *ADDRESSES}:
        raise ValueError(f"expected an identity as {name}")
    texts = {one: _optional(_text)(one, value[one]) for one in ADDRESSES}
    addresses = {one: None if text is None else address_from_text(text) for one, text in texts.items()}
    return Identity(kind=_text("kind", value["kind"]), **addresses)


def _text(name: str, value: Json) -> str:
    if not isinstance(value, str):
        raise ValueError(f"expected text as {name}")
    return value


def _whole(name: str, value: Json) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not -(1 << 63) <= value < 1 << 63:
        raise ValueError(f"expected a whole number as {name}")
    return value


def _number(name: str, value: Json) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not math.isfinite(value):
        raise ValueError(f"expected a number as {name}")
    return float(value)


def _yes_or_no(name: str, value: Json) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false as {name}")
    return value


def _texts(name: str, value: Json) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"expected a list as {name}")
    return tuple(_text(name, one) for one in value)


def _pair(name: str, value: Json) -> tuple[int, int]:
    if not isinstance(value, list) or len(value) != 2:
        raise ValueError(f"expected two numbers as {name}")
    return _whole(name, value[0]), _whole(name, value[1])


def _object(name: str, value: Json) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object as {name}")
    return value


def _one_of(words: tuple[str, ...]) -> Callable[[str, Json], str]:
    def read(name: str, value: Json) -> str:
        if value not in words:
            raise ValueError(f"expected one of {', '.join(words)} as {name}")
        return str(value)

    return read


def _optional(read: Callable[[str, Json], Any]) -> Callable[[str, Json], Any]:
    return lambda name, value: None if value is None else read(name, value)


_READERS: Final[Mapping[str, Callable[[str, Json], Any]]] = {
    "key": _text,
    "identity": _identity,
    "origin": _one_of(get_args(Origin)),
    "source": _text,
    "digest": _text,
    "technique": _optional(_text),
    "severity": _one_of(SEVERITIES),
    "watched": _yes_or_no,
    "opened_ns": _whole,
    "confirmed_ns": _whole,
    "last_ns": _whole,
    "closed_ns": _optional(_whole),
    "time_error_s": _number,
    "score": _number,
    "threshold": _number,
    "count": _whole,
    "words": _text,
    "reasons": _texts,
    "rssi_dbm": _optional(_number),
    "frequency_mhz": _optional(_number),
    "frames": _optional(_pair),
    "suppressed": _optional(_text),
    "details": _object,
}
