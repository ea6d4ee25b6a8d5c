"""Roles by the truth, and one group of signals at a time: what a group makes of frames whose ends are known."""

import numpy as np
import polars as pl

from yawstring.table.signals.group import Group, Plan, SignalOptions
from yawstring.table.signals.inputs import NS_PER_S, Inputs, raw_times
from yawstring.table.signals.roles import CONTROLLER, DRONE, EVERYBODY, NOBODY, OTHER, Roles

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
