"""Rules on real captures: floods are found where the captures hold them, and nothing is found anywhere else."""

from pathlib import Path

import polars as pl
import pytest

from yawstring.edge.rulebook import read_rulebook
from yawstring.edge.ruling import fused, ruled

BOOK = read_rulebook()
FLOODS = {
    "aircrack/pmkid-not-recognized.cap": {"deauthentication_flood"},
    "aircrack/wep_64_ptw.cap": {"disassociation_flood"},
}
"""What the authors of the captures did while they captured; see the folder's description."""


@pytest.mark.parametrize("name", FLOODS)
def test_a_real_flood_is_found_in_the_network_that_most_farewells_are_of(captures: Path, name: str) -> None:
    frame = fused((captures / name).read_bytes(), None)
    findings = list(ruled(frame, BOOK))
    assert {one.source for one in findings} == FLOODS[name]
    leaving = frame.filter((pl.col("wlan.fc.type") == 0) & pl.col("wlan.fc.subtype").is_in([10, 12]))
    most = leaving["wlan.bssid"].value_counts().sort("count")["wlan.bssid"][-1]
    assert most in {one.identity.drone for one in findings}


def test_nothing_is_found_in_the_other_captures(captures: Path) -> None:
    """Handshakes, associations, Remote ID of real drones, and frames that crashed decoders: a few each."""
    others = [path for path in sorted(captures.glob("*/*")) if str(path.relative_to(captures)) not in FLOODS]
    assert len(others) > 20
    said = {}
    for path in others:
        frame = fused(path.read_bytes(), None)
        if len(frame):
            said[path.name] = {one.source for one in ruled(frame, BOOK)}
    assert {name: found for name, found in said.items() if found} == {}
