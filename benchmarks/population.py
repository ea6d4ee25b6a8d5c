"""One program that serves many trials: told at run time which one it is, or vectorised over all of them at once?

    python benchmarks/population.py [--trials 4] [--windows 17438] [--epochs 3]

The same trials, an epoch each over windows of the notebook's shape, computed three ways from the engine's own function:
one after another, on two threads (what ``yawstring search`` does on a CPU), and by ``jax.vmap`` over the population.
Under ``vmap`` a condition becomes a choice between two results that are both computed, so that a shallow trial pays
for the deepest. Seconds are those of a trial's epoch, the best of ``--epochs``; compiling stands apart; CPU seconds are
what to go by on a machine that has other work. Every way must come to the same losses. On a machine with a GPU that
JAX sees, the same code runs there.
"""

import argparse
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from _windows import BATCH, LENGTH, WINDOWS, notebook_windows
from yawstring.models.engine.runtime import compute_in_caller, use_one_thread

RESULTS = Path(__file__).parent / "results" / "population.json"
UNITS, WIDTH, LAYERS, WORKERS = 64, 128, 5, 2


class Prepared(NamedTuple):
    """What an epoch of a trial takes, on the host."""

    state: Any
    rows: Any
    batches: Any
    options: Any


def prepared(trial: int, windows: int) -> Prepared:
    """A trial of its own depth, dropout, weights and order."""
    from yawstring.models.engine.fitting import _batches
    from yawstring.models.engine.initial import initial_weights
    from yawstring.models.engine.population import Population, padded, settings
    from yawstring.models.engine.program import Options, fresh_state

    part = notebook_windows(1)
    rng = np.random.default_rng(trial)
    depth = 1 + trial % LAYERS
    weights = padded(
        initial_weights(rng, part.rows.shape[1], UNITS, (WIDTH,) * depth, 1), units=UNITS, width=WIDTH, layers=LAYERS
    )
    told = settings(depth=depth, dropouts=(0.1 + 0.1 * (trial % 4),) * (depth + 1), layers=LAYERS)
    options = Options(np.float32(1e-3), np.ones(2, np.float32), np.uint32(trial), told)
    network = Population(layers=LAYERS)
    state = fresh_state(network.packed(weights), stacked=network.stacked)
    return Prepared(state, part.rows, _batches(part, rng.permutation(windows), BATCH), options)


def timed(run: Callable[[], Any], epochs: int) -> tuple[dict[str, float], Any]:
    """Seconds of compiling, of a call and of the processor in it, and what the last call gave."""
    spans: list[tuple[float, float]] = []
    found = None
    for _ in range(epochs + 1):
        start, used = time.perf_counter(), time.process_time()
        found = run()
        spans.append((time.perf_counter() - start, time.process_time() - used))
    wall, cpu = (min(column) for column in zip(*spans[1:], strict=True))
    return {"compiling_cpu_s": max(spans[0][1] - cpu, 0.0), "epoch_s": wall, "epoch_cpu_s": cpu}, found


def measure(trials: int, windows: int, epochs: int) -> dict[str, dict[str, float]]:
    """Compiling and a trial's epoch, by way."""
    import jax

    from yawstring.models.engine.population import Population
    from yawstring.models.engine.program import COMPILER_OPTIONS, Batches, learn

    one = partial(learn.__wrapped__, length=LENGTH, network=Population(layers=LAYERS))
    options = COMPILER_OPTIONS if jax.default_backend() == "cpu" else None
    alone = jax.jit(one, compiler_options=options)
    together = jax.jit(jax.vmap(one, in_axes=(0, None, Batches(0, 0, None), 0)), compiler_options=options)
    given = [prepared(trial, windows) for trial in range(trials)]
    stacked = jax.tree.map(
        lambda *leaves: np.stack(leaves), *[(each.state, each.batches, each.options) for each in given]
    )
    states, batches, told = stacked
    batches = Batches(batches.starts, batches.labels, given[0].batches.total)

    def alone_on(each: Prepared) -> Any:  # noqa: ANN401
        return np.asarray(alone(*each)[1])

    def threads() -> list[Any]:
        with ThreadPoolExecutor(WORKERS) as pool:
            return list(pool.map(alone_on, given))

    ways: dict[str, Callable[[], Any]] = {
        "one after another": lambda: [alone_on(each) for each in given],
        f"{WORKERS} threads": threads,
        "vmap": lambda: np.asarray(together(states, given[0].rows, batches, told)[1]),
    }
    found, losses = {}, {}
    for name, run in ways.items():
        spent, losses[name] = timed(run, epochs)
        found[name] = {key: value / (1 if key.startswith("compiling") else trials) for key, value in spent.items()}
    for name, loss in losses.items():
        np.testing.assert_allclose(np.stack(loss), np.stack(losses["one after another"]), rtol=0.02, err_msg=name)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=4)
    parser.add_argument("--windows", type=int, default=WINDOWS)
    parser.add_argument("--epochs", type=int, default=3)
    given = parser.parse_args()
    compute_in_caller()
    use_one_thread()
    import jax

    found = measure(given.trials, given.windows, given.epochs)
    print(f"{given.trials} trials on {jax.devices()[0].device_kind}\n")
    print("| way | an epoch of a trial, s | CPU, s | compiling, CPU s |\n|---|---|---|---|")
    for name, one in found.items():
        print(f"| {name} | {one['epoch_s']:.3f} | {one['epoch_cpu_s']:.3f} | {one['compiling_cpu_s']:.1f} |")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps({"trials": given.trials, "windows": given.windows, "ways": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
