"""Who is there: stations, networks, places, clocks and keys of one flight, each drawn anew."""

from dataclasses import dataclass, replace
from math import cos, pi, sin

import numpy as np

from yawstring.simulate.air import Environment, Receiver, Station, Track
from yawstring.simulate.air.places import Point
from yawstring.simulate.drawn import Drawn
from yawstring.simulate.elements import Network
from yawstring.simulate.handshake import master_key
from yawstring.simulate.scenario_keys import stream

DRONE, CONTROLLER = 0, 1
"""Indices of the two stations that every flight has."""

DRONE_IP, CONTROLLER_IP = 0xC0A80A01, 0xC0A80A02
"""192.168.10.1 and 192.168.10.2, as the Tello gives them."""

_DRONE_VENDORS = (0x60601F, 0x34D262, 0x481CB9)
"""OUIs of makers of small drones."""

_VENDORS = (
    0x00C0CA,
    0x3C7C3F,
    0x50C7BF,
    0xA42BB0,
    0xF4F26D,
    0x001D0F,
    0x9CB6D0,
    0xDC0856,
    0x7085C2,
    0x3CE1A1,
    0x8C8590,
)
"""OUIs of makers of access points, cards and telephones."""

_NAMES = ("Home", "guest", "WLAN", "office", "cafe", "Net", "upstairs", "printer")
_OTHER_CHANNELS = (1, 6, 11)
_LEGACY = tuple(range(12))
_ADAPTS = (tuple(range(4, 12)), tuple(range(12, 20)), tuple(range(20, 28)))
"""What rate adaptation chooses from: OFDM; HT; HT with the short guard interval. Drawn for every role alike."""

_DRIFT_PPM = (-60.0, 20.0)
_EYE_M = (0.5, 2.0)
_FIRST_DAY_NS = 1_704_067_200_000_000_000
"""2024-01-01, the earliest day of a flight."""

_DAY_NS = 86_400_000_000_000
_DAYS = 900
_DAY_US = 86_400_000_000
_RTS_OCTETS = (300, 1200)
_NEVER_RTS = 2347
_WALK_M_S = 1.0

_LEAST_DBM = -90.0
"""Where half of the frames at 1 Mb/s are heard."""

_SPREAD_DB = 10.0


@dataclass(frozen=True, kw_only=True)
class Neighbour:
    """Another network in reach.

    Attributes:
        network: As its beacons tell.
        point: Index of its access point's station.
        clients: Indices of its other stations.
    """

    network: Network
    point: int
    clients: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Everything of a flight that does not change in it.

    Attributes:
        drawn: The scenario's values.
        network: The drone's network.
        master: The network's pairwise master key; empty on an open one.
        stations: Every station; the drone does not move yet.
        neighbours: Other networks.
        attackers: Index of each attack's station.
        receiver: The card that captures.
        environment: The ground.
    """

    drawn: Drawn
    network: Network
    master: bytes
    stations: tuple[Station, ...]
    neighbours: tuple[Neighbour, ...]
    attackers: tuple[int, ...]
    receiver: Receiver
    environment: Environment

    @property
    def seed(self) -> int:
        """Seed of every draw."""
        return self.drawn.seed

    @property
    def epoch_ns(self) -> int:
        """Unix time of the start."""
        return self.environment.epoch_ns

    @property
    def secured(self) -> bool:
        """Whether the drone's network is a WPA2 one."""
        return self.network.secured

    @property
    def duration_s(self) -> float:
        """Length of the recording."""
        return self.drawn.flight.duration_s

    @property
    def bssid(self) -> int:
        """Address of the drone."""
        return self.network.bssid

    @property
    def client(self) -> int:
        """Address of the controller."""
        return self.stations[CONTROLLER].address


def make_scene(drawn: Drawn) -> Scene:
    """The scene of a flight, each draw from a stream of its own."""
    rng = stream(drawn.seed, "scene")
    stations = [_drone(drawn), _station(drawn, "controller", "controller", drawn.controller)]
    neighbours = [_neighbour(drawn, number, stations) for number in range(drawn.neighbours.networks)]
    attackers = tuple(range(len(stations), len(stations) + len(drawn.attacks)))
    names = [f"attacker-{number + 1}" if len(attackers) > 1 else "attacker" for number in range(len(attackers))]
    stations += [_station(drawn, name, "attacker", one) for name, one in zip(names, drawn.attacks, strict=True)]
    ssid = f"TELLO-{stations[DRONE].address & 0xFFFFFF:06X}".encode()
    network = Network(
        ssid=ssid,
        bssid=stations[DRONE].address,
        channel=drawn.drone.channel,
        secured=drawn.flight.security == "wpa2",
        rates=_LEGACY + stations[DRONE].rates if stations[DRONE].rates[0] >= len(_LEGACY) else _LEGACY,
    )
    phrase = rng.bytes(8).hex()
    epoch_ns = int(_FIRST_DAY_NS + rng.integers(_DAYS) * _DAY_NS + rng.integers(_DAY_NS))
    return Scene(
        drawn=drawn,
        network=network,
        master=master_key(phrase, ssid) if network.secured else b"",
        stations=tuple(stations),
        neighbours=tuple(neighbours),
        attackers=attackers,
        receiver=_receiver(drawn),
        environment=_environment(drawn.seed, epoch_ns),
    )


def received_dbm(scene: Scene, transmitter: int, receiver: int) -> float:
    """Mean power that one station receives of another, by the distance between their places at the start."""
    one, other = scene.stations[transmitter], scene.stations[receiver]
    gap = float(np.linalg.norm(np.subtract(one.track.points[0], other.track.points[0])))
    ground = scene.environment
    return float(one.power_dbm - ground.reference_db - 10 * ground.exponent * np.log10(max(1.0, gap)))


def reaches(scene: Scene, transmitter: int, receiver: int) -> float:
    """Chance that one station hears a frame of another at the lowest rate.

    For planning what a frame does to the association before the air is simulated.
    """
    margin = received_dbm(scene, transmitter, receiver) - _LEAST_DBM
    return float(np.clip(0.5 + margin / _SPREAD_DB, 0.02, 0.98))


def local_address(rng: np.random.Generator) -> int:
    """A station's address: a maker's OUI and three random octets."""
    return int(rng.choice(_VENDORS)) << 24 | int(rng.integers(1 << 24))


def network_name(rng: np.random.Generator) -> bytes:
    """The name of somebody's network."""
    return f"{_NAMES[int(rng.integers(len(_NAMES)))]}-{int(rng.integers(1 << 16)):04X}".encode()


def _drone(drawn: Drawn) -> Station:
    rng = stream(drawn.seed, "station", "drone", "vendor")
    address = int(rng.choice(_DRONE_VENDORS)) << 24 | int(rng.integers(1 << 24))
    station = _station(drawn, "drone", "drone", drawn.drone)
    return replace(station, address=address, aggregate=drawn.traffic.aggregate)


def _station(drawn: Drawn, name: str, role: str, where: object) -> Station:
    """A station of any role: all draw the same things from the same distributions."""
    rng = stream(drawn.seed, "station", name)
    share = float(where.distance)  # type: ignore[attr-defined]  # each section with a place has this key
    ask = int(rng.integers(*_RTS_OCTETS))
    return Station(
        name=name,
        role=role,
        address=local_address(rng),
        power_dbm=float(where.power_dbm),  # type: ignore[attr-defined]  # likewise
        track=Track.still(_place(rng, share * drawn.site.radius_m)),
        drift_ppm=float(rng.uniform(*_DRIFT_PPM)),
        tsf_epoch_us=int(rng.integers(_DAY_US)),
        first_sequence=int(rng.integers(4096)),
        rates=_ADAPTS[int(rng.integers(len(_ADAPTS)))],
        rts_threshold=ask if drawn.traffic.rts else _NEVER_RTS,
    )


def _neighbour(drawn: Drawn, number: int, stations: list[Station]) -> Neighbour:
    """One more network; its stations are added to ``stations``."""
    rng = stream(drawn.seed, "neighbour", number)
    name = f"neighbour-{number + 1}"
    point = len(stations)
    stations.append(_scattered(drawn, name, rng))
    clients = tuple(range(point + 1, point + 1 + drawn.neighbours.stations))
    stations += [_scattered(drawn, f"{name}-station-{client - point}", rng) for client in clients]
    near = rng.random() < drawn.neighbours.same_channel
    network = Network(
        ssid=network_name(rng),
        bssid=stations[point].address,
        channel=drawn.drone.channel if near else int(rng.choice(_OTHER_CHANNELS)),
        secured=True,
        rates=_LEGACY + stations[point].rates if stations[point].rates[0] >= len(_LEGACY) else _LEGACY,
    )
    return Neighbour(network=network, point=point, clients=clients)


def _scattered(drawn: Drawn, name: str, rng: np.random.Generator) -> Station:
    """A neighbour: as far and as strong as its section says, up to the range's width apart from its fellows."""
    station = _station(drawn, name, "neighbour", drawn.neighbours)
    share = float(np.clip(drawn.neighbours.distance * rng.uniform(0.6, 1.4), 0.0, 1.0))
    power = drawn.neighbours.power_dbm + float(rng.uniform(-3.0, 3.0))
    return replace(station, power_dbm=power, track=Track.still(_place(rng, share * drawn.site.radius_m)))


def _place(rng: np.random.Generator, distance_m: float) -> Point:
    angle = float(rng.uniform(0, 2 * pi))
    return distance_m * cos(angle), distance_m * sin(angle), float(rng.uniform(*_EYE_M))


def _receiver(drawn: Drawn) -> Receiver:
    rng = stream(drawn.seed, "receiver")
    settings = drawn.receiver
    start = _place(rng, settings.distance * drawn.site.radius_m)
    track = Track.still(start)
    if settings.walks:
        track = _walk(start, drawn, rng)
    hops: tuple[tuple[float, int], ...] = ((1.0, drawn.drone.channel),)
    if settings.hops:
        hops = tuple((settings.dwell_s, channel) for channel in _OTHER_CHANNELS)
    return Receiver(
        track=track,
        hops=hops,
        antenna_dbi=float(rng.uniform(0.0, 5.0)),
        antennas=int(rng.integers(1, 3)),
        noise_dbm=float(rng.uniform(-97.0, -92.0)),
        reports_noise=bool(rng.random() < 0.3),
        gain_error_db=float(rng.normal(0.0, 2.0)),
        drift_ppm=float(rng.uniform(*_DRIFT_PPM)),
    )


def _walk(start: Point, drawn: Drawn, rng: np.random.Generator) -> Track:
    """A walk between places of the site at an easy pace."""
    times, points = [0.0], [start]
    while times[-1] < drawn.flight.duration_s:
        there = _place(rng, float(rng.uniform(0, 1)) * drawn.site.radius_m)
        gap = float(np.linalg.norm(np.subtract(there, points[-1])))
        times.append(times[-1] + max(1.0, gap / _WALK_M_S))
        points.append(there)
    return Track(times_s=tuple(times), points=tuple(points))


def _environment(seed: int, epoch_ns: int) -> Environment:
    rng = stream(seed, "environment")
    return Environment(
        exponent=float(rng.uniform(2.2, 3.2)),
        shadow_db=float(rng.uniform(2.0, 5.0)),
        fading_still_db=float(rng.uniform(1.1, 1.7)),
        fading_moving_db=float(rng.uniform(1.8, 3.0)),
        short_slot=bool(rng.random() < 0.8),
        epoch_ns=epoch_ns,
    )
