"""Every step of the protocol against pandas and scikit-learn, written as the notebook would have it, bit for bit."""

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler
from sklearn.utils.class_weight import compute_class_weight

from support.fused import CONSTANT, FusedSpec, fused_csv
from yawstring.app.notebook import steps
from yawstring.app.notebook.protocol import prepare
from yawstring.errors import SplitError, TableError
from yawstring.table.corpora import Table, parse_csv

OCTETS = fused_csv(FusedSpec(rows=900, seed=3))

PHYSICAL = [
    *("mid", "x", "y", "z", "pitch", "roll", "yaw", "vgx", "vgy", "vgz", "templ", "temph", "tof", "h", "bat", "baro"),
    *("flight_time", "agx", "agy", "agz"),
]
UNUSED = [
    *("timestamp", "timestamp_c", "frame.number", "frame.len", "wlan_radio.Noise level (dbm)", "wlan_radio.SNR (db)"),
    *("wlan.frag", "wlan.qos.ack"),
]
MEASURES = [
    "x",
    "y",
    "z",
    "pitch",
    "roll",
    "yaw",
    "vgx",
    "vgy",
    "vgz",
    "bat",
    "flight_time",
    "baro",
    "templ",
    "temph",
    "tof",
    "h",
    "agx",
    "agy",
    "agz",
    "wlan.duration",
    "wlan.fcs",
]


@pytest.fixture(scope="module")
def table() -> Table:
    (read,) = parse_csv(OCTETS, name="fused.csv")
    return read


@pytest.fixture(scope="module")
def cells() -> pd.DataFrame:
    return pd.read_csv(io.BytesIO(OCTETS))


def notebook_frame(cells: pd.DataFrame, *, kind: str = "stable") -> pd.DataFrame:
    frame = cells.copy()
    for column in PHYSICAL:
        frame[column] = frame[column] * 0.5
    frame["timestamp"] = frame["timestamp"].astype(object)
    frame = frame.sort_values(by="timestamp", kind=kind).drop(columns=UNUSED)
    frame[MEASURES] = MinMaxScaler().fit_transform(frame[MEASURES])
    return frame


def notebook_windows(frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    values = frame.values
    target = frame["class"].values
    joined = np.column_stack((values, target))
    windows, labels = [], []
    for first in range(len(joined) - 5):
        windows.append(joined[first : first + 5])
        labels.append(target[first + 5])
    return np.array(windows), np.array(labels)


def test_the_counts_of_the_first_cells(table: Table, cells: pd.DataFrame) -> None:
    found = steps.look(steps.open_layout(table))
    assert found.rows == len(cells)
    assert found.columns == cells.shape[1] == 62
    assert found.incomplete == cells.isna().any(axis=1).sum() == 0
    assert list(found.constant) == [name for name in cells if cells[name].nunique() == 1]
    assert set(CONSTANT) <= set(found.constant)


def test_rows_with_missing_values_are_counted_as_pandas_counts_them(cells: pd.DataFrame) -> None:
    holed = cells.astype({"tof": float})
    holed.loc[[3, 70], "tof"] = np.nan
    holed.loc[[70, 71], "baro"] = np.nan
    (table,) = parse_csv(holed.to_csv(index=False).encode(), name="holed.csv")
    assert steps.look(steps.open_layout(table)).incomplete == holed.isna().any(axis=1).sum() == 3
    with pytest.raises(TableError, match="3 of 900 rows miss a value"):
        prepare(table, seed=10)


def test_weights_equal_pandas(table: Table, cells: pd.DataFrame) -> None:
    weighed = steps.weigh(steps.open_layout(table))
    for column in PHYSICAL:
        np.testing.assert_array_equal(weighed[column].to_numpy(), (cells[column] * 0.5).to_numpy())
    assert tuple(PHYSICAL) == steps.WEIGHTED
    assert weighed["wlan.seq"].to_list() == cells["wlan.seq"].to_list()


def test_the_stable_order_equals_pandas(table: Table, cells: pd.DataFrame) -> None:
    shuffled = np.random.default_rng(4).permutation(len(cells))
    order = steps.stable_order(steps.open_layout(table)[shuffled])
    expected = cells.iloc[shuffled].reset_index(drop=True).sort_values("timestamp", kind="stable").index
    np.testing.assert_array_equal(order, expected)


def test_the_unstable_order_is_that_of_pandas_over_objects(table: Table, cells: pd.DataFrame) -> None:
    keys = cells["timestamp"].astype(object)
    expected = pd.DataFrame({"timestamp": keys}, dtype=object).sort_values("timestamp").index
    np.testing.assert_array_equal(steps.unstable_order(steps.open_layout(table)), expected)


def test_scaled_columns_equal_scikit_learn_bit_for_bit(table: Table, cells: pd.DataFrame) -> None:
    opened = steps.weigh(steps.open_layout(table))
    ours = steps.scale(steps.drop(opened[steps.stable_order(opened)]))
    theirs = notebook_frame(cells)
    assert ours.columns == list(theirs.columns)
    assert len(ours.columns) == 54
    for column in ours.columns:
        np.testing.assert_array_equal(ours[column].to_numpy(), theirs[column].to_numpy(), err_msg=column)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), min_size=2, max_size=30),
    st.integers(1, 29),
)
def test_scaling_equals_scikit_learn_on_any_column(values: list[float], seen: int) -> None:
    rows = np.arange(min(seen, len(values)))
    column = np.array(values)[:, None]
    ours = steps.scale(pl.DataFrame({"tof": values}), on=rows)["tof"].to_numpy()
    np.testing.assert_array_equal(ours, MinMaxScaler().fit(column[rows]).transform(column)[:, 0])


def test_windows_equal_the_notebooks_loop(table: Table, cells: pd.DataFrame) -> None:
    windows, labels = notebook_windows(notebook_frame(cells))
    prepared = prepare(table, seed=10)
    assert windows.shape == (895, 5, 55)
    assert len(prepared.features) == 55
    np.testing.assert_array_equal(prepared.windows.gather(), windows.astype(np.float32))
    np.testing.assert_array_equal(prepared.windows.labels, labels)


def test_the_last_two_features_are_the_label(table: Table) -> None:
    prepared = prepare(table, seed=10)
    gathered = prepared.windows.gather()
    last = prepared.label[prepared.windows.starts + 4]
    np.testing.assert_array_equal(gathered[:, -1, -1], last)
    np.testing.assert_array_equal(gathered[:, -1, -2], last)


@pytest.mark.parametrize("seed", [0, 10])
def test_the_split_equals_scikit_learn_on_the_windows_themselves(table: Table, cells: pd.DataFrame, seed: int) -> None:
    windows, labels = notebook_windows(notebook_frame(cells))
    x_train, x_rest, y_train, y_rest = train_test_split(
        windows, labels, test_size=0.2, random_state=seed, stratify=labels
    )
    x_validation, x_test, y_validation, y_test = train_test_split(
        x_rest, y_rest, test_size=0.5, random_state=seed, stratify=y_rest
    )
    cut = prepare(table, seed=seed).cut
    assert cut.validation is not None
    for ours, x, y in (
        (cut.train, x_train, y_train),
        (cut.validation, x_validation, y_validation),
        (cut.test, x_test, y_test),
    ):
        np.testing.assert_array_equal(ours.gather(), x.astype(np.float32))
        np.testing.assert_array_equal(ours.labels, y)


def test_the_split_has_the_counts_that_the_notebook_prints() -> None:
    """21,803 rows, 14,493 of class 1. The printed counts come out if the first five, no window's label, are of it."""
    label = np.repeat([0, 1], [7_310, 14_493 - 5])
    parts = steps.split(np.random.default_rng(0).permutation(label), seed=10)
    label = np.random.default_rng(0).permutation(label)
    assert [len(part) for part in (parts.train, parts.validation, parts.test)] == [17_438, 2_180, 2_180]
    assert steps.class_counts(label[parts.train]) == (5_848, 11_590)
    assert steps.class_counts(label[parts.test]) == (731, 1_449)


def test_balanced_weights_equal_scikit_learn(table: Table) -> None:
    label = prepare(table, seed=10).cut.train.labels
    expected = compute_class_weight("balanced", classes=np.array([0, 1]), y=label)
    assert list(steps.balanced_weights(label).values()) == pytest.approx(expected.tolist(), rel=1e-15)


def test_columns_are_found_by_name_in_any_order(table: Table, cells: pd.DataFrame) -> None:
    (turned,) = parse_csv(cells[cells.columns[::-1]].to_csv(index=False).encode(), name="turned.csv")
    np.testing.assert_array_equal(prepare(turned, seed=10).windows.rows, prepare(table, seed=10).windows.rows)


def test_duplicate_headers_are_the_same_table(table: Table) -> None:
    octets = fused_csv(FusedSpec(rows=900, seed=3), duplicate_headers=True)
    assert octets != OCTETS
    (twins,) = parse_csv(octets, name="twins.csv")
    np.testing.assert_array_equal(prepare(twins, seed=10).windows.rows, prepare(table, seed=10).windows.rows)


def test_another_layout_is_refused_in_one_line(table: Table) -> None:
    (other,) = parse_csv(b"frame.number,tof,class\n1,2,0\n2,2,1\n", name="other.csv")
    with pytest.raises(TableError, match=r"^the notebook protocol needs the notebook's fused table") as caught:
        prepare(other, seed=10)
    assert "\n" not in str(caught.value)


def test_one_class_and_too_few_windows_are_refused(table: Table) -> None:
    benign = replace(table, frame=table.frame.with_columns(pl.lit("benign").alias("class")))
    with pytest.raises(TableError, match="both classes"):
        prepare(benign, seed=10)
    with pytest.raises(TableError, match="more than 5 rows"):
        prepare(replace(table, frame=_two_classes(table.frame[:5])), seed=10)
    with pytest.raises(SplitError, match="undefined on this table"):
        prepare(replace(table, frame=_two_classes(table.frame[:9])), seed=10)


def _two_classes(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.Series("class", ["benign"] * (len(frame) - 1) + ["attack"]))
