"""yawstring: intrusion detection for Wi-Fi drones.

The package reads 802.11 frames and drone telemetry, puts both on one clock, and says whether the drone is under
attack. It also trains and evaluates the detectors, with splits that hold outside the capture they came from.

The names below are loaded when they are first used, so that ``import yawstring`` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from yawstring.edge.bundles import load, save
    from yawstring.edge.files import read_table, read_tables, write_parquet
    from yawstring.learn.detector import Detector
    from yawstring.learn.evaluate import evaluate, predict
    from yawstring.learn.train import TrainOptions, train
    from yawstring.table.corpora import Table
    from yawstring.table.splits import SplitSpec
    from yawstring.table.windows import WindowSpec

from yawstring.version import __version__ as __version__

__all__ = [
    "Detector", "SplitSpec", "Table", "TrainOptions", "WindowSpec", "evaluate", "load", "predict", "read_table",
    "read_tables", "save", "train", "write_parquet",
]  # fmt: skip

_HOMES = {
    "Detector": "learn.detector",
    "SplitSpec": "table.splits",
    "Table": "table.corpora",
    "TrainOptions": "learn.train",
    "WindowSpec": "table.windows",
    "evaluate": "learn.evaluate",
    "load": "edge.bundles",
    "predict": "learn.evaluate",
    "read_table": "edge.files",
    "read_tables": "edge.files",
    "save": "edge.bundles",
    "train": "learn.train",
    "write_parquet": "edge.files",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
