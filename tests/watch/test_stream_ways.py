"""Other ways of a stream: rules beside it, states out of the air, a drone by its network's name, clocks, damage."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support import watching
from yawstring.edge.rulebook import read_rulebook
from yawstring.table.frames import frames_table
from yawstring.watch import stream
from yawstring.watch.batches import Batch, empty_batch
from yawstring.watch.findings import Finding
from yawstring.watch.ruling import Ruling
from yawstring.watch.scores import ready
from yawstring.watch.stream import NOBODY, StreamOptions
from yawstring.wire.capture import Records, records
from yawstring.wire.decoder import decode
from yawstring.wire.records import AT, CAPTURED, TIME

NS = 1_000_000_000


@cache
def ruling() -> Ruling:
    return Ruling(book=read_rulebook())


def batches(octets: np.ndarray, table: np.ndarray, cuts: list[int]) -> list[Batch]:
    pairs = zip([0, *cuts], [*cuts, table.shape[1]], strict=True)
    return [
        Batch(
            octets=octets,
            records=Records(table=table[:, first:last], rejects={}),
            now_ns=int(table[TIME, first:last].max(initial=0)),
        )
        for first, last in pairs
    ]


def flown(name: str) -> tuple[np.ndarray, np.ndarray]:
    capture = watching.made(name).capture
    return np.frombuffer(capture, np.uint8), records(capture).table


def run(options: StreamOptions, given: list[Batch], rows: pl.DataFrame | None = None):
    state, outs, told_ns = stream.start(options), [], -1
    for batch in given:
        come = None
        if rows is not None:
            come = rows.filter((pl.col("time_ns") > told_ns) & (pl.col("time_ns") <= batch.now_ns))
            told_ns = max(told_ns, batch.now_ns)
        state, out = stream.step(state, options, batch, come)
        outs.append(out)
    state, out = stream.finish(state, options)
    return state, [*outs, out]


def findings(outs) -> list[Finding]:
    return [finding for out in outs for finding in out.findings]


@pytest.mark.parametrize("name", ["mdk4-deauth", "telemetry-freeze"])
@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_any_cut_gives_the_same_findings(name: str, data: st.DataObject) -> None:
    octets, table = flown(name)
    cuts = sorted(data.draw(st.lists(st.integers(0, table.shape[1]), max_size=5)))
    options, rows = StreamOptions(rules=ruling()), watching.states(watching.made(name))
    whole = findings(run(options, batches(octets, table, []), rows)[1])
    assert findings(run(options, batches(octets, table, cuts), rows)[1]) == whole
    assert name != "mdk4-deauth" or whole


def test_states_out_of_the_air_are_those_of_the_log_whatever_the_cuts() -> None:
    one = watching.made("benign-open")
    octets, table = flown("benign-open")
    options = StreamOptions(air_states=True)
    state, _ = run(options, batches(octets, table, []))
    again, _ = run(options, batches(octets, table, list(range(0, table.shape[1], 97))))
    assert state.beside.rows is not None
    assert again.beside.rows is not None
    assert again.beside.rows.equals(state.beside.rows, null_equal=True)
    log = watching.states(one)
    heard = state.beside.rows
    shared = [name for name in ("height_m", "battery_pct", "yaw_deg") if name in log.columns]
    last = log.filter(pl.col("time_ns") <= heard["time_ns"][-1] + NS // 20)[-1]
    assert heard.select(shared)[-1].equals(last.select(shared))


def test_a_drone_is_found_by_its_networks_name_at_the_frame_that_says_it() -> None:
    octets, table = flown("mdk4-deauth")
    frames = frames_table(decode(watching.made().capture))
    named = frames.filter((pl.col("wlan.fc.subtype") == 8) & pl.col("wlan.ssid").str.starts_with("TELLO"))
    name, bssid = named["wlan.ssid"][0], named["wlan.bssid"][0]
    options = StreamOptions(rules=ruling(), drone=name)
    state, outs = run(options, batches(octets, table, []))
    assert state.drone == bssid
    for cuts in ([named["frame.number"][0] - 1], [named["frame.number"][0]], list(range(0, table.shape[1], 101))):
        other, others = run(options, batches(octets, table, cuts))
        assert (other.drone, findings(others)) == (bssid, findings(outs))
    state, outs = run(StreamOptions(rules=ruling(), drone="nobody's"), batches(octets, table, []))
    assert state.drone == NOBODY
    assert not [finding for finding in findings(outs) if finding.watched]


def test_frames_that_are_damaged_alert_nobody() -> None:
    """The flood's frames with a wrong check sequence, or cut short: as if they had not come."""
    octets, table = flown("mdk4-deauth")
    columns = decode(watching.made().capture).columns
    kind, subtype = columns["wlan.fc.type"].values, columns["wlan.fc.subtype"].values
    there = columns["wlan.fcs.status"]
    flood = np.flatnonzero((kind == 0) & np.isin(subtype, (10, 12)))
    assert len(flood) > 10
    assert there.valid[flood].all(), "the capture holds check sequences"
    changed = octets.copy()
    for frame in flood:
        changed[table[AT, frame] + table[CAPTURED, frame] - 1] ^= 0xFF
    short = table.copy()
    short[CAPTURED, flood] = 20
    for damaged in (batches(changed, table, []), batches(octets, short, [])):
        _, outs = run(StreamOptions(rules=ruling()), damaged)
        assert not [one for one in findings(outs) if one.identity.kind.startswith(("deauth", "disassoc", "broadcast"))]
        malformed = sum(out.kinds.get("malformed", 0) for out in outs)
        assert malformed >= len(flood)


def test_a_clock_that_was_put_back_measures_what_follows_as_a_capture_of_its_own() -> None:
    octets, table = flown("mdk4-deauth")
    options = StreamOptions(detector=ready(watching.trained("lstm")))
    alone = [scored for out in run(options, batches(octets, table, []))[1] for scored, _ in out.scored]
    both = np.concatenate([table, table], axis=1)
    both[TIME, table.shape[1] :] -= 3600 * NS
    state, outs = run(options, batches(octets, both, [table.shape[1] + 50]))
    assert state.clock.cuts == 1
    scores = np.concatenate([scored.score for out in outs for scored, _ in out.scored])
    single = np.concatenate([scored.score for scored in alone])
    assert np.array_equal(scores, np.concatenate([single, single]))


def test_a_silent_air_still_gives_rows_and_closes_incidents() -> None:
    octets, table = flown("mdk4-deauth")
    options = StreamOptions(detector=ready(watching.trained("lstm")))
    flight = batches(octets, table, [])
    last_ns = flight[-1].now_ns
    _, outs = run(options, [*flight, *(empty_batch(last_ns + second * NS) for second in range(1, 15))])
    times = np.concatenate([scored.time_ns for out in outs for scored, _ in out.scored])
    assert 9.5 < (times[-1] - last_ns) / NS <= 10.0, "ten seconds of silence are measured, and no more"
    assert np.diff(times).max() <= 0.06 * NS
