"""A stream scores as a table does, bit for bit, however it is cut; incidents are those of the table."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import watching
from yawstring.learn.evaluate import predict
from yawstring.watch import stream
from yawstring.watch.batches import Batch
from yawstring.watch.scores import ready
from yawstring.watch.stream import StreamOptions
from yawstring.wire.capture import records
from yawstring.wire.records import TIME

KINDS = ("forest", "lstm", "raw forest", "forest, a row a frame")


@cache
def bundle(kind: str):
    every_s = None if kind.endswith("a frame") else 0.05
    return watching.trained("lstm" if kind == "lstm" else "forest", every_s, raw=kind.startswith("raw"))


@cache
def options(kind: str) -> StreamOptions:
    return StreamOptions(detector=ready(bundle(kind)))


@cache
def expected(kind: str, name: str = "mdk4-deauth") -> pl.DataFrame:
    return predict(bundle(kind), watching.table(watching.made(name)))


def batches(capture: bytes, cuts: list[int]) -> list[Batch]:
    """A capture in pieces; the clock is that of the latest frame."""
    octets, found = np.frombuffer(capture, np.uint8), records(capture)
    made = []
    for first, last in zip([0, *cuts], [*cuts, len(found)], strict=True):
        times = found.table[TIME, :last]
        now_ns = int(times.max()) if last else 0
        made.append(Batch(octets=octets, records=found.part(first, last), now_ns=now_ns, ended=last == len(found)))
    return made


def streamed(kind: str, name: str, cuts: list[int]):
    """Scores, frames and incidents of a flight in pieces, telemetry as it comes."""
    given, one = options(kind), watching.made(name)
    state, outs, rows, told_ns = stream.start(given), [], watching.states(one), -1
    for batch in batches(one.capture, cuts):
        come = rows.filter((pl.col("time_ns") > told_ns) & (pl.col("time_ns") <= batch.now_ns))
        told_ns = max(told_ns, batch.now_ns)
        state, out = stream.step(state, given, batch, come)
        outs.append(out)
    state, out = stream.finish(state, given)
    outs.append(out)
    pieces = [piece for out in outs for piece in out.scored]
    return (
        np.concatenate([scored.probabilities for scored, _ in pieces]),
        np.concatenate([scored.time_ns for scored, _ in pieces]),
        np.concatenate([frames for _, frames in pieces]),
        [told for out in outs for told in out.incidents],
    )


@pytest.mark.parametrize("kind", KINDS)
def test_scores_are_those_of_the_table(kind: str) -> None:
    table = expected(kind)
    probabilities, _, frames, told = streamed(kind, "mdk4-deauth", [])
    columns = [name for name in table.columns if name.startswith("p_")]
    assert np.array_equal(probabilities, table.select(columns).to_numpy())
    assert len(told) > 0
    if kind.startswith("raw") or kind.endswith("a frame"):
        assert np.array_equal(frames - 1, table["row"].to_numpy())


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=6, deadline=None)
@given(data=st.data())
def test_any_cut_gives_the_same_bits_and_the_same_incidents(kind: str, data: st.DataObject) -> None:
    count = len(records(watching.made().capture))
    cuts = sorted(data.draw(st.lists(st.integers(0, count), max_size=5)))
    whole, parts = streamed(kind, "mdk4-deauth", []), streamed(kind, "mdk4-deauth", cuts)
    for one, other in zip(whole[:3], parts[:3], strict=True):
        assert np.array_equal(one, other)
    assert whole[3] == parts[3]
