"""Times, kinds, severities and addresses as a person reads them."""

from datetime import datetime, tzinfo

from yawstring.watch.alerts import Alert, Severity

MARKS: dict[Severity, str] = {"low": "○", "medium": "◆", "high": "▲", "critical": "■"}
"""A shape for each severity: colour alone says nothing to many people."""

NONE = "–"
"""Stands where nothing is known."""

_NS_PER_S = 1_000_000_000
_S_PER_MIN, _S_PER_H = 60, 3600

_CHANNEL_14_MHZ = 2484
_BAND_2_MHZ, _BAND_5_MHZ, _BAND_6_MHZ = 2407, 5000, 5950
"""Where channel 0 would lie, 5 MHz to a number."""

_NAMES = {
    "csa_abuse": "channel switch (CSA) abuse",
    "deauthentication_flood": "de-authentication flood",
    "dos": "DoS",
    "rts_cts_flood": "RTS/CTS flood",
    "spoofed_remote_id": "spoofed Remote ID",
}
"""Kinds whose words are not simply those of their name."""


def span(seconds: float) -> str:
    """How long, in the two largest units.

    Example:
        >>> span(7), span(200), span(300), span(7500)
        ('7 s', '3 min 20 s', '5 min', '2 h 5 min')
    """
    whole = max(int(seconds), 0)
    if whole < _S_PER_MIN:
        return f"{whole} s"
    large, small, units = (whole // _S_PER_MIN, whole % _S_PER_MIN, ("min", "s"))
    if whole >= _S_PER_H:
        large, small, units = (whole // _S_PER_H, whole % _S_PER_H // _S_PER_MIN, ("h", "min"))
    return f"{large:,} {units[0]} {small} {units[1]}" if small else f"{large:,} {units[0]}"


def clock(time_ns: int, now_ns: int, zone: tzinfo | None = None) -> str:
    """The time of day, with the date where that is another than today's.

    Args:
        time_ns: Unix time in nanoseconds.
        now_ns: Likewise, for what today is.
        zone: Whose time of day; ``None`` is the machine's.

    Example:
        >>> from datetime import timezone
        >>> clock(1_700_000_000_000_000_000, 1_700_000_500_000_000_000, timezone.utc)
        '22:13:20'
        >>> clock(1_700_000_000_000_000_000, 1_800_000_000_000_000_000, timezone.utc)
        '2023-11-14 22:13:20'
    """
    then = datetime.fromtimestamp(time_ns // _NS_PER_S, zone)
    today = datetime.fromtimestamp(now_ns // _NS_PER_S, zone)
    return then.strftime("%H:%M:%S" if then.date() == today.date() else "%Y-%m-%d %H:%M:%S")


def precise(time_ns: int, error_s: float, zone: tzinfo | None = None) -> str:
    """Date and time to the millisecond, with the zone, and how far it may be off.

    Example:
        >>> from datetime import timezone
        >>> precise(1_700_000_000_250_000_000, 0.02, timezone.utc)
        '2023-11-14 22:13:20.250 UTC ± 20 ms'
    """
    then = datetime.fromtimestamp(time_ns // _NS_PER_S, zone).astimezone(zone)
    off = "" if error_s <= 0 else f" ± {error_s * 1000:,.0f} ms" if error_s < 1 else f" ± {error_s:,.1f} s"
    return f"{then:%Y-%m-%d %H:%M:%S}.{time_ns % _NS_PER_S // 1_000_000:03} {then:%Z}{off}"


def kind(name: str) -> str:
    """A kind of attack, as its rule or class is called, in words.

    Example:
        >>> kind("deauthentication_flood"), kind("evil_twin"), kind("rts_cts_flood"), kind("DoS")
        ('de-authentication flood', 'evil twin', 'RTS/CTS flood', 'DoS')
    """
    return _NAMES.get(name) or name.replace("_", " ").strip() or "attack"


def headline(alert: Alert) -> str:
    """What an alert is about, as a title."""
    text = kind(alert.identity.kind)
    return text[:1].upper() + text[1:]


def severity(alert: Alert) -> str:
    """Shape and word of an alert's severity."""
    return f"{MARKS[alert.severity]} {alert.severity}"


def number(value: object, unit: str = "", digits: int = 0) -> str:
    """A number with its unit; a dash where there is none.

    Example:
        >>> number(1234.5, "dBm"), number(None), number(0.25, "s", 2)
        ('1,234 dBm', '–', '0.25 s')
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value or abs(value) == float("inf"):
        return NONE
    return f"{value:z,.{digits}f}{f' {unit}' if unit else ''}"


def channel(frequency_mhz: object) -> str:
    """A channel by its frequency and its number (IEEE 802.11-2020, annex E).

    Example:
        >>> channel(2437), channel(2484), channel(5180), channel(5955), channel(None)
        ('6 (2,437 MHz)', '14 (2,484 MHz)', '36 (5,180 MHz)', '1 (5,955 MHz)', '–')
    """
    if not isinstance(frequency_mhz, int | float) or not 0 < frequency_mhz < 100_000:
        return NONE
    mhz = int(frequency_mhz)
    if mhz == _CHANNEL_14_MHZ:
        return f"14 ({mhz:,} MHz)"
    starts = [start for start in (_BAND_2_MHZ, _BAND_5_MHZ, _BAND_6_MHZ) if mhz > start]
    return f"{(mhz - starts[-1]) // 5} ({mhz:,} MHz)" if starts else f"{mhz:,} MHz"
