"""What a detector was made of: enough to score another table the same way, and to say how far its figures hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast, get_args

from yawstring.errors import BundleError, LeakError, OptionError
from yawstring.learn.calibration import Calibration, calibration_from_json
from yawstring.learn.events import EventSpec
from yawstring.learn.unknown import Unknown
from yawstring.models.base import Encoding, Fitted, Json
from yawstring.schema import RECORDING, UNKNOWN, Modality, Role, roles
from yawstring.table.scale import Encoder
from yawstring.table.signals.plan import SignalOptions
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import Label, WindowSpec

Target = Literal["binary", "class"]
Labels = Literal["given", "undisputed"]

ATTACK = "attack"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a table becomes the windows a detector reads, and what its scores mean.

    Attributes:
        features: Columns of the table that the detector sees, in order.
        classes: Names of the classes, in the order of the graph's output columns. A last one ``unknown``, which no
            graph has a column for, is what attacks count as that the detector never saw.
        target: ``"binary"`` (benign or attack) or ``"class"``.
        window: How windows are cut.
        encoder: Turns the features into numbers; fitted on the training part.
        modality: Which columns were offered: ``"cyber"``, ``"physical"`` or ``"fused"``.
        identity: Identity columns were let in.
        time: Columns of time were let in.
        labels: ``"given"``, or ``"undisputed"``: rows whose label is in doubt were left out.
        layout: Layout of the table it was made from.
        signals: How signals are measured from frames; ``None`` for columns as they are.
        encodings: How each family of the bundle wants its rows, ``"scaled"`` or ``"raw"``, by the family's name.
        threshold: Score of an attack from which on the detector calls one; ``None``: the likeliest class is called.
        thresholds: The same of baselines, by the family's name; of one that is not named the likeliest class is called.
        events: When rows make an incident, by the family's name.
        calibrations: What turns a family's probabilities into calibrated ones, by its name.
        leave_out: Attacks, by class or technique, that only the test part held.
        unknown: How the detector and the novelty detector beside it are heard together; ``None`` where there is none.

    Raises:
        LeakError: A feature is a label or a column that the schema does not know, or an identity or time column that
            was not let in.
        OptionError: Novelty is heard, and there is no class ``unknown`` to call by it.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...]
    target: Target
    window: WindowSpec
    encoder: Encoder
    modality: Modality = "fused"
    identity: bool = False
    time: bool = False
    labels: Labels = "given"
    layout: str = ""
    signals: SignalOptions | None = None
    encodings: Mapping[str, Encoding] = field(default_factory=dict)
    threshold: float | None = None
    thresholds: Mapping[str, float] = field(default_factory=dict)
    events: Mapping[str, EventSpec] = field(default_factory=dict)
    calibrations: Mapping[str, Calibration] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()
    unknown: Unknown | None = None

    @property
    def known(self) -> tuple[str, ...]:
        """The classes that were learnt: all but ``unknown``."""
        return self.classes[:-1] if self.has_unknown else self.classes

    @property
    def has_unknown(self) -> bool:
        """Whether there is a class for what was never learnt."""
        return self.classes[-1:] == (UNKNOWN,)

    def __post_init__(self) -> None:
        refuse_leaks(self.features, identity=self.identity, time=self.time)
        if self.unknown is not None and not self.has_unknown:
            raise OptionError(f"novelty is called '{UNKNOWN}', and that is none of {', '.join(self.classes)}")

    def to_json(self) -> dict[str, Json]:
        """The recipe as JSON; :meth:`from_json` gives it back exactly."""
        return {
            "features": list(self.features),
            "classes": list(self.classes),
            "target": self.target,
            "window": self.window.to_json(),
            "encoder": self.encoder.to_json(),
            "modality": self.modality,
            "identity": self.identity,
            "time": self.time,
            "labels": self.labels,
            "layout": self.layout,
            "signals": None if self.signals is None else dict(self.signals.to_json()),
            "encodings": dict(self.encodings),
            "threshold": self.threshold,
            "thresholds": dict(self.thresholds),
            "events": {name: spec.to_json() for name, spec in self.events.items()},
            "calibrations": {name: made.to_json() for name, made in self.calibrations.items()},
            "leave_out": list(self.leave_out),
            "unknown": None if self.unknown is None else self.unknown.to_json(),
        }

    @classmethod
    def from_json(cls, data: Json) -> "Recipe":
        """The recipe that :meth:`to_json` wrote.

        Raises:
            BundleError: The JSON is no recipe.
        """
        if not isinstance(data, dict):
            raise BundleError("the recipe is no JSON object")
        try:
            window = cast("dict[str, Json]", data["window"])
            return cls(
                features=_texts(data["features"]),
                classes=_texts(data["classes"]),
                target=cast(Target, _word(data["target"], get_args(Target))),
                window=WindowSpec(
                    length=int(cast(int, window["length"])),
                    label=cast(Label, _word(window["label"], get_args(Label))),
                ),
                encoder=Encoder.from_json(data["encoder"]),
                modality=cast(Modality, _word(data["modality"], get_args(Modality))),
                identity=bool(data["identity"]),
                labels=cast(Labels, _word(data["labels"], get_args(Labels))),
                time=bool(data["time"]),
                layout=str(data["layout"]),
                signals=None if data["signals"] is None else SignalOptions.from_json(data["signals"]),
                encodings=_encodings(data["encodings"]),
                threshold=None if data["threshold"] is None else float(cast(float, data["threshold"])),
                thresholds={
                    name: float(cast(float, value)) for name, value in _object(data.get("thresholds", {})).items()
                },
                events={name: EventSpec.from_json(spec) for name, spec in _object(data["events"]).items()},
                calibrations={
                    name: calibration_from_json(made) for name, made in _object(data["calibrations"]).items()
                },
                leave_out=_texts(data.get("leave_out", [])),
                unknown=None if data.get("unknown") is None else Unknown.from_json(data["unknown"]),
            )
        except (KeyError, TypeError, ValueError, LeakError, OptionError) as error:
            raise BundleError(f"the recipe is not one of yawstring's: {error!r}") from error


@dataclass(frozen=True, kw_only=True)
class Trained:
    """A detector, its recipe, the baselines fitted on the same rows, and the record of how it came about.

    Attributes:
        recipe: How a table becomes windows.
        detector: The fitted detector.
        baselines: Plain detectors by name, fitted on the very same training windows.
        split: How the table was split.
        record: ``seed``, ``stamps``, ``warnings``, ``data`` (digest, rows), ``versions``, ``split`` (sizes, groups,
            class counts), ``metrics``.
    """

    recipe: Recipe
    detector: Fitted
    baselines: Mapping[str, Fitted]
    split: SplitSpec
    record: Mapping[str, Json]


def refuse_leaks(features: tuple[str, ...], *, identity: bool, time: bool = False) -> None:
    """Refuse features that a model may not see.

    Args:
        features: Names of columns.
        identity: Identity columns may enter.
        time: Columns of time may enter.

    Raises:
        LeakError: Names the first such column and its role.

    Example:
        >>> refuse_leaks(("class",), identity=True)
        Traceback (most recent call last):
        ...
        yawstring.errors.LeakError: column 'class' (label) may not enter a model
    """
    allowed: set[Role | None] = {"cyber", "physical"}
    if identity:
        allowed.add("identity")
    if time:
        allowed.add("time")
    for name, role in roles(features).items():
        if role not in allowed or name == RECORDING:
            raise LeakError(f"column '{name}' ({role or 'unknown to the schema'}) may not enter a model")


def _object(data: Json) -> dict[str, Json]:
    if not isinstance(data, dict):
        raise TypeError("expected values by name")
    return data


def _encodings(data: Json) -> dict[str, Encoding]:
    return {name: cast(Encoding, _word(value, get_args(Encoding))) for name, value in _object(data).items()}


def _texts(data: Json) -> tuple[str, ...]:
    if not isinstance(data, list):
        raise TypeError("expected a list of names")
    return tuple(str(item) for item in data)


def _word(data: Json, known: tuple[str, ...]) -> str:
    if data not in known:
        raise ValueError(f"{data!r} is none of {', '.join(known)}")
    return str(data)
