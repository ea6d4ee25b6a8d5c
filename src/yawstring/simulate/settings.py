"""Sections of a scenario and their keys; a drawn flight holds one value for each.

Every role draws its place and power from the same ranges by default: neither says who a station is.
"""

from dataclasses import dataclass

from yawstring.simulate.flight import STYLES
from yawstring.simulate.scenario_keys import channel, flag, number, whole, word

POWER_DBM = (10.0, 20.0)
"""What consumer stations of the 2.4 GHz band radiate."""

DISTANCE = (0.1, 1.0)

_LEAST_DBM, _MOST_DBM = -10, 33
_MOST_SITE_M = 500
_LONGEST_S = 3600


def power() -> float:
    """The key ``power_dbm``, as every role has it."""
    return float_field(number(*POWER_DBM, low=_LEAST_DBM, high=_MOST_DBM, unit="dBm", meaning="Power radiated"))


def distance() -> float:
    """The key ``distance``, as every role has it."""
    meaning = "Distance from the site's centre, as a share of its radius"
    return float_field(number(*DISTANCE, low=0, high=1, unit="", meaning=meaning))


def float_field(declared: object) -> float:
    """The declared field, typed as what it will hold."""
    return declared  # type: ignore[return-value]  # dataclasses type a field() as its value


@dataclass(frozen=True, kw_only=True)
class Flight:
    """Keys at the top of the file."""

    duration_s: float = number(45, low=2, high=_LONGEST_S, unit="s", meaning="Length of the recording")
    security: str = word("wpa2", "open", words=("wpa2", "open"), meaning="The drone's network: WPA2 or open")


@dataclass(frozen=True, kw_only=True)
class Site:
    """``[site]``: where it happens."""

    radius_m: float = number(15, 40, low=3, high=_MOST_SITE_M, unit="m", meaning="Radius of the site")
    wind_m_s: float = number(0, 3, low=0, high=15, unit="m/s", meaning="Mean wind")


@dataclass(frozen=True, kw_only=True)
class Drone:
    """``[drone]``: the aircraft, which is the access point."""

    channel: int = channel(1, 6, 11, meaning="Channel of the drone's network")
    power_dbm: float = power()
    distance: float = distance()
    capacity_ah: float = number(0.6, 1.1, low=0.05, high=50, unit="Ah", meaning="Charge of a full battery, new or worn")


@dataclass(frozen=True, kw_only=True)
class Controller:
    """``[controller]``: the ground station, which writes the telemetry log."""

    power_dbm: float = power()
    distance: float = distance()
    clock_offset_s: float = number(
        0, low=-86400, high=86400, unit="s", meaning="Clock of the telemetry log minus the capture's"
    )
    drops_per_min: float = number(
        0, 0.5, low=0, high=60, unit="a minute", meaning="Times that it or the drone ends the association of itself"
    )
    joins: bool = flag(True, True, False, meaning="Whether it joins within the recording; else it has joined before")
    leaves: bool = flag(True, False, meaning="Whether it leaves in good order at the end, with a de-authentication")


@dataclass(frozen=True, kw_only=True)
class Pilot:
    """``[pilot]``: who flies."""

    style: str = word("moves", "sticks", "survey", "hover", words=tuple(STYLES), meaning="How the drone is flown")
    airborne_s: float = number(
        0, low=0, high=600, unit="s", meaning="Time the drone has been in use when the recording begins"
    )
    battery_pct: float = number(55, 100, low=5, high=100, unit="%", meaning="Charge when it is switched on")
    pads: int = whole(
        0, 6, low=0, high=8, unit="pads", meaning="Mission pads on the ground, which the style survey lays out"
    )


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """``[traffic]``: what drone and controller have to say."""

    video_mbit_s: float = number(3, 5, low=0, high=12, unit="Mb/s", meaning="Video, on average; 0 for none")
    rts: bool = flag(True, False, meaning="Whether stations ask with RTS before long frames")
    aggregate: int = whole(1, 8, low=1, high=32, unit="frames", meaning="Most video frames in one A-MPDU, 1 for none")


@dataclass(frozen=True, kw_only=True)
class Neighbours:
    """``[neighbours]``: other networks in reach, and what is ordinary about them."""

    networks: int = whole(1, 3, low=0, high=3, meaning="Access points nearby")
    stations: int = whole(1, 3, low=0, high=6, meaning="Stations of each")
    same_channel: float = number(0.7, low=0, high=1, unit="", meaning="Chance of each to be on the drone's channel")
    power_dbm: float = power()
    distance: float = distance()
    load_hz: float = number(2, 30, low=0, high=500, unit="datagrams/s", meaning="Traffic of each station")
    comings_per_min: float = number(
        0, 4, low=0, high=60, unit="a minute", meaning="Stations of each network that leave or come, with reasons"
    )
    storms_per_min: float = number(
        0, 2, low=0, high=60, unit="a minute", meaning="Bursts of probe requests by passers-by"
    )
    restarts_per_min: float = number(
        0, 0.3, low=0, high=30, unit="a minute", meaning="Restarts of each access point, which says so to all"
    )


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """``[receiver]``: the card that captures."""

    distance: float = distance()
    hops: bool = flag(False, meaning="Whether it hops over channels 1, 6 and 11")
    dwell_s: float = number(0.25, low=0.05, high=10, unit="s", meaning="Time on a channel when it hops")
    walks: bool = flag(False, meaning="Whether it is carried about")


SECTIONS: dict[str, type] = {
    "site": Site,
    "drone": Drone,
    "controller": Controller,
    "pilot": Pilot,
    "traffic": Traffic,
    "neighbours": Neighbours,
    "receiver": Receiver,
}
"""Sections by name."""
