"""An audit: what in a table could make a figure on it worth less than it looks, in numbers and in plain sentences.

It asks what gives the class away besides behaviour (copies of the label, columns that name the capture, missing
values), how a figure falls when the test part moves away from the training part, whether labels contradict each other
or the content, and whether frames and telemetry together know more than either alone.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TypeVar, cast

import polars as pl

from yawstring.errors import TableError
from yawstring.learn.audit.columns import ColumnTells, column_tells
from yawstring.learn.audit.contents import Doubt, doubts
from yawstring.learn.audit.counterparts import Counterpart, counterparts
from yawstring.learn.audit.decay import ForestOptions, Step, controls, decay
from yawstring.learn.audit.fusion import Fusion, fusion
from yawstring.learn.audit.shared import Shared, shared
from yawstring.models.base import Json
from yawstring.schema import LABEL
from yawstring.table.corpora import Table
from yawstring.table.profile import Profile, profile

__all__ = ["Audit", "AuditOptions", "audit"]

T = TypeVar("T")

FORMAT = 1
"""Version of the JSON of an audit."""


@dataclass(frozen=True, kw_only=True)
class AuditOptions:
    """How a table is audited.

    Attributes:
        forest: The forest that measures, its windows and its seed.
    """

    forest: ForestOptions = field(default_factory=ForestOptions)


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What was found.

    Attributes:
        profile: What the table holds, counted.
        columns: What each column gives away.
        decay: A forest's macro-F1 by split.
        controls: The same with shuffled labels.
        shared: What random windows and whole recordings share between their two sides.
        doubts: Recordings whose content looks like another class's.
        counterparts: Classes that nothing benign stands beside, or that come in one recording.
        fusion: What frames and telemetry know together; ``None`` for a table of one of them.
        unlabelled: Rows left out for want of a label.
        seed: Of every draw.
    """

    profile: Profile
    columns: tuple[ColumnTells, ...]
    decay: tuple[Step, ...]
    controls: tuple[Step, ...]
    shared: tuple[Shared, ...]
    doubts: tuple[Doubt, ...]
    counterparts: tuple[Counterpart, ...]
    fusion: Fusion | None
    unlabelled: int
    seed: int

    def to_json(self) -> dict[str, Json]:
        """Everything found, with the sentences, as JSON."""
        from yawstring.learn.audit.sentences import sentences

        return {
            "format": FORMAT,
            "sentences": list(sentences(self)),
            "profile": cast("Json", self.profile.to_json()),
            "columns": [asdict(one) | {"tells_class": one.tells_class, "names_recording": one.names_recording}
                        for one in self.columns],
            "decay": [_step(one) for one in self.decay],
            "controls": [_step(one) for one in self.controls],
            "shared": [asdict(one) for one in self.shared],
            "doubts": [asdict(one) for one in self.doubts],
            "counterparts": [asdict(one) for one in self.counterparts],
            "fusion": None if self.fusion is None else asdict(self.fusion),
            "unlabelled": self.unlabelled,
            "seed": self.seed,
        }  # fmt: skip


STEPS = 7
"""How often :func:`audit` tells how far it is."""


def audit(table: Table, options: AuditOptions | None = None, watch: Callable[[str], None] | None = None) -> Audit:
    """Audit a labelled table.

    Args:
        table: What to audit.
        options: How.
        watch: Is told of each of :data:`STEPS` steps when it is done.

    Raises:
        TableError: The table has no labels.
        MissingExtraError: scikit-learn is not installed.
    """
    options, tell = options or AuditOptions(), watch or _silent
    if LABEL not in table.frame.columns:
        raise TableError("an audit needs labels, and the table has no column of them", column=LABEL)
    frame = table.frame.filter(pl.col(LABEL).is_not_null())
    if not len(frame):
        raise TableError("an audit needs labels, and no row has one", column=LABEL)
    counted = _told(tell, "rows and labels counted", profile(table))
    columns = _told(tell, "single columns", column_tells(frame))
    steps = _told(tell, "splits", tuple(decay(frame, options.forest)))
    shuffled = _told(tell, "shuffled labels", tuple(controls(frame, options.forest)))
    sides = tuple(shared(frame, options.forest))
    looks = _told(tell, "contents of recordings", doubts(frame, seed=options.forest.seed))
    alone = _told(tell, "counterparts", tuple(counterparts(frame)))
    fused = _told(tell, "fusion", fusion(frame, options.forest))
    return Audit(
        profile=counted,
        columns=columns,
        decay=steps,
        controls=shuffled,
        shared=sides,
        doubts=looks,
        counterparts=alone,
        fusion=fused,
        unlabelled=len(table) - len(frame),
        seed=options.forest.seed,
    )


def _told(tell: Callable[[str], None], what: str, found: T) -> T:
    tell(what)
    return found


def _silent(_: str) -> None:
    pass


def _step(one: Step) -> dict[str, Json]:
    return {
        "split": one.split,
        "columns": one.columns,
        "macro_f1": None if one.macro_f1 is None else one.macro_f1.to_json(),
        "refused": one.refused,
    }
