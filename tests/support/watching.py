"""Small bundles that watch, and captures to watch: enough to compare one way of reading with another.

Fitted on the very flight that they then score: no detection is claimed, only that two roads lead to the same bits.
"""

from dataclasses import replace
from functools import cache

import numpy as np
import polars as pl

from support import lstm_weights
from support.flights import flight, truth
from yawstring.edge.telemetry import parse_telemetry
from yawstring.learn import parts
from yawstring.learn.calibration import Temperature
from yawstring.learn.events import EventSpec
from yawstring.learn.recipe import Recipe, Trained
from yawstring.learn.unknown import Unknown
from yawstring.models.base import Fitted
from yawstring.models.recurrent_graph import recurrent_graph
from yawstring.models.trees import Forest
from yawstring.schema import LABEL, RECORDING, features, modality_of
from yawstring.simulate.run import Simulated
from yawstring.table.corpora import Table
from yawstring.table.frames import frames_table
from yawstring.table.fuse import fuse
from yawstring.table.parts import TrainPart
from yawstring.table.scale import Encoder
from yawstring.table.signals import SignalOptions
from yawstring.table.signals.tables import signal_frame
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec, window_starts
from yawstring.wire.decoder import decode

CLASSES = ("benign", "attack")


@cache
def made(name: str = "mdk4-deauth", seed: int = 3) -> Simulated:
    """A flight of a few seconds."""
    return flight(name, seed)


def states(one: Simulated) -> pl.DataFrame:
    """Its telemetry."""
    return parse_telemetry(one.telemetry, name="telemetry.log").frame


def table(one: Simulated, *, labelled: bool = False) -> Table:
    """Its frames with telemetry beside them, as ``fuse`` makes them."""
    frame = fuse(frames_table(decode(one.capture)), states(one)).frame
    frame = frame.with_columns(pl.lit(0, pl.Int32).alias(RECORDING))
    if labelled:
        frame = frame.with_columns(truth(one)[LABEL].alias(LABEL))
    return Table(frame=frame, layout="unknown", capture="made", modality=modality_of(frame.columns), digest="0" * 64)


@cache
def trained(kind: str = "forest", every_s: float | None = 0.05, *, raw: bool = False) -> Trained:
    """A bundle: ``"forest"`` with another detector heard beside it, or ``"lstm"`` of drawn weights, calibrated."""
    signals = None if raw else SignalOptions(every_s=every_s, warm_up_s=0.5)
    flown = table(made(), labelled=True).frame
    rows = flown if signals is None else signal_frame(flown, signals)
    names = features(rows.columns)
    window = WindowSpec(length=3)
    starts = window_starts(np.zeros(len(rows), np.int64), window)
    learnt = TrainPart(
        frame=rows.select(names),
        rows=np.arange(len(rows)),
        window=window,
        starts=starts,
        truth=np.where(rows[LABEL].to_numpy()[starts + 2] == "benign", "benign", "attack").astype(str),
        group=np.zeros(len(starts), np.int64),
    )
    events = EventSpec(threshold=0.5, confirm=2, within=3, hold_s=0.3, merge_gap_s=0.4, update_s=0.2)
    recipe = Recipe(
        features=tuple(names),
        classes=CLASSES,
        target="binary",
        window=window,
        encoder=Encoder.fit(learnt),
        signals=signals,
        encodings={"forest": "raw", "novelty": "scaled", "lstm": "scaled"},
        events={kind: events},
        calibrations={"lstm": Temperature(temperature=1.7)},
    )
    fitted, recipe = _fitted(kind, learnt, recipe)
    return Trained(recipe=recipe, detector=fitted, baselines={}, split=SplitSpec(), record={})


def _fitted(kind: str, learnt: TrainPart, recipe: Recipe) -> tuple[Fitted, Recipe]:
    if kind == "lstm":
        return _drawn("lstm", recipe, seed=0), recipe
    forest = parts.fit(Forest(trees=10), learnt, None, recipe=recipe, seed=0)
    recipe = replace(recipe, classes=("benign", "attack", "unknown"), target="class", unknown=Unknown())
    return replace(forest, beside=_drawn("novelty", recipe, seed=1)), recipe


def _drawn(family: str, recipe: Recipe, *, seed: int) -> Fitted:
    weights = lstm_weights.draw(seed, features=len(recipe.encoder.names), outputs=2, size=0.2)
    graph = recurrent_graph(weights, length=recipe.window.length)
    return Fitted(family=family, reads="window", graph=graph, weights={}, classes=2, options={})
