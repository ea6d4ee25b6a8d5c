"""Offers made ready for the loop: who contends, which counters they draw on, and what lies between the stations."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError
from yawstring.simulate.air import columns as col
from yawstring.simulate.air.columns import World
from yawstring.simulate.air.exchange import WINDOW_LEAST
from yawstring.simulate.air.frames import CCMP_OCTETS, CONTROL, DATA, FCS_OCTETS, MIC_OCTETS, QOS_BIT, SHORT_CONTROL
from yawstring.simulate.air.offers import NOBODY, OFFER, Bodies, PacketPolicy, SequencePolicy
from yawstring.simulate.air.places import Environment, Noise, Receiver, Station
from yawstring.simulate.air.propagation import STEP_S, losses_db, positions
from yawstring.simulate.air.rates import RATES, SLOT_LONG_NS, SLOT_SHORT_NS

_HEADER_OCTETS, _QOS_OCTETS, _ONE_ADDRESS, _TWO_ADDRESSES = 24, 2, 10, 16
_MOST_OCTETS = 2352
_MOST_SEQUENCE = 4095
_NS, _NS_PER_US, _NS_PER_MS = 1_000_000_000, 1000, 1_000_000
_FOREVER_S = 1e9
_UP_AFTER = (8, 17)
_GAIN_ERROR_DB = 0.4
TAIL_STEPS = 10
"""Steps of the table of losses beyond the last offer."""

_SAME_NAME: Mapping[str, int] = {
    "transmitter": col.OFFER_FROM,
    "to": col.OFFER_TO,
    "channel": col.OFFER_CHANNEL,
    "ack": col.OFFER_ACK,
    "retry_limit": col.OFFER_RETRIES,
    "kind": col.OFFER_KIND,
    "subtype": col.OFFER_SUBTYPE,
    "flags": col.OFFER_FLAGS,
    "address1": col.OFFER_ADDRESS1,
    "address2": col.OFFER_ADDRESS2,
    "address3": col.OFFER_ADDRESS3,
    "body": col.OFFER_BODY,
    "random": col.OFFER_RANDOM,
    "qos": col.OFFER_QOS,
    "protection": col.OFFER_PROTECTION,
    "packet_policy": col.OFFER_PACKET_POLICY,
    "packet_number": col.OFFER_PACKET_ASKED,
    "key": col.OFFER_KEY,
    "rate_policy": col.OFFER_RATE_POLICY,
    "rate": col.OFFER_RATE,
    "sequence_policy": col.OFFER_SEQUENCE_POLICY,
    "sequence": col.OFFER_SEQUENCE_ASKED,
    "duration_us": col.OFFER_DURATION,
    "tsf_policy": col.OFFER_TSF_POLICY,
    "tsf_us": col.OFFER_TSF,
}
"""Fields of an offer that are columns of the loop's table as they stand."""


def planned(
    offers: NDArray[np.void],
    bodies: Bodies,
    stations: Sequence[Station],
    receiver: Receiver,
    environment: Environment,
    noise: Sequence[Noise],
    random: np.random.Generator,
) -> World:
    """The world before the first of these offers.

    Raises:
        OptionError: an offer points at what is not there, or waits for a later one.
    """
    _check(offers, bodies, len(stations))
    octets = octets_of(offers, bodies)
    order, queues = queues_of(offers)
    counters, columns = _counters(offers, stations, random)
    sites = list(dict.fromkeys(part.track for part in noise))
    last_s = max([float(offers["time_us"].max(initial=0)) / 1e6, *(part.end_s for part in noise)])
    tracks = [*(station.track for station in stations), receiver.track, *sites]
    places = positions(tracks, int(last_s / STEP_S) + TAIL_STEPS)
    return World(
        offers=rows_of(offers, octets, order, columns),
        stations=stations_of(stations, random),
        queues=queues,
        book=book_of(counters, receiver, environment, len(stations), random),
        dials=dials_of(stations, receiver, environment, random),
        noise=noise_of(noise, {site: len(stations) + 1 + index for index, site in enumerate(sites)}),
        loss=losses_db(places, environment, random),
    )


def hops_ns(receiver: Receiver) -> NDArray[np.int64]:
    """The receiver's hops: int64[hop, 2], the end of each within the cycle and its channel."""
    ends = np.cumsum([dwell for dwell, _ in receiver.hops]) * _NS
    return np.stack([ends, [channel for _, channel in receiver.hops]], axis=1).astype(np.int64)


def _check(offers: NDArray[np.void], bodies: Bodies, stations: int) -> None:
    if offers.dtype != OFFER:
        raise OptionError("offers are an array of OFFER; make it with offered()")
    place = np.empty(len(offers), np.int64)
    place[np.argsort(offers["time_us"], kind="stable")] = np.arange(len(offers))
    wrong = {
        "a transmitter that is no station": (offers["transmitter"] < 0) | (offers["transmitter"] >= stations),
        "an addressee that is no station": (offers["to"] < NOBODY) | (offers["to"] >= stations),
        "a channel outside 1 to 13": (offers["channel"] < 1) | (offers["channel"] >= col.CHANNELS),
        "a queue that is not there": offers["queue"] >= len(WINDOW_LEAST),
        "a body that is not there": (offers["body"] < NOBODY) | (offers["body"] >= len(bodies.starts) - 1),
        "a rate that is not there": offers["rate"] >= len(RATES),
        "a time before the start": offers["time_us"] < 0,
        "a negative number of random octets": offers["random"] < 0,
        "a sequence number above 4095": offers["sequence"] > _MOST_SEQUENCE,
    }
    for name in ("after", "copy_of"):
        index = offers[name]
        known = (index >= NOBODY) & (index < len(offers))
        late = known & (index >= 0) & (place[np.where(known, index, 0)] >= place)
        wrong[f"in {name!r} an offer that is not there or not earlier"] = ~known | late
    for what, found in wrong.items():
        if found.any():
            raise OptionError(f"offer {int(np.argmax(found))} names {what}")


def octets_of(offers: NDArray[np.void], bodies: Bodies) -> NDArray[np.int64]:
    """Length of each frame, FCS included."""
    kind, subtype = offers["kind"], offers["subtype"]
    header = np.full(len(offers), _HEADER_OCTETS)
    header[(kind == DATA) & ((subtype & QOS_BIT) > 0)] += _QOS_OCTETS
    header[kind == CONTROL] = _TWO_ADDRESSES
    header[(kind == CONTROL) & np.isin(subtype, SHORT_CONTROL)] = _ONE_ADDRESS
    sizes = np.append(np.diff(bodies.starts), 0)
    sealed = np.where(offers["protection"] > 0, CCMP_OCTETS + MIC_OCTETS, 0)
    total = header + sizes[offers["body"]] + offers["random"] + sealed + FCS_OCTETS
    if total.max(initial=0) > _MOST_OCTETS:
        raise OptionError(f"offer {int(np.argmax(total))} has {total.max()} octets; a frame has {_MOST_OCTETS} at most")
    return np.asarray(total, np.int64)


def rows_of(
    offers: NDArray[np.void],
    octets: NDArray[np.int64],
    order: NDArray[np.int64],
    columns: Mapping[int, NDArray[np.int64]],
) -> NDArray[np.int64]:
    """The offers as rows of the loop's table, in the given order."""
    rows = np.zeros((len(offers), col.OFFER_WIDTH), np.int64)
    for name, column in _SAME_NAME.items():
        rows[:, column] = offers[name]
    row_of = np.empty(len(offers) + 1, np.int64)
    row_of[order], row_of[-1] = np.arange(len(offers)), NOBODY
    rows[:, col.OFFER_TIME], rows[:, col.OFFER_DELAY] = offers["time_us"] * _NS_PER_US, offers["delay_us"]
    rows[:, col.OFFER_DELAY] *= _NS_PER_US
    rows[:, col.OFFER_AFTER], rows[:, col.OFFER_COPY_OF] = row_of[offers["after"]], row_of[offers["copy_of"]]
    rows[:, col.OFFER_NAME], rows[:, col.OFFER_OCTETS] = np.arange(len(offers)), octets
    rows[:, col.OFFER_GROUP] = rows[:, col.OFFER_ADDRESS1] >> 40 & 1
    for column, values in columns.items():
        rows[:, column] = values
    rows[:, [col.OFFER_SEQUENCE, col.OFFER_PACKET, col.OFFER_DELIVERED]] = NOBODY
    return rows[order]


def queues_of(offers: NDArray[np.void]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The offers by contender and time, and the contenders: a queue of a station on a channel."""
    who = np.stack([offers[name].astype(np.int64) for name in ("transmitter", "queue", "channel")], axis=1)
    names, mine = np.unique(who, axis=0, return_inverse=True)
    mine = mine.reshape(-1)
    order = np.lexsort((offers["time_us"], mine))
    first = np.searchsorted(mine[order], np.arange(len(names) + 1))
    queues = np.zeros((len(names), col.QUEUE_WIDTH), np.int64)
    queues[:, [col.QUEUE_STATION, col.QUEUE_KIND, col.QUEUE_CHANNEL]] = names.reshape(-1, 3)
    queues[:, col.QUEUE_HEAD], queues[:, col.QUEUE_END] = first[:-1], first[1:]
    queues[:, col.QUEUE_WINDOW] = np.array(WINDOW_LEAST)[queues[:, col.QUEUE_KIND]]
    queues[:, col.QUEUE_SLOTS] = NOBODY
    return order, queues


def _counters(
    offers: NDArray[np.void], stations: Sequence[Station], random: np.random.Generator
) -> tuple[NDArray[np.int64], dict[int, NDArray[np.int64]]]:
    """Where the counters begin, one after another, and each offer's places among them."""
    parts, columns, at = [], {}, col.BOOK_COUNTERS
    for column, keys in counter_keys(offers).items():
        names, example, index = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        columns[column] = index.reshape(-1) + at
        parts.append(counter_starts(column, names, offers[example], stations, random))
        at += len(names)
    return np.concatenate(parts), columns


def counter_keys(offers: NDArray[np.void]) -> dict[int, NDArray[np.int64]]:
    """What names the counters that each offer draws on: int64[offer, part], by the column that points at the counter.

    Sequence numbers, packet numbers, beacons of one name, and the last sequence number heard under an address.
    """
    whole = {name: offers[name].astype(np.int64) for name in ("transmitter", "to", "qos", "counter", "key", "address2")}
    qos = (offers["kind"] == DATA) & ((offers["subtype"] & QOS_BIT) > 0)
    named = offers["sequence_policy"] == SequencePolicy.COUNTER
    own = np.where(qos, 1 + (whole["qos"] & 0xF) + 16 * (whole["to"] + 2), 0)
    whose = np.where(named, whole["counter"], whole["transmitter"])
    packets = (offers["packet_policy"] == PacketPolicy.OWN).astype(np.int64)
    return {
        col.OFFER_SEQUENCES: np.stack([named.astype(np.int64), whose, np.where(named, 0, own)], axis=1),
        col.OFFER_NUMBERS: np.stack([packets, whole["transmitter"], whole["key"]], axis=1),
        col.OFFER_BEACONS: whole["counter"][:, None],
        col.OFFER_HEARD: whole["address2"][:, None],
    }


def counter_starts(
    column: int,
    names: NDArray[np.int64],
    examples: NDArray[np.void],
    stations: Sequence[Station],
    random: np.random.Generator,
) -> NDArray[np.int64]:
    """Where each counter begins.

    Args:
        column: That points at counters of this kind.
        names: int64[counter, part], of :func:`counter_keys`.
        examples: OFFER[counter], one that draws on it.
        stations: The transmitters.
        random: Source of first sequence numbers.
    """
    if column == col.OFFER_NUMBERS:
        return np.asarray(np.maximum(examples["packet_number"], 1), np.int64)
    if column != col.OFFER_SEQUENCES:
        return np.full(len(names), NOBODY if column == col.OFFER_HEARD else 0, np.int64)
    drawn = random.integers(0, _MOST_SEQUENCE + 1, len(names))
    firsts = np.array([station.first_sequence for station in stations], np.int64)
    plain = np.where(names[:, 2] == 0, firsts[examples["transmitter"]], drawn)
    return np.where(names[:, 0] == 1, examples["sequence"], plain).astype(np.int64)


def stations_of(stations: Sequence[Station], random: np.random.Generator) -> NDArray[np.int64]:
    """The stations as rows of the loop's table, before they have heard anything."""
    rows = np.zeros((len(stations), col.STATION_LINKS + col.LINK_WIDTH * len(stations)), np.int64)
    for row, station in zip(rows, stations, strict=True):
        row[col.STATION_ADDRESS], row[col.STATION_BASIC] = station.address, station.basic_rate
        row[col.STATION_SHORT], row[col.STATION_RTS] = station.short_preamble, station.rts_threshold
        row[col.STATION_AGGREGATE], row[col.STATION_OBEYS] = station.aggregate, station.obeys_nav
        row[col.STATION_LIFETIME] = int(station.lifetime_ms * _NS_PER_MS)
        row[[col.STATION_ON, col.STATION_OFF]] = [int(min(time, _FOREVER_S) * _NS) for time in station.on_s]
        row[col.STATION_DRIFT_PPB], row[col.STATION_TSF] = int(station.drift_ppm * 1000), station.tsf_epoch_us
        row[col.STATION_RATE_COUNT], row[col.STATION_UP_AFTER] = len(station.rates), random.integers(*_UP_AFTER)
        row[col.STATION_RATES : col.STATION_RATES + len(station.rates)] = station.rates
        row[col.STATION_LINKS + col.LINK_RATE :: col.LINK_WIDTH] = (len(station.rates) - 1) * 2 // 3
        row[col.STATION_LINKS + col.LINK_NEEDED :: col.LINK_WIDTH] = row[col.STATION_UP_AFTER]
    return rows


def book_of(
    counters: NDArray[np.int64], receiver: Receiver, environment: Environment, place: int, random: np.random.Generator
) -> NDArray[np.int64]:
    """What there is one of, and the counters behind it; ``place`` is the receiver's among the places."""
    book = np.zeros(col.BOOK_COUNTERS + len(counters), np.int64)
    book[[col.BOOK_RANDOM, col.BOOK_KEY]] = random.integers(0, 1 << 62, 2)
    book[col.BOOK_SLOT] = SLOT_SHORT_NS if environment.short_slot else SLOT_LONG_NS
    book[col.BOOK_STEP] = int(STEP_S * _NS)
    book[col.BOOK_EPOCH], book[col.BOOK_EPOCH_US] = environment.epoch_ns, environment.epoch_ns // _NS_PER_US
    book[col.BOOK_PLACE], book[col.BOOK_ANTENNAS] = place, receiver.antennas
    book[col.BOOK_RETUNE] = int(receiver.retune_s * _NS)
    book[col.BOOK_KEEPS_BAD] = receiver.keeps_bad_fcs
    book[col.BOOK_TELLS_NOISE], book[col.BOOK_TELLS_QUALITY] = receiver.reports_noise, receiver.reports_quality
    book[col.BOOK_DRIFT_PPB], book[col.BOOK_TSFT] = int(receiver.drift_ppm * 1000), random.integers(0, 1 << 40)
    book[col.BOOK_COUNTERS :] = counters
    return book


def dials_of(
    stations: Sequence[Station], receiver: Receiver, environment: Environment, random: np.random.Generator
) -> NDArray[np.float64]:
    """Levels in dB and dBm."""
    dials = np.zeros(col.DIAL_POWER + len(stations))
    dials[col.DIAL_STILL], dials[col.DIAL_MOVING] = environment.fading_still_db, environment.fading_moving_db
    dials[col.DIAL_STRAY], dials[col.DIAL_ANTENNA] = environment.stray_loss, receiver.antenna_dbi
    dials[col.DIAL_FLOOR], dials[col.DIAL_GAIN_ERROR] = receiver.noise_dbm, receiver.gain_error_db
    dials[col.DIAL_GAIN_STEP], dials[col.DIAL_JITTER] = receiver.agc_step_db, receiver.stamp_jitter_us
    dials[col.DIAL_GAIN_ERRORS : col.DIAL_POWER] = random.normal(0, _GAIN_ERROR_DB, col.GAIN_STEPS)
    dials[col.DIAL_POWER :] = [station.power_dbm for station in stations]
    return dials


def noise_of(noise: Sequence[Noise], place: Mapping[object, int]) -> NDArray[np.int64]:
    """Intervals of noise by their start, with the place of each one's site."""
    rows = np.zeros((len(noise), col.NOISE_WIDTH), np.int64)
    for row, part in zip(rows, noise, strict=True):
        row[col.NOISE_START], row[col.NOISE_END] = int(part.start_s * _NS), int(part.end_s * _NS)
        row[col.NOISE_CHANNEL], row[col.NOISE_SITE] = part.channel, place[part.track]
        row[col.NOISE_MILLIBEL] = round(100 * part.power_dbm)
    return rows[np.argsort(rows[:, col.NOISE_START], kind="stable")]
