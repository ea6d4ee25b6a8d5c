"""What a signal is: a measurement that carries over from one capture to another."""

from dataclasses import dataclass

from yawstring.schema.column import OURS, Column, Modality


@dataclass(frozen=True, kw_only=True)
class Signal:
    """One signal.

    Attributes:
        name: Its column's name.
        unit: Unit, or ``""`` where there is none.
        modality: ``"cyber"`` (from the air), ``"physical"`` (from the aircraft) or ``"fused"`` (from both).
        meaning: One line.
        source: Standard, paper or tool's behaviour that it rests on.
        shows: Classes of attack that it is meant to show; empty for one that gives the others their background.
        needs: Columns without which it is absent. One in brackets of its own, ``("a", "b")``, is met by any of them.
        memory_s: Seconds it looks back at most; for one that fades, five times its time constant.
    """

    name: str
    unit: str
    modality: Modality
    meaning: str
    source: str
    shows: tuple[str, ...] = ()
    needs: tuple[str | tuple[str, ...], ...] = ()
    memory_s: float = 0.0

    @property
    def column(self) -> Column:
        """Its column. A signal of both sides counts as physical: it needs telemetry."""
        return Column(
            name=self.name,
            dtype="float",
            unit=self.unit,
            role="cyber" if self.modality == "cyber" else "physical",
            kind="measure",
            meaning=self.meaning,
            source=OURS,
        )
