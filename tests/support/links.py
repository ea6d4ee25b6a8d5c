"""Roles by the truth, and one group of signals at a time: what a group makes of frames whose ends are known."""

import math
from collections.abc import Callable, Iterable
from functools import cache
from itertools import product

import numpy as np
import polars as pl

from support.flights import flight, frames
from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import NS_PER_S, Inputs, raw_times
from yawstring.table.signals.roles import CONTROLLER, DRONE, EVERYBODY, NOBODY, OTHER, Roles
from yawstring.table.signals.tallies import LEAST_WEIGHT

GROUP_BIT = 40


def roles_of(frame: pl.DataFrame, drone: int, controller: int) -> Roles:
    """Who speaks to whom, where the two addresses are known."""

    def role(name: str) -> np.ndarray:
        address = frame[name] if name in frame.columns else pl.Series([None] * len(frame), dtype=pl.Int64)
        known = pl.DataFrame({"address": address.cast(pl.Int64)}).select(
            pl.when(pl.col("address").is_null()).then(NOBODY)
            .when(pl.col("address") == drone).then(DRONE)
            .when(pl.col("address") == controller).then(CONTROLLER)
            .when((pl.col("address") // (1 << GROUP_BIT)) % 2 == 1).then(EVERYBODY)
            .otherwise(OTHER)
        )  # fmt: skip
        return known.to_series().cast(pl.Int8).to_numpy().copy()

    sender, receiver = role("wlan.ta"), role("wlan.ra")
    return Roles(sender=sender, receiver=receiver, watched=(sender == DRONE) | (receiver == DRONE))


def measured(group: Group, frame: pl.DataFrame, roles: Roles, every_s: float | None = None) -> pl.DataFrame:
    """Rows of a group, for every frame or from the first frame on at a pace; ``time_ns`` beside them."""
    times = raw_times(frame)
    assert times is not None
    inputs = Inputs(frame=frame, time_ns=np.maximum.accumulate(times))
    if every_s is None:
        plan = Plan(after=np.arange(1, len(frame) + 1), time_ns=inputs.time_ns)
    else:
        due = np.arange(inputs.time_ns[0], inputs.time_ns[-1], round(every_s * NS_PER_S))
        plan = Plan(after=np.searchsorted(inputs.time_ns, due, side="right"), time_ns=due)
    _, values = group.step(group.start(SignalOptions()), inputs, roles, plan)
    columns = [pl.Series(one.name, values[:, place]) for place, one in enumerate(group.signals)]
    return pl.DataFrame([pl.Series("time_ns", plan.time_ns), *columns])


@cache
def link(name: str, seed: int = 3, *changes: str) -> tuple[pl.DataFrame, Roles]:
    """Frames of a short flight with the truth beside them, and the roles by it."""
    table = frames(flight(name, seed, *changes))
    own = table.filter((pl.col("forged") == 0) & pl.col("wlan.ta").is_not_null())
    drone, controller = (own.filter(pl.col("transmitter") == one)["wlan.ta"].item(0) for one in ("drone", "controller"))
    return table, roles_of(table, drone, controller)


class Tally:
    """Events by frame, and what is left of them later, by summing over the whole history each time.

    Attributes:
        seconds: ``float64[frame]``, since the first.
    """

    def __init__(self, frame: pl.DataFrame) -> None:
        times = frame["time_ns"].to_numpy()
        self.seconds = (times - times[0]) / NS_PER_S
        self._amounts: dict[tuple[str, str], np.ndarray] = {}

    def add(self, lane: str, what: str, row: int, amount: float = 1.0) -> None:
        self._amounts.setdefault((lane, what), np.zeros(len(self.seconds)))[row] += amount

    def left(self, lane: str, what: str, row: int, horizon_s: float) -> float:
        amounts = self._amounts.get((lane, what))
        if amounts is None:
            return 0.0
        ages = self.seconds[row] - self.seconds[: row + 1]
        return float(amounts[: row + 1] @ np.exp(-ages / horizon_s))

    def rate(self, lane: str, what: str, row: int, horizon_s: float) -> float:
        return self.left(lane, what, row, horizon_s) / horizon_s

    def share(self, lane: str, above: str, below: str, row: int, horizon_s: float) -> float:
        amount = self.left(lane, below, row, horizon_s)
        return self.left(lane, above, row, horizon_s) / amount if amount >= LEAST_WEIGHT else math.nan


def agrees(
    made: pl.DataFrame, area: str, expected: Callable[[str, str, int, float], float], lanes: Iterable[str],
    measures: Iterable[str], horizons_s: Iterable[float] = (1.0, 10.0),
) -> None:  # fmt: skip
    """Compare some fifty rows with what a slow way says: ``expected(lane, measure, row, horizon_s)``."""
    rows = np.linspace(0, len(made) - 1, 50).astype(int)
    for lane, measure, horizon_s in product(lanes, measures, horizons_s):
        name = f"{area}_{lane}_{measure}_{horizon_s:g}s"
        told = made[name].to_numpy()[rows]
        slow = np.array([expected(lane, measure, int(row), horizon_s) for row in rows])
        np.testing.assert_allclose(told, slow, rtol=1e-4, atol=1e-5, err_msg=name)


def against(newest_first: list[int], number: int, numbers: int = 4096) -> tuple[str, int]:
    """What a number is to the two latest counts of a sender, and how many it leaves out."""
    for place, count in enumerate(newest_first):
        step = (number - count + numbers // 2) % numbers - numbers // 2
        if -64 <= step <= 64:
            newest_first.insert(0, newest_first.pop(place) if step <= 0 else number)
            if step > 0:
                newest_first.pop(place + 1)
            if place:
                return "switches", 0
            return ("repeats" if step == 0 else "regresses" if step < 0 else "steps"), max(step - 1, 0)
    newest_first.insert(0, number)
    del newest_first[2:]
    return ("jumps" if len(newest_first) > 1 else "first"), 0
