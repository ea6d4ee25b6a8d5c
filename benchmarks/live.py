"""How soon does a live capture give a frame, and what does it lose, through the kernel and a real interface?

    sudo python benchmarks/live.py [--seconds 5] [--rounds 3] [--json benchmarks/results/live.json]

Another process writes frames of 300 octets to a radiotap TAP device, each with the time it was written in it, and this
one captures them at its interface, so that each goes through the kernel as one of a card in monitor mode would. It
takes root, for the device.

- *latency* is from the write to the batch in hand, at 500 and 5,000 frames a second, in every round.
- *loss* is what the writer wrote and no batch held, at 20,000, 50,000 and 100,000 frames a second, and as fast as one
  process can write. Every frame is decoded to every column on the way. Beside it stand what the kernel counted as
  dropped, which must be the same, and the processor time that reading and decoding took.
- *recv* is the plain way: a packet socket and a call for each frame, with the kernel's stamp; it decodes nothing.
- *copy* is what it costs to copy the blocks of the ring, beside finding the frames in them.
"""

import argparse
import contextlib
import json
import os
import platform
import select
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from yawstring.edge.live.ring import open_ring
from yawstring.edge.live.tap import open_tap
from yawstring.errors import SourceError
from yawstring.wire.decoder import decode_records

RADIOTAP = bytes.fromhex("00000e000a00000000006c09a000")
HEADER = bytes.fromhex("08022c00") + bytes.fromhex("020000000002020000000001020000000001") + b"\0\0"
"""A data frame of an access point; its time of writing comes right behind it."""

FRAME_OCTETS = 300
STAMP_AT = len(RADIOTAP) + len(HEADER)
LATENCY_RATES = (500, 5_000)
LOSS_RATES = (20_000, 50_000, 100_000, 0)
"""Frames a second; 0 is as fast as one process can."""

QUIET_S = 0.6
"""When nothing has come for so long after the writer's end, nothing more will."""


def write(rate: int, seconds: float) -> None:
    """The writer, a program of its own: says its interface, waits for a line, writes, says how many and how long."""
    rest = bytes(FRAME_OCTETS - STAMP_AT - 8)
    with open_tap() as tap:
        print(tap.name, flush=True)
        sys.stdin.readline()
        begun, sent = time.perf_counter(), 0
        while (now := time.perf_counter() - begun) < seconds:
            due = int(now * rate) + 1 if rate else sent + 64
            while sent < due:
                tap.write(RADIOTAP + HEADER + time.time_ns().to_bytes(8, "little") + rest)
                sent += 1
            if rate:
                time.sleep(max(0.0, min(sent / rate - (time.perf_counter() - begun), 0.01)))
        print(json.dumps({"sent": sent, "seconds": time.perf_counter() - begun}), flush=True)
        sys.stdin.readline()


@contextlib.contextmanager
def writer(rate: int, seconds: float) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, __file__, "--write", str(rate), "--seconds", str(seconds)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        print("end", file=process.stdin, flush=True)


def told(process: subprocess.Popen[str]) -> str:
    return process.stdout.readline().strip() if process.stdout else ""


def begin(process: subprocess.Popen[str]) -> None:
    print("go", file=process.stdin, flush=True)


class Reading:
    """What was read of one writer: frames, those the kernel dropped, and the latency of each."""

    def __init__(self) -> None:
        self.frames, self.dropped, self.processor_s = 0, 0, 0.0
        self.latency_ms: list[NDArray[np.float64]] = []

    def note(self, octets: NDArray[np.uint8], at: NDArray[np.int64], now_ns: int) -> None:
        """Frames that were in hand at a time."""
        stamps = octets[at[:, None] + STAMP_AT + np.arange(8)].view("<i8")[:, 0]
        self.latency_ms.append((now_ns - stamps) / 1e6)
        self.frames += len(at)


def by_ring(process: subprocess.Popen[str], *, decoding: bool) -> Reading:
    """The ring, until nothing comes any more."""
    reading, heard_s = Reading(), time.perf_counter()
    source = open_ring(told(process))
    begin(process)
    spent = time.process_time()
    for batch in source.batches():
        reading.dropped += batch.dropped
        if len(batch):
            reading.note(batch.octets, batch.records.table[0], batch.now_ns)
            if decoding:
                decode_records(batch.octets, batch.records)
            heard_s = time.perf_counter()
        elif time.perf_counter() - heard_s > QUIET_S and ended(process):
            break
    reading.processor_s = time.process_time() - spent
    source.close()
    return reading


def by_recv(process: subprocess.Popen[str], *, decoding: bool) -> Reading:
    """A call into the kernel for each frame; decodes nothing, whatever is asked."""
    reading, heard_s = Reading(), time.perf_counter()
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as packets:
        packets.bind((told(process), 3))
        packets.setblocking(False)
        begin(process)
        spent = time.process_time()
        stamps, nows = [], []
        while True:
            if not select.select([packets], [], [], 0.05)[0]:
                if time.perf_counter() - heard_s > QUIET_S and ended(process):
                    break
                continue
            with contextlib.suppress(BlockingIOError):
                frame, _, _, _ = packets.recvmsg(2048, 64)
                nows.append(time.time_ns())
                stamps.append(int.from_bytes(frame[STAMP_AT : STAMP_AT + 8], "little"))
                heard_s = time.perf_counter()
        reading.processor_s = time.process_time() - spent
        _, reading.dropped = np.frombuffer(packets.getsockopt(263, 6, 8), "=u4").tolist()
    reading.frames = len(stamps)
    reading.latency_ms.append((np.array(nows) - np.array(stamps)) / 1e6)
    return reading


def ended(process: subprocess.Popen[str]) -> bool:
    """Whether the writer has said how many it wrote."""
    return bool(select.select([process.stdout], [], [], 0)[0])


Way = Callable[..., Reading]
WAYS: dict[str, Way] = {"ring": by_ring, "recv": by_recv}


def measured(way: Way, rate: int, seconds: float, *, decoding: bool) -> dict[str, float]:
    with writer(rate, seconds) as process:
        reading = way(process, decoding=decoding)
        said = json.loads(told(process))
    latency = np.concatenate(reading.latency_ms)
    return {
        "sent": said["sent"],
        "sent_per_s": said["sent"] / said["seconds"],
        "lost": said["sent"] - reading.frames,
        "dropped": reading.dropped,
        "processor_share": reading.processor_s / said["seconds"],
        "median_ms": float(np.median(latency)),
        "p99_ms": float(np.percentile(latency, 99)),
        "most_ms": float(latency.max()),
    }


def cost_of_copy(rounds: int) -> dict[str, float]:
    """Microseconds for a megabyte of blocks: to copy it, and to find the frames in it and read every column."""
    with writer(20_000, 2.0) as process:
        source = open_ring(told(process))
        begin(process)
        batch = max((batch for _, batch in zip(range(40), source.batches(), strict=False)), key=len)
        source.close()
        told(process)
    block, copy = batch.octets, np.empty_like(batch.octets)
    times: dict[str, list[float]] = {"copy_us": [], "decode_us": []}
    for _ in range(10 * rounds):
        begun = time.perf_counter()
        copy[:] = block
        between = time.perf_counter()
        decode_records(batch.octets, batch.records)
        for name, seconds in (("copy_us", between - begun), ("decode_us", time.perf_counter() - between)):
            times[name].append(seconds * 1e12 / len(block))
    return {name: float(np.median(taken)) for name, taken in times.items()}


def measure(seconds: float, rounds: int) -> dict[str, object]:
    decode_records(np.zeros(1, np.uint8), open_nothing())
    latency = {
        f"{name}, {rate:,}/s": [measured(way, rate, seconds, decoding=True) for _ in range(rounds)]
        for rate in LATENCY_RATES
        for name, way in WAYS.items()
    }
    loss = {
        f"{name}, {f'{rate:,}/s' if rate else 'as fast as can be'}": [
            measured(way, rate, seconds, decoding=True) for _ in range(rounds)
        ]
        for rate in LOSS_RATES
        for name, way in WAYS.items()
    }
    return {"latency": latency, "loss": loss, "copy": cost_of_copy(rounds)}


def open_nothing():  # noqa: ANN201
    """Records of one octet that is no frame, so that the decoder is compiled before anything is timed."""
    from yawstring.wire.capture import Records

    return Records(table=np.array([[0], [1], [1], [0], [127], [-1]], np.int64), rejects={})


def show(result: dict[str, dict[str, list[dict[str, float]]]]) -> None:
    print("| | median, ms | p99, ms | most, ms | lost |\n|---|---:|---:|---:|---:|")
    for name, rounds in result["latency"].items():
        median, p99, most = (np.median([one[key] for one in rounds]) for key in ("median_ms", "p99_ms", "most_ms"))
        print(f"| {name} | {median:.2f} | {p99:.2f} | {most:.2f} | {sum(one['lost'] for one in rounds):,} |")
    print("\n| | frames/s written | lost, % (each round) | of those counted as dropped | of a core |")
    print("|---|---:|---:|---:|---:|")
    for name, rounds in result["loss"].items():
        rate, share = (np.median([one[key] for one in rounds]) for key in ("sent_per_s", "processor_share"))
        lost = ", ".join(f"{100 * one['lost'] / one['sent']:.2f}" for one in rounds)
        counted = "all" if all(one["lost"] == one["dropped"] for one in rounds) else "NOT ALL"
        print(f"| {name} | {rate:,.0f} | {lost} | {counted} | {100 * share:.0f} % |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5.0, help="How long each writer writes.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, default=Path(__file__).parent / "results" / "live.json")
    parser.add_argument("--write", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.write is not None:
        write(options.write, options.seconds)
        return
    try:
        open_tap().close()
    except SourceError as error:
        sys.exit(f"live.py: {error}")
    load = os.getloadavg()[0]
    result = measure(options.seconds, options.rounds)
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, Linux {platform.release()}",
        "load_before": load,
        "seconds": options.seconds,
        "rounds": options.rounds,
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(about | result, indent=1) + "\n")
    print(
        f"{about['date']}, {about['machine']}, load {load:.1f} before; {options.rounds} rounds of {options.seconds} s\n"
    )
    show(result)  # type: ignore[arg-type]
    print(f"\ncopying: {result['copy']['copy_us']:.0f} µs a megabyte, decoding {result['copy']['decode_us']:,.0f} µs")
    print(f"\nwritten: {options.json}")


if __name__ == "__main__":
    main()
