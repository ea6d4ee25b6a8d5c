"""Management frames and Open Drone ID, against what was packed into them."""

import struct
from pathlib import Path

import pytest

from support.octets import AP, STATION, beacon, element, header, pcap
from yawstring.wire.decoder import Decoded, decode


def of(*frames: bytes) -> Decoded:
    return decode(pcap(frames))


def cells(decoded: Decoded, *names: str, row: int = 0) -> list[float | None]:
    columns = decoded.columns
    return [columns[name].values[row].item() if columns[name].valid[row] else None for name in names]


ODID = b"\xfa\x0b\xbc\x0d"
RSN = struct.pack("<H", 1) + b"\x00\x0f\xac\x04" + struct.pack("<H", 2) + b"\x00\x0f\xac\x04\x00\x0f\xac\x02"
RSN += struct.pack("<H", 1) + b"\x00\x0f\xac\x08" + struct.pack("<H", 0x00C0)


def test_a_beacon() -> None:
    frame = beacon(
        element(0, b"TELLO-1"), element(3, b"\x06"), element(5, b"\x01\x03\x01\x00"), element(37, b"\x01\x0b\x05"),
        element(48, RSN), element(221, b"\x00\x50\xf2\x02\x01"), clock=123_456, interval=100, capabilities=0x11,
    )  # fmt: skip
    decoded = of(frame)
    assert decoded.rejects == {}
    fixed = ("wlan.fixed.timestamp", "wlan.fixed.beacon", "wlan.fixed.capabilities")
    assert cells(decoded, *fixed) == [123_456, 100, 0x11]
    assert list(decoded.texts("wlan.ssid")) == [(0, b"TELLO-1")]
    assert cells(decoded, "wlan.ds.current_channel", "elements_count", "vendor_count") == [6, 6, 1]
    assert cells(decoded, "wlan.tim.dtim_count", "wlan.tim.dtim_period", "wlan.tim.bmapctl") == [1, 3, 1]
    switch = ("channel_switch_mode", "new_channel_number", "channel_switch.count")
    assert cells(decoded, *(f"wlan.csa.{name}" for name in switch)) == [1, 11, 5]
    rsn = ("gcs.type", "pcs.count", "pcs.type", "akms.count", "akms.type", "capabilities.mfpc", "capabilities.mfpr")
    assert cells(decoded, *(f"wlan.rsn.{name}" for name in rsn)) == [4, 2, 4, 1, 8, 1, 1]


def test_the_same_elements_have_the_same_fingerprints() -> None:
    first = beacon(element(0, b"a"), element(3, b"\x01"), element(221, b"\x00\x50\xf2\x02\x01"))
    other_content = beacon(element(0, b"b"), element(3, b"\x02"), element(221, b"\x00\x50\xf2\x02\x99"))
    other_order = beacon(element(3, b"\x01"), element(0, b"a"), element(221, b"\x00\x50\xf2\x01\x01"))
    columns = of(first, other_content, other_order).columns
    ssid, elements, vendor = (columns[f"{name}_hash"].values.tolist() for name in ("ssid", "elements", "vendor"))
    assert ssid[0] == ssid[2] != ssid[1]
    assert elements[0] == elements[1] != elements[2]
    assert vendor[0] == vendor[1] != vendor[2]


@pytest.mark.parametrize(
    ("subtype", "body", "names", "wanted"),
    [
        (0, struct.pack("<HH", 0x31, 10), ("capabilities", "listen_ival"), [0x31, 10]),
        (1, struct.pack("<HHH", 0x31, 17, 0xC003), ("capabilities", "status_code", "aid"), [0x31, 17, 3]),
        (10, struct.pack("<H", 8), ("reason_code",), [8]),
        (12, struct.pack("<H", 7), ("reason_code",), [7]),
        (11, struct.pack("<HHH", 3, 1, 126), ("auth.alg", "auth_seq", "status_code"), [3, 1, 126]),
        (13, b"\x03\x02\x00\x08\x27\x00", ("category_code", "action_code", "reason_code"), [3, 2, 39]),
        (13, b"\x00\x04" + element(37, b"\x00\x06\x01"), ("category_code", "action_code"), [0, 4]),
    ],
)
def test_fixed_fields(subtype: int, body: bytes, names: tuple[str, ...], wanted: list[int]) -> None:
    decoded = of(header(0, subtype, first=STATION) + body)
    assert decoded.rejects == {}
    assert cells(decoded, *(f"wlan.fixed.{name}" for name in names)) == wanted


def test_a_switch_of_channel_by_action() -> None:
    decoded = of(header(0, 13) + b"\x00\x04" + element(37, b"\x00\x06\x01"))
    assert cells(decoded, "wlan.csa.new_channel_number") == [6]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (beacon()[:-1], "802.11: fixed fields cut short"),
        (beacon(b"\x00"), "802.11: an element runs past the frame"),
        (beacon(b"\x00\x05abcd"), "802.11: an element runs past the frame"),
        (beacon(element(0, b"x" * 33)), "802.11: an element is too short for its kind"),
        (beacon(element(3, b"")), "802.11: an element is too short for its kind"),
        (beacon(element(5, b"\x00\x01")), "802.11: an element is too short for its kind"),
        (beacon(element(48, RSN[:9])), "802.11: an element is too short for its kind"),
        (beacon(element(221, b"\x00")), "802.11: an element is too short for its kind"),
        (beacon(clock=2**63), "802.11: a clock of 2^63 or more"),
        (beacon(element(221, ODID + b"\x01\xf0\x19\x02" + bytes(25))), "odid: message cut short or of unknown size"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_is_wrong_is_counted_once_and_the_rest_is_read(frame: bytes, reason: str) -> None:
    decoded = of(frame)
    assert decoded.rejects == {reason: 1}
    assert cells(decoded, "wlan.ta", "wlan.fc.subtype") == [int.from_bytes(AP, "big"), 8]


def test_what_follows_a_wrong_element_is_read() -> None:
    decoded = of(beacon(element(3, b""), element(0, b"name")))
    assert list(decoded.texts("wlan.ssid")) == [(0, b"name")]


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind << 4]) + body + bytes(24 - len(body))


LOCATION = struct.pack("<BBBbii", 0x22, 12, 82, -4, 455_000_000, -1_230_000_000)
LOCATION += struct.pack("<HHHBBHBB", 2100, 2474, 2200, 0, 0, 18_000, 0, 0)
PACK = b"\xf0\x19\x04" + message(0, b"\x12SERIAL-1") + message(1, LOCATION)
PACK += message(5, b"\x00OPERATOR") + message(3, b"\x00test flight")


def test_open_drone_id_in_a_beacon() -> None:
    decoded = of(beacon(element(221, ODID + b"\x07" + PACK)))
    assert decoded.rejects == {}
    names = ("counter", "messages", "id_type", "ua_type", "status", "direction_deg")
    assert cells(decoded, *(f"odid.{name}" for name in names)) == [7, 4, 1, 2, 2, 192]
    metres = ("latitude_deg", "longitude_deg", "altitude_baro_m", "altitude_m", "height_m")
    assert cells(decoded, *(f"odid.{name}" for name in metres)) == [45.5, -123.0, 50, 237, 100]
    assert cells(decoded, "odid.speed_m_s", "odid.speed_vertical_m_s", "odid.timestamp_s") == [20.5, -2, 1800]
    texts = {name: dict(decoded.texts(f"odid.{name}")) for name in ("uas_id", "operator_id", "self_id")}
    assert texts == {"uas_id": {0: b"SERIAL-1"}, "operator_id": {0: b"OPERATOR"}, "self_id": {0: b"test flight"}}


def test_what_a_drone_does_not_know_is_absent() -> None:
    unknown = struct.pack("<BBBbiiHHHBBHBB", 0x23, 181, 255, 126, 0, 0, 0, 0, 0, 0, 0, 0xFFFF, 0, 0)
    decoded = of(beacon(element(221, ODID + b"\x07" + message(1, unknown))))
    names = (
        "direction_deg",
        "speed_m_s",
        "speed_vertical_m_s",
        "latitude_deg",
        "altitude_m",
        "height_m",
        "timestamp_s",
    )
    assert cells(decoded, "odid.status", *(f"odid.{name}" for name in names)) == [2, *[None] * len(names)]


def test_open_drone_id_in_wi_fi_aware() -> None:
    service = b"\x88\x69\x19\x9d\x92\x09\x01\x00\x10" + bytes([len(PACK) + 1]) + b"\x22" + PACK
    frame = header(0, 13) + b"\x04\x09\x50\x6f\x9a\x13\x03" + struct.pack("<H", len(service)) + service
    decoded = of(frame)
    assert decoded.rejects == {}
    assert cells(decoded, "odid.counter", "odid.messages", "odid.latitude_deg") == [0x22, 4, 45.5]


def test_open_drone_id_of_real_drones(request: pytest.FixtureRequest) -> None:
    folder: Path = request.getfixturevalue("captures") / "remote_id"
    beacons = decode((folder / "odid_wifi_bcn_sample.pcap").read_bytes())
    assert {text for _, text in beacons.texts("odid.uas_id")} == {b"MFG1A0123456789"}
    aware = decode((folder / "odid_wifi_sample.pcap").read_bytes())
    assert len(list(aware.texts("odid.operator_id"))) > 0
    assert beacons.rejects == aware.rejects == {}
