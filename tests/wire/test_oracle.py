"""The decoder beside tshark, field by field: real captures, malformed ones, 20,000 sound radiotap headers, and others.

Every cell that differs has a cause in ``docs/reference/decoder.md``, with its count; one without fails the test.
"""

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
from support.radiotap_headers import NOT_SOUND, SOUND, SOUND_ALONE, pcap, radiotap_capture
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode
from yawstring.wire.frames import CHAINS_OF_HEADER
from yawstring.wire.frames import HEADERS as HEADERS_BEFORE
from yawstring.wire.network import CHAINS
from yawstring.wire.rejects import REASONS
from yawstring.wire.slots import NAMES, TEXTS

LEAST_EQUAL = 0.9999
"""Share of filled cells that must be equal, of real captures and of sound radiotap headers."""

HEADERS, OTHERS, SEED = 20_000, 8_000, 7
"""Sound headers, headers that are not, and the seed of both."""

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "decoder.md"
PROTOCOLS = "frame.protocols"
CHAIN = {
    place * CHAINS_OF_HEADER + number: header + chain
    for place, header in enumerate(HEADERS_BEFORE)
    for number, chain in enumerate(CHAINS)
}
"""What each code of ``frame.protocols`` stands for."""

COLUMNS = tuple(name for name in (*NAMES.values(), *TEXTS.values()) if oracle.has_field(name))


def beside(program: str, path: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Our table of a capture, and tshark's."""
    theirs = oracle.read(program, path, COLUMNS)
    ours = frames_table(decode(path.read_bytes()))
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
    files = sorted(path for path in captures.rglob("*") if path.is_file())
    pairs = ((path, *beside(tshark, path)) for path in files)
    return together([compare(ours, theirs, COLUMNS, capture=path.name) for path, ours, theirs in pairs])


@pytest.fixture(scope="module")
def malformed(captures: Path) -> list[str]:
    return [path.name for path in (captures / "malformed").iterdir()]


def behind(program: str, folder: Path, count: int, shares: Mapping[str, float]) -> Mapping[str, Comparison]:
    """The comparison of each kind of radiotap header."""
    made, path = radiotap_capture(count, seed=SEED, shares=shares), folder / "fuzzed.pcap"
    path.write_bytes(made.capture)
    ours, theirs = beside(program, path)
    kinds = pl.Series(made.kinds)
    return {
        kind: compare(ours.filter(kinds == kind), theirs.filter(kinds == kind), COLUMNS, capture=kind)
        for kind in shares
    }


@pytest.fixture(scope="module")
def sound(tshark: str, tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return behind(tshark, tmp_path_factory.mktemp("sound"), HEADERS, SOUND_ALONE)[SOUND]


@pytest.fixture(scope="module")
def others(tshark: str, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Comparison]:
    return behind(tshark, tmp_path_factory.mktemp("others"), OTHERS, NOT_SOUND)


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
    """All of them together; and few of the differences are in captures that were not made to break decoders."""
    assert real.share_equal >= LEAST_EQUAL, listing(real.differing)
    apart = real.differing.filter(~pl.col("capture").is_in(malformed))
    assert len(apart) < len(real.differing) // 2, listing(apart)


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


def test_sound_radiotap_headers_say_what_tshark_says(sound: Comparison) -> None:
    assert sound.share_equal >= LEAST_EQUAL, listing(sound.differing)
    assert sum(sound.filled.values()) > 500_000


def test_every_difference_on_fuzzed_headers_is_listed(sound: Comparison, others: Mapping[str, Comparison]) -> None:
    left = explained(of_every_kind({SOUND: sound, **others}), "fuzzed").filter(pl.col("cause").is_null())
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


def written() -> Iterator[tuple[str, list[int]]]:
    """Cause and counts (real captures, sound headers, others) of every line of the page's table."""
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        counts = [cell.replace(",", "") for cell in cells[2:]]
        if len(counts) == 3 and all(count.isdigit() for count in counts):
            yield cells[0], list(map(int, counts))


def test_the_page_lists_every_cause_with_its_count(
    real: Comparison, sound: Comparison, others: Mapping[str, Comparison]
) -> None:
    sets = ((real.differing, "real"), (of_every_kind({SOUND: sound}), "fuzzed"), (of_every_kind(others), "fuzzed"))
    found = {cause.name: [0, 0, 0] for cause in CAUSES}
    for place, (differing, where) in enumerate(sets):
        for name, count in explained(differing, where).group_by("cause").len().iter_rows():
            if name is not None:
                found[name][place] = count
    assert dict(written()) == found
