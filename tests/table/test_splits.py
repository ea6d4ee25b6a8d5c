"""Splits hold under every policy, and a split that does not cannot be made."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from support import recorded
from yawstring.edge.files import read_table
from yawstring.errors import LeakError, OptionError, SplitError, TableError
from yawstring.table.policies import LEFT_OUT, TEST, TRAIN, VALIDATION
from yawstring.table.splits import Split, SplitSpec, class_of_rows, cut, split_table, whole
from yawstring.table.windows import WindowSpec

FEATURES = ("frame.len", "wlan.fc.type")

specs = st.one_of(
    st.builds(SplitSpec, policy=st.just("recording"), seed=st.integers(0, 99)),
    st.builds(
        SplitSpec, policy=st.just("recording"), folds=st.just(3), fold=st.integers(0, 2), seed=st.integers(0, 99)
    ),
    st.builds(SplitSpec, policy=st.just("time"), within=st.sampled_from(["class", "recording"])),
    st.builds(SplitSpec, policy=st.just("runs"), run_length=st.integers(10, 40), seed=st.integers(0, 99)),
)
windows = st.builds(WindowSpec, length=st.integers(1, 8), label=st.sampled_from(["last", "next"]))


@st.composite
def frames(draw):
    plan = draw(st.lists(st.sampled_from(["benign", "dos", "replay"]), min_size=9, max_size=14))
    for name in ("benign", "dos", "replay"):
        plan += [name] * max(0, 3 - plan.count(name))
    rows = draw(st.lists(st.integers(12, 50), min_size=len(plan), max_size=len(plan)))
    recording = np.repeat(np.arange(len(plan)), rows)
    count = len(recording)
    return pl.DataFrame(
        {
            "timestamp_c": np.arange(count, dtype=float),
            "frame.len": np.arange(count) % 97,
            "wlan.fc.type": np.arange(count) % 3,
            "class": np.repeat(plan, rows).tolist(),
            "recording": pl.Series(recording, dtype=pl.Int32),
        }
    )


def rows_of(split, part):
    """Every row that a window of the part reads or has its label from."""
    reach = split.window.label_offset + 1
    return {int(row) for first in split.starts[part] for row in range(first, first + reach)}


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(frame=frames(), spec=specs, window=windows)
def test_parts_never_touch(frame, spec, window):
    try:
        split = split_table(frame, spec, window)
    except SplitError:
        assume(False)
    recording = frame["recording"].to_list()
    parts = [rows_of(split, part) for part in (TRAIN, VALIDATION, TEST)]
    assert not parts[0] & parts[1]
    assert not parts[0] & parts[2]
    assert not parts[1] & parts[2]
    for part, starts in enumerate(split.starts):
        for first in starts:
            reach = range(first, first + window.label_offset + 1)
            assert len({recording[row] for row in reach}) == 1
            assert {int(split.part[row]) for row in reach} == {part}
    owner = {row: part for part, rows in enumerate(parts) for row in rows}
    kept = split.part != LEFT_OUT
    assert len(set(zip(split.segment[kept], split.part[kept], strict=True))) == len(set(split.segment[kept]))
    for row in sorted(owner):  # the embargo: nothing of another part within the memory of a window
        for before in range(max(0, row - window.memory), row):
            if before in owner and recording[before] == recording[row]:
                assert owner[before] == owner[row]


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(frame=frames(), seed=st.integers(0, 99), folds=st.sampled_from([0, 3]))
def test_whole_recordings_stay_on_one_side_and_folds_cover_the_table(frame, seed, folds):
    window = WindowSpec(length=3)
    tested = []
    for fold in range(max(folds, 1)):
        split = split_table(frame, SplitSpec(folds=folds, fold=fold, seed=seed), window)
        sides = frame.with_columns(part=split.part).group_by("recording").agg(pl.col("part").n_unique())
        assert sides["part"].max() == 1
        classes = class_of_rows(frame)
        for part in (TRAIN, TEST):
            assert set(classes[split.part == part]) == set(classes)
        tested += np.flatnonzero(split.part == TEST).tolist()
    if folds:
        assert sorted(tested) == list(range(len(frame)))


def test_linked_recordings_stay_together():
    frame = recorded.frame()
    twin = frame.filter(pl.col("recording") == 4).with_columns(pl.lit("replay").alias("class"))
    twin = twin.with_columns(recording=pl.lit(99, pl.Int32))  # the frames of recording 4 under another label
    frame = pl.concat([frame, twin])
    for seed in range(20):
        split = split_table(frame, SplitSpec(seed=seed), WindowSpec())
        assert len(np.unique(split.part[frame["recording"].is_in([4, 99]).to_numpy()])) == 1
        assert not split.warnings
    torn = split_table(frame, SplitSpec(policy="time"), WindowSpec())
    assert "60 rows of the test part equal a training row" in torn.warnings[0]


def test_however_large_the_test_part_the_training_part_keeps_every_class():
    frame = recorded.frame(("benign", "benign", "dos", "dos"))
    for seed in range(10):
        split = split_table(frame, SplitSpec(test=0.8, validation=0, seed=seed), WindowSpec())
        assert {*class_of_rows(frame)[split.starts[TRAIN]]} == {"benign", "dos"}


def test_time_holds_out_the_end_of_each_class():
    frame = recorded.frame()
    split = split_table(frame, SplitSpec(policy="time", validation=0), WindowSpec(length=1))
    for name in ("benign", "dos", "replay"):
        of_class = split.part[(frame["class"] == name).to_numpy()]
        assert of_class.tolist() == [TRAIN] * 192 + [TEST] * 48


def _with_parts(*names):
    """Twelve recordings, the part of each by its number."""
    frame = recorded.frame()
    return frame.with_columns(pl.col("recording").replace_strict(dict(enumerate(names))).alias("part"))


BY_THE_TABLE = ("train", "validation", "test", "test") * 3


def test_a_given_split_is_the_one_that_the_table_says():
    split = split_table(_with_parts(*BY_THE_TABLE), SplitSpec(policy="given"), WindowSpec(length=5))
    for number, name in enumerate(BY_THE_TABLE):
        assert set(split.part[split.recording == number]) == {("train", "validation", "test").index(name)}


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (recorded.frame(), "reads the column 'part', and the table has none"),
        (_with_parts("trial", *BY_THE_TABLE[1:]), "expected train, validation, test, found 'trial'"),
        (_with_parts(None, *BY_THE_TABLE[1:]), "expected train, validation, test, found ''"),
    ],
)
def test_a_given_split_that_the_table_does_not_say_is_refused(frame, message):
    with pytest.raises(SplitError, match=message):
        split_table(frame, SplitSpec(policy="given"), WindowSpec())


def test_a_given_split_through_the_middle_of_a_recording_is_a_leak():
    frame = _with_parts(*BY_THE_TABLE)
    torn = pl.when(pl.int_range(pl.len()) < 30).then(pl.lit("test")).otherwise("part").alias("part")
    with pytest.raises(LeakError, match="one recording, lie in more than one part"):
        split_table(frame.with_columns(torn), SplitSpec(policy="given"), WindowSpec())


def test_rows_for_the_test_part_alone_are_in_no_other():
    frame = recorded.frame()
    unseen = (frame["class"] == "dos").to_numpy()
    split = split_table(frame, SplitSpec(seed=3), WindowSpec(length=5), unseen=unseen)
    train, validation, test = (set(class_of_rows(frame)[starts + 4]) for starts in split.starts)
    assert (train, validation, test) == ({"benign", "replay"}, {"benign", "replay"}, {"benign", "dos", "replay"})


def test_time_holds_out_the_end_of_each_recording():
    split = split_table(recorded.frame(), SplitSpec(policy="time", within="recording"), WindowSpec(length=5))
    first = [TRAIN] * 38 + [LEFT_OUT] * 4 + [VALIDATION] * 6 + [LEFT_OUT] * 4 + [TEST] * 8
    assert split.part.tolist() == first * 12


def test_runs_are_whole():
    split = split_table(recorded.frame(), SplitSpec(policy="runs", run_length=20), WindowSpec(length=1))
    assert all(len(set(split.part[first : first + 20].tolist())) == 1 for first in range(0, 720, 20))
    assert len(np.unique(split.group)) == 36


def test_random_draws_windows_by_class_and_says_what_it_hides():
    frame = recorded.frame()
    split = split_table(frame, SplitSpec(policy="random"), WindowSpec(length=5))
    classes = class_of_rows(frame)
    counts = np.unique(classes[split.starts[TEST] + 4], return_counts=True)[1]
    assert counts.tolist() == [45, 45, 45]  # a fifth of 4 recordings of 56 windows
    assert split.stamps == ("random split",)
    assert "of the test windows share rows with training windows" in split.warnings[0]


def test_the_embargo_grows_with_the_memory_of_signals():
    spec = SplitSpec(policy="time", within="recording")
    split = split_table(recorded.frame(), spec, WindowSpec(length=2), memory=7)
    assert split.embargo == 7
    assert (np.flatnonzero(split.part[:60] == TEST)).tolist() == list(range(55, 60))


def test_rows_not_kept_belong_to_no_part_and_no_window_bridges_them():
    frame = recorded.frame()
    keep = np.ones(len(frame), np.bool_)
    keep[20:23] = False
    split = split_table(frame, SplitSpec(), WindowSpec(length=5), keep=keep)
    assert (split.part[20:23] == LEFT_OUT).all()
    assert not {int(s) for starts in split.starts for s in starts} & set(range(16, 23))


def test_the_seed_decides():
    frame = recorded.frame()
    for policy in ("recording", "runs", "random"):
        spec = SplitSpec(policy=policy, run_length=6)
        parts = [split_table(frame, replace(spec, seed=seed), WindowSpec()).part.tobytes() for seed in (1, 1, 2)]
        assert parts[0] == parts[1] != parts[2]


@pytest.mark.parametrize(
    ("plan", "spec", "word"),
    [
        (("benign", "benign", "dos"), SplitSpec(), "class 'dos'"),
        (("benign", "dos"), SplitSpec(policy="runs", run_length=6, seed=1), "undefined, not low"),
        (("benign", "benign"), SplitSpec(), "1 classes"),
        (("benign", "dos"), SplitSpec(policy="runs", run_length=60), "too few"),
    ],
)
def test_an_undefined_split_is_refused_by_name(plan, spec, word):
    with pytest.raises(SplitError, match=word):
        split_table(recorded.frame(plan), spec, WindowSpec())


def test_the_end_of_each_class_is_refused_where_a_recording_mixes_classes():
    frame = recorded.frame(("benign", "dos")).with_columns(recording=pl.lit(0, pl.Int32))
    with pytest.raises(SplitError, match="within recording"):
        split_table(frame, SplitSpec(policy="time"), WindowSpec())


@pytest.mark.parametrize("column", ["class", "recording"])
def test_a_table_without_labels_or_recordings_is_refused(column):
    with pytest.raises(TableError, match=column):
        split_table(recorded.frame().drop(column), SplitSpec(), WindowSpec())


def test_rows_without_a_label_are_refused():
    frame = recorded.frame().with_columns(
        pl.when(pl.col("frame.number") > 58).then(None).otherwise("class").alias("class")
    )
    with pytest.raises(TableError, match="24 rows have no label"):
        split_table(frame, SplitSpec(), WindowSpec())


@pytest.mark.parametrize(
    "options",
    [{"policy": "fair"}, {"test": 0}, {"validation": 1}, {"run_length": 0}, {"within": "day"}, {"folds": 1},
     {"folds": 4, "policy": "time"}, {"folds": 4, "fold": 4}, {"fold": 1}, {"seed": -1}],
)  # fmt: skip
def test_nonsense_is_refused(options):
    with pytest.raises(OptionError):
        SplitSpec(**options)


def planted(spec, **changes):
    """A good split with something wrong in it."""
    split = split_table(recorded.frame(), spec, WindowSpec(length=5))
    return Split(**{name: getattr(split, name) for name in split.__dataclass_fields__} | changes)


BY_RECORDING = SplitSpec()
BY_TIME = SplitSpec(policy="time", within="recording")


def test_a_window_across_recordings_is_a_leak():
    with pytest.raises(LeakError, match="crosses a recording"):
        planted(BY_RECORDING, starts=(np.array([58]), np.zeros(0, np.int64), np.zeros(0, np.int64)))


def test_a_window_across_parts_is_a_leak():
    none = np.zeros(0, np.int64)
    with pytest.raises(LeakError, match="holds rows of another part"):
        planted(BY_TIME, starts=(np.array([36]), none, none), segment=np.zeros(720, np.int64))


def test_a_window_that_begins_in_the_embargo_is_a_leak():
    none = np.zeros(0, np.int64)
    with pytest.raises(LeakError, match="holds rows of another part"):
        planted(BY_TIME, starts=(none, np.array([38]), none), segment=np.zeros(720, np.int64))


def test_a_training_window_in_the_test_part_is_a_leak():
    none = np.zeros(0, np.int64)
    with pytest.raises(LeakError, match="holds rows of another part"):
        planted(BY_TIME, starts=(np.array([53]), none, none))


def test_a_window_across_segments_is_a_leak():
    none = np.zeros(0, np.int64)
    with pytest.raises(LeakError, match="crosses a segment"):
        planted(BY_RECORDING, starts=(np.array([0]), none, none), segment=np.arange(720) // 3)


def test_a_window_of_rows_left_out_is_a_leak():
    none = np.zeros(0, np.int64)
    with pytest.raises(LeakError, match="left out"):
        planted(BY_RECORDING, starts=(np.array([0]), none, none), segment=np.full(720, -1))


def test_a_window_outside_the_table_is_a_leak():
    none = np.zeros(0, np.int64)
    with pytest.raises(LeakError, match="outside the table"):
        planted(BY_RECORDING, starts=(np.array([718]), none, none))


def test_an_embargo_shorter_than_a_window_remembers_is_a_leak():
    with pytest.raises(LeakError, match="embargo of 3 rows is less than the 4"):
        planted(BY_TIME, embargo=3)


def test_parts_closer_than_the_embargo_are_a_leak():
    with pytest.raises(LeakError, match="closer than the embargo of 9"):
        planted(BY_TIME, embargo=9)


def test_a_torn_group_is_a_leak():
    with pytest.raises(LeakError, match="linked recordings"):
        planted(BY_RECORDING, group=np.zeros(720, np.int64))


def test_parts_hold_their_own_rows_and_features_alone():
    frame = recorded.frame().with_columns(pl.Series("class", ["benign", "dos", "replay"] * 240))
    split = split_table(frame, BY_TIME, WindowSpec(length=5))
    for part, held in zip((TRAIN, VALIDATION, TEST), cut(frame, split, FEATURES), strict=True):
        assert held.frame.columns == list(FEATURES)
        assert (split.part[held.rows] == part).all()
        assert held.frame.equals(frame.select(FEATURES)[held.rows])
        expected = [frame["frame.len"][int(s) : int(s) + 5].to_list() for s in split.starts[part]]
        assert [held.frame["frame.len"][int(s) : int(s) + 5].to_list() for s in held.starts] == expected
        assert held.truth.tolist() == [frame["class"][int(s) + 4] for s in split.starts[part]]


def test_a_whole_table_is_one_test_part():
    frame = recorded.frame(("benign", "dos"), rows=8)
    held = whole(frame, WindowSpec(length=5), FEATURES)
    assert held.starts.tolist() == [0, 1, 2, 3, 8, 9, 10, 11]
    assert held.group.tolist() == [0] * 4 + [1] * 4
    with pytest.raises(SplitError, match="long enough"):
        whole(frame, WindowSpec(length=9), FEATURES)


def test_recordings_of_the_corpus(three_attack_cyber):
    frame = read_table(three_attack_cyber).frame
    disputed = frame["label_disputed"].to_numpy()
    assert disputed.sum() == 8_786
    torn = split_table(frame, SplitSpec(policy="time"), WindowSpec())
    assert "124 rows of the test part equal a training row" in torn.warnings[0]
    for fold in range(4):
        for keep in (None, ~disputed):
            split = split_table(frame, SplitSpec(folds=4, fold=fold), WindowSpec(), keep=keep)
            assert not split.warnings
            sizes = split.sizes(class_of_rows(frame))
            assert all(set(sizes[part]["classes"]) == {"benign", "dos", "replay"} for part in sizes)
        assert (split.part[disputed] == LEFT_OUT).all()
