"""The truth of a flight as text: what every frame is, when which attack was on, and what the controller logged."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.schema import BENIGN
from yawstring.simulate.air import NOBODY, Station
from yawstring.simulate.hostile import Attack
from yawstring.wire.stamps import NS_PER_S

LABEL_SOURCE = "simulator"

_US_NS = 1_000


@dataclass(frozen=True, kw_only=True)
class Episode:
    """An attack that took place.

    Attributes:
        number: From 0, by its begin.
        attack: Its number in the scenario.
        label: Its class.
        technique: How it was made.
        start_ns: First hostile act, Unix time.
        end_ns: One nanosecond after the last.
    """

    number: int
    attack: int
    label: str
    technique: str
    start_ns: int
    end_ns: int


class Captured(Protocol):
    """What the truth has to know of a capture; see :class:`yawstring.simulate.air.Aired`."""

    @property
    def time_ns(self) -> NDArray[np.int64]:
        """int64[frame], Unix time."""

    @property
    def transmitter(self) -> NDArray[np.int16]:
        """int16[frame]."""

    @property
    def offer(self) -> NDArray[np.int32]:
        """int32[frame]."""

    @property
    def attack(self) -> NDArray[np.int16]:
        """int16[frame]."""

    @property
    def attempts(self) -> NDArray[np.uint8]:
        """uint8[offer]."""


def forged(aired: Captured, stations: Sequence[Station]) -> NDArray[np.bool_]:
    """Frames that an attacker sent, or that carry false data: bool[frame]."""
    hostile = np.array([station.role == "attacker" for station in stations])
    return np.asarray(hostile[aired.transmitter] | ((aired.offer != NOBODY) & (aired.attack != NOBODY)), bool)


def episodes(
    attacks: Sequence[Attack], offers: NDArray[np.void], aired: Captured, acts: Sequence[tuple[int, float, float]],
    epoch_ns: int,
) -> tuple[Episode, ...]:  # fmt: skip
    """Attacks that took place, by their begin: from the first hostile act to the last.

    Args:
        attacks: Of the flight.
        offers: What was offered.
        aired: What came of it.
        acts: Hostile acts that are no frames: number of the attack, from, to, in seconds.
        epoch_ns: Start of the flight, Unix time.
    """
    found = []
    sent_ns = epoch_ns + offers["time_us"] * _US_NS
    for number, attack in enumerate(attacks):
        times = [sent_ns[(offers["attack"] == number) & (aired.attempts > 0) & (offers["after"] == NOBODY)]]
        times.append(aired.time_ns[(aired.attack == number) & (aired.offer != NOBODY)])
        for which, start, end in acts:
            if which == number:
                times.append(epoch_ns + np.round(np.array([start, end]) * NS_PER_S).astype(np.int64))
        every = np.concatenate(times)
        if len(every):
            found.append((int(every.min()), int(every.max()) + 1, number, attack))
    found.sort(key=lambda one: one[:3])
    return tuple(
        Episode(number=order, attack=number, label=attack.CLASS, technique=attack.technique, start_ns=start, end_ns=end)
        for order, (start, end, number, attack) in enumerate(found)
    )


def truth_text(aired: Captured, stations: Sequence[Station], found: Sequence[Episode]) -> bytes:
    """``truth.csv``: a line for each captured frame.

    Where attacks overlap, a frame belongs to the one that began last.
    """
    labels = np.full(len(aired.time_ns), NOBODY, np.int64)
    for one in found:
        labels[(aired.time_ns >= one.start_ns) & (aired.time_ns < one.end_ns)] = one.number
    names = pl.Series([station.name for station in stations])
    roles = pl.Series([station.role for station in stations])
    classes = pl.Series([*(one.label for one in found), BENIGN])
    techniques = pl.Series([*(one.technique for one in found), None], dtype=pl.String)
    table = pl.DataFrame(
        {
            "frame.number": np.arange(1, len(labels) + 1),
            "time_ns": aired.time_ns,
            "transmitter": names[aired.transmitter.astype(np.int64)],
            "role": roles[aired.transmitter.astype(np.int64)],
            "forged": forged(aired, stations).astype(np.int8),
            "class": classes[labels],
            "technique": techniques[labels],
            "episode": pl.Series(labels).replace(NOBODY, None),
        }
    )
    return table.write_csv().encode()


def labels_text(found: Sequence[Episode]) -> bytes:
    """``labels.csv``: an interval for each attack, half-open, Unix seconds."""
    lines = ["start,end,class,technique,episode,source,certainty"]
    lines += [
        f"{_seconds(one.start_ns)},{_seconds(one.end_ns)},{one.label},{one.technique},{one.number},{LABEL_SOURCE},1"
        for one in found
    ]
    return ("\n".join(lines) + "\n").encode()


def telemetry_text(received_ns: NDArray[np.int64], states: Sequence[bytes]) -> bytes:
    """``telemetry.log``: a line for each state that the controller received, in order of receipt."""
    order = np.argsort(received_ns, kind="stable")
    lines = [f"{_seconds(int(received_ns[i]))} ".encode() + states[i].rstrip() for i in order]
    return b"".join(line + b"\n" for line in lines)


def _seconds(time_ns: int) -> str:
    return f"{time_ns // NS_PER_S}.{time_ns % NS_PER_S:09d}"
