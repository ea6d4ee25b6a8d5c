"""What a column is: name, dtype, unit, role, kind, meaning and source."""

from dataclasses import dataclass
from typing import Literal

Role = Literal["time", "identity", "cyber", "physical", "label"]
Kind = Literal["measure", "code", "flag"]
Modality = Literal["cyber", "physical", "fused"]
Dtype = Literal["int", "float", "text", "bool"]

OURS = "yawstring"
"""Source of a column that this project defines."""


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: As it stands in a table.
        dtype: ``"int"``, ``"float"``, ``"text"`` or ``"bool"``.
        unit: Unit, or ``""`` where there is none.
        role: Who may see it.
        kind: ``"measure"`` is ordered, ``"code"`` only names things, ``"flag"`` is 0 or 1.
        meaning: One line.
        source: Standard, guide or corpus that defines it.
    """

    name: str
    dtype: Dtype
    unit: str
    role: Role
    kind: Kind
    meaning: str
    source: str


def columns_of(role: Role, source: str, *rows: tuple[str, Dtype, str, Kind, str]) -> list[Column]:
    """Columns of one role and source; a row is name, dtype, unit, kind, meaning."""
    return [
        Column(name=name, dtype=dtype, unit=unit, role=role, kind=kind, meaning=meaning, source=source)
        for name, dtype, unit, kind, meaning in rows
    ]
