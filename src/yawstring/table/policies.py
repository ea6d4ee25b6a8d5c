"""How each split policy gives rows to parts.

A policy gives every row a part, a segment (a stretch that no window crosses) and a group (what belongs together). It
draws from one seed, and never looks at a feature.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from yawstring.errors import OptionError, SplitError
from yawstring.schema import PART
from yawstring.table.windows import NO_SEGMENT, Json, WindowSpec, stretches, window_starts

Policy = Literal["recording", "given", "time", "runs", "random"]
Within = Literal["class", "recording"]

TRAIN, VALIDATION, TEST, LEFT_OUT = 0, 1, 2, -1
GIVEN = ("train", "validation", "test")
"""Names of the first three in the column that gives a split."""


@dataclass(frozen=True, kw_only=True)
class SplitSpec:
    """How a table is split.

    Attributes:
        policy: ``"recording"``: whole recordings; ``"given"``: whole recordings, as the column ``part`` says;
            ``"time"``: the end of each class or recording; ``"runs"``: whole
            runs of ``run_length`` rows; ``"random"``: windows at random, as papers do, which hides what it leaks.
        test: Share of the test part, between 0 and 1.
        validation: Share of the validation part in what the test part leaves; 0 for none.
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
        if self.policy not in get_args(Policy):
            raise OptionError(f"no split policy '{self.policy}': {', '.join(get_args(Policy))}")
        if not (0 < self.test < 1 and 0 <= self.validation < 1):
            raise OptionError(f"shares of test ({self.test}) and validation ({self.validation}) lie between 0 and 1")
        if self.run_length < 1:
            raise OptionError(f"a run holds at least 1 row, not {self.run_length}")
        if self.within not in ("class", "recording"):
            raise OptionError(f"'within' is class or recording, not '{self.within}'")
        if self.folds and (self.policy != "recording" or self.folds < 2):
            raise OptionError(f"{self.folds} folds: folds need the policy recording, and 2 or more of them")
        if not 0 <= self.fold < max(self.folds, 1):
            raise OptionError(f"no fold {self.fold} among {self.folds}: folds count from 0")
        if self.seed < 0:
            raise OptionError(f"a seed is 0 or more, not {self.seed}")

    def to_json(self) -> dict[str, Json]:
        """The options as JSON."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a policy decided.

    Attributes:
        part: ``int8[row]``: train 0, validation 1, test 2, left out -1.
        segment: ``int64[row]``: stretches that no window crosses; -1 for rows left out.
        group: ``int64[row]``: what belongs together, the unit of resampling.
    """

    part: NDArray[np.int8]
    segment: NDArray[np.int64]
    group: NDArray[np.int64]


def plan(
    spec: SplitSpec,
    *,
    classes: NDArray[np.str_],
    recording: NDArray[np.int64],
    group: NDArray[np.int64],
    keep: NDArray[np.bool_],
    given: NDArray[np.str_] | None = None,
) -> Plan:
    """Give every row to a part; the embargo comes later. Policy ``"random"`` gives none yet: it draws windows.

    Args:
        spec: The policy and its options.
        classes: ``str[row]``.
        recording: ``int64[row]``.
        group: ``int64[row]``, linked recordings.
        keep: ``bool[row]``, rows to use at all.
        given: ``str[row]``, name of the part that the table says, for the policy ``"given"``.

    Raises:
        SplitError: The policy is undefined on this table.
    """
    part = np.full(len(classes), LEFT_OUT, np.int8)
    segment = stretches(recording)
    kept = np.flatnonzero(keep)
    if spec.policy == "recording":
        part[kept] = _by_group(spec, classes[kept], group[kept])
    elif spec.policy == "given":
        part[kept] = _as_given(given, kept)
    elif spec.policy == "time":
        unit = _time_units(spec, classes[kept], recording[kept])
        part[kept] = _by_time(spec, unit)
    elif spec.policy == "runs":
        segment = _runs(segment, spec.run_length)
        group = segment
        part[kept] = _by_run(spec, segment[kept])
    segment = np.where(keep, segment, NO_SEGMENT)
    if spec.policy == "time":  # one recording may hold the end of the training part and the start of the test part
        segment = np.where(segment == NO_SEGMENT, NO_SEGMENT, stretches(segment) * 4 + part + 1)
    return Plan(part=part, segment=segment, group=group)


def _as_given(given: NDArray[np.str_] | None, kept: NDArray[np.int64]) -> NDArray[np.int8]:
    """Parts by their names."""
    if given is None:
        raise SplitError(f"split 'given' reads the column '{PART}', and the table has none: use --split recording")
    names, of_row = np.unique(given[kept], return_inverse=True)
    if unknown := [name for name in names.tolist() if name not in GIVEN]:
        raise SplitError(f"column '{PART}': expected {', '.join(GIVEN)}, found '{unknown[0]}'")
    return np.array([GIVEN.index(name) for name in names.tolist()], np.int8)[of_row]


def assign_random_windows(
    segment: NDArray[np.int64], classes: NDArray[np.str_], window: WindowSpec, spec: SplitSpec
) -> tuple[NDArray[np.int8], tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]]:
    """Draw windows at random, as many of each class as its share: ``(part int8[row], starts of the three parts)``.

    A row's part is that of the window which has its label from it.
    """
    starts = window_starts(segment, window)
    labels = classes[starts + window.label_offset]
    of_window = np.full(len(starts), TRAIN, np.int8)
    rng = np.random.default_rng(spec.seed)
    for name in np.unique(labels):
        drawn = rng.permutation(np.flatnonzero(labels == name))
        test, validation = _shares(len(drawn), spec)
        of_window[drawn[:test]] = TEST
        of_window[drawn[test : test + validation]] = VALIDATION
    part = np.full(len(segment), LEFT_OUT, np.int8)
    part[starts + window.label_offset] = of_window
    return part, (starts[of_window == TRAIN], starts[of_window == VALIDATION], starts[of_window == TEST])


def _shares(count: int, spec: SplitSpec) -> tuple[int, int]:
    """How many of ``count`` go to test and to validation."""
    test = round(spec.test * count)
    return test, round(spec.validation * (count - test))


def _time_units(spec: SplitSpec, classes: NDArray[np.str_], recording: NDArray[np.int64]) -> NDArray[np.int64]:
    """``int64[row]``: the recording or class whose end is held out."""
    if spec.within == "recording":
        return recording
    pairs = np.unique(np.stack([recording, np.unique(classes, return_inverse=True)[1]]), axis=1)
    recordings, counts = np.unique(pairs[0], return_counts=True)
    if (counts > 1).any():
        raise SplitError(
            f"recording {recordings[counts > 1][0]} holds more than one class, and 'the end of each class' would cut "
            "it to pieces: use --within recording"
        )
    return np.unique(classes, return_inverse=True)[1].astype(np.int64)


def _by_time(spec: SplitSpec, unit: NDArray[np.int64]) -> NDArray[np.int8]:
    """The last rows of each unit are test, those before them validation."""
    part = np.full(len(unit), TRAIN, np.int8)
    for value in np.unique(unit):
        rows = np.flatnonzero(unit == value)
        test, validation = _shares(len(rows), spec)
        part[rows[len(rows) - test :]] = TEST
        part[rows[len(rows) - test - validation : len(rows) - test]] = VALIDATION
    return part


def _runs(stretch: NDArray[np.int64], length: int) -> NDArray[np.int64]:
    """``int64[row]``: number of the run of ``length`` rows within its recording; the last of each may be shorter."""
    first = np.flatnonzero(np.diff(stretch, prepend=-1))
    within = np.arange(len(stretch)) - first[stretch]
    return stretches(stretch * (len(stretch) + 1) + within // length)


def _by_run(spec: SplitSpec, run: NDArray[np.int64]) -> NDArray[np.int8]:
    """Runs drawn at random, without a look at their class."""
    runs, rows = np.unique(run, return_inverse=True)
    test, validation = _shares(len(runs), spec)
    if test < 1 or test == len(runs):
        raise SplitError(f"{len(runs)} runs of {spec.run_length} rows are too few to hold any out: use shorter runs")
    drawn = np.random.default_rng(spec.seed).permutation(len(runs))
    of_run = np.full(len(runs), TRAIN, np.int8)
    of_run[drawn[:test]] = TEST
    of_run[drawn[test : test + validation]] = VALIDATION
    return np.asarray(of_run[rows])


def _by_group(spec: SplitSpec, classes: NDArray[np.str_], group: NDArray[np.int64]) -> NDArray[np.int8]:
    """Whole groups of linked recordings, each class shared out as evenly as its groups allow."""
    names, of_row = np.unique(group, return_inverse=True)
    labels, label = np.unique(classes, return_inverse=True)
    rows = np.zeros((len(names), len(labels)), np.int64)
    np.add.at(rows, (of_row, label), 1)
    rng = np.random.default_rng(spec.seed)
    of_group = np.full(len(names), TRAIN, np.int8)
    if spec.folds:
        fold = _folds(rows, spec.folds, rng)
        of_group[fold == spec.fold] = TEST
    else:
        of_group[_hold_out(rows, np.arange(len(names)), spec.test, rng)] = TEST
    rest = np.flatnonzero(of_group == TRAIN)
    if spec.validation > 0:
        of_group[_hold_out(rows, rest, spec.validation, rng)] = VALIDATION
    return np.asarray(of_group[of_row])


def _folds(rows: NDArray[np.int64], folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """``int64[group]``: fold of each group. A class with as many groups as folds is in every fold.

    Groups of several classes are placed first, having the least choice; each goes where its classes have the fewest
    rows so far, and so to a fold without them while there is one.
    """
    fold = np.zeros(len(rows), np.int64)
    there = np.zeros((folds, rows.shape[1]), np.int64)
    order = rng.permutation(len(rows))
    order = order[np.argsort(-(rows[order] > 0).sum(axis=1), kind="stable")]
    for group in order:
        fold[group] = there[:, rows[group] > 0].sum(axis=1).argmin()
        there[fold[group]] += rows[group]
    return fold


def _hold_out(
    rows: NDArray[np.int64], among: NDArray[np.int64], share: float, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Groups to hold out: of each class about ``share`` of its rows, at least one group, and never its last one.

    Args:
        rows: ``int64[group, class]``, rows of each class in each group.
        among: Groups to choose from.
        share: Share of the rows of each class.
        rng: Decides the order in which groups are looked at.
    """
    held: list[int] = []
    order = [int(group) for group in rng.permutation(among)]
    total = rows[among].sum(axis=0)
    for label in np.argsort((rows[among] > 0).sum(axis=0), kind="stable"):
        of_class = [group for group in order if rows[group, label]]
        for group in of_class:
            there = rows[[*held, group]].sum(axis=0) - rows[group] / 2
            fits = (there <= share * total)[rows[group] > 0].all()
            if group not in held and fits and _leaves_every_class(rows, among, [*held, group]):
                held.append(group)
        if not set(held) & set(of_class):
            able = [group for group in of_class if _leaves_every_class(rows, among, [*held, group])]
            held.extend(sorted(able, key=lambda group: float((rows[group] / np.maximum(total, 1)).max()))[:1])
    return np.asarray(held, np.int64)


def _leaves_every_class(rows: NDArray[np.int64], among: NDArray[np.int64], held: list[int]) -> bool:
    """Whether the groups not held out still have every class."""
    rest = np.setdiff1d(among, held)
    return bool((rows[rest].sum(axis=0) > 0)[rows[among].sum(axis=0) > 0].all())
