"""Jamming: noise on the drone's channel, without a pause or in pulses."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yawstring.simulate.air import Noise
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.scenario_keys import number
from yawstring.simulate.scene import CONTROLLER, DRONE, received_dbm

if TYPE_CHECKING:
    from yawstring.simulate.scene import Scene

MARGIN_DB = 5.0
"""A signal less than so much above the noise is lost, at any rate that carries data."""

_WHOLE = 0.98
"""Duty from which on noise has no pause."""

_MOSTLY = 0.85


@dataclass(frozen=True, kw_only=True)
class Jamming(Attack):
    """Noise that hides frames and keeps stations from sending."""

    KIND = "jamming"
    CLASS = "jamming"

    duty: float = number(0.3, 1.0, low=0.01, high=1, unit="", meaning="Share of the time that is noise")
    period_s: float = number(0.01, 0.3, low=0.001, high=60, unit="s", meaning="From one pulse to the next")

    def noise(self, scene: "Scene", mark: Mark) -> tuple[Noise, ...]:
        """The pulses."""
        track = scene.stations[mark.attacker].track
        begins = np.array([self.onset_s])
        length = self.end_s - self.onset_s
        if self.duty < _WHOLE:
            begins, length = np.arange(self.onset_s, self.end_s, self.period_s), self.duty * self.period_s
        return tuple(
            Noise(
                start_s=float(begin),
                end_s=float(min(begin + length, self.end_s)),
                channel=scene.network.channel,
                power_dbm=self.power_dbm,
                track=track,
            )
            for begin in begins
        )

    def silences(self, scene: "Scene", mark: Mark) -> tuple[tuple[float, float], ...]:
        """All of it, where the noise is strong at the drone and has hardly a pause."""
        signal = received_dbm(scene, CONTROLLER, DRONE)
        drowned = received_dbm(scene, mark.attacker, DRONE) > signal - MARGIN_DB
        return ((self.onset_s, self.end_s),) if drowned and self.duty >= _MOSTLY else ()
