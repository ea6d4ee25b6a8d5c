"""What a detector was made of: enough to score another table the same way, and to say how far its figures hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from yawstring.errors import BundleError, LeakError
from yawstring.models.base import Fitted, Json
from yawstring.schema import Modality, Role, roles
from yawstring.table.scale import Encoder
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import Label, WindowSpec

Target = Literal["binary", "class"]
Labels = Literal["given", "undisputed"]

BENIGN = "benign"
ATTACK = "attack"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How a table becomes the windows a detector reads, and what its scores mean.

    Attributes:
        features: Columns of the table that the detector sees, in order.
        classes: Names of the classes, in the order of the graph's output columns.
        target: ``"binary"`` (benign or attack) or ``"class"``.
        window: How windows are cut.
        encoder: Turns the features into numbers; fitted on the training part.
        modality: Which columns were offered: ``"cyber"``, ``"physical"`` or ``"fused"``.
        identity: Identity columns were let in.
        labels: ``"given"``, or ``"undisputed"``: rows whose label is in doubt were left out.
        layout: Layout of the table it was made from.

    Raises:
        LeakError: A feature is a label, a time or a column that the schema does not know, or an identity column
            without ``identity``.
    """

    features: tuple[str, ...]
    classes: tuple[str, ...]
    target: Target
    window: WindowSpec
    encoder: Encoder
    modality: Modality = "fused"
    identity: bool = False
    labels: Labels = "given"
    layout: str = ""

    def __post_init__(self) -> None:
        refuse_leaks(self.features, identity=self.identity)

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
            "labels": self.labels,
            "layout": self.layout,
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
                layout=str(data["layout"]),
            )
        except (KeyError, TypeError, ValueError) as error:
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


def refuse_leaks(features: tuple[str, ...], *, identity: bool) -> None:
    """Refuse features that a model may not see.

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
    for name, role in roles(features).items():
        if role not in allowed:
            raise LeakError(f"column '{name}' ({role or 'unknown to the schema'}) may not enter a model")


def _texts(data: Json) -> tuple[str, ...]:
    if not isinstance(data, list):
        raise TypeError("expected a list of names")
    return tuple(str(item) for item in data)


def _word(data: Json, known: tuple[str, ...]) -> str:
    if data not in known:
        raise ValueError(f"{data!r} is none of {', '.join(known)}")
    return str(data)
