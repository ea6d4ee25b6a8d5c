"""The page of the benchmark on the T-ITS corpus, in Markdown."""

from collections.abc import Iterator, Sequence

import numpy as np

from yawstring.app.benchmark.tits import Result
from yawstring.app.benchmark.tits_choice import FAMILIES, INNER_FOLDS, INNER_TREES, LEAVES, LENGTHS, Choice
from yawstring.app.benchmark.tits_folds import FOLDS, ROWS

AIM = 0.97


def section(found: Sequence[Result], *, file: str, digest: str, seeds: int) -> list[str]:
    """The lines of the section.

    Args:
        found: Every result, the one that counts first.
        file: Name of the table.
        digest: Of the table.
        seeds: How many there were.
    """
    best = found[0]
    three, two = float(np.mean(best.classes)), float(np.mean(best.binary))
    return [
        "## The T-ITS corpus",
        "",
        f"{file} (SHA-256 {digest[:16]}…). {FOLDS} folds of whole recordings, linked ones together, pooled; "
        f"signals start anew in each recording; windows, of {ROWS} rows where no other length is told, must be full "
        "before anything is said. "
        f"Macro-F1, mean ± standard deviation over {seeds} seeds of folds and trees.",
        "",
        "| detector | held out | rows scored | three classes | attack or benign |",
        "|---|---|---:|---:|---:|",
        *(
            f"| {one.name} | {one.how} | {one.scored:.0%} | {_mean(one.classes)} | {_mean(one.binary)} |"
            for one in found
        ),
        "",
        f"Aim: {AIM} for both, disputed rows out: three classes {_met(three)}, attack or benign {_met(two)}.",
        "",
        *_choices(best.chosen),
        *_MEANING,
        "",
    ]


def _choices(chosen: Sequence[Sequence[Choice]]) -> Iterator[str]:
    """What was chosen in each fold of each seed, and out of what."""
    if not chosen:
        return
    yield (
        f"In each fold {' or '.join(FAMILIES)}, a leaf of {_or(LEAVES)} rows at least and windows of {_or(LENGTHS)} "
        f"rows were chosen by the macro-F1 of three classes over {INNER_FOLDS} folds of the recordings that the fold "
        f"learns from ({INNER_TREES} trees each), never by those that it tests; in brackets, that macro-F1:"
    )
    yield ""
    yield f"| seed | {' | '.join(f'fold {fold + 1}' for fold in range(FOLDS))} |"
    yield f"|---|{'---|' * FOLDS}"
    for seed, picks in enumerate(chosen, 1):
        yield f"| {seed} | {' | '.join(f'{one} ({one.macro_f1:.3f})' for one in picks)} |"
    yield ""


def _or(values: Sequence[int]) -> str:
    return " or ".join(map(str, values))


_MEANING = (
    "What it means. A recording labelled as an attack begins before the attack does, and its first rows are labelled",
    "so although nothing of it is on the air. Windows leave a part of them out, which is why their length stands",
    "beside the figure. As labelled, the four disputed recordings look like the other class, and no",
    "detector can please both labels. By time and at random, recordings lie on both sides: those figures say how well",
    "a recording is recognised, not an attack.",
    "",
    "What it does not show. One campaign, one drone, one site; six recordings of denial of service and eight of",
    "replay. The signals were made with this corpus at hand, and so was the list of what may be chosen: a fresh",
    "campaign is the test that is still owed. Longer windows leave out more of the doubtful first rows, and so tend",
    "to be chosen. Replay here is a second station on the drone's network; no payload is seen to be repeated.",
)


def _mean(values: tuple[float, ...]) -> str:
    return f"{np.mean(values):.4f} ± {np.std(values):.4f}"


def _met(value: float) -> str:
    return f"{value:.4f}, {'met' if value >= AIM else '**missed**'}"
