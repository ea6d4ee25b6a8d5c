"""Who is on the air and where: stations, the receiver that captures, noise, and the ground they stand on."""

from dataclasses import dataclass, field

from yawstring.errors import OptionError
from yawstring.simulate.air.rates import RATES

Point = tuple[float, float, float]
"""East, north, up, in metres."""

ROLES = ("drone", "controller", "attacker", "neighbour")


@dataclass(frozen=True, kw_only=True)
class Track:
    """Where something is: ``points[i]`` at ``times_s[i]``, straight lines between, still before and after.

    Example:
        >>> Track.still((0.0, 0.0, 1.5)).points
        ((0.0, 0.0, 1.5),)
    """

    times_s: tuple[float, ...]
    points: tuple[Point, ...]

    def __post_init__(self) -> None:
        if len(self.times_s) != len(self.points) or not self.points:
            raise OptionError("a track needs as many points as times, at least one")

    @classmethod
    def still(cls, point: Point) -> "Track":
        """The track of something that does not move."""
        return cls(times_s=(0.0,), points=(point,))


@dataclass(frozen=True, kw_only=True)
class Station:
    """A radio: one true transmitter, whatever addresses it sends under.

    Args:
        name: Its name in the truth.
        role: One of :data:`ROLES`.
        address: Its own address, 48 bits: where its ACKs, RTS and CTS come from.
        power_dbm: Transmit power with antenna gain.
        track: Where it is.
        drift_ppm: How fast its clock runs, against true time.
        tsf_epoch_us: Its TSF at the start of the flight.
        first_sequence: Where its sequence counters begin, 0 to 4095.
        basic_rate: Rate of beacons, group frames and ``BASIC`` offers, an index into ``RATES``.
        rates: Rates that adaptation may use, rising; indices into ``RATES``.
        short_preamble: DSSS and CCK frames above 1 Mb/s have the short preamble.
        rts_threshold: Frames of more octets ask with RTS first; 2347 and above never do.
        aggregate: At most so many QoS data frames in an A-MPDU under Block Ack (HT rates only); 1 for none.
        lifetime_ms: A frame that has waited longer is dropped unsent.
        obeys_nav: Honours the Duration of what it hears. A careless attacker does not.
        on_s: When the radio is on, seconds since the start: from, to.
    """

    name: str
    role: str
    address: int
    power_dbm: float = 18.0
    track: Track = field(default_factory=lambda: Track.still((0.0, 0.0, 1.0)))
    drift_ppm: float = 0.0
    tsf_epoch_us: int = 0
    first_sequence: int = 0
    basic_rate: int = 0
    rates: tuple[int, ...] = (0, 1, 2, 3)
    short_preamble: bool = False
    rts_threshold: int = 2347
    aggregate: int = 1
    lifetime_ms: float = 500.0
    obeys_nav: bool = True
    on_s: tuple[float, float] = (0.0, float("inf"))

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise OptionError(f"station {self.name!r}: role {self.role!r} is none of {', '.join(ROLES)}")
        if not self.rates or any(not 0 <= rate < len(RATES) for rate in (*self.rates, self.basic_rate)):
            raise OptionError(f"station {self.name!r}: rates are indices from 0 to {len(RATES) - 1}, at least one")
        if not 0 <= self.address < 1 << 48:
            raise OptionError(f"station {self.name!r}: an address has 48 bits")


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """The monitor that captures. It sends nothing.

    Args:
        track: Where it is.
        hops: Channel hopping: (seconds, channel) one after another, over and over. One entry stays on its channel.
        retune_s: Deaf so long after each hop.
        antenna_dbi: Antenna gain.
        antennas: Signal of so many antennas (1 or 2) stands in each frame's radio header.
        noise_dbm: Noise floor.
        reports_noise: The radio header holds the noise.
        reports_quality: The radio header holds the lock quality, 0 to 100.
        gain_error_db: Constant error of the reported signal.
        agc_step_db: Step of the gain control. Each step's own small error shows in the reported signal.
        drift_ppm: How fast its clock runs.
        stamp_jitter_us: Standard deviation of the host's capture stamps.
        keeps_bad_fcs: A frame that is lost to errors but was detected is captured, damaged, and flagged.
    """

    track: Track = field(default_factory=lambda: Track.still((5.0, 0.0, 1.0)))
    hops: tuple[tuple[float, int], ...] = ((1.0, 1),)
    retune_s: float = 0.005
    antenna_dbi: float = 2.0
    antennas: int = 1
    noise_dbm: float = -95.0
    reports_noise: bool = False
    reports_quality: bool = False
    gain_error_db: float = 0.0
    agc_step_db: float = 6.0
    drift_ppm: float = 0.0
    stamp_jitter_us: float = 3.0
    keeps_bad_fcs: bool = False

    def __post_init__(self) -> None:
        if self.antennas not in (1, 2):
            raise OptionError(f"a receiver has 1 or 2 antennas, not {self.antennas}")
        if not self.hops or any(dwell <= 0 or not 1 <= channel <= 13 for dwell, channel in self.hops):
            raise OptionError("hops are (seconds, channel) with seconds above 0 and channels from 1 to 13")


@dataclass(frozen=True, kw_only=True)
class Noise:
    """A jammer's noise on one channel from ``start_s`` to ``end_s``, as strong as a transmitter at ``track``."""

    start_s: float
    end_s: float
    channel: int
    power_dbm: float
    track: Track


@dataclass(frozen=True, kw_only=True)
class Environment:
    """The ground: how waves spread, and how the air is shared.

    Args:
        exponent: Path loss exponent: 2 in the open, 3 and more indoors.
        reference_db: Loss at one metre.
        shadow_db: Standard deviation of the shadowing of each pair of places.
        shadow_metres: Way moved over which shadowing falls to 1/e of itself.
        shadow_seconds: Time over which it does when nothing moves.
        fading_still_db: Standard deviation of the fading of each frame, both ends still.
        fading_moving_db: The same when an end moves.
        stray_loss: Share of frames that each receiver loses for reasons from outside, at the best of signals.
        short_slot: Slots of 9 µs; else of 20, as long as an 802.11b station is near.
        epoch_ns: Unix time of the start of the flight, nanoseconds.
    """

    exponent: float = 2.7
    reference_db: float = 40.0
    shadow_db: float = 3.0
    shadow_metres: float = 8.0
    shadow_seconds: float = 600.0
    fading_still_db: float = 1.2
    fading_moving_db: float = 2.2
    stray_loss: float = 0.004
    short_slot: bool = True
    epoch_ns: int = 1_700_000_000_000_000_000
