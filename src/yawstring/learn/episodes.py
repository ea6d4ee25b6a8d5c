"""What was true while scores were made: recordings, the time they cover, and the attack episodes in them.

An episode is what a table calls one: rows of one recording with the same number in the column ``episode``. A table
without that column has an episode wherever neighbouring rows of a recording have the same class that is not benign. The
onset is the first such row, the end one nanosecond after the last: a table knows nothing of what it holds no row of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from yawstring.learn.events import NS_PER_S, Track
from yawstring.schema import BENIGN, EPISODE, LABEL, ONSET, RECORDING, TECHNIQUE, TIME

CLOCKS_S = ("timestamp_c", "timestamp_p")
"""Columns of seconds that serve as clock where a table has no time of ours."""


@dataclass(frozen=True, kw_only=True)
class Episode:
    """An attack, from its first row to its last.

    Attributes:
        recording: Number of the recording.
        start_ns: Onset.
        end_ns: One nanosecond after the last row.
        name: Its class.
        technique: How it was made, where the table says.
    """

    recording: int
    start_ns: int
    end_ns: int
    name: str
    technique: str | None = None


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A stretch of one recording that was watched without a gap, and the truth of it.

    Attributes:
        recording: Number of the recording.
        start_ns: Time of the first row.
        end_ns: One nanosecond after the last.
        episodes: Attacks in it, by onset.
    """

    recording: int
    start_ns: int
    end_ns: int
    episodes: tuple[Episode, ...] = ()

    def benign(self, recovery_ns: int = 0) -> tuple[tuple[int, int], ...]:
        """The pieces without an attack, half-open, in order.

        Args:
            recovery_ns: Left out after each attack too.

        Example:
            >>> attack = Episode(recording=0, start_ns=20, end_ns=30, name="dos")
            >>> Stretch(recording=0, start_ns=0, end_ns=50, episodes=(attack,)).benign(recovery_ns=5)
            ((0, 20), (35, 50))
        """
        pieces, start = [], self.start_ns
        for episode in sorted(self.episodes, key=lambda one: one.start_ns):
            if episode.start_ns > start:
                pieces.append((start, min(episode.start_ns, self.end_ns)))
            start = max(start, episode.end_ns + recovery_ns)
        if start < self.end_ns:
            pieces.append((start, self.end_ns))
        return tuple(pieces)


def times_of(frame: pl.DataFrame) -> NDArray[np.int64] | None:
    """``int64[row]``: nanoseconds on the table's clock; ``None`` where it has none.

    A missing time is that of the row before. A time that falls within a recording counts as the latest one there.

    Example:
        >>> times_of(pl.DataFrame({"recording": [0, 0, 1], "timestamp_c": [1.5, None, 0.5]})).tolist()
        [1500000000, 1500000000, 500000000]
    """
    name = next((one for one in (TIME, *CLOCKS_S) if one in frame.columns and frame[one].dtype.is_numeric()), None)
    if name is None or frame[name].null_count() == len(frame):
        return None
    clock = pl.col(name) if name == TIME else (pl.col(name) * NS_PER_S).round().cast(pl.Int64)
    filled = clock.cast(pl.Int64).forward_fill().backward_fill()
    times = frame.select((filled.cum_max()).over(RECORDING) if RECORDING in frame.columns else filled.cum_max())
    found = times.to_series()
    # A recording without a single time has none to be measured by.
    return None if found.null_count() else found.to_numpy().astype(np.int64)


def episodes_of(frame: pl.DataFrame, time_ns: NDArray[np.int64]) -> tuple[Episode, ...]:
    """The attacks of rows in order, by recording and onset: ``onset_ns``, where rows of signals bring it along.

    Args:
        frame: Columns ``class`` and ``recording``; ``episode``, ``technique`` and ``onset_ns`` where there are such.
        time_ns: ``int64[row]``.

    Example:
        >>> frame = pl.DataFrame({"recording": [0] * 4, "class": ["benign", "dos", "dos", "replay"]})
        >>> [(one.name, one.start_ns, one.end_ns) for one in episodes_of(frame, np.array([0, 10, 20, 30]))]
        [('dos', 10, 21), ('replay', 30, 31)]
    """
    columns = [name for name in (RECORDING, LABEL, EPISODE, TECHNIQUE, ONSET) if name in frame.columns]
    rows = frame.select(columns).with_columns(pl.Series("time_ns", time_ns))
    if EPISODE not in rows.columns:
        changed = (pl.col(LABEL) != pl.col(LABEL).shift()) | (pl.col(RECORDING) != pl.col(RECORDING).shift())
        rows = rows.with_columns(changed.fill_null(True).cum_sum().alias(EPISODE))
    technique = pl.col(TECHNIQUE).drop_nulls().first() if TECHNIQUE in rows.columns else pl.lit(None, pl.String)
    found = (
        rows.filter((pl.col(LABEL) != BENIGN) & pl.col(EPISODE).is_not_null())
        .group_by(RECORDING, EPISODE, maintain_order=True)
        .agg(
            (pl.min(ONSET).fill_null(pl.min("time_ns")) if ONSET in rows.columns else pl.min("time_ns")).alias("start"),
            pl.col("time_ns").max().alias("end"),
            pl.col(LABEL).first(),
            technique.alias(TECHNIQUE),
        )
        .sort(RECORDING, "start", maintain_order=True)
    )
    return tuple(
        Episode(recording=recording, start_ns=start, end_ns=end + 1, name=name, technique=how)
        for recording, start, end, name, how in found.select(RECORDING, "start", "end", LABEL, TECHNIQUE).iter_rows()
    )


def tracks_of(
    rows: NDArray[np.int64],
    recording: NDArray[np.int64],
    time_ns: NDArray[np.int64],
    score: NDArray[np.float64],
    named: NDArray[np.int64],
) -> tuple[Track, ...]:
    """Scores as tracks: a new one wherever the recording changes or rows of the table are missing between two.

    Args:
        rows: ``int64[window]``, where in the table each window's last row stands, rising.
        recording: ``int64[window]``.
        time_ns: ``int64[window]``.
        score: ``float64[window]``.
        named: ``int64[window]``.
    """
    broken = (np.diff(rows) != 1) | (np.diff(recording) != 0)
    edges = [0, *(np.flatnonzero(broken) + 1).tolist(), len(rows)] if len(rows) else []
    return tuple(
        Track(recording=int(recording[a]), time_ns=time_ns[a:b], score=score[a:b], named=named[a:b])
        for a, b in pairwise(edges)
    )


def stretches_of(tracks: Sequence[Track], frames: Sequence[pl.DataFrame]) -> tuple[Stretch, ...]:
    """The truth beside each track.

    Args:
        tracks: What was scored.
        frames: For each the rows of the table with ``class``, ``recording``, ``episode`` and ``technique``.
    """
    return tuple(
        Stretch(
            recording=track.recording,
            start_ns=int(track.time_ns[0]),
            end_ns=int(track.time_ns[-1]) + 1,
            episodes=episodes_of(frame, track.time_ns),
        )
        for track, frame in zip(tracks, frames, strict=True)
    )
