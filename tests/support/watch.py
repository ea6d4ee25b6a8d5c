"""A table whose one column is a detector's logit, so that every score in a test is known; no detection is claimed."""

import numpy as np
import polars as pl

from yawstring.learn.recipe import Recipe
from yawstring.models.base import Fitted
from yawstring.models.graph import Node, write_graph
from yawstring.table.parts import TrainPart
from yawstring.table.scale import Encoder
from yawstring.table.windows import WindowSpec

COLUMN = "frame.len"
STEP_S = 10.0
"""Seconds between rows."""


def table(*recordings):
    """Recordings one after another, each a class and its rows' logits; ten seconds from row to row."""
    return pl.concat(
        pl.DataFrame(
            {
                "recording": pl.Series([number] * len(logits), dtype=pl.Int32),
                "timestamp_c": np.arange(len(logits)) * STEP_S,
                COLUMN: np.asarray(logits, np.float64),
                "class": [label] * len(logits) if isinstance(label, str) else list(label),
            }
        )
        for number, (label, logits) in enumerate(recordings)
    )


def part(kind, frame, recordings, *, length=1):
    """Those recordings of a table as a part of a kind, with every window of ``length`` rows that lies in one."""
    rows = np.flatnonzero(frame["recording"].is_in(list(recordings)).to_numpy())
    own = frame[rows]
    recording = own["recording"].to_numpy()
    starts = np.array([at for at in range(len(own) - length + 1) if len(set(recording[at : at + length])) == 1], int)
    return kind(
        frame=own.select(COLUMN),
        rows=rows,
        window=WindowSpec(length=length),
        starts=starts,
        truth=own["class"].to_numpy()[starts + length - 1].astype(str),
        group=recording[starts].astype(np.int64),
    )


def detector(classes=2):
    """Benign has the logit 0, the first attack the column's, any other attack half of it."""
    kernel = np.array([[0.0, 1.0, *[0.5] * (classes - 2)]], np.float32)
    nodes = [
        Node(op="Gemm", inputs=["windows", "kernel"], outputs=["logits"]),
        Node(op="Softmax", inputs=["logits"], outputs=["probabilities"], attributes={"axis": 1}),
    ]
    graph = write_graph(nodes, {"kernel": kernel}, shape=(1,), classes=classes)
    return Fitted(family="plain", reads="row", graph=graph, weights={}, classes=classes, options={})


def recipe(frame, classes=("benign", "attack"), **given):
    """What the detector is scored by."""
    learnt = part(TrainPart, frame, frame["recording"].unique().to_list())
    return Recipe(
        features=(COLUMN,),
        classes=classes,
        target="binary" if classes == ("benign", "attack") else "class",
        window=WindowSpec(length=1),
        encoder=Encoder.fit(learnt),
        encodings={"plain": given.pop("encoding", "raw")},
        **given,
    )
