"""How fast are captures decoded, beside tshark, scapy and dpkt?

    python benchmarks/decode.py CAPTURES [--rounds 5] [--json benchmarks/results/decode.json]

CAPTURES is a folder of pcap files of link types 105 and 127; their frames, repeated, make three captures: frames with
the radiotap headers they came with, plain 802.11 frames, and those behind 300 different radiotap headers. Every
contender is a program of its own on the same core; scapy and dpkt live in an environment of their own, made at the
first run, for they are no dependencies. Rounds go round all contenders and captures, and what is compared is the
median of the ratios within rounds.

- *decode* is yawstring in a process that runs already: octets in, columns out. *The notebook's columns* are those that
  tshark prints too, its time stamp and its chain of protocols among them.
- The frame check sequence is compared like with like. By default Wireshark does not check it, and ``wlan.fcs.status``
  says so; beside that stands ours without this column, which does not check it either. Told to, tshark checks it;
  beside that stands ours with the column.
- *command* is ``yawstring decode``, from its start to a Parquet file of every column and the counts it prints.
- tshark is the whole program, writing the 35 columns of the reference notebook to nowhere; its start (the time it takes
  for one frame) is measured too and taken off where it is compared with *decode*.
- The *start* is the same command on a few frames: the first after installing, when no machine code is kept and all is
  compiled, and later ones. Python's own bytecode is kept, as it is for whoever does not forbid it.
- scapy and dpkt are processes that run already, on fewer frames, for the columns that they know.
"""

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import _decode_captures as captures

HERE = Path(__file__).parent
LAYOUTS = 300
PEERS = ("scapy", "dpkt")
PEER_FRAMES = 2_000
REPEATS = 5
"""How often yawstring decodes a capture in a round, a tenth of a second each; the median counts."""

SAME, CHECKED = "yawstring decode, the notebook's columns", "yawstring decode, the notebook's columns, FCS checked"
DECODE, TABLE = "yawstring decode, every column", "yawstring decode, every column, as a table"
COMMAND, TSHARK = "yawstring command, every column", "tshark"
FIRST, LATER = "the first command after installing, s", "a later command of few frames, s"
READING, READING_CHECKED = "tshark, its start taken off", "tshark, FCS checked, its start taken off"

TSHARK_FIELDS = (
    "frame.time_epoch", "frame.number", "frame.len", "wlan.ta", "wlan.sa", "wlan.ra", "wlan.da", "wlan.bssid",
    "wlan.duration", "wlan.frag", "wlan.seq", "wlan.fc.type", "wlan.fc.subtype", "wlan.flags", "wlan.fcs",
    "wlan.fcs.status", "wlan.qos", "wlan.qos.priority", "wlan.qos.ack", "wlan.ccmp.extiv", "wlan.wep.key", "data.len",
    "radiotap.length", "radiotap.dbm_antsignal", "radiotap.quality", "radiotap.channel.flags.ofdm",
    "radiotap.channel.flags.cck", "wlan_radio.data_rate", "wlan_radio.channel", "wlan_radio.frequency",
    "wlan_radio.signal_dbm", "wlan_radio.noise_dbm", "wlan_radio.snr", "wlan_radio.preamble", "frame.protocols",
)  # fmt: skip
"""The columns of the reference notebook that come from frames, as Wireshark 4 names them."""

CHECKED_COLUMNS = ("time_ns", *TSHARK_FIELDS[1:])
"""The same, as we name them."""

SAME_COLUMNS = tuple(name for name in CHECKED_COLUMNS if name != "wlan.fcs.status")
"""Those but the one that needs a check of the FCS: of a default tshark it says that there was none."""

CHECK_FCS = ("-o", "wlan.check_checksum:TRUE")


def serve_ours() -> None:
    """yawstring, warmed up: answers a path with the frames and the seconds of decoding, and of making a table."""
    import mmap

    from yawstring.table.frames import frames_table
    from yawstring.wire.decoder import decode

    print(json.dumps({"version": metadata.version("yawstring")}), flush=True)
    for line in sys.stdin:
        with open(line.rpartition("\t")[0], "rb") as file:
            octets = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        seconds: dict[str, list[float]] = {SAME: [], CHECKED: [], DECODE: [], TABLE: []}
        for _ in range(REPEATS):
            for name, columns in ((SAME, SAME_COLUMNS), (CHECKED, CHECKED_COLUMNS)):
                start = time.perf_counter()
                decode(octets, columns=columns)
                seconds[name].append(time.perf_counter() - start)
            start = time.perf_counter()
            decoded = decode(octets)
            middle = time.perf_counter()
            frames = len(frames_table(decoded))
            seconds[DECODE].append(middle - start)
            seconds[TABLE].append(time.perf_counter() - start)
        print(
            json.dumps({"frames": frames, **{name: statistics.median(of) for name, of in seconds.items()}}), flush=True
        )


class Contender:
    """A process that answers a path and a count of frames with what it measured."""

    def __init__(self, command: Sequence[str], core: int) -> None:
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed with the process
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        os.sched_setaffinity(self.process.pid, {core})
        self.version: str = self.answer()["version"]

    def answer(self) -> dict:
        """The next line it says, as JSON."""
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line:
            self.process.wait()
            self.errors.seek(0)
            sys.exit(f"a contender ended: {' '.join(map(str, self.process.args))}\n{self.errors.read()[-2000:]}")
        return json.loads(line)

    def ask(self, path: Path, frames: int = 0) -> dict:
        """What it measured on a capture."""
        if self.process.stdin:
            self.process.stdin.write(f"{path}\t{frames}\n")
            self.process.stdin.flush()
        return self.answer()

    def close(self) -> None:
        """Let it end."""
        if self.process.stdin:
            self.process.stdin.close()
        self.process.wait(timeout=30)
        self.errors.close()


def peers_python() -> Path:
    """The interpreter of an environment with scapy and dpkt, made where there is none."""
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "yawstring" / "decode-peers"
    python = folder / "bin" / "python"
    found = (
        python.exists() and subprocess.run([python, "-c", "import scapy, dpkt"], capture_output=True).returncode == 0
    )
    if not found:
        print(f"installing scapy and dpkt into {folder}", file=sys.stderr)
        venv.create(folder, with_pip=True, clear=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEERS]
        if subprocess.run(pip).returncode:
            sys.exit("scapy and dpkt cannot be installed: the benchmark compares with them")
    return python


def timed(command: Sequence[str], core: int, environment: Mapping[str, str] | None = None) -> float:
    """Seconds of a whole program on one core."""
    start = time.perf_counter()
    done = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=environment,
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )  # fmt: skip
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.decode()[-500:]}")
    return time.perf_counter() - start


def tshark(path: Path, core: int, *more: str) -> float:
    """Seconds that tshark takes for a capture."""
    fields = [part for field in TSHARK_FIELDS for part in ("-e", field)]
    return timed(["tshark", "-n", "-r", str(path), "-T", "fields", *fields, *more], core)


def command(path: Path, folder: Path) -> list[str]:
    """``yawstring decode`` of a capture, to a Parquet file."""
    return [sys.executable, "-m", "yawstring.app.cli", "decode", str(path), "-o", str(folder / "frames.parquet")]


def starts(path: Path, rounds: int, core: int) -> dict[str, float]:
    """Seconds of the first command, with no machine code kept, and the median of later ones."""
    with tempfile.TemporaryDirectory() as kept:
        environment = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["NUMBA_CACHE_DIR"] = kept
        seconds = [timed(command(path, Path(kept)), core, environment) for _ in range(1 + rounds)]
    return {FIRST: seconds[0], LATER: statistics.median(seconds[1:])}


Seconds = dict[str, list[float]]


def one_round(
    path: Path, sample: Path, frames: int, contenders: Mapping[str, Contender], core: int, folder: Path
) -> dict[str, float]:
    """Frames a second of every contender on a capture, and of tshark without its start."""
    ours = contenders[DECODE].ask(path)
    if ours["frames"] != frames:
        sys.exit(f"{path}: {frames:,} frames were written, {ours['frames']:,} were decoded")
    whole, start = tshark(path, core), tshark(path, core, "-c", "1")
    checked = tshark(path, core, *CHECK_FCS)
    found = {
        SAME: frames / ours[SAME],
        CHECKED: frames / ours[CHECKED],
        DECODE: frames / ours[DECODE],
        TABLE: frames / ours[TABLE],
        COMMAND: frames / timed(command(path, folder), core),
        TSHARK: frames / whole,
        READING: frames / (whole - start),
        READING_CHECKED: frames / (checked - start),
    }
    for name in PEERS:
        answer = contenders[name].ask(sample, PEER_FRAMES)
        found[name] = answer["frames"] / answer["seconds"]
    return found


def run(
    folder: Path, captures_folder: Path, rounds: int, frames: int, core: int
) -> tuple[dict[str, Seconds], dict[str, float], dict[str, str]]:
    """Frames a second by capture, contender and round; the seconds of starting; the versions of the contenders."""
    paths = captures.make(captures_folder, folder, frames, LAYOUTS)
    samples = captures.make(captures_folder, folder / "sample", PEER_FRAMES, LAYOUTS)
    python = peers_python()
    contenders = {name: Contender([str(python), str(HERE / "_decode_peers.py"), name], core) for name in PEERS}
    contenders[DECODE] = Contender([sys.executable, __file__, "--serve"], core)
    for path in paths.values():  # compiled code from the cache, files in the page cache
        contenders[DECODE].ask(path)
    found: dict[str, Seconds] = {name: {} for name in paths}
    for number in range(rounds):
        for name, path in paths.items():
            for who, rate in one_round(path, samples[name], frames, contenders, core, folder).items():
                found[name].setdefault(who, []).append(rate)
        print(f"round {number + 1} of {rounds}", file=sys.stderr)
    versions = {name: contenders[name].version for name in PEERS}
    for contender in contenders.values():
        contender.close()
    return found, starts(samples["radiotap"], rounds, core), versions


def ratio(rates: Seconds, one: str, other: str) -> float:
    """Median of the ratios within rounds."""
    return statistics.median(a / b for a, b in zip(rates[one], rates[other], strict=True))


def targets(found: Mapping[str, Seconds], started: Mapping[str, float]) -> dict[str, dict[str, float | bool]]:
    """What was asked for."""

    def target(least: float, value: float) -> dict[str, float | bool]:
        return {"at_least": least, "found": value, "met": value >= least}

    many = f"{LAYOUTS} radiotap layouts"
    result = {}
    for name, rates in found.items():
        half = 0.5 if name == many else 1.0
        for ours, theirs, what in ((SAME, READING, "FCS not checked"), (CHECKED, READING_CHECKED, "FCS checked")):
            against = ratio(rates, ours, theirs)
            result[f"{name}: the same columns, {what}, against tshark without its start"] = target(100 * half, against)
        result[f"{name}: decode, frames/s"] = target(1_000_000 * half, statistics.median(rates[DECODE]))
    pairs = zip(found[many][SAME], found["radiotap"][SAME], strict=True)
    result[f"{many}, against the radiotap capture"] = target(0.5, statistics.median(a / b for a, b in pairs))
    for what, most in ((FIRST, 15.0), (LATER, 1.0)):
        result[what] = {"at_most": most, "found": started[what], "met": started[what] < most}
    return result


def table(found: Mapping[str, Seconds]) -> str:
    """Rows of contenders, columns of captures: median frames a second and, in brackets, our first line over it."""
    lines = ["| frames/s, one core (the first line is so many times as fast) | " + " | ".join(found) + " |"]
    lines.append("|---|" + "---:|" * len(found))
    for who in next(iter(found.values())):
        cells = [f"{statistics.median(rates[who]):,.0f} ({ratio(rates, SAME, who):,.1f})" for rates in found.values()]
        lines.append(f"| {who} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def machine(peers: Mapping[str, str]) -> dict[str, str | int | None]:
    """Processor and versions."""
    cpu = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.processor(),
    )
    said = subprocess.run([TSHARK, "--version"], capture_output=True, text=True).stdout.split("\n")[0]
    versions = {name: metadata.version(name) for name in ("yawstring", "numba", "numpy", "polars")}
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "tshark": said,
        **versions,
        **peers,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("captures", type=Path, nargs="?", help="folder of pcap files, link types 105 and 127")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--frames", type=int, default=200_000, help="frames of each capture")
    parser.add_argument("--core", type=int, default=0, help="the core that everything runs on")
    parser.add_argument("--json", type=Path, default=HERE / "results" / "decode.json")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve_ours()
        return
    if options.captures is None:
        parser.error("name a folder of captures")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sample").mkdir()
        asked = (options.captures, options.rounds, options.frames, options.core)
        found, start_s, peers = run(Path(folder), *asked)
    result = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": machine(peers),
        "frames": options.frames,
        "rounds": options.rounds,
        "seconds": time.perf_counter() - started,
        "frames_per_s": found,
        "start_s": start_s,
        "targets": targets(found, start_s),
    }
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(f"{result['date']}, {result['machine']}\n")
    print(table(found))
    print()
    for name, target in result["targets"].items():
        word = "met" if target["met"] else "MISSED"
        limit = f"at least {target['at_least']:,}" if "at_least" in target else f"less than {target['at_most']:,}"
        print(f"{word}: {name}: {target['found']:,.2f} ({limit})")
    print(f"\nwritten: {options.json}, {result['seconds']:.0f} s")


if __name__ == "__main__":
    main()
