"""Real captures: what a detector that has seen simulated flights alone finds in them, and its false alarms.

The captures hold no drone, most hold no radio measurements, and nobody labelled them: the truth is read off the frames
by a rule. It is a long way from the simulated air to these, which is the point. The detector hears the air alone, for
there is no telemetry beside them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.app.benchmark.campaigns import NARROW, Campaign
from yawstring.app.benchmark.flights import SIGNALS, TREES, Flying, flown, joined, trained
from yawstring.edge.frames import Source
from yawstring.errors import TableError
from yawstring.learn.evaluate import evaluate
from yawstring.learn.recipe import Trained
from yawstring.models.base import Json
from yawstring.schema import BENIGN, LABEL, RECORDING, TECHNIQUE, TIME
from yawstring.simulate.attacks import KINDS
from yawstring.table.corpora import Table
from yawstring.table.signals.tables import signal_frame

FOLDERS = ("aircrack", "wireshark", "remote_id")
"""Folders of captures, in ``captures/`` of the data."""

INJECTED = "wep_64_ptw.cap"
"""A capture of a replay from its first frame to its last: ARP requests sent again and again, to break WEP."""

BURST_FRAMES = 100
BURST_GAP_NS = 2_000_000_000
"""So many de-authentications and disassociations, none later than this after the one before, are an attack."""

MANAGEMENT, DISASSOCIATION, DEAUTHENTICATION = 0, 10, 12
"""Type and subtypes of frames: IEEE 802.11-2020, 9.2.4.1.3."""

AIR = tuple(name for name, kind in KINDS.items() if kind.CLASS != "fdi")
"""Attacks that are on the air."""

PARTS: Mapping[str, Campaign] = {
    "train": Campaign(name="air-train", attacked=8, benign=4, ranges=NARROW, kinds=AIR),
    "validation": Campaign(name="air-validate", attacked=6, benign=4, ranges=NARROW, kinds=AIR),
    "test": Campaign(name="air-test", attacked=6, benign=0, ranges=NARROW, kinds=AIR),
}
"""Simulated flights to learn from, to choose a threshold by, and to compare with."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Capture:
    """A capture, labelled.

    Attributes:
        name: Its file.
        frames: Frames in it.
        table: Its signals, with ``class`` and ``technique``.
    """

    name: str
    frames: int
    table: Table

    @property
    def attacked(self) -> bool:
        """Whether there is an attack in it."""
        return bool((self.table.frame[LABEL] != BENIGN).any())


def learnt(how: Flying, done: Callable[[str], None], *, parts: Mapping[str, Campaign] = PARTS) -> Trained:
    """The detector: extra trees that hear the air of simulated flights.

    Args:
        how: Seed of flights and trees, processes, and where signals are kept.
        done: Told of each flight.
        parts: Campaign of each part.
    """
    return trained(flown(how, done, parts=parts), replace(TREES, modality="cyber"), how.seed)


def captures(folder: Path) -> tuple[Capture, ...]:
    """Every capture of the folders, by name.

    Args:
        folder: Where :data:`FOLDERS` lie.

    Raises:
        TableError: A folder is missing.
        CaptureError: A capture cannot be read.
    """
    if missing := [name for name in FOLDERS if not (folder / name).is_dir()]:
        raise TableError(f"{folder / missing[0]}: expected a folder of captures, found none")
    return tuple(read(path) for name in FOLDERS for path in sorted((folder / name).iterdir()))


def read(path: Path) -> Capture:
    """A capture's signals, labelled by the rule.

    Raises:
        CaptureError: It cannot be read.
    """
    source = Source(paths=[path])
    frame = labelled(pl.concat(piece.frame for piece in source.pieces()), replayed=path.name == INJECTED)
    table = Table(
        frame=signal_frame(frame, SIGNALS),
        layout="unknown",
        capture=path.name,
        modality="cyber",
        digest=source.digests[0],
        signals=SIGNALS,
    )
    return Capture(name=path.name, frames=len(frame), table=table)


def labelled(frames: pl.DataFrame, *, replayed: bool = False) -> pl.DataFrame:
    """Frames with ``class`` and ``technique``: bursts of de-authentication and disassociation are attacks.

    Args:
        frames: Of a capture.
        replayed: Whether all the rest is a replay.

    Example:
        >>> kinds = {"wlan.fc.type": [0] * 200, "wlan.fc.subtype": [12] * 100 + [8] * 100}
        >>> frames = pl.DataFrame({"time_ns": np.arange(200) * 10**7, **kinds})
        >>> labelled(frames)["class"].value_counts(sort=True).rows()
        [('dos', 100), ('benign', 100)]
    """
    hostile = (pl.col("wlan.fc.type") == MANAGEMENT) & pl.col("wlan.fc.subtype").is_in(
        [DISASSOCIATION, DEAUTHENTICATION]
    )
    time_ns = frames[TIME].to_numpy()
    burst = np.zeros(len(frames), np.bool_)
    for start_ns, end_ns in bursts(np.sort(time_ns[frames.select(hostile.fill_null(False)).to_series().to_numpy()])):
        burst |= (time_ns >= start_ns) & (time_ns <= end_ns)
    rest, technique = ("replay", "ARP replay") if replayed else (BENIGN, None)
    within = pl.when(pl.Series(burst))
    return frames.with_columns(
        within.then(pl.lit("dos")).otherwise(pl.lit(rest)).alias(LABEL),
        within.then(pl.lit("disconnection")).otherwise(pl.lit(technique, pl.String)).alias(TECHNIQUE),
    )


def bursts(time_ns: NDArray[np.int64]) -> list[tuple[int, int]]:
    """First and last time of each burst.

    Args:
        time_ns: ``int64[frame]``, rising: of de-authentications and disassociations.
    """
    pieces = np.split(time_ns, np.flatnonzero(np.diff(time_ns) > BURST_GAP_NS) + 1)
    return [(int(piece[0]), int(piece[-1])) for piece in pieces if len(piece) >= BURST_FRAMES]


@dataclass(frozen=True, kw_only=True, eq=False)
class Heard:
    """What came of listening; figures of incidents, as :func:`yawstring.learn.judging.figures` gives them.

    Attributes:
        simulated: On simulated flights like those learnt from.
        attacked: On each capture with an attack.
        benign: On each capture without.
        together: On those without, pooled.
    """

    simulated: Mapping[str, Json]
    attacked: Sequence[tuple[Capture, Mapping[str, Json]]]
    benign: Sequence[tuple[Capture, Mapping[str, Json]]]
    together: Mapping[str, Json]

    def to_json(self) -> dict[str, Json]:
        """All of it as JSON."""
        each: dict[str, Json] = {
            one.name: {"digest": one.table.digest, "frames": one.frames, **told}
            for one, told in (*self.attacked, *self.benign)
        }
        return {"simulated": {**self.simulated}, "captures": each, "without_attack": {**self.together}}


def listen(made: Trained, heard: Sequence[Capture], done: Callable[[str], None]) -> Heard:
    """A detector's incidents on captures.

    Args:
        made: As :func:`learnt` gives it.
        heard: At least one without an attack.
        done: Told of each capture.
    """
    found = []
    for one in heard:
        found.append((one, _incidents(made, one.table)))
        done(f"{one.name}: {found[-1][1]['incidents']} incidents")
    simulated = cast("dict[str, Mapping[str, Json]]", made.record["incidents"])
    return Heard(
        simulated=simulated[made.detector.family],
        attacked=[pair for pair in found if pair[0].attacked],
        benign=[pair for pair in found if not pair[0].attacked],
        together=_incidents(made, _together([one for one in heard if not one.attacked])),
    )


def _incidents(made: Trained, table: Table) -> Mapping[str, Json]:
    return cast("dict[str, Mapping[str, Json]]", evaluate(made, table)["incidents"])[made.detector.family]


def _together(some: Sequence[Capture]) -> Table:
    """Captures as one table, a recording each."""
    numbered = [
        replace(one.table, frame=one.table.frame.with_columns(pl.lit(number, pl.Int32).alias(RECORDING)))
        for number, one in enumerate(some)
    ]
    return joined(numbered)
