"""Columns of frames: the capture, 802.11, the radio header, and the protocols above on open networks.

Names are Wireshark's display-filter fields: those of its day in the tables of others, those of Wireshark 4 in frames
that we decode; :data:`ALIASES` ties the two. A column whose table holds integer codes in place of Wireshark's values
(addresses, protocols, payload) says "code". "Now" is the name of the field in Wireshark 4.
"""

from collections.abc import Mapping
from types import MappingProxyType

from yawstring.schema.column import Column, columns_of
from yawstring.schema.decoded import DECODED_COLUMNS

_DOT11 = "IEEE 802.11-2020, 9.2 and 12.5; Wireshark wlan"
_RADIO = "radiotap.org; Wireshark wlan_radio"
_FRAME = "Wireshark frame"
_IP = "RFC 791; Wireshark ip"
_TCP = "RFC 9293; Wireshark tcp"
_UDP = "RFC 768; Wireshark udp"

FRAME_COLUMNS: tuple[Column, ...] = (
    *columns_of(
        "identity",
        _FRAME,
        ("frame.number", "int", "", "measure", "Number of the frame in its capture, from 1"),
        ("time_since_last_packet", "float", "s", "measure", "Time since the frame before it in the corpus's file"),
    ),
    *columns_of(
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
    *columns_of(
        "identity",
        _IP,
        ("ip.id", "int", "", "measure", "Identification, a counter of the sender"),
        ("ip.src", "int", "", "code", "Source address (code)"),
        ("ip.dst", "int", "", "code", "Destination address (code)"),
    ),
    *columns_of(
        "identity",
        _TCP,
        ("tcp.srcport", "int", "", "code", "TCP source port"),
        ("tcp.dstport", "int", "", "code", "TCP destination port"),
        ("tcp.seq_raw", "int", "", "measure", "TCP sequence number as sent, 0 to 2^32 - 1"),
        ("tcp.ack_raw", "int", "", "measure", "TCP acknowledgement number as sent, 0 to 2^32 - 1"),
    ),
    *columns_of(
        "identity",
        _UDP,
        ("udp.srcport", "int", "", "code", "UDP source port"),
        ("udp.dstport", "int", "", "code", "UDP destination port"),
        ("data.data", "int", "", "code", "Undecoded payload (code): the same code is the same octets"),
    ),
    *columns_of(
        "cyber",
        _FRAME,
        ("frame.len", "int", "octets", "measure", "Length of the captured frame, with any radiotap header"),
        ("frame.protocols", "int", "", "code", "Chain of protocols found in the frame (code)"),
        ("data.len", "int", "octets", "measure", "Length of a payload that no known protocol claims, or a ciphertext"),
    ),
    *columns_of(
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
    *columns_of(
        "cyber",
        "IEEE 802.2; Wireshark llc",
        ("llc.type", "int", "", "code", "EtherType of the SNAP header: 2048 IPv4, 2054 ARP"),
    ),
    *columns_of(
        "cyber",
        _IP,
        ("ip.hdr_len", "int", "octets", "measure", "Length of the IPv4 header"),
        ("ip.len", "int", "octets", "measure", "Total length of the IPv4 packet"),
        ("ip.flags", "int", "", "code", "IPv4 flags, a set of bits: 64 is don't fragment"),
        ("ip.ttl", "int", "hops", "measure", "Time to live"),
        ("ip.proto", "int", "", "code", "Protocol above IPv4: 6 TCP, 17 UDP"),
    ),
    *columns_of(
        "cyber",
        _TCP,
        ("tcp.hdr_len", "int", "octets", "measure", "Length of the TCP header"),
        ("tcp.flags", "int", "", "code", "TCP flags, a set of bits: 2 is SYN"),
        ("tcp.window_size", "int", "octets", "measure", "Receive window, scaled"),
        ("tcp.options", "int", "", "code", "TCP options (code)"),
    ),
    *columns_of(
        "cyber",
        _UDP,
        ("udp.length", "int", "octets", "measure", "Length of the UDP datagram, header included"),
    ),
    *columns_of(
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
    *columns_of(
        "cyber",
        _RADIO,
        ("radiotap.length", "int", "octets", "measure", "Length of the radiotap header"),
        ("radiotap.dbm_antsignal", "int", "dBm", "measure", "Signal, first antenna"),
        ("radiotap.quality", "int", "", "measure", "Quality of the Barker code lock"),
        ("wlan_radio.data_rate", "float", "Mb/s", "measure", "Data rate"),
        ("wlan_radio.signal_dbm", "int", "dBm", "measure", "Signal, last antenna"),
        ("wlan_radio.noise_dbm", "int", "dBm", "measure", "Noise, last antenna; null unless the radio reports it"),
        ("wlan_radio.snr", "int", "dB", "measure", "Signal minus noise; null unless the radio reports both"),
    ),
    *DECODED_COLUMNS,
)  # fmt: skip

ALIASES: Mapping[str, str] = MappingProxyType({
    "radiotap.hdr_length": "radiotap.length",
    "radiotap.antenna_signal": "radiotap.dbm_antsignal",
    "radiotap.signal_quality": "radiotap.quality",
    "wlan_radio.datarate": "wlan_radio.data_rate",
    "wlan_radio.signal_strength (dbm)": "wlan_radio.signal_dbm",
    "wlan_radio.Noise level (dbm)": "wlan_radio.noise_dbm",
    "wlan_radio.SNR (db)": "wlan_radio.snr",
})  # fmt: skip
"""Spellings of the notebook's day, and Wireshark 4's."""
