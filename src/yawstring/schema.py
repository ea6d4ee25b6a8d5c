"""Every column once: name, dtype, unit, role, kind, meaning and source.

The role of a column decides who may see it. A model sees ``cyber`` and ``physical`` columns only; ``identity`` columns
name a capture rather than a behaviour and, like ``time`` columns, need an explicit word; ``label`` never enters.

Names of cyber columns are those of the tables, most of them Wireshark's display-filter fields of their day. Telemetry
follows the state datagram of the Tello SDK guides (2.0 and 3.0). What is known of the units is said; a column whose
table holds integer codes in place of Wireshark's values (addresses, protocols, payload) says "code". "Now" is the
name of the field in Wireshark 4.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Role = Literal["time", "identity", "cyber", "physical", "label"]
Kind = Literal["measure", "code", "flag"]
Modality = Literal["cyber", "physical", "fused"]
Dtype = Literal["int", "float", "text", "bool"]

LABEL = "class"
"""The column of labels, as text in one spelling: see :data:`CLASSES`."""

RECORDING = "recording"
"""Our column: number of the recording a row belongs to, from 0 in file order."""

LABEL_DISPUTED = "label_disputed"
"""Our column: true where the corpus's label is in doubt."""

BENIGN = "benign"
"""The class of an undisturbed flight."""

CLASSES = (BENIGN, "attack", "dos", "replay", "evil_twin", "fdi")
"""Every class, in one spelling and one order; ``attack`` is the notebook's class 1, which names no attack."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: As it stands in a table.
        dtype: ``"int"``, ``"float"``, ``"text"`` or ``"bool"``.
        unit: Unit, or ``""`` where there is none.
        role: Who may see it.
        kind: ``"measure"`` is ordered, ``"code"`` only names things, ``"flag"`` is 0 or 1.
        meaning: One line.
        source: Standard, guide or corpus that defines it.
    """

    name: str
    dtype: Dtype
    unit: str
    role: Role
    kind: Kind
    meaning: str
    source: str


def _columns(role: Role, source: str, *rows: tuple[str, Dtype, str, Kind, str]) -> list[Column]:
    """Columns of one role and source; a row is name, dtype, unit, kind, meaning."""
    return [
        Column(name=name, dtype=dtype, unit=unit, role=role, kind=kind, meaning=meaning, source=source)
        for name, dtype, unit, kind, meaning in rows
    ]


_TELLO = "Tello SDK 2.0/3.0 guide, state datagram"
_TELLO_1 = "T-ITS corpus, Tello state as its Python library names it"
_FDI = "T-ITS corpus, false-data-injection flights"
_DOT11 = "IEEE 802.11-2020, 9.2 and 12.5; Wireshark wlan"
_RADIO = "radiotap.org; Wireshark wlan_radio"
_FRAME = "Wireshark frame"
_IP = "RFC 791; Wireshark ip"
_TCP = "RFC 9293; Wireshark tcp"
_UDP = "RFC 768; Wireshark udp"
_OURS = "yawstring"

_ALL = (
    *_columns(
        "time",
        "the table's own clock",
        ("timestamp", "text", "", "measure", "Wall-clock time of the fused row, in whole seconds"),
        ("timestamp_c", "float", "s", "measure", "Receive time of the frame: Unix time or, in T-ITS, seconds of a day"),
        ("timestamp_p", "float", "s", "measure", "Receive time of the state: Unix time or, in T-ITS, seconds of a day"),
    ),
    *_columns(
        "identity",
        _FRAME,
        ("frame.number", "int", "", "measure", "Number of the frame in its capture, from 1"),
        ("time_since_last_packet", "float", "s", "measure", "Time since the frame before it in the corpus's file"),
    ),
    *_columns(
        "identity",
        _DOT11,
        ("wlan.ta", "int", "", "code", "Transmitter address (code)"),
        ("wlan.sa", "int", "", "code", "Source address (code)"),
        ("wlan.ra", "int", "", "code", "Receiver address (code)"),
        ("wlan.da", "int", "", "code", "Destination address (code)"),
        ("wlan.bssid", "int", "", "code", "Address of the access point (code)"),
        ("wlan.seq", "int", "", "measure", "Sequence number of the transmitter, 0 to 4095"),
        ("wlan.fcs", "int", "", "code", "Frame check sequence: a checksum of the whole frame"),
        ("wlan.ccmp.extiv", "int", "", "measure", "CCMP packet number, a counter of the key"),
    ),
    *_columns(
        "identity",
        _IP,
        ("ip.id", "int", "", "measure", "Identification, a counter of the sender"),
        ("ip.src", "int", "", "code", "Source address (code)"),
        ("ip.dst", "int", "", "code", "Destination address (code)"),
    ),
    *_columns(
        "identity",
        _TCP,
        ("tcp.srcport", "int", "", "code", "TCP source port"),
        ("tcp.dstport", "int", "", "code", "TCP destination port"),
        ("tcp.seq_raw", "int", "", "measure", "TCP sequence number as sent, 0 to 2^32 - 1"),
        ("tcp.ack_raw", "int", "", "measure", "TCP acknowledgement number as sent, 0 to 2^32 - 1"),
    ),
    *_columns(
        "identity",
        _UDP,
        ("udp.srcport", "int", "", "code", "UDP source port"),
        ("udp.dstport", "int", "", "code", "UDP destination port"),
        ("data.data", "int", "", "code", "Undecoded payload (code): the same code is the same octets"),
    ),
    *_columns(
        "cyber",
        _FRAME,
        ("frame.len", "int", "octets", "measure", "Length of the captured frame, with any radiotap header"),
        ("frame.protocols", "int", "", "code", "Chain of protocols that Wireshark found in the frame (code)"),
        ("data.len", "int", "octets", "measure", "Length of the payload; CCMP and WEP: of the ciphertext"),
    ),
    *_columns(
        "cyber",
        _DOT11,
        ("wlan.duration", "int", "µs", "measure", "Duration field: how long the frame reserves the medium"),
        ("wlan.frag", "int", "", "measure", "Fragment number, 0 to 15"),
        ("wlan.fc.type", "int", "", "code", "Frame type: 0 management, 1 control, 2 data"),
        ("wlan.fc.subtype", "int", "", "code", "Subtype within its type, 0 to 15; management 12 de-authenticates"),
        ("wlan.flags", "int", "", "code", "Second octet of the frame control field, a set of bits"),
        ("wlan.fcs.status", "int", "", "code", "Check of the frame check sequence: 0 bad, 1 good, 2 not checked"),
        ("wlan.qos", "int", "", "code", "QoS control field, a set of bits"),
        ("wlan.qos.priority", "int", "", "code", "User priority, 0 to 7"),
        ("wlan.qos.ack", "int", "", "code", "Acknowledgement policy: bits 5 and 6 of the QoS control field"),
        ("wlan.wep.key", "int", "", "code", "Index of the key, 0 to 3"),
    ),
    *_columns(
        "cyber",
        "IEEE 802.2; Wireshark llc",
        ("llc.type", "int", "", "code", "EtherType of the SNAP header: 2048 IPv4, 2054 ARP"),
    ),
    *_columns(
        "cyber",
        _IP,
        ("ip.hdr_len", "int", "octets", "measure", "Length of the IPv4 header"),
        ("ip.len", "int", "octets", "measure", "Total length of the IPv4 packet"),
        ("ip.flags", "int", "", "code", "IPv4 flags, a set of bits: 64 is don't fragment"),
        ("ip.ttl", "int", "hops", "measure", "Time to live"),
        ("ip.proto", "int", "", "code", "Protocol above IPv4: 6 TCP, 17 UDP"),
    ),
    *_columns(
        "cyber",
        _TCP,
        ("tcp.hdr_len", "int", "octets", "measure", "Length of the TCP header"),
        ("tcp.flags", "int", "", "code", "TCP flags, a set of bits: 2 is SYN"),
        ("tcp.window_size", "int", "octets", "measure", "Receive window, scaled"),
        ("tcp.options", "int", "", "code", "TCP options (code)"),
    ),
    *_columns(
        "cyber",
        _UDP,
        ("udp.length", "int", "octets", "measure", "Length of the UDP datagram, header included"),
    ),
    *_columns(
        "cyber",
        _RADIO,
        ("radiotap.hdr_length", "int", "octets", "measure", "Length of the radiotap header (now radiotap.length)"),
        ("radiotap.antenna_signal", "int", "dBm", "measure", "Signal, first antenna (now radiotap.dbm_antsignal)"),
        ("radiotap.signal_quality", "int", "", "measure", "Quality of the Barker code lock (now radiotap.quality)"),
        ("radiotap.channel.flags.ofdm", "int", "", "flag", "The channel is OFDM: bit 0x40 of the channel flags"),
        ("radiotap.channel.flags.cck", "int", "", "flag", "The channel is CCK: bit 0x20 of the channel flags"),
        ("wlan_radio.datarate", "float", "Mb/s", "measure", "Data rate (now wlan_radio.data_rate)"),
        ("wlan_radio.channel", "int", "", "code", "Channel number"),
        ("wlan_radio.frequency", "int", "MHz", "measure", "Centre frequency of the channel"),
        ("wlan_radio.signal_strength (dbm)", "int", "dBm", "measure", "Signal (now wlan_radio.signal_dbm)"),
        ("wlan_radio.Noise level (dbm)", "int", "dBm", "measure", "Noise (now wlan_radio.noise_dbm); 0 if unknown"),
        ("wlan_radio.SNR (db)", "int", "dB", "measure", "Signal minus noise (now wlan_radio.snr); 0 if unknown"),
        ("wlan_radio.preamble", "int", "µs", "measure", "Duration of the preamble"),
    ),
    *_columns(
        "identity",
        _TELLO,
        ("flight_time", "int", "s", "measure", "Time the motors have run: the flight's own clock"),
        ("time", "int", "s", "measure", "Time the motors have run, as the state datagram names it"),
    ),
    *_columns(
        "physical",
        _TELLO,
        ("mid", "int", "", "code", "Number of the mission pad in sight, 1 to 8; -1 none, -2 detection off"),
        ("x", "int", "cm", "measure", "Position over the mission pad; -100 without a pad"),
        ("y", "int", "cm", "measure", "Position over the mission pad; -100 without a pad"),
        ("z", "int", "cm", "measure", "Height over the mission pad; -100 without a pad"),
        ("mpitch", "int", "degrees", "measure", "Pitch against the mission pad"),
        ("mroll", "int", "degrees", "measure", "Roll against the mission pad"),
        ("myaw", "int", "degrees", "measure", "Yaw against the mission pad"),
        ("mpitch.1", "int", "degrees", "measure", "Second copy of mpitch in the table"),
        ("mroll.1", "int", "degrees", "measure", "Second copy of mroll in the table"),
        ("myaw.1", "int", "degrees", "measure", "Second copy of myaw in the table"),
        ("pitch", "int", "degrees", "measure", "Attitude: pitch"),
        ("roll", "int", "degrees", "measure", "Attitude: roll"),
        ("yaw", "int", "degrees", "measure", "Attitude: yaw, -180 to 180"),
        ("vgx", "int", "dm/s", "measure", "Speed along x"),
        ("vgy", "int", "dm/s", "measure", "Speed along y"),
        ("vgz", "int", "dm/s", "measure", "Speed along z"),
        ("templ", "int", "°C", "measure", "Lowest temperature of the drone"),
        ("temph", "int", "°C", "measure", "Highest temperature of the drone"),
        ("tof", "int", "cm", "measure", "Distance to the ground, time of flight"),
        ("h", "int", "cm", "measure", "Height over the take-off point"),
        ("bat", "int", "%", "measure", "Charge of the battery"),
        ("baro", "float", "m", "measure", "Height by the barometer"),
        ("agx", "float", "0.001 g", "measure", "Acceleration along x"),
        ("agy", "float", "0.001 g", "measure", "Acceleration along y"),
        ("agz", "float", "0.001 g", "measure", "Acceleration along z"),
    ),
    *_columns(
        "physical",
        _TELLO_1,
        ("height", "int", "cm", "measure", "Height over the take-off point"),
        ("x_speed", "int", "dm/s", "measure", "Speed along x"),
        ("y_speed", "int", "dm/s", "measure", "Speed along y"),
        ("z_speed", "int", "dm/s", "measure", "Speed along z"),
        ("temperature", "int", "°C", "measure", "Temperature of the drone"),
        ("distance", "int", "cm", "measure", "Distance to the ground, time of flight"),
        ("barometer", "int", "cm", "measure", "Height by the barometer"),
        ("battery", "int", "%", "measure", "Charge of the battery"),
        ("mp_distance_x", "int", "cm", "measure", "Distance to the mission pad along x"),
        ("mp_distance_y", "int", "cm", "measure", "Distance to the mission pad along y"),
        ("mp_distance_z", "int", "cm", "measure", "Distance to the mission pad along z"),
    ),
    *_columns(
        "physical",
        _FDI,
        ("est_x", "float", "cm", "measure", "Position along x as the controller estimates it"),
        ("est_y", "float", "cm", "measure", "Position along y as the controller estimates it"),
        ("cntl_x", "float", "", "measure", "Control input along x"),
        ("cntl_y", "float", "", "measure", "Control input along y"),
        ("residual1", "float", "cm", "measure", "Residual of the corpus's own detector along x"),
        ("residual2", "float", "cm", "measure", "Residual of the corpus's own detector along y"),
        ("residual3", "float", "cm", "measure", "Second residual of the corpus's own detector along x"),
        ("residual4", "float", "cm", "measure", "Second residual of the corpus's own detector along y"),
    ),
    *_columns(
        "label",
        "the table's author",
        (LABEL, "text", "", "code", "What the row is labelled as, in one spelling: see the classes"),
    ),
    *_columns(
        "label",
        _OURS,
        (LABEL_DISPUTED, "bool", "", "flag", "The label is in doubt: replay, on a recording of de-authentications"),
    ),
    *_columns("identity", _OURS, (RECORDING, "int", "", "code", "Number of the recording, from 0 in file order")),
)  # fmt: skip

COLUMNS: Mapping[str, Column] = MappingProxyType({column.name: column for column in _ALL})
"""Every column of every known table, by name."""

_RADIO_COLUMNS = (
    "wlan.duration", "wlan.frag", "wlan.seq", "wlan.fc.type", "wlan.fc.subtype", "wlan.flags", "wlan.fcs",
    "wlan.fcs.status", "wlan.qos", "wlan.qos.priority", "wlan.qos.ack", "wlan.ccmp.extiv", "wlan.wep.key", "data.len",
    "radiotap.hdr_length", "radiotap.antenna_signal", "radiotap.signal_quality", "radiotap.channel.flags.ofdm",
    "radiotap.channel.flags.cck", "wlan_radio.datarate", "wlan_radio.channel", "wlan_radio.frequency",
    "wlan_radio.signal_strength (dbm)", "wlan_radio.Noise level (dbm)", "wlan_radio.SNR (db)", "wlan_radio.preamble",
)  # fmt: skip

NOTEBOOK_COLUMNS = (
    "timestamp", "mid", "x", "y", "mpitch", "mroll", "myaw", "z", "pitch", "roll", "yaw", "vgx", "vgy", "vgz", "templ",
    "temph", "tof", "h", "bat", "baro", "flight_time", "agx", "agy", "agz", "mpitch.1", "mroll.1", "myaw.1",
    "timestamp_c", "frame.number", "frame.len", "wlan.ta", "wlan.sa", "wlan.ra", "wlan.da", "wlan.bssid",
    *_RADIO_COLUMNS, LABEL,
)  # fmt: skip
"""The fused table of the reference notebook, in its order."""

TITS_CYBER_COLUMNS = (
    "timestamp_c", "frame.number", "frame.len", "frame.protocols", "wlan.duration", "wlan.ra", "wlan.ta", "wlan.da",
    "wlan.sa", "wlan.bssid", "wlan.frag", "wlan.seq", "llc.type", "ip.hdr_len", "ip.len", "ip.id", "ip.flags", "ip.ttl",
    "ip.proto", "ip.src", "ip.dst", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.hdr_len",
    "tcp.flags", "tcp.window_size", "tcp.options", "udp.srcport", "udp.dstport", "udp.length", "data.data", "data.len",
    "wlan.fc.type", "wlan.fc.subtype", "time_since_last_packet", LABEL,
)  # fmt: skip
"""The cyber table of the T-ITS corpus: benign, denial of service, replay."""

LAYOUTS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "notebook": NOTEBOOK_COLUMNS,
    "tits-cyber": TITS_CYBER_COLUMNS,
    "tits-physical": (
        "timestamp_p", "height", "x_speed", "y_speed", "z_speed", "pitch", "roll", "yaw", "temperature", "distance",
        "barometer", "flight_time", "battery", "mp_distance_x", "mp_distance_y", "mp_distance_z", LABEL,
    ),
    "tits-evil-twin-cyber": (
        "timestamp_c", "frame.number", "frame.len", "wlan.ta", "wlan.sa", "wlan.ra", "wlan.da", "wlan.bssid",
        *_RADIO_COLUMNS, LABEL,
    ),
    "tits-evil-twin-physical": (
        "timestamp_p", "mid", "x", "y", "z", "pitch", "roll", "yaw", "vgx", "vgy", "vgz", "templ", "temph", "tof", "h",
        "bat", "baro", "time", "agx", "agy", "agz", LABEL,
    ),
    "tits-fdi-physical": (
        "mid", "x", "y", "z", "mpitch", "mroll", "myaw", "pitch", "roll", "yaw", "vgx", "vgy", "vgz", "templ", "temph",
        "tof", "h", "bat", "baro", "flight_time", "agx", "agy", "agz", "est_x", "est_y", "cntl_x", "cntl_y",
        "residual1", "residual2", "residual3", "residual4", LABEL,
    ),
})  # fmt: skip
"""Columns of every known layout, in file order. The corpus's FDI cyber block has that of ``tits-evil-twin-cyber``."""


def layout_of(names: Iterable[str]) -> str:
    """Name of the layout whose columns are exactly ``names``, in any order; ``"unknown"`` where none is.

    Our own columns (``recording``, ``label_disputed``) do not count.

    Example:
        >>> layout_of(("recording", *TITS_CYBER_COLUMNS)), layout_of(("a", "class"))
        ('tits-cyber', 'unknown')
    """
    given = set(names) - {RECORDING, LABEL_DISPUTED}
    return next((name for name, columns in LAYOUTS.items() if given == set(columns)), "unknown")


def modality_of(names: Iterable[str]) -> Modality:
    """What a table of these columns shows: frames, telemetry, or both ("fused", also where nothing is known).

    Example:
        >>> modality_of(("frame.len", "class")), modality_of(("tof", "class")), modality_of(("frame.len", "tof"))
        ('cyber', 'physical', 'fused')
    """
    found = set(roles(names).values())
    if "cyber" in found and "physical" not in found:
        return "cyber"
    return "physical" if "physical" in found and "cyber" not in found else "fused"


def roles(names: Iterable[str]) -> dict[str, Role | None]:
    """Role of each column; ``None`` for one the schema does not know.

    Example:
        >>> roles(("tof", "wlan.seq", "my_column"))
        {'tof': 'physical', 'wlan.seq': 'identity', 'my_column': None}
    """
    return {name: COLUMNS[name].role if name in COLUMNS else None for name in names}


def features(names: Iterable[str], *, modality: Modality = "fused", identity: bool = False) -> tuple[str, ...]:
    """The columns among ``names`` that a model may see, in their order.

    Args:
        names: Columns of a table.
        modality: ``"fused"`` for cyber and physical columns, or one of the two alone.
        identity: Let identity columns in too (but for our own ``recording``, which numbers the file's parts). The
            caller stamps the result with it.

    Example:
        >>> features(("timestamp_c", "wlan.seq", "frame.len", "class"))
        ('frame.len',)
        >>> features(("timestamp_c", "wlan.seq", "frame.len", "recording", "class"), identity=True)
        ('wlan.seq', 'frame.len')
    """
    allowed: set[Role] = {"cyber", "physical"} if modality == "fused" else {modality}
    if identity:
        allowed.add("identity")
    known = roles(names)
    return tuple(name for name, role in known.items() if role in allowed and name != RECORDING)
