"""Every column once: name, dtype, unit, role, kind, meaning and source.

The role of a column decides who may see it. A model sees ``cyber`` and ``physical`` columns only; ``identity`` columns
name a capture rather than a behaviour and, like ``time`` columns, need an explicit word; ``label`` never enters.
What is known of the units is said.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from yawstring.schema.column import OURS, Column, Dtype, Kind, Modality, Role
from yawstring.schema.frames import FRAME_COLUMNS
from yawstring.schema.labels import (
    BENIGN,
    CLASSES,
    EPISODE,
    LABEL,
    LABEL_CERTAINTY,
    LABEL_COLUMNS,
    LABEL_DISPUTED,
    LABEL_SOURCE,
    ONSET,
    PART,
    RECORDING,
    TECHNIQUE,
    TELEMETRY_AGE,
    TIME,
    UNKNOWN,
)
from yawstring.schema.layouts import LAYOUTS, NOTEBOOK_COLUMNS, TITS_CYBER_COLUMNS
from yawstring.schema.signals import SIGNALS
from yawstring.schema.telemetry import TELEMETRY_COLUMNS

__all__ = [
    "BENIGN", "CLASSES", "COLUMNS", "EPISODE", "LABEL", "LABEL_CERTAINTY", "LABEL_DISPUTED", "LABEL_SOURCE", "LAYOUTS",
    "NOTEBOOK_COLUMNS", "ONSET", "OURS", "PART", "RECORDING", "SIGNALS", "TECHNIQUE", "TELEMETRY_AGE", "TIME",
    "TITS_CYBER_COLUMNS", "UNKNOWN", "Column", "Dtype", "Kind", "Modality", "Role", "features", "layout_of",
    "modality_of", "roles",
]  # fmt: skip

COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        column.name: column
        for column in (*LABEL_COLUMNS, *FRAME_COLUMNS, *TELEMETRY_COLUMNS, *(signal.column for signal in SIGNALS))
    }
)
"""Every column of every known table, by name."""

_OF_BOTH = frozenset(signal.name for signal in SIGNALS if signal.modality == "fused")
"""Signals that need frames and telemetry: no part of either alone."""


def layout_of(names: Iterable[str]) -> str:
    """Name of the layout whose columns are exactly ``names``, in any order; ``"unknown"`` where none is.

    Our own columns (``recording``, ``label_disputed``) do not count.

    Example:
        >>> layout_of(("recording", *TITS_CYBER_COLUMNS)), layout_of(("a", "class"))
        ('tits-cyber', 'unknown')
    """
    given = set(names) - {RECORDING, LABEL_DISPUTED}
    return next((name for name, columns in LAYOUTS.items() if given == set(columns)), "unknown")


def modality_of(names: Iterable[str]) -> Modality:
    """What a table of these columns shows: frames, telemetry, or both ("fused", also where nothing is known).

    Example:
        >>> modality_of(("frame.len", "class")), modality_of(("tof", "class")), modality_of(("frame.len", "tof"))
        ('cyber', 'physical', 'fused')
    """
    found = set(roles(names).values())
    if "cyber" in found and "physical" not in found:
        return "cyber"
    return "physical" if "physical" in found and "cyber" not in found else "fused"


def roles(names: Iterable[str]) -> dict[str, Role | None]:
    """Role of each column; ``None`` for one the schema does not know.

    Example:
        >>> roles(("tof", "wlan.seq", "my_column"))
        {'tof': 'physical', 'wlan.seq': 'identity', 'my_column': None}
    """
    return {name: COLUMNS[name].role if name in COLUMNS else None for name in names}


def features(names: Iterable[str], *, modality: Modality = "fused", identity: bool = False) -> tuple[str, ...]:
    """The columns among ``names`` that a model may see, in their order.

    Args:
        names: Columns of a table.
        modality: ``"fused"`` for cyber and physical columns, or one of the two alone.
        identity: Let identity columns in too (but for our own ``recording``, which numbers the file's parts). The
            caller stamps the result with it.

    Example:
        >>> features(("timestamp_c", "wlan.seq", "frame.len", "class"))
        ('frame.len',)
        >>> features(("timestamp_c", "wlan.seq", "frame.len", "recording", "class"), identity=True)
        ('wlan.seq', 'frame.len')
    """
    allowed: set[Role] = {"cyber", "physical"} if modality == "fused" else {modality}
    if identity:
        allowed.add("identity")
    known = roles(names)
    left_out = {RECORDING} if modality == "fused" else {RECORDING, *_OF_BOTH}
    return tuple(name for name, role in known.items() if role in allowed and name not in left_out)
