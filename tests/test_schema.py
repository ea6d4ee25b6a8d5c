"""The schema against the files themselves and against the lists of the corpus's own documentation."""

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from support.fused import COLUMNS as MADE_UP_NOTEBOOK
from yawstring.app.columns import markdown
from yawstring.schema import (
    BENIGN,
    CLASSES,
    COLUMNS,
    EPISODE,
    LABEL,
    LABEL_CERTAINTY,
    LABEL_DISPUTED,
    LABEL_SOURCE,
    LAYOUTS,
    NOTEBOOK_COLUMNS,
    ONSET,
    PART,
    RECORDING,
    TECHNIQUE,
    TELEMETRY_AGE,
    TIME,
    features,
    layout_of,
    modality_of,
    roles,
)

OWN = {RECORDING, LABEL_DISPUTED, EPISODE, ONSET, TECHNIQUE, LABEL_SOURCE, LABEL_CERTAINTY, PART, TELEMETRY_AGE, TIME}
"""Columns of rows that no file of others holds; the decoder's and the telemetry's come on top."""

ROOT = Path(__file__).resolve().parents[1]

IDENTITY = {
    # addresses
    *("wlan.ta", "wlan.sa", "wlan.ra", "wlan.da", "wlan.bssid", "ip.src", "ip.dst"),
    # ports
    *("tcp.srcport", "tcp.dstport", "udp.srcport", "udp.dstport"),
    # counters and checksums
    *("frame.number", "wlan.seq", "wlan.fcs", "wlan.ccmp.extiv", "ip.id", "tcp.seq_raw", "tcp.ack_raw"),
    # the flight's and the capture's own clocks, payload
    *("flight_time", "time", "time_since_last_packet", "data.data"),
    # our own: the flight's clock, and where on Earth it is
    *("flight_time_s", "latitude_deg", "longitude_deg"),
    # of frames that we decode: clocks, counters, hashes, names and texts, places
    *("radiotap.mactime", "wlan.fixed.timestamp", "wlan.tkip.extiv", "wlan.wep.iv", "wlan.aid", "wlan.fixed.aid"),
    *("payload_hash", "ssid_hash", "vendor_hash", "elements_hash", "wlan.ssid", "tello.command", "tello.state"),
    *("odid.counter", "odid.timestamp_s", "odid.uas_id", "odid.operator_id", "odid.self_id"),
    *("odid.latitude_deg", "odid.longitude_deg", "odid.operator_latitude_deg", "odid.operator_longitude_deg"),
    RECORDING,
}


def headers(path: Path) -> list[tuple[str, ...]]:
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    return [tuple(cell for cell in line.split(",") if cell) for line in lines if ",class" in line]


def test_the_layouts_are_those_of_the_stacked_file(ten_blocks: Path) -> None:
    found = headers(ten_blocks)
    assert len(found) == 10
    assert len(set(found)) == 5
    assert set(found) == {columns for name, columns in LAYOUTS.items() if name.startswith("tits-")}
    assert [layout_of(header) for header in found] == [
        *("tits-cyber", "tits-physical") * 3,
        *("tits-evil-twin-cyber", "tits-evil-twin-physical", "tits-evil-twin-cyber", "tits-fdi-physical"),
    ]


def test_the_single_table_has_the_cyber_layout(three_attack_cyber: Path) -> None:
    assert headers(three_attack_cyber) == [LAYOUTS["tits-cyber"]]


def test_the_notebook_layout_is_the_one_made_up_for_tests() -> None:
    assert NOTEBOOK_COLUMNS == MADE_UP_NOTEBOOK
    assert len(NOTEBOOK_COLUMNS) == 62
    assert modality_of(NOTEBOOK_COLUMNS) == "fused"


def test_every_column_of_every_layout_is_described_once() -> None:
    used = {name for columns in LAYOUTS.values() for name in columns}
    assert used <= set(COLUMNS)
    assert {name for name in COLUMNS if name not in used and COLUMNS[name].source == "yawstring"} >= OWN
    for name, column in COLUMNS.items():
        assert column.name == name
        assert column.meaning
        assert column.source
    for columns in LAYOUTS.values():
        assert len(columns) == len(set(columns))


def test_the_roles_of_identity_time_and_label() -> None:
    by_role = {role: {n for n, c in COLUMNS.items() if c.role == role} for role in ("identity", "time", "label")}
    assert by_role["identity"] == IDENTITY
    assert by_role["time"] == {"timestamp", "timestamp_c", "timestamp_p", TIME}
    assert by_role["label"] == {LABEL, LABEL_DISPUTED, EPISODE, ONSET, TECHNIQUE, LABEL_SOURCE, LABEL_CERTAINTY, PART}


def test_the_flags_and_the_classes() -> None:
    flags = {name for name, column in COLUMNS.items() if column.kind == "flag"}
    assert flags >= {"radiotap.channel.flags.ofdm", "radiotap.channel.flags.cck", LABEL_DISPUTED}
    assert CLASSES[0] == BENIGN
    assert len(set(CLASSES)) == len(CLASSES)


names = st.lists(st.sampled_from([*COLUMNS, "mine", "Unnamed: 0"]), unique=True)


@given(names, st.sampled_from(["fused", "cyber", "physical"]))
@settings(deadline=None, max_examples=50)
def test_a_model_never_sees_time_label_identity_or_the_unknown(columns: list[str], modality: str) -> None:
    seen = features(columns, modality=modality)
    assert [name for name in columns if name in seen] == list(seen)
    assert {roles(columns)[name] for name in seen} <= ({"cyber", "physical"} if modality == "fused" else {modality})
    more = set(features(columns, modality=modality, identity=True)) - set(seen)
    assert more == {name for name in columns if name in IDENTITY - {RECORDING}}


def test_our_own_columns_change_no_layout() -> None:
    for name, columns in LAYOUTS.items():
        assert layout_of((LABEL_DISPUTED, *reversed(columns), RECORDING)) == name
        assert layout_of(columns[1:]) == "unknown"
        assert layout_of((*columns, "mine")) == "unknown"


def test_the_page_of_columns_is_current() -> None:
    page = (ROOT / "docs" / "reference" / "columns.md").read_text()
    assert page == markdown(), "run: python -m yawstring.app.columns > docs/reference/columns.md"
