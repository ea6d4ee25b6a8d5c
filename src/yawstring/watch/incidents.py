"""The detector's incidents as findings: what a change of :mod:`yawstring.learn.events` is about, and since which frame.

An incident keeps the identity that it had when it was confirmed, however its rows are named later and whatever drone is
learned meanwhile: it is one alert.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from yawstring.learn.events import Change
from yawstring.learn.explain.words import number_text
from yawstring.table.signals import Inputs, Roles
from yawstring.table.signals.inputs import MISSING
from yawstring.table.signals.role_names import DRONE
from yawstring.watch.findings import Finding, Identity
from yawstring.watch.scores import Detector


@dataclass(frozen=True, kw_only=True)
class Told:
    """What became of an incident of the detector's.

    Attributes:
        change: As :func:`yawstring.learn.events.step` gives it.
        finding: What it is about.
        reasons: What was out of the ordinary, in words; when it is confirmed.
    """

    change: Change
    finding: Finding
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Frame:
    """A frame that something rests on.

    Attributes:
        number: Its number in the stream; 0 before the first.
        drone: Address of the drone as of then; ``None`` where it is not known.
        frequency_mhz: Of its channel, where known.
    """

    number: int = 0
    drone: int | None = None
    frequency_mhz: float | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is carried.

    Attributes:
        last: The last frame.
        first: Time of the last frame, and the first frame of that time.
        identities: What the last two incidents are about, by their number.
    """

    last: Frame = field(default_factory=Frame)
    first: tuple[int, Frame] | None = None
    identities: Mapping[int, Identity] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """A chunk's frames, as far as incidents ask: from a time to a frame, and the drone as of then.

    Attributes:
        known: What was carried into the chunk.
        time_ns: ``int64[frame]``, rising.
        drone: ``int64[frame]``, the drone's address as of each frame.
        frequency: ``int64[frame]``, in MHz.
    """

    known: Known
    time_ns: NDArray[np.int64]
    drone: NDArray[np.int64]
    frequency: NDArray[np.int64]

    def at(self, time_ns: int) -> Frame:
        """The first frame of that time, else the last one before it."""
        known = self.known
        if known.first is not None and known.first[0] == time_ns:
            return known.first[1]
        place = int(np.searchsorted(self.time_ns, time_ns))
        if place == len(self.time_ns) or self.time_ns[place] != time_ns:
            place -= 1
        return known.last if place < 0 else self.frame(place)

    def frame(self, place: int) -> Frame:
        """A frame of the chunk, by its place."""
        drone, frequency = int(self.drone[place]), int(self.frequency[place])
        return Frame(
            number=self.known.last.number + 1 + place,
            drone=None if drone == MISSING else drone,
            frequency_mhz=None if frequency == MISSING else float(frequency),
        )


def hear(known: Known, inputs: Inputs, roles: Roles) -> tuple[Known, Heard]:
    """Take in a chunk's frames."""
    sender, receiver = inputs.whole("wlan.ta"), inputs.whole("wlan.ra")
    own = np.where(roles.sender == DRONE, sender, np.where(roles.receiver == DRONE, receiver, MISSING))
    last = np.maximum.accumulate(np.where(own == MISSING, -1, np.arange(len(own)))) if len(own) else np.zeros(0, int)
    before = MISSING if known.last.drone is None else known.last.drone
    drone = np.where(last < 0, before, own[last]) if len(own) else own
    heard = Heard(known=known, time_ns=inputs.time_ns, drone=drone, frequency=inputs.whole("wlan_radio.frequency"))
    if not len(inputs):
        return known, heard
    time_ns = int(inputs.time_ns[-1])
    return replace(known, last=heard.frame(len(inputs) - 1), first=(time_ns, heard.at(time_ns))), heard


def unheard(known: Known) -> Heard:
    """No frame but those that are known."""
    none = np.zeros(0, np.int64)
    return Heard(known=known, time_ns=none, drone=none, frequency=none)


def told(
    known: Known, detector: Detector, change: Change, heard: Heard, named: int | None, reasons: tuple[str, ...]
) -> tuple[Known, Told]:
    """A change as a finding.

    Args:
        known: What is known of incidents.
        detector: Whose.
        change: What became of one.
        heard: The chunk it became known in.
        named: The drone where a person named it.
        reasons: What was out of the ordinary.
    """
    incident = change.incident
    frame = heard.at(change.time_ns)
    identity = known.identities.get(incident.identity)
    if identity is None:
        identity = Identity(kind=detector.attacks[incident.named], drone=frame.drone if named is None else named)
        latest = dict(list(known.identities.items())[-1:])
        known = replace(known, identities={**latest, incident.identity: identity})
    score, threshold = number_text(incident.peak), number_text(detector.events.threshold)
    finding = Finding(
        time_ns=change.time_ns,
        identity=identity,
        origin="model",
        source=detector.family,
        score=incident.peak,
        threshold=detector.events.threshold,
        value=incident.peak,
        words=f"looks like {detector.attacks[incident.named]}: score {score}, where {threshold} alarms",
        frame=frame.number or None,
        frequency_mhz=frame.frequency_mhz,
    )
    return known, Told(change=change, finding=finding, reasons=reasons)
