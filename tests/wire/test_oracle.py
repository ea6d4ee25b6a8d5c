"""The decoder beside tshark, field by field: real captures, malformed ones, 20,000 fuzzed radiotap headers.

Every cell that differs has a cause in ``docs/reference/decoder.md``, with its count; one without fails the test.
"""

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import pytest

from support import open_network
from support import tshark as oracle
from support.differences import CAUSES, explained
from support.flights import flight
from support.oracle import Comparison, compare, together
from support.radiotap_headers import SHARES, SOUND, Made, pcap, radiotap_capture
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode
from yawstring.wire.frames import CHAINS_OF_HEADER
from yawstring.wire.frames import HEADERS as HEADERS_BEFORE
from yawstring.wire.network import CHAINS
from yawstring.wire.rejects import REASONS
from yawstring.wire.slots import NAMES, TEXTS

LEAST_EQUAL = 0.9999
"""Share of filled cells that must be equal, of real captures and of sound radiotap headers."""

FRAMES_EACH = 5_000
"""Frames of a capture that are compared; all of them where YAWSTRING_WHOLE_ORACLE is set."""

WHOLE = "YAWSTRING_WHOLE_ORACLE"
HEADERS, SEED = 20_000, 7
PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "decoder.md"
PROTOCOLS = "frame.protocols"
CHAIN = {
    place * CHAINS_OF_HEADER + number: header + chain
    for place, header in enumerate(HEADERS_BEFORE)
    for number, chain in enumerate(CHAINS)
}
"""What each code of ``frame.protocols`` stands for."""

COLUMNS = tuple(name for name in (*NAMES.values(), *TEXTS.values()) if oracle.has_field(name))


def beside(program: str, path: Path, *, most: int | None = None) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Our table of a capture, and tshark's."""
    theirs = oracle.read(program, path, COLUMNS, most=most)
    ours = frames_table(decode(path.read_bytes()))
    ours = ours.head(len(theirs) if most is not None else len(ours))
    return ours.with_columns(pl.col(PROTOCOLS).replace_strict(CHAIN)), theirs


def listing(differing: pl.DataFrame) -> str:
    """The differences by column, to read when a test fails."""
    groups = differing.group_by("capture", "column").agg(
        pl.len().alias("cells"), pl.col("frame.number").first(), pl.col("ours").first(), pl.col("theirs").first()
    )
    with pl.Config(tbl_rows=60, tbl_cols=-1, tbl_width_chars=160, fmt_str_lengths=40):
        return str(groups.sort("cells", descending=True))


@pytest.fixture(scope="module")
def real(tshark: str, captures: Path) -> Comparison:
    most = None if os.environ.get(WHOLE) else FRAMES_EACH
    files = sorted(path for path in captures.rglob("*") if path.is_file())
    pairs = ((path, *beside(tshark, path, most=most)) for path in files)
    return together([compare(ours, theirs, COLUMNS, capture=path.name) for path, ours, theirs in pairs])


@pytest.fixture(scope="module")
def malformed(captures: Path) -> list[str]:
    return [path.name for path in (captures / "malformed").iterdir()]


@pytest.fixture(scope="module")
def headers() -> Made:
    return radiotap_capture(HEADERS, seed=SEED)


@pytest.fixture(scope="module")
def fuzzed(tshark: str, headers: Made, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Comparison]:
    """The comparison of each kind of header."""
    path = tmp_path_factory.mktemp("radiotap") / "fuzzed.pcap"
    path.write_bytes(headers.capture)
    ours, theirs = beside(tshark, path)
    kinds = pl.Series(headers.kinds)
    return {
        kind: compare(ours.filter(kinds == kind), theirs.filter(kinds == kind), COLUMNS, capture=kind)
        for kind in SHARES
    }


def of_every_kind(fuzzed: Mapping[str, Comparison]) -> pl.DataFrame:
    """The differences at all headers, with their kind."""
    return pl.concat([one.differing.with_columns(pl.lit(kind).alias("kind")) for kind, one in fuzzed.items()])


def test_every_column_is_compared_or_has_a_reason(tshark: str) -> None:
    known = set(re.findall(r"^F\t[^\t]*\t([^\t]*)", oracle.glossary(tshark), flags=re.M))
    assert set(oracle.fields_of(COLUMNS)) <= known
    ours = set(NAMES.values()) | set(TEXTS.values())
    assert set(oracle.NO_FIELD) - {"recording"} <= ours, "a column of ours that needs no reason any more"


def test_most_columns_hold_values_in_the_real_captures(real: Comparison) -> None:
    """A comparison of empty columns would be no comparison."""
    empty = {column for column, filled in real.filled.items() if not filled}
    assert len(COLUMNS) - len(empty) > 85
    assert not empty & {"wlan.ta", "wlan.seq", "wlan.ccmp.extiv", "radiotap.dbm_antsignal", "wlan_radio.preamble"}


def test_real_captures_say_what_tshark_says(real: Comparison, malformed: list[str]) -> None:
    sound = real.differing.filter(~pl.col("capture").is_in(malformed))
    assert 1 - len(sound) / sum(real.filled.values()) >= LEAST_EQUAL, listing(sound)


@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_of_real_captures_says_what_tshark_says(
    column: str, real: Comparison, malformed: list[str]
) -> None:
    """A column of few values cannot hide among those of many."""
    apart = real.differing.filter((pl.col("column") == column) & ~pl.col("capture").is_in(malformed))
    left = explained(apart, "real").filter(pl.col("cause").is_null())
    assert left.is_empty(), listing(left)


def test_every_difference_on_real_captures_is_listed(real: Comparison) -> None:
    left = explained(real.differing, "real").filter(pl.col("cause").is_null())
    assert left.is_empty(), listing(left)


def test_sound_radiotap_headers_say_what_tshark_says(fuzzed: Mapping[str, Comparison]) -> None:
    assert fuzzed[SOUND].share_equal >= LEAST_EQUAL, listing(fuzzed[SOUND].differing)
    assert sum(fuzzed[SOUND].filled.values()) > 200_000


def test_every_difference_on_fuzzed_headers_is_listed(fuzzed: Mapping[str, Comparison]) -> None:
    left = explained(of_every_kind(fuzzed), "fuzzed").filter(pl.col("cause").is_null())
    assert left.is_empty(), listing(left)


def test_open_networks_say_what_tshark_says(tshark: str, tmp_path: Path) -> None:
    """IPv4, UDP, TCP, Tello's texts and channel switches, of which the real captures hold few or none."""
    path = tmp_path / "open.pcap"
    path.write_bytes(pcap(open_network.frames(3_000, seed=SEED), link_type=105))
    found = compare(*beside(tshark, path), COLUMNS, capture=path.name)
    assert found.differing.is_empty(), listing(found.differing)
    for column in ("tello.command", "tello.state", "tcp.seq_raw", "udp.length", "wlan.csa.new_channel_number"):
        assert found.filled[column] > 150


@pytest.mark.parametrize("name", ["benign-open", "benign-wpa2", "replay-commands", "hostapd-twin", "aireplay-deauth"])
def test_simulated_flights_say_what_tshark_says(name: str, tshark: str, tmp_path: Path) -> None:
    path = tmp_path / "capture.pcapng"
    path.write_bytes(flight(name, 5, "duration_s=4", "attack.length_s=2.5").capture)
    found = compare(*beside(tshark, path), COLUMNS, capture=name)
    assert found.differing.is_empty(), listing(found.differing)
    assert sum(found.filled.values()) > 15_000


def test_the_page_lists_every_reason() -> None:
    text = PAGE.read_text()
    assert [reason for reason in REASONS[1:] if f"| {reason} |" not in text] == []


def written() -> Iterator[tuple[str, int, int]]:
    """Cause, count on real captures and count on fuzzed headers of every line of the page's table."""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 4 and re.fullmatch(r"[\d,]+", cells[2]) and re.fullmatch(r"[\d,]+", cells[3]):
            yield cells[0], int(cells[2].replace(",", "")), int(cells[3].replace(",", ""))


def test_the_page_lists_every_cause_with_its_count(real: Comparison, fuzzed: Mapping[str, Comparison]) -> None:
    if os.environ.get(WHOLE):
        pytest.skip("the page counts the frames that are compared by default")
    page = {cause: counts for cause, *counts in written()}
    found = {cause.name: [0, 0] for cause in CAUSES}
    for place, (differing, where) in enumerate(((real.differing, "real"), (of_every_kind(fuzzed), "fuzzed"))):
        for name, count in explained(differing, where).group_by("cause").len().iter_rows():
            if name is not None:
                found[name][place] = count
    assert page == found
