"""The weights that promoted trials go on from, in a table beside Optuna's, and as safetensors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yawstring.errors import BundleError

if TYPE_CHECKING:
    import sqlalchemy

    from yawstring.learn.search.trial import Start

FIRST, SECOND, STEP = "adam/first", "adam/second", "adam/step"


@dataclass(frozen=True)
class WeightTable:
    """Octets by trial, in a table beside Optuna's."""

    engine: "sqlalchemy.Engine"
    table: "sqlalchemy.Table"
    study: str

    @classmethod
    def open(cls, engine: "sqlalchemy.Engine", study: str) -> "WeightTable":
        """The table in a database, made if need be."""
        from sqlalchemy import Column, LargeBinary, MetaData, String, Table

        table = Table(
            "yawstring_weights",
            MetaData(),
            Column("study", String(512), primary_key=True),
            Column("slot", String(64), primary_key=True),
            Column("octets", LargeBinary, nullable=False),
        )
        table.create(engine, checkfirst=True)
        return cls(engine, table, study)

    def put(self, slot: str, octets: bytes) -> None:
        """Keep the octets of a trial, in place of what was kept of it."""
        own = (self.table.c.study == self.study) & (self.table.c.slot == slot)
        with self.engine.begin() as connection:
            connection.execute(self.table.delete().where(own))
            connection.execute(self.table.insert().values(study=self.study, slot=slot, octets=octets))

    def get(self, slot: str) -> bytes:
        """The octets of a trial."""
        own = (self.table.c.study == self.study) & (self.table.c.slot == slot)
        with self.engine.connect() as connection:
            return bytes(connection.execute(self.table.select().where(own)).one().octets)


def to_octets(start: "Start") -> bytes:
    """Weights, and Adam's memory where it is kept, as safetensors."""
    from safetensors.numpy import save

    arrays = dict(start.weights)
    if start.adam is not None:
        first, second, step = start.adam
        arrays |= {FIRST: first, SECOND: second, STEP: np.array([step], np.int32)}
    return bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))


def from_octets(octets: bytes, *, shapes: Mapping[str, tuple[int, ...]]) -> "Start":
    """What :func:`to_octets` wrote.

    Args:
        octets: From the database.
        shapes: Of the weights that are expected, in their order.

    Raises:
        BundleError: The octets are no weights of these shapes.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    from yawstring.learn.search.trial import Start
    from yawstring.models.engine.program import Adam

    try:
        found = load(octets)
    except SafetensorError as error:
        raise BundleError(f"the study holds weights that cannot be read: {error}") from None
    for name, shape in shapes.items():
        if name not in found or found[name].shape != shape or found[name].dtype != np.float32:
            raise BundleError(f"the study holds weights of another network: '{name}' does not fit")
    total = sum(math.prod(shape) for shape in shapes.values())
    adam = None
    if FIRST in found:
        adam = Adam(found[FIRST], found[SECOND], np.int32(found[STEP][0]))
        if adam.first_moment.shape != (total,) or adam.second_moment.shape != (total,):
            raise BundleError("the study holds an Adam of another network")
    return Start({name: found[name] for name in shapes}, adam)
