"""Floods of beacons, of probe requests, of CTS and of RTS: the air, or the list of networks, filled up."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import BROADCAST, Kind, RatePolicy, SequencePolicy, TsfPolicy, offered
from yawstring.simulate.elements import Network, beacon, probe_request
from yawstring.simulate.frames import BEACON, CTS, PROBE, RTS, grouped, microseconds
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.scenario_keys import number, whole, word
from yawstring.simulate.scene import local_address, network_name

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.scene import Scene
    from yawstring.simulate.traffic import Heard

LONGEST_NAV_US = 32_767
"""The longest Duration (IEEE 802.11-2020, 9.2.4.2)."""

_CONTROL_RATES, _CONTROL_SHARES = (8, 6), (0.95, 0.05)
"""24 and 12 Mb/s: the rates at which stations near each other ask and answer."""

_SILENT_SHARE = 0.9
"""Of the time reserved, from which on nothing gets through."""


def _steady(attack: Attack, mark: Mark, rate_hz: float) -> NDArray[np.float64]:
    gap = 1.0 / rate_hz
    times = np.arange(attack.onset_s, attack.end_s, gap)
    return np.sort(times + mark.stream("timer").uniform(0, 0.3 * gap, len(times)))


@dataclass(frozen=True, kw_only=True)
class BeaconFlood(Attack):
    """Beacons of networks that do not exist."""

    KIND = "beacon_flood"
    CLASS = "flood"

    rate_hz: float = number(40, 250, low=1, high=2000, unit="frames/s", meaning="Beacons a second")
    networks: int = whole(20, 400, low=1, high=4000, meaning="Names and addresses that it makes up")
    clock: str = word("count", "none", words=("count", "none"), meaning="TSF: counted from 0 as mdk4 does, or zero")

    def offer(self, scene: "Scene", mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the beacons."""
        rng = mark.stream("networks")
        times = _steady(self, mark, self.rate_hz)
        bodies, addresses = [], []
        for _ in range(min(self.networks, len(times))):
            address, secured = local_address(rng), bool(rng.random() < 0.5)
            network = Network(
                ssid=network_name(rng),
                bssid=address,
                channel=scene.network.channel,
                secured=secured,
                rates=scene.network.rates,
            )
            bodies.append(book.body(beacon(network)))
            addresses.append(address)
        which = rng.integers(len(bodies), size=len(times)) if bodies else np.zeros(0, np.int64)
        chosen = np.array(addresses, np.uint64)[which]
        block = grouped(mark.attacker, 0, 0, scene.network.channel, times, BEACON, np.array(bodies)[which])
        for name, value in mark.fields().items():
            block[name] = value
        block["address2"] = block["address3"] = chosen
        block["counter"] = mark.counter(1) + which if self.clock == "count" else mark.counter()
        block["tsf_policy"] = TsfPolicy.COUNT if self.clock == "count" else TsfPolicy.BODY
        block["sequence_policy"] = SequencePolicy.FIXED if self.clock == "none" else SequencePolicy.COUNTER
        book.add(block)


@dataclass(frozen=True, kw_only=True)
class ProbeFlood(Attack):
    """Probe requests that everyone has to answer."""

    KIND = "probe_flood"
    CLASS = "flood"

    rate_hz: float = number(100, 400, low=1, high=2000, unit="frames/s", meaning="Probe requests a second")
    addresses: int = whole(1, 200, low=1, high=4000, meaning="Addresses that it makes up")

    def offer(self, scene: "Scene", mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the probe requests."""
        rng = mark.stream("addresses")
        times = _steady(self, mark, self.rate_hz)
        addresses = np.array([local_address(rng) for _ in range(self.addresses)], np.uint64)
        which = rng.integers(len(addresses), size=len(times))
        body = book.body(probe_request(b"", scene.network.rates))
        block = grouped(mark.attacker, 0, BROADCAST, scene.network.channel, times, PROBE, body)
        for name, value in mark.fields().items():
            block[name] = value
        block["address2"] = addresses[which]
        block["counter"], block["sequence_policy"] = mark.counter(), SequencePolicy.COUNTER
        book.add(block)


@dataclass(frozen=True, kw_only=True)
class _Reservation(Attack):
    """Frames that reserve the air for a time in which nobody sends."""

    rate_hz: float = number(15, 120, low=1, high=2000, unit="frames/s", meaning="Frames a second")
    reserve_us: int = whole(10_000, LONGEST_NAV_US, low=0, high=LONGEST_NAV_US, unit="µs", meaning="Time each reserves")

    def silences(self, scene: "Scene", mark: Mark) -> tuple[tuple[float, float], ...]:
        """All of it, where the reservations leave no gap."""
        share = self.rate_hz * self.reserve_us * 1e-6
        return ((self.onset_s, self.end_s),) if share >= _SILENT_SHARE else ()

    def _offer(self, scene: "Scene", mark: Mark, subtype: int, victims: tuple[int, ...], book: "Book") -> None:
        rng = mark.stream("card")
        times = _steady(self, mark, self.rate_hz)
        fields = {
            **mark.fields(),
            "kind": int(Kind.CONTROL),
            "subtype": subtype,
            "channel": scene.network.channel,
            "duration_us": self.reserve_us,
            "rate_policy": int(RatePolicy.FIXED),
            "rate": int(rng.choice(_CONTROL_RATES, p=_CONTROL_SHARES)),
        }
        block = offered(len(times), time_us=microseconds(times), **fields)
        block["address1"] = np.array(victims, np.uint64)[rng.integers(len(victims), size=len(times))]
        block["address2"] = np.uint64(local_address(rng) if subtype == RTS else BROADCAST)
        book.add(block)


@dataclass(frozen=True, kw_only=True)
class CtsFlood(_Reservation):
    """CTS frames that nobody asked for."""

    KIND = "cts_flood"
    CLASS = "flood"

    def offer(self, scene: "Scene", mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the frames."""
        made_up = local_address(mark.stream("address"))
        self._offer(scene, mark, CTS, (scene.bssid, scene.client, made_up), book)


@dataclass(frozen=True, kw_only=True)
class RtsFlood(_Reservation):
    """RTS frames that no data follow."""

    KIND = "rts_flood"
    CLASS = "flood"

    def offer(self, scene: "Scene", mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the frames."""
        self._offer(scene, mark, RTS, (scene.bssid,), book)
