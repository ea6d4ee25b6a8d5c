"""Consoles and progress: bars for a person, plain lines when piped."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

out = Console(soft_wrap=True, highlight=False)
"""Results go here: standard output."""

err = Console(stderr=True, soft_wrap=True, highlight=False)
"""Progress, warnings and errors go here: standard error."""


class Advance(Protocol):
    """Advances a progress bar by one step, with a word on what the step showed."""

    def __call__(self, note: str = "") -> None:
        """Advance by one step; ``note`` replaces the one shown before."""


@contextmanager
def progress(title: str, total: int) -> Iterator[Advance]:
    """A progress bar on standard error; one plain line a step when that is no terminal.

    Args:
        title: What is being done.
        total: Number of steps.
    """
    if not err.is_terminal:
        yield _lines(title, total)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=err, transient=False) as bar:
        task = bar.add_task(title, total=total, note="")

        def advance(note: str = "") -> None:
            bar.update(task, advance=1, note=note)

        yield advance


def _lines(title: str, total: int) -> Advance:
    done = 0

    def advance(note: str = "") -> None:
        nonlocal done
        done += 1
        print(f"{title} {done}/{total} {note}".rstrip(), file=sys.stderr, flush=True)

    return advance


def note_runtime(needed_for: str = "training a network", *, workers: bool = False) -> None:
    """Ready the process for JAX, and say so where that costs the user time.

    Args:
        needed_for: What JAX is needed for, should it be missing.
        workers: Several threads of ours will train at once.
    """
    from yawstring.edge.runtime import ready_training

    note = ready_training(needed_for, workers=workers)
    if note:
        err.print(f"note: {note}", markup=False)
