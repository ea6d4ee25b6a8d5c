"""The process settings, each tried in a process of its own."""

import subprocess
import sys
from pathlib import Path

FIT = """
import os, sys
from pathlib import Path
import numpy as np
from yawstring.models.base import Windows
from yawstring.models.engine.runtime import use_compilation_cache, use_one_thread
from yawstring.models.recurrent import LSTM

before = dict(os.environ)
use_one_thread()
use_compilation_cache(Path(sys.argv[1]))
assert dict(os.environ) == before, "the environment was changed"
total = int(sys.argv[2])
rows = np.random.default_rng(0).normal(size=(total + 4, 3)).astype(np.float32)
labels = (rows[4:, 0] > 0).astype(np.int64)
part = Windows(rows=rows, starts=np.arange(total), length=5, labels=labels)
fitted = LSTM(units=4, dense=(), epochs=1).fit(part, classes=2, seed=0)
print(fitted.history[0].loss)
"""


def fit(cache: Path, total: int) -> str:
    command = [sys.executable, "-c", FIT, str(cache), str(total)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def programs(cache: Path) -> set[str]:
    return {path.name for path in cache.rglob("*-cache")}


def test_a_second_process_finds_the_program_compiled(tmp_path: Path) -> None:
    first = fit(tmp_path, 300)
    kept = programs(tmp_path)
    assert any("learn" in name for name in kept), "a program this small must be kept too"
    assert fit(tmp_path, 300) == first, "the program kept must give the same bits"
    # 301 windows pad to the sizes of 300, in rows and in batches.
    assert fit(tmp_path, 301) != first
    assert programs(tmp_path) == kept, "another count of windows must not be another program"


TAKEN = """
import time
import numpy as np
from yawstring.models.base import Windows
from yawstring.models.engine.fitting import Fit
from yawstring.models.engine.initial import initial_weights
from yawstring.models.engine.population import Population, padded, settings
from yawstring.models.engine.program import Options
from yawstring.models.engine.runtime import compute_in_caller, use_one_thread

compute_in_caller()
use_one_thread()
rng = np.random.default_rng(0)
rows = rng.normal(size=(420, 9)).astype(np.float32)
part = Windows(rows=rows, starts=np.arange(400), length=5, labels=rng.integers(0, 2, 400))
weights = padded(initial_weights(rng, 9, 48, (48,) * 3, 1), units=48, width=48, layers=5)
told = settings(depth=3, dropouts=(0.2,) * 4, layers=5)
options = Options(np.float32(1e-3), np.ones(2, np.float32), np.uint32(1), told)
fit = Fit.start(Population(layers=5), weights, part, batch=16, options=options)
fit.epoch(np.arange(400))
for _ in range(20):
    process, thread = time.process_time(), time.thread_time()
    fit.epoch(np.arange(400))
    print((time.thread_time() - thread) / (time.process_time() - process))
"""


def test_every_trial_is_computed_by_the_thread_that_runs_it() -> None:
    """XLA's own thread is one for all trials: those that it takes over wait for each other, and a core stands idle."""
    done = subprocess.run([sys.executable, "-c", TAKEN], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    shares = [float(line) for line in done.stdout.splitlines()]
    assert len(shares) == 20
    assert min(shares) > 0.8
