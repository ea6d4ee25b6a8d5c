"""Splits of a table that hold: what is fitted, what chooses, what is measured."""

from dataclasses import dataclass
from typing import Literal

from yawstring.errors import OptionError
from yawstring.table.windows import Json

Policy = Literal["recording", "time", "runs", "random"]
Within = Literal["class", "recording"]


@dataclass(frozen=True, kw_only=True)
class SplitSpec:
    """How a table is split.

    Attributes:
        policy: ``"recording"``: whole recordings; ``"time"``: the end of each class or recording; ``"runs"``: whole
            runs of ``run_length`` rows; ``"random"``: windows at random, as papers do, which hides what it leaks.
        test: Share of the test part, between 0 and 1.
        validation: Share of the validation part in what the test part leaves.
        run_length: Rows of a run, policy ``"runs"``.
        within: Policy ``"time"``: the end of each class, or of each recording.
        folds: Policy ``"recording"``: number of folds, of which ``fold`` is the test part; 0: ``test`` counts.
        fold: Which fold, from 0.
        seed: Every random choice comes from it.

    Raises:
        OptionError: A value makes no sense.
    """

    policy: Policy = "recording"
    test: float = 0.2
    validation: float = 0.2
    run_length: int = 500
    within: Within = "class"
    folds: int = 0
    fold: int = 0
    seed: int = 10

    def __post_init__(self) -> None:
        if self.policy not in ("recording", "time", "runs", "random"):
            raise OptionError(f"no split policy '{self.policy}': recording, time, runs or random")
        if not (0 < self.test < 1 and 0 < self.validation < 1):
            raise OptionError(f"shares of test ({self.test}) and validation ({self.validation}) lie between 0 and 1")
        if self.run_length < 1:
            raise OptionError(f"a run holds at least 1 row, not {self.run_length}")
        if self.within not in ("class", "recording"):
            raise OptionError(f"'within' is class or recording, not '{self.within}'")
        if self.folds and (self.policy != "recording" or self.folds < 2 or not 0 <= self.fold < self.folds):
            raise OptionError(f"fold {self.fold} of {self.folds}: folds need --split recording, 2 or more, fold from 0")
        if self.seed < 0:
            raise OptionError(f"a seed is 0 or more, not {self.seed}")

    def to_json(self) -> dict[str, Json]:
        """The options as JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
