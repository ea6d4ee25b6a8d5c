"""What a step of the stream gives out, and several as one."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from yawstring.watch.findings import Finding
from yawstring.watch.incidents import Told
from yawstring.watch.scores import Scored

K = TypeVar("K")

KINDS: Final = ("management", "control", "data", "malformed")
"""Kinds of frames that are counted apart."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Out:
    """What a step gives out.

    Attributes:
        findings: Of the rules, in order.
        incidents: What became of the detector's, in order.
        scored: Scores of windows that ended, and ``int64[window]`` the numbers of their last frames; piece by piece.
        kinds: Frames by kind, of :data:`KINDS`.
        rejects: What could not be read, and how often.
        channels: Tenths of a second of the frames' clock, and the frequencies in MHz heard in them.
    """

    findings: tuple[Finding, ...] = ()
    incidents: tuple[Told, ...] = ()
    scored: tuple[tuple[Scored, NDArray[np.int64]], ...] = ()
    kinds: Mapping[str, int] = field(default_factory=dict)
    rejects: Mapping[str, int] = field(default_factory=dict)
    channels: frozenset[tuple[int, int]] = frozenset()

    @property
    def score(self) -> float | None:
        """The highest score; ``None`` where there is none."""
        return max((float(scored.score.max()) for scored, _ in self.scored), default=None)


def joined(outs: Sequence[Out], rejects: Mapping[str, int]) -> Out:
    """Several pieces as one, with what could not be read of the capture itself."""
    return Out(
        findings=tuple(one for out in outs for one in out.findings),
        incidents=tuple(one for out in outs for one in out.incidents),
        scored=tuple(one for out in outs for one in out.scored),
        kinds=_summed([out.kinds for out in outs]),
        rejects=_summed([rejects, *(out.rejects for out in outs)]),
        channels=frozenset().union(*(out.channels for out in outs)),
    )


def _summed(counts: Sequence[Mapping[K, int]]) -> dict[K, int]:
    total = Counter[K]()
    for one in counts:
        total.update(one)
    return dict(total)
