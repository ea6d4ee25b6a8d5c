"""What frames and telemetry know together, beyond what either knows, and beyond what any flight's telemetry would add.

The null fusion puts the telemetry of *another* recording beside each frame, by the time since the start. A detector
that gains as much from that as from the true one has learnt which recordings have telemetry of which kind, not what the
aircraft does under attack.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from yawstring.errors import SplitError
from yawstring.learn.audit.decay import ForestOptions, macro_f1
from yawstring.learn.nullfusion import null_fusion
from yawstring.schema import features, modality_of
from yawstring.table.splits import SplitSpec


@dataclass(frozen=True, kw_only=True)
class Fusion:
    """Macro-F1 of the same forest, split by recording.

    Attributes:
        cyber: On the columns of frames alone.
        physical: On those of telemetry alone.
        fused: On both.
        null: On both, the telemetry being another recording's.
        refused: Why there is no figure.
    """

    cyber: float | None = None
    physical: float | None = None
    fused: float | None = None
    null: float | None = None
    refused: str | None = None

    @property
    def gain(self) -> float | None:
        """What the true telemetry adds above another flight's."""
        return None if self.fused is None or self.null is None else self.fused - self.null


def fusion(frame: pl.DataFrame, options: ForestOptions) -> Fusion | None:
    """What fusion gains; ``None`` for a table of frames or of telemetry alone."""
    if modality_of(frame.columns) != "fused":
        return None
    cyber, physical = (features(frame.columns, modality=one) for one in ("cyber", "physical"))
    if not cyber or not physical:
        return None
    try:
        null = null_fusion(frame, seed=options.seed)
        spec = SplitSpec(policy="recording", validation=0, seed=options.seed)
        figures = [
            macro_f1(table, names, spec, options).value
            for table, names in (
                (frame, cyber),
                (frame, physical),
                (frame, features(frame.columns)),
                (null, features(null.columns)),
            )
        ]
    except SplitError as error:
        return Fusion(refused=str(error))
    cyber_f1, physical_f1, fused_f1, null_f1 = (None if one is None or np.isnan(one) else one for one in figures)
    return Fusion(cyber=cyber_f1, physical=physical_f1, fused=fused_f1, null=null_f1)
