"""The table of addresses finds what it keeps, whatever the keys, and forgets the longest silent first."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from yawstring.compiled import compiled
from yawstring.table.signals.inputs import MISSING
from yawstring.table.signals.slots import known, paired, place


@compiled
def _places(
    keys: NDArray[np.int64],
    heard: NDArray[np.int64],
    said: NDArray[np.int64],
    at: NDArray[np.int64],
    new: NDArray[np.bool_],
) -> None:
    for i in range(len(said)):
        at[i], new[i] = place(keys, heard, said[i], i)


@compiled
def _known(keys: NDArray[np.int64], said: NDArray[np.int64], at: NDArray[np.int64]) -> None:
    for i in range(len(said)):
        at[i] = known(keys, said[i])


@compiled
def _pairs(first: NDArray[np.int64], second: NDArray[np.int64], key: NDArray[np.int64]) -> None:
    for i in range(len(first)):
        key[i] = paired(first[i], second[i])


def placed(said: NDArray[np.int64], places: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    keys, heard = np.full(places, MISSING), np.zeros(places, np.int64)
    at, new = np.zeros(len(said), np.int64), np.zeros(len(said), np.bool_)
    _places(keys, heard, said, at, new)
    return keys, at, new


@settings(deadline=None)  # the first example compiles
@given(st.lists(st.integers(-(1 << 61), (1 << 63) - 1), max_size=8))
def test_few_keys_are_all_kept(said: list[int]) -> None:
    keys, at, new = placed(np.array(said, np.int64), 256)
    seen: dict[int, int] = {}
    for key, place_, first in zip(said, at.tolist(), new.tolist(), strict=True):
        assert first == (key not in seen)
        assert seen.setdefault(key, place_) == place_
    found = np.zeros(len(said), np.int64)
    _known(keys, np.array(said, np.int64), found)
    assert found.tolist() == [seen[key] for key in said]


def test_a_flood_of_addresses_does_not_drive_out_who_speaks() -> None:
    rng = np.random.default_rng(1)
    said = rng.integers(1 << 48, size=200_000)
    said[::20] = 7
    _, at, new = placed(said, 1024)
    assert new[::20].sum() == 1
    assert len(set(at[::20].tolist())) == 1


def test_addresses_that_differ_in_a_few_bits_spread() -> None:
    _, at, new = placed(np.arange(512) << 24, 1024)
    assert new.all()
    assert len(set(at.tolist())) > 500


def test_pairs_are_ordered_and_differ() -> None:
    first, second = (side.ravel() for side in np.meshgrid(np.arange(300), np.arange(300)))
    key = np.zeros(len(first), np.int64)
    _pairs(first.astype(np.int64), second.astype(np.int64), key)
    assert len(np.unique(key)) == len(key)
