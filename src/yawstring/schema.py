"""Every column once: name, dtype, unit, role, kind, meaning and source.

The role of a column decides who may see it. A model sees ``cyber`` and ``physical`` columns only; ``identity`` columns
name a capture rather than a behaviour and are let in by an explicit word; ``time`` and ``label`` never enter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

Role = Literal["time", "identity", "cyber", "physical", "label"]
Kind = Literal["measure", "code", "flag"]
Modality = Literal["cyber", "physical", "fused"]


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: As it stands in a table.
        dtype: ``"int"``, ``"float"`` or ``"text"``.
        unit: Unit, or ``""`` where there is none.
        role: Who may see it.
        kind: ``"measure"`` is ordered, ``"code"`` only names things, ``"flag"`` is 0 or 1.
        meaning: One line.
        source: Standard, guide or corpus that defines it.
    """

    name: str
    dtype: Literal["int", "float", "text"]
    unit: str
    role: Role
    kind: Kind
    meaning: str
    source: str


COLUMNS: Mapping[str, Column] = {}


def roles(names: Iterable[str]) -> dict[str, Role | None]:
    """Role of each column; ``None`` for one the schema does not know."""
    return {name: COLUMNS[name].role if name in COLUMNS else None for name in names}


def features(names: Iterable[str], *, modality: Modality = "fused", identity: bool = False) -> tuple[str, ...]:
    """The columns among ``names`` that a model may see, in their order.

    Args:
        names: Columns of a table.
        modality: ``"fused"`` for cyber and physical columns, or one of the two alone.
        identity: Let identity columns in too. The caller stamps the result with it.
    """
    allowed: set[Role] = {"cyber", "physical"} if modality == "fused" else {modality}
    if identity:
        allowed.add("identity")
    known = roles(names)
    return tuple(name for name, role in known.items() if role in allowed)
