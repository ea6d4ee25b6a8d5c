"""One flight of a scenario, every value drawn."""

from dataclasses import dataclass

from yawstring.simulate.hostile import Attack
from yawstring.simulate.settings import Controller, Drone, Flight, Neighbours, Pilot, Receiver, Site, Traffic


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One flight: every value drawn.

    Attributes:
        name: Name of the scenario.
        summary: Its one line.
        seed: Seed of every draw.
        flight: What stands at the top of the file.
        site: And so on, by section.
        attacks: In the file's order.
    """

    name: str
    summary: str
    seed: int
    flight: Flight
    site: Site
    drone: Drone
    controller: Controller
    pilot: Pilot
    traffic: Traffic
    neighbours: Neighbours
    receiver: Receiver
    attacks: tuple[Attack, ...]
