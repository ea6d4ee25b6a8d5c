"""Farewells that change nothing, and reservations that nobody uses, on frames made for it."""

import numpy as np
import polars as pl
import pytest

from yawstring.table.signals.group import Plan, SignalOptions
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.management import Management
from yawstring.table.signals.roles import CONTROLLER, DRONE, EVERYBODY, OTHER, Roles

DEAUTH, DISASSOC, AUTH, DATA, NULL = (0, 12), (0, 10), (0, 11), (2, 8), (2, 12)
RTS, CTS, ACK = (1, 11), (1, 12), (1, 13)
DOWN, UP, AWAY, TO_ALL = (DRONE, CONTROLLER), (CONTROLLER, DRONE), (DRONE, OTHER), (DRONE, EVERYBODY)


Said = list[tuple[float, tuple[int, int], tuple[int, int]]]


def counted(signal: str, said: Said) -> float:
    """What a rate counts, a moment after the last frame; frames are time in ms, kind, and both ends, by role."""
    times = np.array([round(one[0] * 1e6) for one in said])
    kinds, ends = [one[1] for one in said], np.array([one[2] for one in said], np.int8)
    frame = pl.DataFrame({
        "wlan.fc.type": [kind for kind, _ in kinds], "wlan.fc.subtype": [subtype for _, subtype in kinds],
        "wlan.ta": [None if kind in (CTS, ACK) else end for kind, end in zip(kinds, ends[:, 0].tolist(), strict=True)],
        "wlan.ra": ends[:, 1].astype(np.int64),
    })  # fmt: skip
    roles = Roles(sender=ends[:, 0].copy(), receiver=ends[:, 1].copy(), watched=np.ones(len(times), np.bool_))
    group = Management()
    plan = Plan(after=np.array([len(times)]), time_ns=times[-1:] + 1)
    _, out = group.step(group.start(SignalOptions()), Inputs(frame=frame, time_ns=times), roles, plan)
    place = [signal.name for signal in group.signals].index(f"management_{signal}_10s")
    return float(out[0, place]) * 10


@pytest.mark.parametrize(
    ("said", "count"),
    [
        ([(0, DEAUTH, DOWN), (50, DATA, UP)], 1),
        ([(0, DISASSOC, UP), (50, DATA, DOWN)], 1),
        ([(0, DEAUTH, TO_ALL), (50, DATA, UP)], 1),
        ([(0, DEAUTH, DOWN), (50, DATA, UP), (60, DATA, UP)], 1),
        ([(0, DEAUTH, DOWN), (50, DATA, UP), (60, DEAUTH, DOWN), (90, DATA, UP)], 2),
        ([(0, DEAUTH, DOWN), (10, DATA, UP)], 0),  # it was on its way
        ([(0, DEAUTH, DOWN), (10, DATA, UP), (40, DATA, UP)], 1),
        ([(0, DEAUTH, DOWN), (30, AUTH, UP), (50, DATA, UP)], 0),  # it was believed
        ([(0, DEAUTH, DOWN), (1500, DATA, UP)], 0),  # too late to say
        ([(0, DEAUTH, DOWN), (50, NULL, UP)], 0),
        ([(0, DEAUTH, DOWN), (50, DATA, AWAY)], 0),  # somebody else's
        ([(0, DEAUTH, AWAY), (50, DATA, UP)], 0),
        ([(0, DATA, UP), (50, DATA, UP)], 0),
    ],
)
def test_a_farewell_is_survived_if_data_go_on_without_a_new_association(said: Said, count: int) -> None:
    assert counted("leave_survived", said) == pytest.approx(count, abs=0.01 * count + 1e-9)


@pytest.mark.parametrize(
    ("said", "idle", "unasked"),
    [
        ([(0, RTS, DOWN), (0.1, CTS, DOWN[::-1]), (0.2, DATA, DOWN), (9, RTS, DOWN)], 0, 0),
        ([(0, RTS, DOWN), (0.1, CTS, DOWN[::-1]), (9, RTS, DOWN)], 1, 0),
        ([(0, RTS, DOWN), (1, DATA, UP), (2, RTS, UP), (3, RTS, DOWN)], 2, 0),
        ([(0, CTS, UP)], 0, 1),
        ([(0, RTS, DOWN), (3, CTS, UP)], 0, 1),  # too late to be an answer
        ([(0, RTS, DOWN), (0.1, CTS, DOWN)], 0, 1),  # to another
        ([(0, RTS, DOWN), (0.1, CTS, UP), (0.2, ACK, UP), (1, RTS, DOWN)], 1, 0),
    ],
)
def test_reservations_are_idle_if_nothing_follows_and_unasked_if_nothing_came_before(
    said: Said, idle: int, unasked: int
) -> None:
    assert counted("rts_idle", said) == pytest.approx(idle, abs=0.01 * idle + 1e-9)
    assert counted("cts_unasked", said) == pytest.approx(unasked, abs=0.01 * unasked + 1e-9)
