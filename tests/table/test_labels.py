"""Labels by interval against a loop that asks each interval in turn, and frame by frame against the truth itself."""

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import TableError
from yawstring.schema import CLASSES
from yawstring.table.labels import LABELLED, Intervals, Labelled, Truth, label, parse_labels

NS = 1_000_000_000
HEADER = "start,end,class,technique,episode,source,certainty\n"

interval = st.tuples(st.integers(0, 20), st.integers(1, 8), st.sampled_from(CLASSES))


def frames(*seconds: float) -> pl.DataFrame:
    stamps = pl.Series("time_ns", [round(second * NS) for second in seconds], pl.Int64)
    return pl.DataFrame([stamps, pl.Series("frame.number", range(1, len(seconds) + 1), pl.Int64)])


def labelled(text: str, *seconds: float) -> Labelled:
    return label(frames(*seconds), parse_labels(text.encode(), name="labels.csv"))


@given(st.lists(interval, max_size=6), st.lists(st.integers(-2, 30), max_size=30))
@settings(deadline=None, max_examples=150)
def test_each_frame_takes_the_attack_that_began_last(given_rows: list[tuple[int, int, str]], at: list[int]) -> None:
    rows = [(start, start + length, name) for start, length, name in given_rows]
    text = "start,end,class\n" + "".join(f"{start},{end},{name}\n" for start, end, name in rows)
    found = labelled(text, *at)
    attacks = sorted((row for row in enumerate(rows) if row[1][2] != "benign"), key=lambda row: (row[1][0], row[0]))
    episodes = {number: episode for episode, (number, _) in enumerate(attacks)}
    covers = len(attacks) < len(rows)
    wanted, several = [], 0
    for time in at:
        inside = [(row[0], number) for number, row in enumerate(rows) if row[0] <= time < row[1] and row[2] != "benign"]
        several += len(inside) > 1
        quiet = not covers or any(row[0] <= time < row[1] for row in rows)
        last = max(inside)[1] if inside else None
        wanted.append((rows[last][2], episodes[last]) if last is not None else ("benign" if quiet else None, None))
    assert found.frame.select("class", "episode").rows() == wanted
    assert found.overlapping_frames == several
    assert found.unlabelled == sum(name is None for name, _ in wanted)
    assert found.empty == sum(not any(start <= time < end for time in at) for start, end, _ in rows)


def test_an_interval_holds_its_start_and_not_its_end() -> None:
    found = labelled("start,end,class\n1,2,dos\n", 0.999999999, 1, 1.999999999, 2)
    assert found.frame["class"].to_list() == ["benign", "dos", "dos", "benign"]


def test_stamps_are_read_to_the_nanosecond_and_as_dates() -> None:
    rows = ("1713995000.000000001,1713995000.000000002,dos", "2024-04-24T21:43:21Z,2024-04-24T21:43:22Z,fdi")
    text = "\n".join(("start,end,class", *rows))
    at = pl.DataFrame({"time_ns": [1713995000 * NS, 1713995000 * NS + 1, 1713995001 * NS]})
    assert label(at, parse_labels(text.encode(), name="a")).frame["class"].to_list() == ["benign", "dos", "fdi"]


def test_every_column_comes_through_in_one_spelling() -> None:
    rows = "1,2,DoS attack,aireplay_deauth,4,me,0.5\n"
    found = labelled(HEADER + rows + "3,4,Evil Twin,airbase,7,me,0.25\n", 1, 3, 9)
    assert found.frame.columns == list(LABELLED)
    assert found.frame.rows() == [
        ("dos", "aireplay_deauth", 4, "me", 0.5),
        ("evil_twin", "airbase", 7, "me", 0.25),
        ("benign", None, None, "me", None),
    ]


def test_what_is_in_no_interval_is_benign_unless_benign_is_listed() -> None:
    assert labelled("start,end,class\n1,2,dos\n", 0, 5).frame["class"].to_list() == ["benign", "benign"]
    found = labelled("start,end,class\n1,2,dos\n2,4,benign\n", 0, 1, 3, 4)
    assert found.frame["class"].to_list() == [None, "dos", "benign", None]
    assert (found.unlabelled, found.gap_s) == (2, 1.0)


def test_a_file_without_an_interval_calls_everything_benign() -> None:
    for text in (HEADER, HEADER.strip(), "\ufeff" + HEADER + "\r\n\r\n"):
        found = labelled(text, 1, 2)
        assert found.frame["class"].to_list() == ["benign", "benign"]
        assert found.intervals == 0


def test_overlaps_and_intervals_without_a_frame_are_counted() -> None:
    found = labelled("start,end,class\n1,5,dos\n4,6,fdi\n5.5,9,dos\n20,30,replay\n", 1, 4.5, 5.2, 5.7, 10)
    assert found.frame["class"].to_list() == ["dos", "fdi", "fdi", "dos", "benign"]
    assert (found.intervals, found.overlapping, found.overlapping_frames, found.empty) == (4, 2, 2, 1)


def test_a_frame_without_a_time_has_no_label() -> None:
    found = label(pl.DataFrame({"time_ns": [None, 0]}), parse_labels(b"start,end,class\n0,1,dos\n", name="a"))
    assert found.frame["class"].to_list() == [None, "dos"]
    assert found.unlabelled == 1


TRUTH = """frame.number,time_ns,transmitter,role,forged,class,technique,episode
1,1000000000,drone,drone,0,benign,,
2,1100000000,drone,attacker,1,dos,mdk4_deauth,0
3,1200000000,drone,drone,0,dos,mdk4_deauth,0
"""


def test_the_truth_is_joined_by_the_number_of_the_frame() -> None:
    truth = parse_labels(TRUTH.encode(), name="truth.csv")
    assert isinstance(truth, Truth)
    found = label(frames(1, 1.1, 1.2)[[2, 0, 1]], truth)
    assert found.frame["class"].to_list() == ["dos", "benign", "dos"]
    assert found.frame["technique"].to_list() == ["mdk4_deauth", None, "mdk4_deauth"]
    assert found.frame["episode"].to_list() == [0, None, 0]
    assert set(found.frame["label_source"]) == {"simulator"}
    assert set(found.frame["label_certainty"]) == {1.0}
    assert (found.unlabelled, found.intervals) == (0, 0)


def test_the_truth_of_another_capture_is_refused() -> None:
    truth = parse_labels(TRUTH.encode(), name="truth.csv")
    with pytest.raises(TableError, match=r"capture's 2 frames, found 3.*another capture"):
        label(frames(1, 1.1), truth)
    with pytest.raises(TableError, match="frame 2 at its time"):
        label(frames(1, 1.1001, 1.2), truth)
    with pytest.raises(TableError, match="frame 4 at its time"):
        label(frames(1, 1.1, 1.2).with_columns(pl.Series("frame.number", [1, 2, 4])), truth)
    with pytest.raises(TableError, match="no such column"):
        label(frames(1, 1.1, 1.2).drop("frame.number"), truth)
    assert len(label(frames(1, 1.1, 1.2).with_columns(pl.col("time_ns") + 900), truth).frame) == 3


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("start,end\n1,2\n", "labels.csv: expected the columns .* found none of the name 'class'"),
        ("start,end,class,colour\n1,2,dos,red\n", "'colour'"),
        ("start,end,class\n1,2,dos\nnoon,3,dos\n", "row 3, column 'start': .* found 'noon'"),
        ("start,end,class\n2,2,dos\n", "row 2, column 'end': expected an end behind the start, found 2 to 2"),
        ("start,end,class\n1,2,headache\n", "row 2, column 'class': .* found 'headache'"),
        ("start,end,class\n1,2,\n", "row 2, column 'class': expected a class, found none"),
        ("start,end,class,certainty\n1,2,dos,1.5\n", "row 2, column 'certainty'"),
        ("start,end,class,episode\n1,2,dos,-1\n", "row 2, column 'episode'"),
        ("start,end,class,episode\n1,2,dos,0.5\n", "row 2, column 'episode': expected a whole number"),
        ("start,end,class,episode\n1,2,dos,1\n4,5,dos,\n", "row 3, column 'episode': .*every attack or for none"),
        ("start,end,class\n1,2,dos\nstart,end,class\n3,4,dos\n", "row 3: expected one header"),
        (TRUTH.replace("3,12", "2,12"), "row 3, column 'frame.number': expected each frame once"),
        (TRUTH.replace("1100000000", ""), "row 3, column 'time_ns': expected a whole number"),
        ("", "empty file"),
    ],
)
def test_what_is_no_file_of_labels_is_refused_with_its_place(text: str, error: str) -> None:
    with pytest.raises(TableError, match=error):
        parse_labels(text.encode(), name="labels.csv")


@given(st.binary(max_size=200) | st.text(alphabet='01,.\n"classtarend-:TZ ', max_size=120).map(str.encode))
@settings(deadline=None, max_examples=150)
def test_any_octets_are_labels_or_a_table_error(octets: bytes) -> None:
    for text in (octets, b"start,end,class\n" + octets):
        try:
            found = parse_labels(text, name="any")
        except TableError:
            continue
        assert isinstance(found, Intervals | Truth)
