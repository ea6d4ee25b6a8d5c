"""Every ready scenario's capture, as tshark reads it: nothing malformed, every frame check sequence good."""

from pathlib import Path

import pytest
from tests.support.flights import flight, seen_by

from yawstring.edge.simulations import ready_scenarios

FIELDS = ("frame.number", "wlan.fcs.status", "_ws.malformed", "wlan.fc.type", "_ws.expert.message")


MALFORMED = "malformed-frames"
"""The scenario of frames that are malformed on purpose."""


@pytest.mark.parametrize("name", [name for name in ready_scenarios() if name != MALFORMED])
def test_tshark_finds_nothing_malformed_and_every_fcs_good(name: str, tmp_path: Path, tshark: str) -> None:
    made = flight(name, 77, "duration_s=4", "attack.length_s=2.5")
    path = tmp_path / "capture.pcapng"
    path.write_bytes(made.capture)
    seen = seen_by(tshark, path, FIELDS, "-o", "wlan.check_checksum:TRUE")
    assert len(seen) == made.frames > 150
    assert {(status, malformed) for _, status, malformed, *_ in seen} == {("1", "")}
    assert {kind for *_, kind, _ in seen} == {"0", "1", "2"}
    assert {note for *_, note in seen} <= {"", "Retransmission (retry)"}


def test_tshark_finds_malformed_what_is_malformed_on_purpose(tmp_path: Path, tshark: str) -> None:
    made = flight(MALFORMED, 77, "duration_s=4", "attack.length_s=2.5")
    path = tmp_path / "capture.pcapng"
    path.write_bytes(made.capture)
    seen = seen_by(tshark, path, FIELDS, "-o", "wlan.check_checksum:TRUE")
    assert {status for _, status, *_ in seen} == {"1"}
    malformed = sum(bool(found) for _, _, found, *_ in seen)
    assert 0 < malformed < len(seen) / 2
