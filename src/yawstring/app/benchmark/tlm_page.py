"""The page of the benchmark on TLM:UAV telemetry, in Markdown."""

from collections.abc import Sequence

import numpy as np

from yawstring.app.benchmark.tlm import MEASURES, Result


def section(found: Sequence[Result], *, file: str, digest: str, seeds: int) -> list[str]:
    """The lines of the section.

    Args:
        found: Every result.
        file: Name of the table.
        digest: Of the table.
        seeds: How many there were.
    """
    return [
        "## TLM:UAV telemetry",
        "",
        f"{file} (SHA-256 {digest[:16]}…), {len(MEASURES)} measurements, without the clock. Each attack is one "
        "unbroken episode, so that no episode can be held out: what is tested is the last fifth of every stretch of "
        "flight, attacked or not, by detectors that learnt from the rest. "
        f"Macro-F1, mean ± standard deviation over {seeds} seeds. The control tells stretches of *ordinary* flight "
        "apart in the same way, where no attack is.",
        "",
        "| detector | benign and four attacks | attack or benign | control |",
        "|---|---:|---:|---:|",
        *(f"| {one.name} | {_mean(one.classes)} | {_mean(one.binary)} | {_mean(one.control)} |" for one in found),
        "",
        _said(found),
        "",
        *_MEANING,
        "",
    ]


def _said(found: Sequence[Result]) -> str:
    """Which detector is best, and whether it tells stretches of ordinary flight apart as well."""
    best = max(found, key=lambda one: float(np.mean(one.classes)))
    attack, control = float(np.mean(best.classes)), float(np.mean(best.control))
    word = "better than" if control > attack else "no better than"
    return (
        f"Best is {best.name}, {attack:.3f}; it tells stretches of ordinary flight apart {word} attacks, {control:.3f}."
    )


_MEANING = (
    "What it does not show: that an attack would be found. A detector may know a stretch of this flight by its",
    "heading, its magnetic field or its speed, and where it tells ordinary stretches apart as well as attacks, that is",
    "what the figure is made of. Another flight with another episode of the same attack would be a test; the table",
    "holds none.",
)


def _mean(values: tuple[float, ...]) -> str:
    return f"{np.mean(values):.3f} ± {np.std(values):.3f}"
