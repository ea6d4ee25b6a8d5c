"""A detector trained on made-up rows, and the files of the bundle it becomes."""

from dataclasses import replace
from functools import cache

import numpy as np

from support import recorded
from yawstring.learn.train import TrainOptions, train
from yawstring.models.base import Windows
from yawstring.models.recurrent import LSTM
from yawstring.models.trees import Forest

FILES = (
    "baselines/forest.onnx",
    "baselines/forest.safetensors",
    "baselines/majority.onnx",
    "baselines/majority.safetensors",
    "baselines/threshold.onnx",
    "baselines/threshold.safetensors",
    "bundle.json",
    "card.md",
    "model.onnx",
    "model.safetensors",
)


@cache
def trained():
    """An LSTM beside three baselines; the forest is a small one, for tests that read it often."""
    done = train(recorded.table(rows=60), TrainOptions(detector=LSTM(units=6, dense=(5,), epochs=2), resamples=20))
    rows = np.random.default_rng(0).random((40, 3)).astype(np.float32)
    windows = Windows(rows=rows, starts=np.arange(40), length=1, labels=np.arange(40) % 3)
    small = Forest(trees=2, depth=2).fit(windows, classes=3, seed=0)
    return replace(done, baselines={**done.baselines, "forest": small})


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
