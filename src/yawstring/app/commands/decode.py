"""``yawstring decode``: captures of 802.11 to a table of frames, and what was in the air."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

from yawstring.app.commands.inspect import PIPED_WIDTH
from yawstring.app.console import Advance, err, out, progress
from yawstring.errors import OptionError

if TYPE_CHECKING:
    from yawstring.edge.frames import Piece
    from yawstring.table.survey import Survey

FORMAT = 1
"""Version of the JSON; it changes where a key changes its meaning or goes."""

KEY_OCTETS = 16

_SHOWN = 10
_TOLD = 1000
_STEPS_PER_FILE = 100


@dataclass(kw_only=True, eq=False)
class _Seen:
    """What the pieces of the captures added up to."""

    paths: Sequence[Path]
    frames: list[int] = field(default_factory=list)
    rejects: list[Counter[str]] = field(default_factory=list)
    survey: "Survey | None" = None

    def add(self, piece: "Piece") -> None:
        """Count a piece."""
        from yawstring.table.survey import added, survey

        while len(self.frames) <= piece.recording:
            self.frames.append(0)
            self.rejects.append(Counter())
        self.frames[piece.recording] += len(piece.frame)
        self.rejects[piece.recording].update(piece.rejects)
        counted = survey(piece.frame)
        self.survey = counted if self.survey is None else added(self.survey, counted)

    @property
    def all_rejects(self) -> Mapping[str, int]:
        """Reasons and counts over all captures, most frequent first."""
        whole = sum(self.rejects, Counter[str]())
        return dict(sorted(whole.items(), key=lambda item: (-item[1], item[0])))


def command(
    captures: Annotated[
        list[Path],
        typer.Argument(metavar="CAPTURE...", help="pcap or pcapng files, gz too, or folders.", show_default=False),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FRAMES", help="Write the frames here, as Parquet.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
    key: Annotated[
        str, typer.Option("--key", metavar="HEX", help="32 digits that key the hashes of payloads and names.")
    ] = "",
) -> None:
    """Decode captures of 802.11: a table of frames, and counts of what was in the air.

    Several captures give one table, each a recording of its own. What cannot be read is counted with its reason.

    Examples:
    `yawstring decode flight.pcapng -o frames.parquet`;
    `yawstring decode monday/ tuesday.pcap.gz -o week.parquet`;
    `yawstring decode flight.pcapng --json`
    """
    from yawstring.edge.runtime import ready_loops

    ready_loops()
    from yawstring.edge.captures import find_captures
    from yawstring.edge.frames import no_frames

    paths = find_captures(captures)
    started = time.perf_counter()
    seen = _decoded(paths, output, _key(key))
    seconds = time.perf_counter() - started
    if seen.survey is None or not seen.survey.frames:
        raise no_frames(paths, seen.all_rejects)
    if as_json:
        print(json.dumps(_described(seen, seen.survey, output, seconds), indent=2, allow_nan=False))
        return
    _show(out if out.is_terminal else Console(width=PIPED_WIDTH, highlight=False), seen, seen.survey, output, seconds)


def _key(text: str) -> bytes:
    if not text:
        return b""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != KEY_OCTETS:
        raise OptionError(f"--key: expected {2 * KEY_OCTETS} hexadecimal digits, found {text!r}")
    return key


def _decoded(paths: Sequence[Path], output: Path | None, key: bytes) -> _Seen:
    """Decode all, into a file where one is named, with a bar that moves as the octets are read."""
    from yawstring.edge.frames import Source, write_frames

    seen, source = _Seen(paths=paths), Source(paths=paths, key=key)
    steps = _STEPS_PER_FILE if err.is_terminal else 1
    with progress("decoding", total=steps * len(paths)) as advance:
        bar = _Bar(advance=advance, steps=steps)

        def watch(piece: "Piece") -> None:
            seen.add(piece)
            bar.move(piece, seen.frames[piece.recording], paths[piece.recording].name)

        if output is not None:
            write_frames(source, output, watch=watch)
        else:
            for piece in source.pieces():
                watch(piece)
    return seen


@dataclass(kw_only=True)
class _Bar:
    """Turns shares of captures into whole steps."""

    advance: Advance
    steps: int
    moved: int = 0

    def move(self, piece: "Piece", frames: int, name: str) -> None:
        """Advance to where the piece ends."""
        while self.moved < int((piece.recording + piece.done) * self.steps):
            self.moved += 1
            self.advance(f"{_plain(name)}: {frames:,} frames")


def _described(seen: _Seen, survey: "Survey", output: Path | None, seconds: float) -> dict[str, object]:
    from yawstring.table.survey import FRAMES, KIND_NAMES, PROTECTION_NAMES, mac_text

    counts = survey.counts
    transmitters = [row for row in counts["transmitters"].iter_rows() if row[0] is not None]
    return {
        "format": FORMAT,
        "captures": [
            {"file": str(path), "recording": number, "frames": frames, "rejects": dict(rejects)}
            for number, (path, frames, rejects) in enumerate(zip(seen.paths, seen.frames, seen.rejects, strict=True))
        ],
        "frames": survey.frames,
        "octets": survey.octets,
        "first_ns": survey.first_ns,
        "last_ns": survey.last_ns,
        "span_s": survey.span_s,
        "kinds": [
            {"type": kind, "subtype": subtype, "name": KIND_NAMES.get((kind, subtype)), FRAMES: count}
            for kind, subtype, count in counts["kinds"].iter_rows()
        ],
        "transmitter_count": len(transmitters),
        "transmitters": [{"address": mac_text(row[0]), FRAMES: row[1]} for row in transmitters[:_TOLD]],
        "network_count": len(counts["networks"]),
        "networks": [
            {"ssid": ssid, "bssid": None if bssid is None else mac_text(bssid), FRAMES: count}
            for ssid, bssid, count in counts["networks"].head(_TOLD).iter_rows()
        ],
        "channels": [{"channel": channel, FRAMES: count} for channel, count in counts["channels"].iter_rows()],
        "protection": {
            "unknown" if code is None else PROTECTION_NAMES[code]: count
            for code, count in counts["protections"].iter_rows()
        },
        "rejects": seen.all_rejects,
        "output": None if output is None else str(output),
        "seconds": seconds,
        "frames_per_s": survey.frames / seconds,
    }


def _show(console: Console, seen: _Seen, survey: "Survey", output: Path | None, seconds: float) -> None:
    grid = Grid.grid(padding=(0, 2))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in _lines(seen, survey):
        grid.add_row(Text(name), Text(_plain(value)))
    console.print(grid)
    console.print(_kinds(survey))
    console.print(_transmitters(survey))
    if len(survey.counts["networks"]):
        console.print(_networks(survey))
    if seen.all_rejects:
        console.print(_counts("could not be read", seen.all_rejects.items(), survey.frames))
    where = "" if output is None else f"; written: {output}"
    console.print(Text(_plain(f"{survey.frames:,} frames in {seconds:.1f} s{where}")))


def _lines(seen: _Seen, survey: "Survey") -> Iterator[tuple[str, str]]:
    from yawstring.table.survey import PROTECTION_NAMES

    yield "captures", f"{len(seen.paths):,}: {', '.join(str(path) for path in seen.paths[:_SHOWN])}" + _more(seen.paths)
    yield "frames", f"{survey.frames:,}, {survey.octets:,} octets"
    if survey.first_ns is not None and survey.last_ns is not None:
        yield "time", f"{_utc(survey.first_ns)} to {_utc(survey.last_ns)}, {survey.span_s:,.3f} s"
    channels = [
        f"{'not said' if channel is None else channel}: {count:,}"
        for channel, count in survey.counts["channels"].iter_rows()
    ]
    yield "channels", ", ".join(channels[:_SHOWN]) + _more(channels)
    yield (
        "data frames",
        ", ".join(
            f"{'unreadable' if code is None else PROTECTION_NAMES[code]}: {count:,}"
            for code, count in survey.counts["protections"].iter_rows()
        )
        or "none",
    )


def _kinds(survey: "Survey") -> Grid:
    from yawstring.table.survey import kinds

    named = ((f"{kind}: {name}" if name else kind, count) for kind, name, count in kinds(survey))
    return _counts("kind", named, survey.frames)


def _transmitters(survey: "Survey") -> Grid:
    from yawstring.table.survey import mac_text

    rows = list(survey.counts["transmitters"].iter_rows())
    named = [("none named" if address is None else mac_text(address), count) for address, count in rows]
    return _counts(f"transmitter ({len(rows):,})", named[:_SHOWN], survey.frames)


def _networks(survey: "Survey") -> Grid:
    from yawstring.table.survey import mac_text

    table = survey.counts["networks"]
    grid = Grid(title_justify="left")
    for name in (f"network ({len(table):,})", "BSSID"):
        grid.add_column(name, overflow="fold")
    grid.add_column("beacons and probe responses", justify="right")
    for ssid, bssid, count in table.head(_SHOWN).iter_rows():
        name = "no name element" if ssid is None else f"{ssid!r}" if ssid else "hidden"
        grid.add_row(Text(_plain(name)), "" if bssid is None else mac_text(bssid), f"{count:,}")
    return grid


def _counts(title: str, rows: Iterable[tuple[str, int]], of: int) -> Grid:
    grid = Grid(title_justify="left")
    grid.add_column(title, overflow="fold")
    grid.add_column("frames", justify="right")
    grid.add_column("share", justify="right")
    for name, count in rows:
        grid.add_row(Text(_plain(name)), f"{count:,}", f"{count / of:.1%}")
    return grid


def _utc(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}.{rest // 1000:06d} UTC"


def _more(items: Sequence[object]) -> str:
    return ", ..." if len(items) > _SHOWN else ""


def _plain(text: str) -> str:
    """The text without anything that would steer a terminal."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)
