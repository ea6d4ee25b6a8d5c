"""The layouts of tables we know: which columns, in which order."""

from collections.abc import Mapping
from types import MappingProxyType

from yawstring.schema.labels import LABEL

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
