"""How much can a watch take, and how late is it? The whole road from octets to alerts that are on the disk.

    python benchmarks/watch.py [speed] [latency] [memory] [hours] [--flights 3] [--seconds 20] [--hours 24]

speed: frames/s on one core, as fast as a recording can be read, for the rules, a detector, and both.
latency: frames come as from a ring, 5,000 a second by the clock, with floods among them; from the frame (or the row of
signals) that an alert rests on to the moment when it is on the disk and told. Twice: once as if a core did nothing else
(time is CPU time, and waiting for the disk takes none), once by the clock, which counts whatever else the machine does.
memory: a million frames, each from a transmitter of its own.
hours: flights one after another at full speed, until so many hours of air have passed; memory at each quarter.

The detector is an LSTM of the size that `train` makes, on all signals, its weights drawn: only time is measured. What
is watched are simulated flights, again and again, their clocks moved on.
"""

import argparse
import json
import os
import resource
import struct
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl

from yawstring.edge.alert_store import AlertStore
from yawstring.edge.keeping import Keeper
from yawstring.edge.plans import Plan, flow_of
from yawstring.edge.reading import Queued, Reading, Straight, merged
from yawstring.edge.runtime import ready_loops
from yawstring.edge.simulations import read_scenario
from yawstring.edge.telemetry import parse_telemetry
from yawstring.edge.watching import Ears, Watching
from yawstring.learn.recipe import Recipe, Trained
from yawstring.models.base import Fitted
from yawstring.models.recurrent_graph import recurrent_graph
from yawstring.schema.signals import SIGNALS
from yawstring.simulate.run import simulate
from yawstring.table.frames import frames_table
from yawstring.table.fuse import fuse
from yawstring.table.parts import TrainPart
from yawstring.table.scale import Encoder
from yawstring.table.signals import SignalOptions, measure
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec, window_starts
from yawstring.watch.batches import Batch, empty_batch
from yawstring.watch.flow import FlowOptions
from yawstring.watch.scores import ready
from yawstring.wire.capture import Records, records
from yawstring.wire.decoder import decode
from yawstring.wire.records import AT, CAPTURED, TIME

SCENARIOS = ("benign-wpa2", "mdk4-deauth", "replay-commands")
NS = 1_000_000_000
GAP_NS = NS
UNITS, DENSE, LENGTH = 64, (64,), 5
FLOOD = 32
BATCH_S = 0.01


class Flights:
    """Flights in memory: octets, records, telemetry."""

    def __init__(self, count: int) -> None:
        self.made = [simulate(read_scenario(SCENARIOS[one % len(SCENARIOS)]), one) for one in range(count)]
        self.octets = [np.frombuffer(one.capture, np.uint8) for one in self.made]
        self.records = [records(octets) for octets in self.octets]
        self.states = [parse_telemetry(one.telemetry, name="log").frame for one in self.made]

    def rows(self) -> pl.DataFrame:
        """Signals of the first, to fit an encoder on."""
        frame = fuse(frames_table(decode(self.made[0].capture)), self.states[0]).frame
        return measure(frame, SignalOptions(warm_up_s=2.0)).frame


class Again:
    """A source and its telemetry: the flights one after another, again and again, each when the one before is over."""

    def __init__(self, flights: Flights, *, frames: int, chunk: int, until_s: float = float("inf")) -> None:
        self._flights, self._frames, self._chunk, self._until_s = flights, frames, chunk, until_s
        self._rows: list[pl.DataFrame] = []

    def batches(self) -> Iterator[Batch]:
        """See the protocol of sources."""
        begun_ns = now_ns = int(self._flights.records[0].table[TIME].min())
        given, number = 0, 0
        while True:
            place = number % len(self._flights.records)
            table = self._flights.records[place].table.copy()
            shift_ns = now_ns + GAP_NS - int(table[TIME].min())
            table[TIME] += shift_ns
            states = self._flights.states[place]
            self._rows.append(states.with_columns(pl.col("time_ns") + shift_ns))
            number += 1
            for first in range(0, table.shape[1], self._chunk):
                part = table[:, first : first + self._chunk]
                now_ns = max(now_ns, int(part[TIME].max()))
                given += part.shape[1]
                ended = given >= self._frames or now_ns - begun_ns >= self._until_s * NS
                found = Records(table=part, rejects={})
                yield Batch(octets=self._flights.octets[place], records=found, now_ns=now_ns, ended=ended)
                if ended:
                    return

    def poll(self, until_ns: int) -> pl.DataFrame:
        """See the protocol of sources of telemetry."""
        held = pl.concat(self._rows) if len(self._rows) > 1 else self._rows[0]
        until = int(np.searchsorted(held["time_ns"].to_numpy(), until_ns, side="right"))
        self._rows = [held[until:]]
        return held[:until]

    def close(self) -> None:
        """Nothing is held."""


def detector(flights: Flights) -> Trained:
    rows = flights.rows()
    window = WindowSpec(length=LENGTH)
    starts = window_starts(np.zeros(len(rows), np.int64), window)
    names = tuple(signal.name for signal in SIGNALS if signal.name in rows.columns)
    part = TrainPart(
        frame=rows.select(names), rows=np.arange(len(rows)), window=window, starts=starts,
        truth=np.full(len(starts), "benign"), group=np.zeros(len(starts), np.int64),
    )  # fmt: skip
    encoder = Encoder.fit(part)
    random, width = np.random.default_rng(0), len(encoder.names)

    def draw(*shape: int) -> np.ndarray:
        return random.normal(0, 0.02, shape).astype(np.float32)

    weights = {"lstm/kernel": draw(width, 4 * UNITS), "lstm/recurrent_kernel": draw(UNITS, 4 * UNITS)}
    weights |= {"lstm/bias": draw(4 * UNITS), "dense_0/kernel": draw(UNITS, DENSE[0]), "dense_0/bias": draw(DENSE[0])}
    weights |= {"output/kernel": draw(DENSE[0], 2), "output/bias": np.array([2, -2], np.float32)}
    graph = recurrent_graph(weights, length=LENGTH)
    recipe = Recipe(
        features=names, classes=("benign", "attack"), target="binary", window=window, encoder=encoder,
        signals=SignalOptions(warm_up_s=2.0), encodings={"lstm": "scaled"},
    )  # fmt: skip
    fitted = Fitted(family="lstm", reads="window", graph=graph, weights={}, classes=2, options={})
    return Trained(recipe=recipe, detector=fitted, baselines={}, split=SplitSpec(), record={})


def options(flights: Flights, *, rules: bool, model: bool, lateness_ns: int = 1) -> FlowOptions:
    made = flow_of(Plan(lateness_ns=lateness_ns))
    stream = replace(
        made.stream, rules=made.stream.rules if rules else None, detector=ready(detector(flights)) if model else None
    )
    return replace(made, stream=stream)


def watch(
    source: Again,
    flow: FlowOptions,
    *,
    ears: Ears | None = None,
    queued: bool = False,
    reading: Reading | None = None,
) -> float:
    """CPU seconds of a watch from its first batch to its end."""
    with tempfile.TemporaryDirectory() as folder, AlertStore.create(Path(folder) / "alerts.db") as store:
        reading = reading or (Queued(source) if queued else Straight(source))
        keeper = Keeper(store, Path(folder))
        begun = time.process_time()
        Watching(reading, source, flow, keeper, ears=ears).run()
        return time.process_time() - begun


def speed(flights: Flights, asked: argparse.Namespace) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, rules, model in (("rules", True, False), ("detector", False, True), ("both", True, True)):
        flow = options(flights, rules=rules, model=model)
        for chunk in (16_384, 1_000, 100):
            frames = max(40 * chunk, 20_000) if chunk < 16_384 else asked.frames
            watch(Again(flights, frames=chunk + 1, chunk=chunk), flow)
            took = watch(Again(flights, frames=frames, chunk=chunk), flow)
            rate = frames / took
            found[f"{name}, {chunk} a batch"] = rate
            each_ms = 1e3 * took * chunk / frames
            print(f"{name:10} {chunk:7,} frames a batch {rate:12,.0f} frames/s {each_ms:8.2f} ms a batch", flush=True)
    return found


class Paced:
    """Frames by the clock: a batch each 10 ms, as a ring gives them; floods among them, each of its own network."""

    def __init__(self, rate: int, seconds: float, flights: Flights) -> None:
        self._rate, self._seconds, self._flights = rate, seconds, flights

    def made(self, begun_ns: int) -> Iterator[Batch]:
        """The batches, each with the time at which it is handed over."""
        count, whole = round(self._rate * BATCH_S), self._flights.octets[0]
        table = self._flights.records[0].table
        for number in range(round(self._seconds / BATCH_S)):
            due_ns = begun_ns + round((number + 1) * BATCH_S * NS)
            first = number * count % (table.shape[1] - count)
            part = table[:, first : first + count].copy()
            # Its own octets alone, as a ring gives them: several that wait are put one behind the other.
            octets = whole[part[AT].min() : (part[AT] + part[CAPTURED]).max()]
            part[AT] -= part[AT].min()
            part[TIME] = np.linspace(due_ns - round(BATCH_S * NS), due_ns, count, endpoint=False).astype(np.int64)
            found = Records(table=part, rejects={})
            batch = Batch(octets=octets, records=found, now_ns=due_ns)
            yield flooded(batch, number) if number % 100 == 50 else batch

    def batches(self) -> Iterator[Batch]:
        """See the protocol of sources."""
        for batch in self.made(time.time_ns()):
            time.sleep(max(batch.now_ns - time.time_ns(), 0) / NS)
            yield batch

    def poll(self, until_ns: int) -> pl.DataFrame:
        """See the protocol of sources of telemetry."""
        return pl.DataFrame()

    def close(self) -> None:
        """Nothing is held."""


class OwnCore:
    """A reading of batches on a core of its own: what waits is taken, and time is the CPU time that is used."""

    def __init__(self, source: Paced) -> None:
        self._ahead, self._busy_ns, self._cpu_ns = source.made(0), 0, time.process_time_ns()
        self._next: Batch | None = next(self._ahead)

    def now_ns(self) -> int:
        """The time, while a batch is being worked on."""
        return self._busy_ns + time.process_time_ns() - self._cpu_ns

    def take(self, timeout_s: float) -> Batch:
        """Everything that waits, or the next one as soon as it comes."""
        if self._next is None:
            return empty_batch(0, ended=True)
        now_ns, taken = max(self.now_ns(), self._next.now_ns), list[Batch]()
        while self._next is not None and self._next.now_ns <= now_ns:
            taken.append(self._next)
            self._next = next(self._ahead, None)
        batch = merged(taken)
        self._busy_ns, self._cpu_ns = now_ns, time.process_time_ns()
        return batch

    def close(self) -> None:
        """Nothing is held."""


def flooded(batch: Batch, number: int) -> Batch:
    """The batch with frames of de-authentication at the end, of a network of its own."""
    network = b"\x02" + number.to_bytes(5, "big")
    radiotap = bytes.fromhex("00000800 00000000")
    frame = radiotap + bytes.fromhex("c0003a01") + b"\xff" * 6 + network + network
    flood = b"".join(frame + struct.pack("<HH", 16 * place, 7) for place in range(FLOOD))
    size, at = len(frame) + 4, len(batch.octets)
    table = np.empty((6, FLOOD), np.int64)
    table[0], table[1], table[2] = at + size * np.arange(FLOOD), size, size
    table[3] = batch.records.table[3, -1] + 1000 * np.arange(FLOOD)
    table[4], table[5] = 127, -1
    octets = np.concatenate([batch.octets, np.frombuffer(flood, np.uint8)])
    table = np.concatenate([batch.records.table, table], axis=1)
    return replace(batch, octets=octets, records=Records(table=table, rejects={}))


def latency(flights: Flights, asked: argparse.Namespace) -> dict[str, object]:
    flow = options(flights, rules=True, model=True, lateness_ns=200_000_000)
    watch(Paced(5_000, 1.0, flights), flow, queued=True)  # type: ignore[arg-type]
    source = Paced(5_000, asked.seconds, flights)
    own = OwnCore(source)
    found = {}
    for name, now_ns, reading in (("on a core of its own", own.now_ns, own), ("by the clock", time.time_ns, None)):
        late: list[float] = []

        def changed(changes: object, late=late, now_ns=now_ns) -> None:  # noqa: ANN001
            told_ns = now_ns()
            late.extend((told_ns - one.alert.confirmed_ns) / 1e6 for one in changes if one.kind == "opened")  # type: ignore[attr-defined]

        took = watch(source, flow, ears=Ears(changes=changed), queued=True, reading=reading)  # type: ignore[arg-type]
        if not late:
            sys.exit("no alert: nothing to time")
        middle, p99 = np.percentile(late, [50, 99])
        print(f"5,000 frames/s for {asked.seconds:g} s, {name}: {len(late)} alerts, {middle:.1f} ms (median), "
              f"{p99:.1f} ms (p99), {took / asked.seconds:.0%} of a core", flush=True)  # fmt: skip
        found[name] = {"alerts": len(late), "median_ms": middle, "p99_ms": p99, "core": took / asked.seconds}
    return found


def rss_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / (1 << 20)


class Crowd:
    """Beacons, each from an access point of its own."""

    def __init__(self, frames: int, chunk: int = 10_000) -> None:
        self._frames, self._chunk, self.sizes = frames, chunk, dict[int, float]()

    def batches(self) -> Iterator[Batch]:
        """See the protocol of sources."""
        random = np.random.default_rng(0)
        radiotap = bytes.fromhex("00000800 00000000")
        body = bytes(12) + b"\x00\x05crowd"
        size = len(radiotap) + 24 + len(body)
        whole = np.frombuffer(radiotap + bytes.fromhex("80000000") + b"\xff" * 6 + bytes(14) + body, np.uint8)
        for first in range(0, self._frames, self._chunk):
            rows = np.tile(whole, (self._chunk, 1))
            own = random.integers(0, 256, (self._chunk, 6), np.uint8)
            own[:, 0] &= 0xFE
            rows[:, 18:24] = rows[:, 24:30] = own
            table = np.empty((6, self._chunk), np.int64)
            table[0], table[1:3] = np.arange(self._chunk) * size, size
            table[3] = 1_700_000_000 * NS + (first + np.arange(self._chunk)) * 200_000
            table[4], table[5] = 127, -1
            self.sizes[first] = rss_mib()
            ended = first + self._chunk >= self._frames
            found = Records(table=table, rejects={})
            yield Batch(octets=rows.ravel(), records=found, now_ns=int(table[3, -1]), ended=ended)

    def poll(self, until_ns: int) -> pl.DataFrame:
        """See the protocol of sources of telemetry."""
        return pl.DataFrame()

    def close(self) -> None:
        """Nothing is held."""


def memory(flights: Flights, asked: argparse.Namespace) -> dict[str, object]:
    source = Crowd(asked.transmitters)
    watch(source, options(flights, rules=True, model=True))  # type: ignore[arg-type]
    told = {place: source.sizes[place] for place in sorted(source.sizes) if place % (asked.transmitters // 5) == 0}
    last = max(source.sizes)
    told[last] = source.sizes[last]
    print("transmitters  " + "  ".join(f"{place:>10,}" for place in told))
    print("memory, MiB   " + "  ".join(f"{size:>10,.0f}" for size in told.values()))
    return {str(place): size for place, size in told.items()}


def hours(flights: Flights, asked: argparse.Namespace) -> dict[str, object]:
    sizes: list[tuple[float, float]] = []
    first: list[int] = []

    def heard(body: object) -> None:
        sizes.append((time.monotonic(), rss_mib()))

    class Noted(Again):
        def batches(self) -> Iterator[Batch]:
            """See the protocol of sources."""
            for batch in super().batches():
                first[:1] = first[:1] or [batch.now_ns]
                passed_h = (batch.now_ns - first[0]) / NS / 3600
                marks.setdefault(int(4 * passed_h / asked.hours), (passed_h, rss_mib()))
                yield batch

    marks: dict[int, tuple[float, float]] = {}
    source = Noted(flights, frames=1 << 62, chunk=16_384, until_s=3600 * asked.hours)
    begun = time.monotonic()
    took = watch(source, options(flights, rules=True, model=True), ears=Ears(health=heard))
    for passed_h, size in marks.values():
        print(f"{passed_h:6.2f} h of air {size:10,.0f} MiB")
    print(f"{asked.hours:g} h of air in {time.monotonic() - begun:,.0f} s, {took:,.0f} s of one core")
    return {"hours": asked.hours, "cpu_s": took, "marks": list(marks.values())}


QUESTIONS = {"speed": speed, "latency": latency, "memory": memory, "hours": hours}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("questions", nargs="*", help="speed, latency, memory, hours; all if none is given")
    parser.add_argument("--flights", type=int, default=len(SCENARIOS))
    parser.add_argument("--frames", type=int, default=300_000, help="of the largest batches, for speed")
    parser.add_argument("--seconds", type=float, default=20.0, help="for latency")
    parser.add_argument("--transmitters", type=int, default=1_000_000, help="for memory")
    parser.add_argument("--hours", type=float, default=24.0, help="of air")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    if unknown := set(asked.questions) - set(QUESTIONS):
        parser.error(f"no such question: {', '.join(sorted(unknown))}")
    ready_loops()
    flights = Flights(asked.flights)
    found: dict[str, object] = {"load": os.getloadavg()[0]}
    print(f"load {os.getloadavg()[0]:.1f}")
    for name in asked.questions or QUESTIONS:
        found[name] = QUESTIONS[name](flights, asked)
    if asked.json:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
