"""The one sentence at the top: is the drone under attack, and can the answer be relied on?

It holds no count that ticks, since a screen reader speaks it whenever it changes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Literal

from yawstring.app.dashboard.snapshot import Health, Snapshot
from yawstring.app.dashboard.words import clock, kind
from yawstring.watch.alerts import Alert

Tone = Literal["attack", "doubt", "calm", "blind"]

SHAPES: dict[Tone, str] = {"attack": "▲", "doubt": "◆", "calm": "✓", "blind": "✕"}
"""What stands before the sentence, for those to whom its colour says nothing."""

TITLES: dict[Tone, str] = {
    "attack": "Under attack",
    "doubt": "Look here",
    "calm": "No attack seen",
    "blind": "Not watching",
}
"""Titles of the browser's tab."""

_MOST_KINDS = 3

_TROUBLES = {
    ("air", "gone"): "the capture interface is gone",
    ("air", "silent"): "no frame is heard",
    ("telemetry", "stale"): "telemetry has stopped",
}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An answer.

    Attributes:
        tone: What it comes to.
        sentence: The answer.
        more: What else belongs to it.
    """

    tone: Tone
    sentence: str
    more: str = ""


def verdict(seen: Snapshot, zone: tzinfo | None = None) -> Verdict:
    """What the store comes to, the gravest first.

    Args:
        seen: The store.
        zone: Whose time of day; ``None`` is the machine's.
    """
    if seen.last is None:
        return Verdict(tone="blind", sentence="Not watching: no watch has written here yet.")
    told = [one for one in seen.alerts if one.suppressed is None]
    mine = [one for one in told if one.watched]
    more = _sentences(_aside(seen, told))
    since = clock(seen.last.time_ns, seen.now_ns, zone)
    state = seen.last.word("state")
    if state == "ended":
        return Verdict(tone="blind", sentence=f"Not watching since {since}: the watch has ended.", more=more)
    if not seen.alive or state == "lost":
        why = "the watch has lost its source" if state == "lost" else "the watch gives no sign of life"
        still = f"When it stopped: {_attack(mine, seen, zone)}" if mine else ""
        return Verdict(tone="blind", sentence=f"Not watching since {since}: {why}.", more=_sentences([still, more]))
    troubles = list(_troubles(seen.last))
    trouble = f"Half blind: {' and '.join(troubles)}." if troubles else ""
    if mine:
        tone: Tone = "attack" if any(one.severity != "low" for one in mine) else "doubt"
        return Verdict(tone=tone, sentence=_attack(mine, seen, zone), more=_sentences([trouble, more]))
    if troubles:
        return Verdict(tone="doubt", sentence=f"No attack seen, but {' and '.join(troubles)}.", more=more)
    if seen.unread:
        last = clock(max(one.last_ns for one in seen.unread), seen.now_ns, zone)
        sentence = f"No attack now. Over since {last}: {_named(seen.unread)}."
        return Verdict(tone="doubt", sentence=sentence, more=more)
    return Verdict(tone="calm", sentence="No attack seen.", more=more)


def _attack(mine: Sequence[Alert], seen: Snapshot, zone: tzinfo | None) -> str:
    word = "Under attack" if any(one.severity != "low" for one in mine) else "Suspicious"
    return f"{word}: {_named(mine)}, since {clock(min(one.opened_ns for one in mine), seen.now_ns, zone)}."


def _named(alerts: Sequence[Alert]) -> str:
    kinds = list(dict.fromkeys(kind(one.identity.kind) for one in alerts))
    rest = f" and {len(kinds) - _MOST_KINDS} more" if len(kinds) > _MOST_KINDS else ""
    return ", ".join(kinds[:_MOST_KINDS]) + rest


def _troubles(last: Health) -> Iterator[str]:
    yield from (words for (name, value), words in _TROUBLES.items() if last.word(name) == value)


def _aside(seen: Snapshot, told: Sequence[Alert]) -> Iterator[str]:
    others = sum(not one.watched for one in told)
    if others:
        yield f"{_counted(others, 'open alert')} about neighbours."
    quiet = len(seen.alerts) - len(told)
    if quiet:
        yield f"{_counted(quiet, 'open alert')} kept quiet by your list."
    if seen.unread:
        yield f"Over and not acknowledged: {_counted(len(seen.unread), 'alert')}."


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _sentences(parts: Iterator[str] | Sequence[str]) -> str:
    return " ".join(part for part in parts if part)
