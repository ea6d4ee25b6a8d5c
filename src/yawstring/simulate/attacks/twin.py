"""Evil twins: access points under the drone's name.

``airbase-ng`` stamps its beacons with Unix time in microseconds; ``mdk4 b`` with a count from 0 and a new address for
each; a careful twin made with hostapd looks right but for its place, its clock and its counters. A twin may also
de-authenticate the controller, which then looks for its network and may find the wrong one: on an open network it stays
there; under WPA2 the handshake fails.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air import NOBODY, SequencePolicy, TsfPolicy
from yawstring.simulate.association import Joining, offer_join
from yawstring.simulate.attacks.forged import RETRIES, offer_forged, struck
from yawstring.simulate.elements import Network, beacon, probe_response, reason
from yawstring.simulate.frames import BEACON, DEAUTHENTICATE, PROBE, PROBED, S_TO_US, Link, data, grouped, management
from yawstring.simulate.hostile import Attack, Mark
from yawstring.simulate.packets import COMMAND_PORT
from yawstring.simulate.scenario_keys import flag, number, word
from yawstring.simulate.scene import CONTROLLER, Scene, local_address
from yawstring.simulate.traffic import BEACON_S, offer_address, text_bodies

if TYPE_CHECKING:
    from yawstring.simulate.offer_book import Book
    from yawstring.simulate.traffic import Heard

_LURE_FRAMES = 16
_LURE_GAP_S = 0.002
_LURE_EVERY_S = (0.5, 2.0)
_LURE_REASON = 7
_UNKNOWN_KEY = 15
"""Reason: 4-way handshake timeout."""

_TURNED_AWAY_S = 0.3
_MOST_ADDRESSES = 400
_ELSEWHERE = (11, 6, 1)
"""A channel for each remainder of the drone's: never its own."""


@dataclass(frozen=True, kw_only=True)
class _Twin(Attack):
    """What every twin does: beacon, answer probe requests, lure."""

    CLASS = "evil_twin"

    lure: bool = flag(True, False, meaning="Whether it also de-authenticates the controller")
    borrows: bool = flag(True, False, meaning="Whether it uses the drone's own address")
    protection: str = word("same", words=("same", "other"), meaning="What it offers: WPA2 or none, as the drone or not")
    where: str = word("same", words=("same", "other"), meaning="The drone's channel, or another one")

    def lures(self) -> bool:
        """A twin that the controller can join."""
        return self.protection == "same"

    def strikes(self, scene: Scene, mark: Mark) -> NDArray[np.float64]:
        """De-authentications that lure."""
        if not self.lure:
            return np.zeros(0)
        times = self._lure_times(mark)
        return struck(scene, mark, times, np.ones(len(times), bool))

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add its beacons, answers and lures, and what a controller that it caught says to it."""
        network = self._network(scene, mark)
        self._offer_beacons(scene, mark, network, book)
        self._offer_answers(scene, mark, network, heard, book)
        if self.lure:
            self._offer_lures(scene, mark, book)
        self._offer_joined(scene, mark, network, heard, book)

    def _network(self, scene: Scene, mark: Mark) -> Network:
        address = scene.bssid if self.borrows else local_address(mark.stream("address"))
        ours = scene.network
        secured = ours.secured == (self.protection == "same")
        channel = ours.channel if self.where == "same" else _ELSEWHERE[ours.channel % len(_ELSEWHERE)]
        return Network(ssid=ours.ssid, bssid=address, channel=channel, secured=secured, rates=ours.rates)

    def _clock(self) -> TsfPolicy:
        return TsfPolicy.CLOCK

    def _counted(self, mark: Mark) -> dict[str, int]:
        """Sequence numbers: the card's own counter, from a drawn number on."""
        return {"sequence_policy": int(SequencePolicy.OWN)}

    def _offer_beacons(self, scene: Scene, mark: Mark, network: Network, book: "Book") -> None:
        times = np.arange(self.onset_s, self.end_s, BEACON_S)
        fields = {**mark.fields(), **self._counted(mark), "tsf_policy": int(self._clock())}
        body = book.body(beacon(network))
        block = grouped(mark.attacker, network.bssid, network.bssid, network.channel, times, BEACON, body)
        book.add(_filled(block, fields))

    def _offer_answers(self, scene: Scene, mark: Mark, network: Network, heard: "Heard", book: "Book") -> None:
        """Answers to every probe request on the channel."""
        frames = heard.frames
        asks = np.flatnonzero((frames["kind"] == 0) & (frames["subtype"] == PROBE))
        times = frames["time_us"][asks] / S_TO_US
        asks = asks[(times >= self.onset_s) & (times < self.end_s) & (frames["channel"][asks] == network.channel)]
        if not len(asks):
            return
        rng = mark.stream("answers")
        link = Link(station=CONTROLLER, point=mark.attacker, client=0, bssid=network.bssid, channel=network.channel)
        late = frames["time_us"][asks] / S_TO_US + rng.uniform(0.001, 0.004, len(asks))
        block = management(link, late, PROBED, book.body(probe_response(network)), down=True)
        fields = {**mark.fields(), **self._counted(mark), "tsf_policy": int(self._clock()), "retry_limit": 3}
        block["to"], block["address1"] = frames["transmitter"][asks], frames["address2"][asks]
        book.add(_filled(block, fields))

    def _lure_times(self, mark: Mark) -> NDArray[np.float64]:
        rng = mark.stream("lure")
        gaps = rng.uniform(*_LURE_EVERY_S, int((self.end_s - self.onset_s) / _LURE_EVERY_S[0]) + 1)
        bursts = self.onset_s + np.cumsum(gaps)
        times = (bursts[:, None] + np.arange(_LURE_FRAMES) * _LURE_GAP_S).ravel()
        return times[times < self.end_s]

    def _offer_lures(self, scene: Scene, mark: Mark, book: "Book") -> None:
        times = self._lure_times(mark)
        codes = np.full(len(times), _LURE_REASON)
        limit = int(mark.stream("card").integers(*RETRIES))
        policy = int(SequencePolicy.OWN)
        down = np.ones(len(times), bool)
        block = offer_forged(
            scene, mark, times, down, DEAUTHENTICATE, codes, book, sequence_policy=policy, retry_limit=limit
        )
        book.add(block)

    def _offer_joined(self, scene: Scene, mark: Mark, network: Network, heard: "Heard", book: "Book") -> None:
        """The controller joins the twin: on an open network it stays, under WPA2 it is turned away."""
        rng = mark.stream("joined")
        link = Link(
            station=CONTROLLER,
            point=mark.attacker,
            client=scene.client,
            bssid=network.bssid,
            channel=network.channel,
            key=NOBODY,
        )
        for join in heard.timeline.joins:
            if join.attack != mark.number:
                continue
            who = Joining(
                link=link,
                network=network,
                master=b"",
                rates=scene.stations[CONTROLLER].rates,
                fails=network.secured,
                fields=mark.fields(),
            )
            offer_join(book, who, join.start_s, join.end_s, rng)
            if network.secured:
                body = book.body(reason(_UNKNOWN_KEY))
                away = management(link, join.end_s + _TURNED_AWAY_S, DEAUTHENTICATE, body, down=True)
                book.add(_filled(away, mark.fields()))
        for which, start, end in heard.timeline.stays:
            if which == mark.number:
                offer_address(link, start, book, rng, **mark.fields())
                self._offer_talk(scene, mark, link, (start, end), heard, book)

    def _offer_talk(
        self, scene: Scene, mark: Mark, link: Link, stay: tuple[float, float], heard: "Heard", book: "Book"
    ) -> None:
        """The pilot's commands go to the twin, which says ``ok`` to each."""
        ports = (COMMAND_PORT, COMMAND_PORT)
        said = [one for one in heard.said.commands if stay[0] <= one.time_s < stay[1]]
        if not said:
            return
        times = np.array([one.time_s for one in said])
        body, random = text_bodies(scene, [one.text.encode() for one in said], False, ports, book)
        book.add(data(link, times, down=False, body=body, random=random))
        body, random = text_bodies(scene, [b"ok"] * len(said), True, ports, book)
        back = mark.stream("talk").uniform(0.005, 0.03, len(said))
        book.add(data(link, times + back, down=True, body=body, random=random, **mark.fields()))


@dataclass(frozen=True, kw_only=True)
class AirbaseTwin(_Twin):
    """A twin as ``airbase-ng`` makes it."""

    KIND = "airbase_twin"

    def _clock(self) -> TsfPolicy:
        return TsfPolicy.UNIX

    def _counted(self, mark: Mark) -> dict[str, int]:
        return {"sequence_policy": int(SequencePolicy.COUNTER), "counter": mark.counter()}


@dataclass(frozen=True, kw_only=True)
class HostapdTwin(_Twin):
    """A careful twin: right in everything but its place, its clock and its counters."""

    KIND = "hostapd_twin"


@dataclass(frozen=True, kw_only=True)
class Mdk4Twin(Attack):
    """The drone's name under one made-up address after another, as ``mdk4 b`` sends it."""

    KIND = "mdk4_twin"
    CLASS = "evil_twin"

    rate_hz: float = number(30, 150, low=1, high=2000, unit="frames/s", meaning="Beacons a second")

    def offer(self, scene: Scene, mark: Mark, heard: "Heard", book: "Book") -> None:
        """Add the beacons."""
        rng = mark.stream("addresses")
        gap = 1.0 / self.rate_hz
        times = np.arange(self.onset_s, self.end_s, gap)
        times = np.sort(times + rng.uniform(0, 0.3 * gap, len(times)))
        addresses = np.array([local_address(rng) for _ in range(min(_MOST_ADDRESSES, len(times)))], np.uint64)
        which = rng.integers(len(addresses), size=len(times))
        ours = scene.network
        twin = Network(ssid=ours.ssid, bssid=0, channel=ours.channel, secured=ours.secured, rates=ours.rates)
        block = grouped(mark.attacker, 0, 0, ours.channel, times, BEACON, book.body(beacon(twin)))
        block = _filled(block, mark.fields())
        block["address2"] = block["address3"] = addresses[which]
        block["counter"], block["sequence_policy"] = mark.counter(1) + which, SequencePolicy.COUNTER
        block["tsf_policy"] = TsfPolicy.COUNT
        book.add(block)


def _filled(block: NDArray[np.void], fields: dict[str, int]) -> NDArray[np.void]:
    for name, value in fields.items():
        block[name] = value
    return block
