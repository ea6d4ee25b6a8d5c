"""A client without a clock or a socket, for a simulated drone that goes on tick by tick."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import polars as pl

from yawstring.edge.simulations import read_scenario
from yawstring.simulate.air import Aired, Bodies, Receiver, air, offered, pcapng
from yawstring.simulate.live import TICK_S, Datagram, LiveDrone, Request, Tick
from yawstring.simulate.live.record import Record
from yawstring.simulate.scenario import draw

CLIENT = ("192.168.10.2", 8889)
EPOCH_NS = 1_800_000_000_000_000_000
CALM = (
    "duration_s=6", "controller.drops_per_min=0", "controller.leaves=false", "controller.joins=false",
    "traffic.video_mbit_s=0", "receiver.distance=0.2", "drone.distance=0.3", "controller.distance=0.3",
    "receiver.hops=false", "receiver.walks=false", "neighbours.load_hz=2",
)  # fmt: skip
STRUCK = (*CALM, "attack.onset_s=2", "attack.length_s=3", "attack.distance=0.2")

Script = tuple[tuple[float, str], ...]
UP: Script = ((0.1, "command"), (0.3, "takeoff"), (1.0, "battery?"), (5.5, "speed?"))


@dataclass(frozen=True, kw_only=True, eq=False)
class Flown:
    """A flight that is over."""

    ticks: list[Tick]
    record: Record
    drone: LiveDrone

    @property
    def datagrams(self) -> list[Datagram]:
        return [one for tick in self.ticks for one in tick.datagrams]

    @property
    def answers(self) -> list[Datagram]:
        return [one for one in self.datagrams if one.peer == CLIENT]

    @property
    def states(self) -> list[Datagram]:
        return [one for one in self.datagrams if one.peer[1] == 8890]

    @property
    def video(self) -> list[Datagram]:
        return [one for one in self.datagrams if one.peer[1] == 11111]

    def capture(self) -> bytes:
        packets = np.concatenate([tick.spell.packets for tick in self.ticks])
        return pcapng(replace(_nothing(), packets=packets))

    def truth(self) -> pl.DataFrame:
        schema = {"technique": pl.String, "episode": pl.Int64, "transmitter": pl.String}
        return pl.read_csv(self.record.truth, schema_overrides=schema)


def drone_of(name: str, seed: int, *changes: str) -> LiveDrone:
    drone = LiveDrone(draw(read_scenario(name, changes=changes), seed))
    drone.begin(EPOCH_NS)
    return drone


def flown_live(name: str, seed: int, changes: Sequence[str], script: Script = UP) -> Flown:
    """Fly to the end of the scenario."""
    drone, left, ticks = drone_of(name, seed, *changes), list(script), []
    while not drone.over:
        due = [one for one in left if one[0] < drone.now_s + TICK_S]
        left = left[len(due) :]
        ticks.append(drone.step([Request(time_s=at, octets=text.encode(), peer=CLIENT) for at, text in due]))
    return Flown(ticks=ticks, record=drone.record(), drone=drone)


@cache
def _nothing() -> Aired:
    return air(offered(0), Bodies.of([]), [], Receiver(), seed=1)
