"""A survey of pieces adds up to that of the whole, and counts what a plain count counts."""

from collections import Counter
from functools import reduce

import pytest

from support.open_network import frames as open_frames
from support.radiotap_headers import pcap, radiotap_capture
from yawstring.table.frames import frames_table
from yawstring.table.survey import FRAMES, KIND_NAMES, Survey, added, kinds, survey
from yawstring.wire.decoder import decode


def counts(one: Survey) -> dict[str, list[tuple[object, ...]]]:
    return {name: table.rows() for name, table in one.counts.items()}


@pytest.mark.parametrize(
    "octets", [radiotap_capture(900, seed=2).capture, pcap(open_frames(900, seed=2), link_type=105)]
)
@pytest.mark.parametrize("size", [1, 250, 10_000])
def test_pieces_add_up_to_the_whole(octets: bytes, size: int) -> None:
    frame = frames_table(decode(octets))
    if size == 1:
        frame = frame.head(40)
    whole = survey(frame)
    parts = reduce(added, [survey(piece) for piece in frame.iter_slices(size)])
    assert counts(parts) == counts(whole)
    for name in ("frames", "octets", "first_ns", "last_ns", "span_s"):
        assert getattr(parts, name) == getattr(whole, name)


def test_counts_are_those_of_a_plain_count() -> None:
    frame = frames_table(decode(pcap(open_frames(900, seed=3), link_type=105)))
    found = survey(frame)
    assert dict(found.counts["transmitters"].iter_rows()) == Counter(frame["wlan.ta"])
    assert found.counts["networks"][FRAMES].sum() == frame["wlan.fixed.beacon"].count()
    assert dict(found.counts["protections"].iter_rows()) == {0: frame["llc.type"].count()}
    assert {name for _, name, _ in kinds(found)} == {"beacon", "probe response", "data", "QoS data"}
    assert sum(count for *_, count in kinds(found)) == found.frames == 900


def test_a_survey_of_nothing_is_one() -> None:
    nothing = survey(frames_table(decode(b"")))
    assert (nothing.frames, nothing.octets, nothing.span_s, list(kinds(nothing))) == (0, 0, None, [])


def test_every_kind_has_one_name() -> None:
    assert len(set(KIND_NAMES.values())) == len(KIND_NAMES)
