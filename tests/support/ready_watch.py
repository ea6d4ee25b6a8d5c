"""Run as a process of its own: a watch of the fifo ``air`` in a folder; says when it is ready, then what it compiled.

``python -m support.ready_watch FOLDER``
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from numba.core.dispatcher import Dispatcher

from yawstring.edge import opened
from yawstring.edge.plans import Plan, flow_of
from yawstring.edge.runtime import ready_loops
from yawstring.edge.watching import Ears
from yawstring.learn.recipe import Recipe, Trained
from yawstring.models.base import Fitted
from yawstring.table.splits import SplitSpec
from yawstring.watch.scores import Detector, ready


def loops() -> dict[str, int]:
    """How many kinds of arguments each loop of ours, that Python calls, is there for."""
    ours = [module for name, module in sys.modules.items() if name.startswith("yawstring.")]
    return {
        f"{one.py_func.__module__}.{one.py_func.__name__}": len(one.signatures)
        for module in ours
        for one in vars(module).values()
        if isinstance(one, Dispatcher) and not one.targetoptions.get("no_cpython_wrapper")
    }


def detector(folder: Path) -> Detector:
    """That of ``recipe.json`` and ``model.onnx``: no whole bundle is needed."""
    graph = (folder / "model.onnx").read_bytes()
    recipe = Recipe.from_json(json.loads((folder / "recipe.json").read_text()))
    fitted = Fitted(family="lstm", reads="window", graph=graph, weights={}, classes=2, options={})
    return ready(Trained(recipe=recipe, detector=fitted, baselines={}, split=SplitSpec(), record={}))


def main(folder: Path) -> None:
    ready_loops()
    kinds, plan = [], Plan(air_states=True, lateness_ns=200_000_000)
    options = flow_of(plan)
    opened.flow_of = lambda _: replace(options, stream=replace(options.stream, detector=detector(folder)))
    sources = opened.Sources(fifo=str(folder / "air"), telemetry="air")
    ears = Ears(
        changes=lambda changes: kinds.extend(one.alert.identity.kind for one in changes if one.kind == "opened"),
        note=lambda note: print(note.words, flush=True) if note.kind == "ready" else None,
    )
    with opened.open_watch(sources, plan, folder / "out", [], ears) as watching:
        before = loops()
        watching.run()
    grown = {name: count for name, count in loops().items() if count != before.get(name)}
    print(json.dumps({"compiled": grown, "loops": sum(map(bool, before.values())), "alerts": kinds}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
