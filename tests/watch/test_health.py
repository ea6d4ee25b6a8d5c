"""Health: counted as the batches come, told by the second."""

import numpy as np
import polars as pl
import pytest

from support.marked import NS, batch
from yawstring.watch.batches import empty_batch
from yawstring.watch.health import Health, Now, body, take, told
from yawstring.watch.outcome import Out, joined
from yawstring.watch.scores import Scored


def scored(*scores: float) -> tuple[Scored, np.ndarray]:
    count = np.arange(len(scores))
    return Scored(row=count, time_ns=count, score=np.array(scores), probabilities=np.zeros((len(scores), 2))), count


def test_counts_go_on_and_rates_begin_anew() -> None:
    out = Out(kinds={"data": 2, "malformed": 1}, rejects={"odd": 1}, scored=(scored(0.2, 0.7), scored(0.4)))
    state = take(Health(), batch([100, 101], [102], dropped=4), out)
    first = body(state, Now(time_ns=102 * NS, since_s=2.0, threshold=0.5))
    assert (first["frames"], first["drops"], first["frames_per_s"], first["score"]) == (3, 4, 1.5, 0.7)
    assert first["by_kind"] == {"management": 0.0, "control": 0.0, "data": 1.0, "malformed": 0.5}
    assert (first["rejects"], first["threshold"], first["air"]) == ({"odd": 1}, 0.5, "heard")
    second = body(told(state), Now(time_ns=102 * NS, since_s=1.0))
    assert (second["frames"], second["frames_per_s"], second["score"]) == (3, 0.0, None)


@pytest.mark.parametrize(("age_s", "said"), [(0.2, "fresh"), (1.5, "stale")])
def test_telemetry_is_told_with_its_age(age_s: float, said: str) -> None:
    rows = pl.DataFrame({"time_ns": [NS], "height_m": [1.2], "battery_pct": [80.0], "yaw_deg": [None]})
    found = body(Health(), Now(time_ns=NS + round(age_s * NS), since_s=1.0, telemetry=rows))
    assert found["telemetry_age_s"] == pytest.approx(age_s)
    assert (found["telemetry"], found["height_m"], found["battery_percent"], found["yaw_deg"]) == (
        said,
        1.2,
        80.0,
        None,
    )


@pytest.mark.parametrize(("state", "now_s", "air"), [("running", 101, "heard"), ("running", 104, "silent"),
                                                     ("lost", 101, "gone")])  # fmt: skip
def test_the_air(state, now_s: int, air: str) -> None:
    heard = take(Health(), batch([100]), Out())
    assert (
        body(take(heard, empty_batch(now_s * NS), Out()), Now(time_ns=now_s * NS, since_s=1, state=state))["air"] == air
    )


def test_nothing_is_known_at_first() -> None:
    found = body(Health(), Now(time_ns=0, since_s=0.0))
    assert (found["air"], found["telemetry"], found["telemetry_age_s"]) == ("silent", "none", None)


def test_several_outs_are_one() -> None:
    one = joined([Out(kinds={"data": 1}), Out(kinds={"data": 2}, rejects={"a": 1})], {"a": 2})
    assert (one.kinds, one.rejects) == ({"data": 3}, {"a": 3})
