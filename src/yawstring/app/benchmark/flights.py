"""Simulated flights: attacks found, false alarms and delay on flights of unseen parameters.

Flights of three campaigns make one table of signals, and the split is the campaigns': nothing is drawn. Thresholds are
chosen for a budget of false alarms on the flights to choose by; the flights that judge are looked at once.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import polars as pl

from yawstring.app.benchmark.campaigns import STRENGTHS, TEST, TRAIN, VALIDATE, Campaign
from yawstring.edge.campaigns import Flown, fly
from yawstring.edge.files import write_octets
from yawstring.learn.choosing import ChoosingOptions
from yawstring.learn.evaluate import evaluate
from yawstring.learn.events import EventSpec, Patience
from yawstring.learn.nullfusion import null_fusion
from yawstring.learn.recipe import Trained
from yawstring.learn.train import TrainOptions, train
from yawstring.models.base import Family, Json
from yawstring.models.boosting import Boosting
from yawstring.models.majority import Majority
from yawstring.models.novelty import Novelty
from yawstring.models.recurrent import LSTM
from yawstring.models.threshold import Threshold
from yawstring.models.trees import Forest
from yawstring.schema import CLASSES, PART, RECORDING, Modality
from yawstring.simulate.attacks import KINDS
from yawstring.table.corpora import Table
from yawstring.table.signals import SignalOptions
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec
from yawstring.version import __version__

EVERY_S = 0.25
"""Seconds from one row of signals to the next."""

SIGNALS = SignalOptions(every_s=EVERY_S)
EVENTS = EventSpec(confirm=2, within=3)
"""Half a second of clear evidence."""

PATIENT = Patience(confirm=32, within=40)
"""Most of ten seconds of less. It was chosen on flights of other seeds, and costs false alarms on these."""

BUDGET_PER_HOUR = 0.5
"""False alarms an hour on the flights to choose by: half of what is allowed, for few hours prove little."""

PARTS: Mapping[str, Campaign] = {"train": TRAIN, "validation": VALIDATE, "test": TEST}


@dataclass(frozen=True, kw_only=True)
class Contender:
    """A detector and what it reads.

    Attributes:
        name: What the table calls it.
        family: The detector.
        rows: Rows of a window.
        modality: Signals it reads; ``None``: all.
        null: Whether the telemetry is another flight's.
        unseen: Class of attacks that it never learns from, and should call unknown.
        unknown: Whether novelty stands beside it; always so where a class is unseen.
        events: When its rows make an incident.
    """

    name: str
    family: Family
    rows: int = 1
    modality: Modality | None = None
    null: bool = False
    unseen: str | None = None
    unknown: bool = False
    events: EventSpec = EVENTS


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """What a contender was worth.

    Attributes:
        name: The contender's.
        incidents: Figures of its incidents on the flights that judge.
        trained: What it learnt; ``None`` where the figures were kept.
    """

    name: str
    incidents: Mapping[str, Json]
    trained: Trained | None


TREES = Contender(name="extra trees", family=Forest(extra=True, leaf=3))

CONTENDERS = (
    TREES,
    replace(TREES, name="extra trees, patient", events=replace(EVENTS, patient=PATIENT)),
    replace(TREES, name="extra trees and novelty", unknown=True),
    Contender(name="forest", family=Forest(leaf=3)),
    Contender(name="boosting", family=Boosting()),
    Contender(name="lstm", family=LSTM(epochs=10), rows=5),
    Contender(name="novelty", family=Novelty()),
    Contender(name="threshold on one signal", family=Threshold()),
    Contender(name="majority", family=Majority()),
    replace(TREES, name="extra trees, air alone", modality="cyber"),
    replace(TREES, name="extra trees, telemetry alone", modality="physical"),
    replace(TREES, name="extra trees, another flight's telemetry", null=True),
)


UNSEEN = tuple(
    replace(TREES, name=name, unseen=name) for name in CLASSES if name in {kind.CLASS for kind in KINDS.values()}
)
"""Every class of attack left out of training in turn."""


@dataclass(frozen=True, kw_only=True)
class Flying:
    """How flights are flown.

    Attributes:
        seed: Of every flight.
        workers: Processes.
        keep: Folder for the signals of each flight and the figures of each contender, so that nothing is done twice
            by this version; ``None``: nothing is kept.
    """

    seed: int = 1
    workers: int = 1
    keep: Path | None = None

    def table(self, campaign: Campaign, done: Callable[[Flown], None] | None = None) -> Table:
        """The signals of a campaign's flights."""
        scenarios = campaign.scenarios(self.seed)
        seed = campaign.seed(self.seed)
        return fly(scenarios, seed, SIGNALS, name=campaign.name, workers=self.workers, keep=self.keep, done=done)


def flown(how: Flying, done: Callable[[str], None], *, parts: Mapping[str, Campaign] = PARTS) -> Table:
    """The flights of all campaigns as one table of signals; the column ``part`` says which is which.

    Args:
        how: Seed, processes, and where signals are kept.
        done: Told of each flight.
        parts: Campaign of each part.
    """
    tables: list[Table] = []
    count = 0
    for part, campaign in parts.items():

        def told(one: Flown, name: str = campaign.name) -> None:
            done(f"{name}: {one.scenario}{', kept' if one.kept else ''}")

        table = how.table(campaign, told)
        numbered = (pl.col(RECORDING) + count).cast(pl.Int32)
        tables.append(replace(table, frame=table.frame.with_columns(numbered, pl.lit(part).alias(PART))))
        count += campaign.attacked + campaign.benign
    return joined(tables)


def joined(tables: Sequence[Table]) -> Table:
    """Tables of signals as one, under a digest of theirs."""
    digest = pl.Series([table.digest for table in tables]).str.join("-").item()
    return replace(tables[0], frame=pl.concat(table.frame for table in tables), capture="flights", digest=digest)


def trained(table: Table, one: Contender, seed: int) -> Trained:
    """A contender learnt from the first part, its threshold chosen on the second, measured on the third.

    Args:
        table: As :func:`flown` gives it.
        one: The contender.
        seed: Of the detector.
    """
    options = TrainOptions(
        detector=one.family,
        split=SplitSpec(policy="given"),
        window=WindowSpec(length=one.rows),
        modality=one.modality,
        choosing=ChoosingOptions(false_alarms_per_hour=BUDGET_PER_HOUR, events=one.events),
        leave_out=() if one.unseen is None else (one.unseen,),
        unknown=one.unknown or one.unseen is not None,
        baselines=(),
        resamples=20,
        seed=seed,
    )
    return train(_without_ties(table, seed) if one.null else table, options)


def results(
    table: Table, how: Flying, done: Callable[[str], None], contenders: Sequence[Contender] = CONTENDERS
) -> Iterator[Result]:
    """Every contender, learnt, and judged on the flights that judge.

    Args:
        table: As :func:`flown` gives it.
        how: Seed of the detectors, and where figures are kept, so that hours of work go on where they were stopped.
        done: Told of each result.
        contenders: Who takes part.
    """
    for one in contenders:
        kept = None if how.keep is None else how.keep / f"{_key(table, one, how.seed)}.json"
        made, incidents = None, _kept(kept)
        if incidents is None:
            made = trained(table, one, how.seed)
            incidents = cast("dict[str, Mapping[str, Json]]", made.record["incidents"])[made.detector.family]
            if kept is not None:
                write_octets(json.dumps(incidents).encode(), kept)
        done(f"{one.name}: {incidents['found']} of {incidents['episodes']} found{'' if made else ', kept'}")
        yield Result(name=one.name, incidents=incidents, trained=made)


def _key(table: Table, one: Contender, seed: int) -> str:
    """32 hexadecimal digits of all that the figures of a contender come from."""
    return hashlib.sha256("\x1f".join((__version__, table.digest, repr(one), str(seed))).encode()).hexdigest()[:32]


def _kept(path: Path | None) -> Mapping[str, Json] | None:
    if path is None or not path.is_file():
        return None
    return cast("Mapping[str, Json]", json.loads(path.read_bytes()))


def by_strength(
    made: Trained, how: Flying, done: Callable[[str], None], *, campaigns: Sequence[Campaign] = STRENGTHS
) -> Mapping[str, Mapping[str, Json]]:
    """Figures of a detector's incidents on attacks of each strength, by the campaign's name.

    Args:
        made: The detector.
        how: Seed, processes, and where signals are kept.
        done: Told of each campaign.
        campaigns: Of one strength each.
    """
    found = {}
    for campaign in campaigns:
        incidents = cast("dict[str, Mapping[str, Json]]", evaluate(made, how.table(campaign))["incidents"])
        found[campaign.name] = incidents[made.detector.family]
        done(campaign.name)
    return found


def _without_ties(table: Table, seed: int) -> Table:
    """The telemetry of another flight of the same part beside each flight's air."""
    pieces = [null_fusion(piece, seed=seed) for piece in table.frame.partition_by(PART, maintain_order=True)]
    return replace(table, frame=pl.concat(pieces))
