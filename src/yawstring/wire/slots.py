"""Every column that the decoder fills: its place in a row, and its name.

The compiled loop reads frames into a block of int64, the same slot of :data:`BLOCK_FRAMES` frames side by side, and
then copies the slots it filled. A row is what begins at a frame's place in the block: its slots stand so many numbers
apart. Names are Wireshark 4's display-filter fields where one says the same; the others are ours and are described in
:mod:`yawstring.schema`. Slots from :data:`KEPT` on are the loop's own notes and become no column.
"""

from collections.abc import Mapping
from types import MappingProxyType

BLOCK_FRAMES = 32
"""Frames that are read before any goes into the columns: a bit each of a word says who has a value."""

NEXT = BLOCK_FRAMES
"""From a slot of a frame to its next."""


def _slots(first: int, last: int, step: int = 1) -> range:
    """Where the slots from the ``first`` up to the ``last`` stand in a row."""
    return range(first * NEXT, last * NEXT, step * NEXT)


(TIME, NUMBER, LENGTH, CAPTURED, PROTOCOLS, REJECT) = _slots(0, 6)

(
    RT_LENGTH, RT_MACTIME, RT_FLAGS, RT_FREQUENCY, RT_CHANNEL_FLAGS, RT_CCK, RT_OFDM, RT_SIGNAL, RT_NOISE, RT_QUALITY,
    RT_ANTENNA, RT_RX_FLAGS, RT_TX_POWER, RT_DB_SIGNAL,
) = _slots(6, 20)  # fmt: skip

(PHY, DATA_RATE, CHANNEL, FREQUENCY, SIGNAL, NOISE, SNR, PREAMBLE, SHORT_PREAMBLE) = _slots(20, 29)

(
    VERSION, TYPE, SUBTYPE, TO_DS, FROM_DS, MORE_FRAGMENTS, RETRY, POWER_MANAGEMENT, MORE_DATA, PROTECTED, ORDER,
    FLAGS, DURATION, AID, RA, TA, SA, DA, BSSID, FRAGMENT, SEQUENCE, FCS, FCS_STATUS, QOS, QOS_PRIORITY, QOS_ACK,
    QOS_AMSDU, QOS_EOSP, HT_CONTROL,
) = _slots(29, 58)  # fmt: skip

(PROTECTION, CCMP_EXTIV, TKIP_EXTIV, WEP_IV, KEY_INDEX, DATA_LENGTH, PAYLOAD_HASH) = _slots(58, 65)

(
    TIMESTAMP, BEACON_INTERVAL, CAPABILITIES, LISTEN_INTERVAL, REASON, STATUS, AUTH_ALGORITHM, AUTH_SEQUENCE,
    ASSOCIATION_ID, CATEGORY, ACTION,
) = _slots(65, 76)  # fmt: skip

(
    SSID_HASH, DS_CHANNEL, RSN_GROUP, RSN_PAIRWISE_COUNT, RSN_PAIRWISE, RSN_AKM_COUNT, RSN_AKM, RSN_CAPABILITIES,
    RSN_MFPC, RSN_MFPR, CSA_MODE, CSA_CHANNEL, CSA_COUNT, DTIM_COUNT, DTIM_PERIOD, TIM_CONTROL, ELEMENTS_COUNT,
    ELEMENTS_HASH, VENDOR_COUNT, VENDOR_HASH,
) = _slots(76, 96)  # fmt: skip

(
    ODID_COUNTER, ODID_MESSAGES, ODID_ID_TYPE, ODID_UA_TYPE, ODID_STATUS, ODID_LATITUDE, ODID_LONGITUDE,
    ODID_ALTITUDE_BARO, ODID_ALTITUDE, ODID_HEIGHT, ODID_SPEED, ODID_SPEED_VERTICAL, ODID_DIRECTION,
    ODID_OPERATOR_LATITUDE, ODID_OPERATOR_LONGITUDE, ODID_TIMESTAMP,
) = _slots(96, 112)  # fmt: skip

(
    LLC_TYPE, IP_HEADER, IP_LENGTH, IP_ID, IP_FLAGS, IP_TTL, IP_PROTOCOL, IP_SOURCE, IP_DESTINATION, UDP_SOURCE,
    UDP_DESTINATION, UDP_LENGTH, EAPOL_MESSAGE,
) = _slots(112, 125)  # fmt: skip

(
    TCP_SOURCE, TCP_DESTINATION, TCP_SEQUENCE, TCP_ACKNOWLEDGED, TCP_HEADER, TCP_FLAGS,
) = _slots(125, 131)  # fmt: skip

_TEXTS, _NOTES, _END = 131, 143, 164

(SSID, COMMAND, STATE, ODID_UAS, ODID_OPERATOR, ODID_SELF) = _slots(_TEXTS, _NOTES, 2)
"""A text takes two slots: where it begins in the octets, and its length."""

KEPT = _NOTES * NEXT
"""Where the slots end that are kept for each frame."""

(
    MAC_AT, BODY, PAYLOAD_END, PADDING, CHAIN, FCS_THERE, DATA_PAD, ZERO_LENGTH, RATE, MCS_KNOWN, MCS_FLAGS,
    MCS_INDEX, VHT_KNOWN, VHT_FLAGS, VHT_BANDWIDTH, VHT_USERS, HE_1, HE_2, HE_3, HE_5, HE_6,
) = _slots(_NOTES, _END)  # fmt: skip
"""Notes that one part of the loop leaves for another."""

SLOTS = _END * NEXT
"""Length of a block."""

NONE = -(1 << 63)
"""In the loop's row alone: the slot is not filled. No field can hold it; in the columns a bit says what is filled."""

MANAGED = frozenset((*range(TIMESTAMP, LLC_TYPE, NEXT), SSID, SSID + NEXT, *range(ODID_UAS, KEPT, NEXT)))
"""Slots that the body of a management frame fills."""

NAMES: Mapping[int, str] = MappingProxyType({
    TIME: "time_ns",
    NUMBER: "frame.number",
    LENGTH: "frame.len",
    CAPTURED: "frame.cap_len",
    PROTOCOLS: "frame.protocols",
    REJECT: "reject",
    RT_LENGTH: "radiotap.length",
    RT_MACTIME: "radiotap.mactime",
    RT_FLAGS: "radiotap.flags",
    RT_FREQUENCY: "radiotap.channel.freq",
    RT_CHANNEL_FLAGS: "radiotap.channel.flags",
    RT_CCK: "radiotap.channel.flags.cck",
    RT_OFDM: "radiotap.channel.flags.ofdm",
    RT_SIGNAL: "radiotap.dbm_antsignal",
    RT_NOISE: "radiotap.dbm_antnoise",
    RT_QUALITY: "radiotap.quality",
    RT_ANTENNA: "radiotap.antenna",
    RT_RX_FLAGS: "radiotap.rxflags",
    RT_TX_POWER: "radiotap.txpower",
    RT_DB_SIGNAL: "radiotap.db_antsignal",
    PHY: "wlan_radio.phy",
    DATA_RATE: "wlan_radio.data_rate",
    CHANNEL: "wlan_radio.channel",
    FREQUENCY: "wlan_radio.frequency",
    SIGNAL: "wlan_radio.signal_dbm",
    NOISE: "wlan_radio.noise_dbm",
    SNR: "wlan_radio.snr",
    PREAMBLE: "wlan_radio.preamble",
    SHORT_PREAMBLE: "wlan_radio.short_preamble",
    VERSION: "wlan.fc.version",
    TYPE: "wlan.fc.type",
    SUBTYPE: "wlan.fc.subtype",
    TO_DS: "wlan.fc.tods",
    FROM_DS: "wlan.fc.fromds",
    MORE_FRAGMENTS: "wlan.fc.frag",
    RETRY: "wlan.fc.retry",
    POWER_MANAGEMENT: "wlan.fc.pwrmgt",
    MORE_DATA: "wlan.fc.moredata",
    PROTECTED: "wlan.fc.protected",
    ORDER: "wlan.fc.order",
    FLAGS: "wlan.flags",
    DURATION: "wlan.duration",
    AID: "wlan.aid",
    RA: "wlan.ra",
    TA: "wlan.ta",
    SA: "wlan.sa",
    DA: "wlan.da",
    BSSID: "wlan.bssid",
    FRAGMENT: "wlan.frag",
    SEQUENCE: "wlan.seq",
    FCS: "wlan.fcs",
    FCS_STATUS: "wlan.fcs.status",
    QOS: "wlan.qos",
    QOS_PRIORITY: "wlan.qos.priority",
    QOS_ACK: "wlan.qos.ack",
    QOS_AMSDU: "wlan.qos.amsdupresent",
    QOS_EOSP: "wlan.qos.eosp",
    HT_CONTROL: "wlan.htc",
    PROTECTION: "protection",
    CCMP_EXTIV: "wlan.ccmp.extiv",
    TKIP_EXTIV: "wlan.tkip.extiv",
    WEP_IV: "wlan.wep.iv",
    KEY_INDEX: "wlan.wep.key",
    DATA_LENGTH: "data.len",
    PAYLOAD_HASH: "payload_hash",
    TIMESTAMP: "wlan.fixed.timestamp",
    BEACON_INTERVAL: "wlan.fixed.beacon",
    CAPABILITIES: "wlan.fixed.capabilities",
    LISTEN_INTERVAL: "wlan.fixed.listen_ival",
    REASON: "wlan.fixed.reason_code",
    STATUS: "wlan.fixed.status_code",
    AUTH_ALGORITHM: "wlan.fixed.auth.alg",
    AUTH_SEQUENCE: "wlan.fixed.auth_seq",
    ASSOCIATION_ID: "wlan.fixed.aid",
    CATEGORY: "wlan.fixed.category_code",
    ACTION: "wlan.fixed.action_code",
    SSID_HASH: "ssid_hash",
    DS_CHANNEL: "wlan.ds.current_channel",
    RSN_GROUP: "wlan.rsn.gcs.type",
    RSN_PAIRWISE_COUNT: "wlan.rsn.pcs.count",
    RSN_PAIRWISE: "wlan.rsn.pcs.type",
    RSN_AKM_COUNT: "wlan.rsn.akms.count",
    RSN_AKM: "wlan.rsn.akms.type",
    RSN_CAPABILITIES: "wlan.rsn.capabilities",
    RSN_MFPC: "wlan.rsn.capabilities.mfpc",
    RSN_MFPR: "wlan.rsn.capabilities.mfpr",
    CSA_MODE: "wlan.csa.channel_switch_mode",
    CSA_CHANNEL: "wlan.csa.new_channel_number",
    CSA_COUNT: "wlan.csa.channel_switch.count",
    DTIM_COUNT: "wlan.tim.dtim_count",
    DTIM_PERIOD: "wlan.tim.dtim_period",
    TIM_CONTROL: "wlan.tim.bmapctl",
    ELEMENTS_COUNT: "elements_count",
    ELEMENTS_HASH: "elements_hash",
    VENDOR_COUNT: "vendor_count",
    VENDOR_HASH: "vendor_hash",
    ODID_COUNTER: "odid.counter",
    ODID_MESSAGES: "odid.messages",
    ODID_ID_TYPE: "odid.id_type",
    ODID_UA_TYPE: "odid.ua_type",
    ODID_STATUS: "odid.status",
    ODID_LATITUDE: "odid.latitude_deg",
    ODID_LONGITUDE: "odid.longitude_deg",
    ODID_ALTITUDE_BARO: "odid.altitude_baro_m",
    ODID_ALTITUDE: "odid.altitude_m",
    ODID_HEIGHT: "odid.height_m",
    ODID_SPEED: "odid.speed_m_s",
    ODID_SPEED_VERTICAL: "odid.speed_vertical_m_s",
    ODID_DIRECTION: "odid.direction_deg",
    ODID_OPERATOR_LATITUDE: "odid.operator_latitude_deg",
    ODID_OPERATOR_LONGITUDE: "odid.operator_longitude_deg",
    ODID_TIMESTAMP: "odid.timestamp_s",
    LLC_TYPE: "llc.type",
    IP_HEADER: "ip.hdr_len",
    IP_LENGTH: "ip.len",
    IP_ID: "ip.id",
    IP_FLAGS: "ip.flags",
    IP_TTL: "ip.ttl",
    IP_PROTOCOL: "ip.proto",
    IP_SOURCE: "ip.src",
    IP_DESTINATION: "ip.dst",
    UDP_SOURCE: "udp.srcport",
    UDP_DESTINATION: "udp.dstport",
    UDP_LENGTH: "udp.length",
    EAPOL_MESSAGE: "wlan_rsna_eapol.keydes.msgnr",
    TCP_SOURCE: "tcp.srcport",
    TCP_DESTINATION: "tcp.dstport",
    TCP_SEQUENCE: "tcp.seq_raw",
    TCP_ACKNOWLEDGED: "tcp.ack_raw",
    TCP_HEADER: "tcp.hdr_len",
    TCP_FLAGS: "tcp.flags",
})  # fmt: skip
"""Name of each column of numbers, by slot."""

TEXTS: Mapping[int, str] = MappingProxyType({
    SSID: "wlan.ssid",
    COMMAND: "tello.command",
    STATE: "tello.state",
    ODID_UAS: "odid.uas_id",
    ODID_OPERATOR: "odid.operator_id",
    ODID_SELF: "odid.self_id",
})  # fmt: skip
"""Name of each column of text, by the first of its two slots."""

SCALES: Mapping[int, tuple[float, float]] = MappingProxyType({
    DATA_RATE: (1e6, 0.0),
    ODID_LATITUDE: (1e7, 0.0),
    ODID_LONGITUDE: (1e7, 0.0),
    ODID_ALTITUDE_BARO: (2.0, -1000.0),
    ODID_ALTITUDE: (2.0, -1000.0),
    ODID_HEIGHT: (2.0, -1000.0),
    ODID_SPEED: (4.0, 0.0),
    ODID_SPEED_VERTICAL: (2.0, 0.0),
    ODID_OPERATOR_LATITUDE: (1e7, 0.0),
    ODID_OPERATOR_LONGITUDE: (1e7, 0.0),
    ODID_TIMESTAMP: (10.0, 0.0),
})  # fmt: skip
"""Columns of fractions: what a slot's integer is divided by, and what is added then."""
