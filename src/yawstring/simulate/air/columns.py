"""The tables of the loops: int64 rows, one column a number, so that machine code for them is made in seconds.

A loop over structured arrays and many separate ones takes Numba a minute to compile, a handful of plain tables a fifth
of that. Every column of every table is named here once. Times are nanoseconds since the start of the flight.

Loops take constants that they hand to other loops from here (``col.RTS``): Numba compiles a function anew for each
literal number, or constant of the caller's own module, that it is called with.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yawstring.simulate.air.rates import RATES

CHANNELS = 14
"""One more than the highest channel."""

MOST_AGGREGATED = 64
GAIN_STEPS = 32


class World(NamedTuple):
    """Everything that the loops share.

    Attributes:
        offers: int64[offer, OFFER_WIDTH], by contender, then by time.
        stations: int64[station, STATION_LINKS + LINK_WIDTH × stations].
        queues: int64[contender, QUEUE_WIDTH].
        book: int64[BOOK_COUNTERS + counters], what there is one of.
        dials: float64[DIAL_POWER + stations], levels in dB and dBm.
        noise: int64[interval, NOISE_WIDTH], by start.
        loss: float32[step, place, place], dB: stations, the receiver, the sites of noise. The diagonal is 1 where a
            place moves, else 0.
    """

    offers: NDArray[np.int64]
    stations: NDArray[np.int64]
    queues: NDArray[np.int64]
    book: NDArray[np.int64]
    dials: NDArray[np.float64]
    noise: NDArray[np.int64]
    loss: NDArray[np.float32]


(
    OFFER_TIME,
    OFFER_FROM,
    OFFER_TO,
    OFFER_CHANNEL,
    OFFER_ACK,
    OFFER_RETRIES,
    OFFER_KIND,
    OFFER_SUBTYPE,
    OFFER_FLAGS,
    OFFER_ADDRESS1,
    OFFER_ADDRESS2,
    OFFER_ADDRESS3,
    OFFER_BODY,
    OFFER_RANDOM,
    OFFER_QOS,
    OFFER_PROTECTION,
    OFFER_PACKET_POLICY,
    OFFER_PACKET_ASKED,
    OFFER_KEY,
    OFFER_RATE_POLICY,
    OFFER_RATE,
    OFFER_SEQUENCE_POLICY,
    OFFER_SEQUENCE_ASKED,
    OFFER_DURATION,
    OFFER_TSF_POLICY,
    OFFER_TSF,
    OFFER_COPY_OF,
    OFFER_AFTER,
    OFFER_DELAY,
    OFFER_NAME,
    OFFER_OCTETS,
    OFFER_GROUP,
    OFFER_SEQUENCES,
    OFFER_NUMBERS,
    OFFER_BEACONS,
    OFFER_HEARD,
    OFFER_DONE,
    OFFER_ATTEMPTS,
    OFFER_SHOWN,
    OFFER_SEQUENCE,
    OFFER_PACKET,
    OFFER_DELIVERED,
    OFFER_WIDTH,
) = range(43)
"""NAME: index among the caller's offers. COPY_OF and AFTER: rows. GROUP: 1 for a group address. SEQUENCES, NUMBERS,
BEACONS, HEARD: places in the book. From DONE on: what changes."""

(
    STATION_ADDRESS,
    STATION_BASIC,
    STATION_SHORT,
    STATION_RTS,
    STATION_AGGREGATE,
    STATION_LIFETIME,
    STATION_OBEYS,
    STATION_ON,
    STATION_OFF,
    STATION_DRIFT_PPB,
    STATION_TSF,
    STATION_RATE_COUNT,
    STATION_UP_AFTER,
    STATION_RATES,
) = range(14)
STATION_NAV = STATION_RATES + len(RATES)
STATION_LINKS = STATION_NAV + CHANNELS
"""From RATES on: its rates, its NAV by channel, and four numbers for each station it sends to."""

LINK_RATE, LINK_GOOD, LINK_BAD, LINK_NEEDED, LINK_WIDTH = range(5)

(
    QUEUE_STATION,
    QUEUE_KIND,
    QUEUE_CHANNEL,
    QUEUE_HEAD,
    QUEUE_END,
    QUEUE_WINDOW,
    QUEUE_SLOTS,
    QUEUE_HOLD,
    QUEUE_WIDTH,
) = range(9)
"""HEAD, END: rows of its next offer and after its last. SLOTS: backoff still to count down, -1 once it has been."""

(
    BOOK_RANDOM,
    BOOK_CLASHES,
    BOOK_NOISE,
    BOOK_SLOT,
    BOOK_STEP,
    BOOK_EPOCH_US,
    BOOK_KEY,
    BOOK_PLACE,
    BOOK_RETUNE,
    BOOK_ANTENNAS,
    BOOK_KEEPS_BAD,
    BOOK_TELLS_NOISE,
    BOOK_TELLS_QUALITY,
    BOOK_DRIFT_PPB,
    BOOK_TSFT,
    BOOK_EPOCH,
    BOOK_FREE,
) = range(17)
BOOK_BATCH = BOOK_FREE + CHANNELS
BOOK_PASSED = BOOK_BATCH + MOST_AGGREGATED
BOOK_COUNTERS = BOOK_PASSED + MOST_AGGREGATED
"""FREE: when each channel was last busy. BATCH, PASSED: the frames of one transmission, and which got through."""

(
    DIAL_STILL,
    DIAL_MOVING,
    DIAL_STRAY,
    DIAL_ANTENNA,
    DIAL_FLOOR,
    DIAL_GAIN_ERROR,
    DIAL_GAIN_STEP,
    DIAL_JITTER,
    DIAL_GAIN_ERRORS,
) = range(9)
DIAL_POWER = DIAL_GAIN_ERRORS + GAIN_STEPS

NOISE_START, NOISE_END, NOISE_CHANNEL, NOISE_SITE, NOISE_MILLIBEL, NOISE_WIDTH = range(6)
"""MILLIBEL: power in hundredths of dBm."""

(
    SENT_START,
    SENT_FIRST_BIT,
    SENT_END,
    SENT_PARENT,
    SENT_ADDED,
    SENT_STATION,
    SENT_CHANNEL,
    SENT_RATE,
    SENT_OCTETS,
    SENT_RETRY,
    SENT_SEQUENCE,
    SENT_DURATION,
    SENT_PACKET,
    SENT_TSF,
    SENT_CLASH,
    SENT_BITMAP,
    SENT_WIDTH,
) = range(17)
"""START to END is the air it holds, FIRST_BIT when its first octet begins. PARENT: row of its offer. ADDED: below.
CLASH: above 0, and the same, for those that collide. SEQUENCE and BITMAP of a Block Ack are what it acknowledges."""

(
    HEARD_SENT,
    HEARD_TIME,
    HEARD_TSFT,
    HEARD_GOOD,
    HEARD_NOISE,
    HEARD_QUALITY,
    HEARD_SIGNAL,
    HEARD_FIRST_SIGNAL,
    HEARD_SECOND_SIGNAL,
    HEARD_WIDTH,
) = range(10)
"""A captured frame: its row among the transmissions and what the radio header says."""

OFFERED, ACK, CTS, RTS, BLOCK_ACK = range(5)
"""What a transmission is: offered, or added by the air."""

ACK_OCTETS, CTS_OCTETS, RTS_OCTETS, BLOCK_ACK_OCTETS = 14, 14, 20, 32

ONE = 1
U8, U16, U32, U64 = 1, 2, 4, 8
"""Octets of a number as it is written."""
