"""False announcements in management frames: a switch of channel, drones that are not there, and frames made to crash.

A channel switch announcement (IEEE 802.11-2020, 9.4.2.18) in the drone's name sends its controller away. Remote ID
(ASTM F3411-22a) is not signed, so that a card alone can fill a map with drones. Frames whose elements run past their
end are how the parsers of management frames are tried (Vanhoef, USENIX Security 2021).
"""

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import BROADCAST, RatePolicy, SequencePolicy, TsfPolicy
from yawstring.simulate.attacks.forged import struck
from yawstring.simulate.elements import DS, SSID, VENDOR, Network, beacon, element, probe_response
from yawstring.simulate.frames import BEACON, PROBED, grouped
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.scenario_keys import number, whole, word
from yawstring.simulate.scene import Scene, local_address

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.traffic import Heard

CHANNEL_SWITCH = 37
"""Element of a channel switch announcement."""

_OTHER_CHANNELS = (1, 6, 11)
_COUNT = 3
_ODID = bytes.fromhex("fa0bbc0d")
_MESSAGE_OCTETS = 25
_VERSION = 2
_MULTIROTOR = 0x12  # a serial number, of a multirotor
_AIRBORNE = 0x20
_STEP_DEG = 2e-5


def _filled(block: NDArray[np.void], fields: dict[str, int]) -> NDArray[np.void]:
    for name, value in fields.items():
        block[name] = value
    return block


def _steady(attack: Attack, mark: Mark, rate_hz: float) -> NDArray[np.float64]:
    gap = 1.0 / rate_hz
    times = np.arange(attack.onset_s, attack.end_s, gap)
    return np.sort(times + mark.stream("timer").uniform(0, 0.3 * gap, len(times)))


@dataclass(frozen=True, kw_only=True)
class ChannelSwitch(Attack):
    """Beacons in the drone's name that announce a switch of channel; whoever follows has lost the drone."""

    KIND = "channel_switch"
    CLASS = "dos"

    rate_hz: float = number(5, 20, low=0.1, high=200, unit="frames/s", meaning="Beacons a second")
    quiet: str = word("yes", "no", words=("yes", "no"), meaning="Whether it asks for silence until the switch")

    def strikes(self, scene: Scene, mark: Mark) -> NDArray[np.float64]:
        """Announcements that the controller hears."""
        times = _steady(self, mark, self.rate_hz)
        return struck(scene, mark, times, np.ones(len(times), np.bool_))

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the beacons."""
        ours = scene.network
        there = int(mark.stream("channel").choice([one for one in _OTHER_CHANNELS if one != ours.channel]))
        switch = element(CHANNEL_SWITCH, bytes((int(self.quiet == "yes"), there, _COUNT)))
        times = _steady(self, mark, self.rate_hz)
        body = book.body(beacon(ours) + switch)
        block = grouped(mark.attacker, ours.bssid, ours.bssid, ours.channel, times, BEACON, body)
        fields = {**mark.fields(), "sequence_policy": int(SequencePolicy.HEARD), "tsf_policy": int(TsfPolicy.CLOCK)}
        book.add(_filled(block, fields))


@dataclass(frozen=True, kw_only=True)
class MalformedFrames(Attack):
    """Beacons and probe responses whose elements run past their end, or are too short for their kind."""

    KIND = "malformed_frames"
    CLASS = "flood"

    rate_hz: float = number(10, 60, low=0.1, high=1000, unit="frames/s", meaning="Frames a second")
    name: str = word("drone", "own", words=("drone", "own"), meaning="In whose name: the drone's, or its own")

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the frames."""
        rng = mark.stream("bodies")
        ours = scene.network
        address = ours.bssid if self.name == "drone" else local_address(rng)
        network = Network(ssid=ours.ssid, bssid=address, channel=ours.channel, secured=ours.secured, rates=ours.rates)
        times = _steady(self, mark, self.rate_hz)
        asks = rng.random(len(times)) < 0.5
        tails = (bytes((VENDOR, 200)) + rng.bytes(3), element(DS, b""), element(SSID, rng.bytes(40)), b"\x30")
        bodies = book.each([
            (probe_response(network) if ask else beacon(network)) + tails[int(rng.integers(len(tails)))]
            for ask in asks.tolist()
        ])  # fmt: skip
        block = grouped(mark.attacker, address, address, ours.channel, times, BEACON, bodies)
        block["subtype"] = np.where(asks, PROBED, BEACON)
        block["address1"] = np.uint64(BROADCAST)
        block["tsf_policy"], block["rate_policy"] = TsfPolicy.CLOCK, RatePolicy.BASIC
        book.add(_filled(block, mark.fields()))


@dataclass(frozen=True, kw_only=True)
class RemoteIdSpoof(Attack):
    """Remote ID of drones that are not there, each under an address of its own."""

    KIND = "remote_id"
    CLASS = "fdi"

    drones: int = whole(10, 40, low=1, high=400, meaning="Drones that it makes up")
    rate_hz: float = number(1, 3, low=0.1, high=20, unit="frames/s", meaning="Messages a second of each")

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the beacons."""
        rng = mark.stream("drones")
        channel = scene.network.channel
        for _ in range(self.drones):
            address, serial = local_address(rng), b"1581F" + rng.bytes(7).hex().upper().encode()
            place = rng.uniform((-60.0, -170.0), (60.0, 170.0))
            times = np.arange(self.onset_s + float(rng.uniform(0, 1 / self.rate_hz)), self.end_s, 1 / self.rate_hz)
            bodies = book.each(
                [_identified(serial, place + _STEP_DEG * number, number) for number in range(len(times))]
            )
            block = grouped(mark.attacker, address, address, channel, times, BEACON, bodies)
            fields = {**mark.fields(), "sequence_policy": int(SequencePolicy.OWN), "tsf_policy": int(TsfPolicy.CLOCK)}
            book.add(_filled(block, fields))


def _identified(serial: bytes, place_deg: NDArray[np.float64], count: int) -> bytes:
    """Body of a beacon with a pack of two messages: who, and where."""
    who = bytes((_VERSION, _MULTIROTOR)) + serial.ljust(23, b"\0")
    north, east = np.round(place_deg * 1e7).astype(int).tolist()
    where = bytes((0x10 | _VERSION, _AIRBORNE, 90, 20, 0)) + struct.pack("<ii", north, east)
    where += struct.pack("<HHH", 2100, 2150, 2060) + bytes((0x44, 0x33)) + struct.pack("<H", count % 36000) + bytes(2)
    pack = bytes((0xF0 | _VERSION, _MESSAGE_OCTETS, 2)) + who + where
    network = Network(ssid=b"RID", bssid=0, channel=1, secured=False, rates=(0, 1, 2, 3))
    return beacon(network) + element(VENDOR, _ODID + bytes((count & 0xFF,)) + pack)
