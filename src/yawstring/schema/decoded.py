"""Columns of frames that we decode ourselves, beyond those that tables of others hold too.

Names are Wireshark 4's display-filter fields where one says the same, else ours. All are null where the frame has no
such field. Addresses are numbers of 48 bits; hashes are numbers of 64 bits with a sign, and comparing them is all they
are for.
"""

from yawstring.schema.column import OURS, Column, columns_of

_FRAME = "Wireshark frame"
_DOT11 = "IEEE 802.11-2020, 9.2 and 12.5; Wireshark wlan"
_MANAGEMENT = "IEEE 802.11-2020, 9.3.3 and 9.4; Wireshark wlan"
_RADIOTAP = "radiotap.org; Wireshark radiotap"
_RADIO = "radiotap.org; Wireshark wlan_radio"
_ODID = "ASTM F3411-22a, broadcast in beacons and Wi-Fi Aware"
_TELLO = "Tello SDK 2.0/3.0 guide, on an open network"

DECODED_COLUMNS: tuple[Column, ...] = (
    *columns_of(
        "identity",
        _RADIOTAP,
        ("radiotap.mactime", "int", "µs", "measure", "Receiver's clock when the frame's first bit came"),
    ),
    *columns_of(
        "identity",
        _DOT11,
        ("wlan.aid", "int", "", "code", "Association that a PS-Poll asks for"),
        ("wlan.tkip.extiv", "int", "", "measure", "TKIP sequence counter, a counter of the key"),
        ("wlan.wep.iv", "int", "", "measure", "WEP initialisation vector"),
    ),
    *columns_of(
        "identity",
        _MANAGEMENT,
        ("wlan.fixed.timestamp", "int", "µs", "measure", "Transmitter's clock (TSF) in beacons and probe responses"),
        ("wlan.fixed.aid", "int", "", "code", "Association that an association response grants"),
        ("wlan.ssid", "text", "", "code", "Name of the network; empty when hidden"),
    ),
    *columns_of(
        "identity",
        OURS,
        ("ssid_hash", "int", "", "code", "Keyed hash of the network's name"),
        ("elements_hash", "int", "", "code", "Keyed fingerprint of the elements' numbers in their order"),
        ("vendor_hash", "int", "", "code", "Keyed fingerprint of the vendor elements' makers and types in their order"),
        ("payload_hash", "int", "", "code", "Keyed hash of a data frame's innermost payload: equal in a repeat"),
    ),
    *columns_of(
        "identity",
        _ODID,
        ("odid.counter", "int", "", "measure", "Counter of the Open Drone ID messages, 0 to 255"),
        ("odid.timestamp_s", "float", "s", "measure", "Time since the full hour, as the drone says"),
        ("odid.latitude_deg", "float", "degrees", "measure", "Latitude of the drone, WGS 84"),
        ("odid.longitude_deg", "float", "degrees", "measure", "Longitude of the drone, WGS 84"),
        ("odid.operator_latitude_deg", "float", "degrees", "measure", "Latitude of the operator, WGS 84"),
        ("odid.operator_longitude_deg", "float", "degrees", "measure", "Longitude of the operator, WGS 84"),
        ("odid.uas_id", "text", "", "code", "Serial number or registration of the drone"),
        ("odid.operator_id", "text", "", "code", "Registration of the operator"),
        ("odid.self_id", "text", "", "code", "What the operator says the flight is for"),
    ),
    *columns_of(
        "identity",
        _TELLO,
        ("tello.command", "text", "", "code", "Payload of a datagram to port 8889: a command"),
        ("tello.state", "text", "", "code", "Payload of a datagram to port 8890: the state"),
    ),
    *columns_of(
        "cyber",
        _FRAME,
        ("frame.cap_len", "int", "octets", "measure", "Octets of the frame that the capture kept"),
    ),
    *columns_of("cyber", OURS, ("reject", "int", "", "code", "Why the frame could not be read to its end (code)")),
    *columns_of(
        "cyber",
        _RADIOTAP,
        ("radiotap.flags", "int", "", "code", "Flags, a set of bits: 16 is a frame check sequence, 2 a short preamble"),
        ("radiotap.channel.freq", "int", "MHz", "measure", "Centre frequency of the channel"),
        ("radiotap.channel.flags", "int", "", "code", "Kind of the channel, a set of bits"),
        ("radiotap.dbm_antnoise", "int", "dBm", "measure", "Noise, first antenna"),
        ("radiotap.antenna", "int", "", "code", "Number of the first antenna"),
        ("radiotap.rxflags", "int", "", "code", "Properties of the reception, a set of bits"),
        ("radiotap.txpower", "int", "dBm", "measure", "Transmission power, in frames of this very station"),
        ("radiotap.db_antsignal", "int", "dB", "measure", "Signal over a reference that only the driver knows"),
    ),
    *columns_of(
        "cyber",
        _RADIO,
        ("wlan_radio.phy", "int", "", "code", "Kind of transmission: 4 b, 5 a, 6 g, 7 n, 8 ac, 9 ad, 11 ax"),
        ("wlan_radio.short_preamble", "int", "", "flag", "The preamble is the short one"),
    ),
    *columns_of(
        "cyber",
        _DOT11,
        ("wlan.fc.version", "int", "", "code", "Protocol version; 0 in every frame that is read on"),
        ("wlan.fc.tods", "int", "", "flag", "To the distribution system"),
        ("wlan.fc.fromds", "int", "", "flag", "From the distribution system"),
        ("wlan.fc.frag", "int", "", "flag", "More fragments follow"),
        ("wlan.fc.retry", "int", "", "flag", "Sent again, for want of an acknowledgement"),
        ("wlan.fc.pwrmgt", "int", "", "flag", "The station goes to sleep after this frame"),
        ("wlan.fc.moredata", "int", "", "flag", "The access point holds more frames for the station"),
        ("wlan.fc.protected", "int", "", "flag", "The body is encrypted"),
        ("wlan.fc.order", "int", "", "flag", "An HT control field follows, or strict order"),
        ("wlan.qos.amsdupresent", "int", "", "flag", "The body is an aggregate of several packets"),
        ("wlan.qos.eosp", "int", "", "flag", "Bit 4 of the QoS control field: end of service period"),
        ("wlan.htc", "int", "", "code", "HT control field, a set of bits"),
        ("wlan_rsna_eapol.keydes.msgnr", "int", "", "code", "Message of the four-way handshake, 1 to 4"),
    ),
    *columns_of(
        "cyber",
        OURS,
        ("protection", "int", "", "code", "Encryption of the body: 0 none, 1 WEP, 2 TKIP, 3 CCMP or GCMP"),
        ("elements_count", "int", "", "measure", "Elements of a management frame"),
        ("vendor_count", "int", "", "measure", "Vendor elements of a management frame"),
    ),
    *columns_of(
        "cyber",
        _MANAGEMENT,
        ("wlan.fixed.beacon", "int", "1024 µs", "measure", "Beacon interval"),
        ("wlan.fixed.capabilities", "int", "", "code", "Capabilities, a set of bits: 1 access point, 16 privacy"),
        ("wlan.fixed.listen_ival", "int", "", "measure", "Listen interval, in beacon intervals"),
        ("wlan.fixed.reason_code", "int", "", "code", "Why a station is de-authenticated or disassociated"),
        ("wlan.fixed.status_code", "int", "", "code", "How a request went: 0 is success"),
        ("wlan.fixed.auth.alg", "int", "", "code", "Authentication algorithm: 0 open, 1 shared key, 3 SAE"),
        ("wlan.fixed.auth_seq", "int", "", "code", "Step of the authentication"),
        ("wlan.fixed.category_code", "int", "", "code", "Category of an action frame"),
        ("wlan.fixed.action_code", "int", "", "code", "Action within its category"),
        ("wlan.ds.current_channel", "int", "", "code", "Channel that the access point says it is on"),
        ("wlan.rsn.gcs.type", "int", "", "code", "Group cipher: 2 TKIP, 4 CCMP, 8 GCMP"),
        ("wlan.rsn.pcs.count", "int", "", "measure", "Pairwise ciphers on offer"),
        ("wlan.rsn.pcs.type", "int", "", "code", "First pairwise cipher"),
        ("wlan.rsn.akms.count", "int", "", "measure", "Ways of authentication on offer"),
        ("wlan.rsn.akms.type", "int", "", "code", "First way of authentication: 2 pre-shared key, 8 SAE"),
        ("wlan.rsn.capabilities", "int", "", "code", "RSN capabilities, a set of bits"),
        ("wlan.rsn.capabilities.mfpc", "int", "", "flag", "Protected management frames are possible"),
        ("wlan.rsn.capabilities.mfpr", "int", "", "flag", "Protected management frames are required"),
        ("wlan.csa.channel_switch_mode", "int", "", "code", "Channel switch: 1 asks for silence until then"),
        ("wlan.csa.new_channel_number", "int", "", "code", "Channel switch: where to"),
        ("wlan.csa.channel_switch.count", "int", "", "measure", "Channel switch: beacons until then"),
        ("wlan.tim.dtim_count", "int", "", "measure", "Beacons until group frames are sent"),
        ("wlan.tim.dtim_period", "int", "", "measure", "Beacons between times when group frames are sent"),
        ("wlan.tim.bmapctl", "int", "", "code", "Bitmap control: bit 0 says that group frames wait"),
    ),
    *columns_of(
        "cyber",
        _ODID,
        ("odid.messages", "int", "", "measure", "Open Drone ID messages in the frame"),
        ("odid.id_type", "int", "", "code", "Kind of identification: 1 serial number, 2 registration"),
        ("odid.ua_type", "int", "", "code", "Kind of aircraft: 2 is a multirotor"),
        ("odid.status", "int", "", "code", "0 undeclared, 1 on the ground, 2 in the air, 3 emergency"),
        ("odid.altitude_baro_m", "float", "m", "measure", "Altitude by the barometer"),
        ("odid.altitude_m", "float", "m", "measure", "Altitude over the WGS 84 ellipsoid"),
        ("odid.height_m", "float", "m", "measure", "Height over the take-off point or the ground"),
        ("odid.speed_m_s", "float", "m/s", "measure", "Speed over ground"),
        ("odid.speed_vertical_m_s", "float", "m/s", "measure", "Climb"),
        ("odid.direction_deg", "int", "degrees", "measure", "Course over ground, clockwise from north"),
    ),
)  # fmt: skip
