"""How JAX runs in this process: one compute thread, and compiled programs kept between processes.

Both are settings of the process, so the program that owns it makes them, once, before anything is fitted; a library
that did so by itself would be changing its caller.
"""

import os
from pathlib import Path

import jax

THREADS = "PJRT_NPROC"
"""XLA sizes its pool of compute threads by this variable when the CPU client is made; not the one that compiles."""


def use_compilation_cache(folder: Path) -> None:
    """Keep compiled programs in ``folder`` and take them from there, small and quickly compiled ones too.

    A program is found again by what it computes, the versions of JAX and XLA and the processor, so a stale one is never
    taken; the folder may be deleted at any time.
    """
    settings = {
        "jax_compilation_cache_dir": str(folder),
        "jax_persistent_cache_min_compile_time_secs": 0,
        "jax_persistent_cache_min_entry_size_bytes": -1,
    }
    for name, value in settings.items():
        jax.config.update(name, value)  # type: ignore[no-untyped-call]  # JAX leaves it untyped


def use_one_thread() -> None:
    """Make JAX's CPU client with one compute thread, unless the process has made it already.

    The products of a network this small are done before a second thread has been told of them. Compilation still uses
    every core, which holding the whole process to some of them (``taskset``) would forbid. The environment is left as
    it was found.
    """
    found = os.environ.get(THREADS)
    os.environ[THREADS] = "1"
    try:
        jax.devices("cpu")
    finally:
        if found is None:
            del os.environ[THREADS]
        else:
            os.environ[THREADS] = found


def compute_in_caller() -> None:
    """Let a program be computed by the thread that calls it, unless the process has made JAX's CPU client already.

    JAX otherwise hands programs to threads of its own, one after another. With this, so many threads of ours compute
    at once. NumPy's BLAS is held to one thread, too: several of ours that each ask for every core wait for each other
    (drawing the weights of a trial took over a second on two busy cores).
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    threadpool_limits(1, user_api="blas")
    jax.config.update("jax_cpu_enable_async_dispatch", False)  # type: ignore[no-untyped-call]  # JAX leaves it untyped
