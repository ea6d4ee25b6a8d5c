"""Figures of a search: parallel coordinates and learning curves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from yawstring.edge.plots import FONT_PT, RULE, WIDTH_IN, Svg, _name, _svg

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize

MAP = "viridis"
"""Dark is low, bright is high; even to the eye, and to the colour-blind."""

DARKEST = 0.25
"""Share of the scores that are all as dark as can be: a few that failed would leave one brightness to all others."""

AXIS_IN = 0.58
"""Room for an axis of parallel coordinates, in inches."""


@dataclass(frozen=True, kw_only=True)
class Axis:
    """One axis of parallel coordinates.

    Attributes:
        name: What it is.
        places: One for each line, 0 to 1; ``None``: the line passes this axis by.
        ends: What stands at its foot and at its head.
    """

    name: str
    places: Sequence[float | None]
    ends: tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class Learning:
    """How one trial went: its first epoch and a score for each."""

    first: int
    scores: Sequence[float]


def parallel(axes: Sequence[Axis], scores: Sequence[float], *, objective: str, salt: str) -> Svg:
    """A line a trial across one axis an option, coloured by score, the best on top.

    Args:
        axes: From left to right.
        scores: One for each line.
        objective: What they are.
        salt: A word that tells this figure from the others on the page.
    """

    def draw(panels: "Sequence[Axes]") -> None:
        from matplotlib import colormaps
        from matplotlib.cm import ScalarMappable

        panel, norm = panels[0], _norm(scores)
        for one in np.argsort(scores, kind="stable").tolist():
            there = [(at, axis.places[one]) for at, axis in enumerate(axes) if axis.places[one] is not None]
            panel.plot(
                [at for at, _ in there],
                [float(place or 0) for _, place in there],
                color=colormaps[MAP](norm(scores[one])),
                lw=1.4,
                alpha=0.85,
            )
        for at, axis in enumerate(axes):
            panel.axvline(at, color=RULE, lw=1, zorder=0)
            for place, text, side in ((-0.03, axis.ends[0], "top"), (1.03, axis.ends[1], "bottom")):
                panel.text(at, place, _name(text), ha="center", va=side, fontsize=FONT_PT - 3)
        panel.set_xticks(range(len(axes)), [_name(axis.name) for axis in axes], rotation=35, ha="right")
        panel.tick_params(axis="x", labelsize=FONT_PT - 2, length=0, pad=14)
        panel.set_yticks([])
        panel.set_ylim(-0.08, 1.08)
        panel.spines[:].set_visible(False)
        figure = panel.get_figure(root=True)
        if figure is not None:
            bar = figure.colorbar(ScalarMappable(norm, MAP), ax=panel, label=_name(objective), pad=0.02, extend="min")
            if bar.solids is not None:
                bar.solids.set(rasterized=False, edgecolor="face")  # an image within a page's SVG is drawn askew

    return _svg(draw, panels=1, height_in=4.0, width_in=max(WIDTH_IN, 1.2 + AXIS_IN * len(axes)), salt=salt)


def learning(trials: Sequence[Learning], *, objective: str, salt: str) -> Svg:
    """Scores over epochs, a line a trial, coloured by how high it came.

    Args:
        trials: In any order.
        objective: What the scores are.
        salt: A word that tells this figure from the others on the page.
    """

    def draw(panels: "Sequence[Axes]") -> None:
        from matplotlib import colormaps
        from matplotlib.ticker import MaxNLocator

        panel, tops = panels[0], [max(one.scores) for one in trials]
        norm = _norm(tops)
        for one, top in sorted(zip(trials, tops, strict=True), key=lambda pair: pair[1]):
            epochs = range(one.first, one.first + len(one.scores))
            panel.plot(epochs, one.scores, color=colormaps[MAP](norm(top)), lw=1.2, marker="o", ms=2.5)
        panel.set_xlabel("epoch")
        panel.set_ylabel(_name(objective))
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
        panel.grid(axis="y", color=RULE, lw=0.8)

    return _svg(draw, panels=1, height_in=3.2, salt=salt)


def _norm(scores: Sequence[float]) -> "Normalize":
    from matplotlib.colors import Normalize

    low, high = float(np.quantile(scores, DARKEST)), max(scores)
    return Normalize(low, high if high > low else low + 1, clip=True)
