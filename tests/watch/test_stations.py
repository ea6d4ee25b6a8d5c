"""Stations: counted as a plain loop counts them, and never more than a thousand."""

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.table.signals import Inputs, Roles
from yawstring.watch import stations


def heard(senders: list[int | None], first: int = 0) -> tuple[Inputs, Roles]:
    frame = pl.DataFrame(
        {
            "wlan.ta": pl.Series(senders, dtype=pl.Int64),
            "wlan_radio.signal_dbm": pl.Series([-40 - place % 9 for place in range(len(senders))], dtype=pl.Int64),
        }
    )
    roles = Roles(
        sender=np.array([1 if one == 1 else 3 for one in senders], np.int8),
        receiver=np.zeros(len(senders), np.int8),
        watched=np.zeros(len(senders), bool),
    )
    return Inputs(frame=frame, time_ns=np.arange(first, first + len(senders))), roles


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_each_is_counted_however_frames_come(data: st.DataObject) -> None:
    senders = data.draw(st.lists(st.one_of(st.none(), st.integers(1, 6)), max_size=40))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(senders)), max_size=4)))
    state = stations.start()
    for first, last in zip([0, *cuts], [*cuts, len(senders)], strict=True):
        state = stations.step(state, *heard(senders[first:last], first))
    rows = {row["address"]: row for row in state.rows()}
    assert set(rows) == {one for one in senders if one is not None}
    for address, row in rows.items():
        places = [place for place, one in enumerate(senders) if one == address]
        assert (row["frames"], row["last_ns"]) == (len(places), places[-1])
        assert row["role"] == ("drone" if address == 1 else "other")


def test_made_up_addresses_do_not_push_out_who_is_there() -> None:
    rng = np.random.default_rng(0)
    state = stations.step(stations.start(), *heard([1, *[7] * 50]))
    for _ in range(20):
        state = stations.step(state, *heard(rng.integers(1 << 20, 1 << 46, 5000).tolist()))
    rows = state.rows()
    assert len(rows) == stations.MOST
    assert [(row["address"], row["role"]) for row in rows[:2]] == [(1, "drone"), (7, "other")]
