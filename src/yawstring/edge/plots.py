"""Figures as SVG text, for a report that holds everything in one file.

Drawn with Matplotlib's own objects, never through ``pyplot``, which keeps figures in a global. Text stays text (it can
be selected) and is never taken for mathematics: a column named ``$x$`` is shown as that. Colours are those of Okabe and
Ito, which the colour-blind can tell apart; where two series meet, a mark or a dash tells them apart as well.
"""

import io
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, NewType

import numpy as np

from yawstring.errors import MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Svg = NewType("Svg", str)
"""An ``<svg>`` element made here: the one text that a report takes in without escaping it."""

BLUE, VERMILION, GREEN, ORANGE, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#E69F00", "#CC79A7", "#5f6b76"

INK, RULE = "#1f2933", "#d5dbe1"

WIDTH_IN = 6.6
"""Width of a figure, in inches of 72 points; the page scales it to the room there is."""

FONT_PT = 11

LONGEST_NAME = 24
"""Characters of a name that a figure shows; tables hold it whole."""

NAME_IN, CELL_IN = 0.09, 1.1
"""Room for a letter of a name, and for a cell of a matrix with its two lines of text, in inches."""

CSS_PX_PER_PT = 4 / 3

SMALLEST = 0.69
"""How far a figure shrinks on a narrow page before it scrolls instead: below, its text is hard to read."""

Style = Literal["line", "dashed", "dots"]

_SETTINGS: Mapping[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "font.size": FONT_PT,
    "font.family": "sans-serif",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}
_DASHES: Mapping[Style, tuple[str, str]] = {"line": ("-", "o"), "dashed": ("--", "s"), "dots": ("none", "D")}


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line or row of dots; a value of ``None`` is not drawn.

    Attributes:
        name: What the legend says.
        values: One value for each place.
        colour: Of Okabe and Ito.
        style: Solid with discs, dashed with squares, or diamonds alone.
    """

    name: str
    values: Sequence[float | None]
    colour: str = BLUE
    style: Style = "line"


def lines(panels: Mapping[str, Sequence[Series]], *, along: str, salt: str) -> Svg:
    """Panels side by side, each a plot of series over 1, 2, 3 and so on.

    Args:
        panels: Series by the title of their panel.
        along: What the horizontal axis counts.
        salt: A word that tells this figure from the others on the page.
    """

    def draw(axes: "Sequence[Axes]") -> None:
        from matplotlib.ticker import MaxNLocator

        for axis, (title, series) in zip(axes, panels.items(), strict=True):
            for one in series:
                dash, mark = _DASHES[one.style]
                places = range(1, len(one.values) + 1)
                axis.plot(
                    places,
                    _drawn(one.values),
                    linestyle=dash,
                    marker=mark,
                    ms=4,
                    color=one.colour,
                    label=_name(one.name),
                )
            axis.set_title(_name(title), loc="left", fontsize=FONT_PT, fontweight="bold")
            axis.set_xlabel(_name(along))
            axis.xaxis.set_major_locator(MaxNLocator(integer=True))
            axis.grid(axis="y", color=RULE, lw=0.8)
            axis.legend(fontsize=FONT_PT - 1)

    return _svg(draw, panels=len(panels), height_in=2.9, salt=salt)


def confusion(counts: Sequence[Sequence[int]], *, classes: Sequence[str], salt: str) -> Svg:
    """A confusion matrix: counts, shaded by the share of their row.

    Args:
        counts: By true class, then by predicted class.
        classes: Their names.
        salt: A word that tells this figure from the others on the page.
    """
    table = np.asarray(counts, float)
    share = np.divide(
        table, table.sum(1, keepdims=True), out=np.zeros_like(table), where=table.sum(1, keepdims=True) > 0
    )

    def draw(axes: "Sequence[Axes]") -> None:
        axis = axes[0]
        axis.pcolormesh(share, cmap="Blues", vmin=0, vmax=1)
        axis.set_aspect("equal")
        axis.invert_yaxis()
        for (true, predicted), value in np.ndenumerate(share):
            text = f"{counts[true][predicted]:,}\n{value:.1%} of row"
            axis.text(
                predicted + 0.5, true + 0.5, text, ha="center", va="center", color="white" if value > 0.5 else INK
            )
        axis.set_xticks(np.arange(len(classes)) + 0.5, [_name(one) for one in classes])
        axis.set_yticks(np.arange(len(classes)) + 0.5, [_name(one) for one in classes])
        axis.set_xlabel("predicted")
        axis.set_ylabel("true")
        axis.tick_params(length=0)
        axis.spines[:].set_visible(False)

    name_in = NAME_IN * max(len(_name(one)) for one in classes)
    cell_in = max(CELL_IN, name_in)
    high, wide = 1.2 + cell_in * len(classes), 1.2 + name_in + cell_in * len(classes)
    return _svg(draw, panels=1, salt=salt, height_in=high, width_in=wide)


def ladder(steps: Sequence[str], panels: Mapping[str, Sequence[Series]], *, salt: str) -> Svg:
    """One row a step, from top to bottom, with a mark for each series: how figures change on the way.

    Args:
        steps: Names of the steps.
        panels: Side by side, by what their horizontal axis is; series of one value for each step. Every panel has
            series of the same names, colours and styles.
        salt: A word that tells this figure from the others on the page.
    """
    places = np.arange(len(steps))[::-1]

    def draw(axes: "Sequence[Axes]") -> None:
        from matplotlib.ticker import MaxNLocator

        for axis, (along, series) in zip(axes, panels.items(), strict=True):
            for one in series:
                dash, mark = _DASHES[one.style]
                axis.plot(
                    _drawn(one.values),
                    places,
                    linestyle=dash,
                    marker=mark,
                    ms=7,
                    color=one.colour,
                    label=_name(one.name),
                )
            axis.set_yticks(places, [_name(step) if axis is axes[0] else "" for step in steps])
            axis.set_ylim(-0.6, len(steps) - 0.4)
            axis.tick_params(axis="y", length=0)
            axis.xaxis.set_major_locator(MaxNLocator(4))
            axis.set_xlabel(_name(along))
            axis.grid(color=RULE, lw=0.8)
            axis.set_axisbelow(True)
        handles, names = axes[0].get_legend_handles_labels()
        figure = axes[0].get_figure(root=True)
        if figure is not None:
            figure.legend(handles, names, fontsize=FONT_PT - 1, loc="outside upper center", ncols=len(names))

    return _svg(draw, panels=len(panels), height_in=1.3 + 0.42 * len(steps), salt=salt)


@dataclass(frozen=True, kw_only=True)
class Track:
    """How a score went along one recording.

    Attributes:
        name: The recording's.
        along: Where each value stands, rising.
        score: One value for each place, 0 to 1.
        spans: From where to where the truth says there was an attack, on the axis of ``along``.
    """

    name: str
    along: Sequence[float]
    score: Sequence[float]
    spans: Sequence[tuple[float, float]]


def timelines(tracks: Sequence[Track], *, along: str, salt: str) -> Svg:
    """One strip a recording, from top to bottom: the score as a line, the true attacks shaded behind it.

    Args:
        tracks: The recordings.
        along: What the horizontal axis is.
        salt: A word that tells this figure from the others on the page.
    """

    def draw(axes: "Sequence[Axes]") -> None:
        for axis, track in zip(axes, tracks, strict=True):
            for start, end in track.spans:
                axis.axvspan(start, end, color=ORANGE, alpha=0.35, lw=0)
            axis.fill_between(track.along, track.score, color=BLUE, alpha=0.15, lw=0)
            axis.plot(track.along, track.score, color=BLUE, lw=1.2)
            axis.set_ylim(-0.05, 1.05)
            axis.set_yticks([0, 1])
            axis.margins(x=0)
            axis.set_title(_name(track.name), loc="left", fontsize=FONT_PT - 1)
        axes[-1].set_xlabel(_name(along))

    return _svg(draw, panels=len(tracks), height_in=0.6 + 0.85 * len(tracks), salt=salt, stacked=True)


@dataclass(frozen=True, kw_only=True)
class Curve:
    """A line over numbers.

    Attributes:
        name: What the legend says.
        x: Where each point stands.
        y: How high.
        colour: Of Okabe and Ito.
        style: As of :class:`Series`; marks are not drawn.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]
    colour: str = BLUE
    style: Style = "line"


def curves(panels: Mapping[str, Sequence[Curve]], *, across: str, up: str, salt: str) -> Svg:
    """Panels side by side of curves in the unit square: precision over recall, say.

    Args:
        panels: Curves by the title of their panel.
        across: What the horizontal axis is.
        up: What the vertical axis is.
        salt: A word that tells this figure from the others on the page.
    """

    def draw(axes: "Sequence[Axes]") -> None:
        for axis, (title, lines) in zip(axes, panels.items(), strict=True):
            for one in lines:
                dash = ":" if one.style == "dots" else _DASHES[one.style][0]
                axis.plot(one.x, one.y, linestyle=dash, color=one.colour, lw=1.6, label=_name(one.name))
            axis.set_xlim(-0.02, 1.02)
            axis.set_ylim(-0.02, 1.05)
            axis.set_title(_name(title), loc="left", fontsize=FONT_PT, fontweight="bold")
            axis.set_xlabel(_name(across))
            axis.grid(color=RULE, lw=0.8)
            axis.legend(fontsize=FONT_PT - 1, loc="lower left")
        axes[0].set_ylabel(_name(up))

    return _svg(draw, panels=len(panels), height_in=3.4, salt=salt)


def bars(names: Sequence[str], values: Sequence[float], spreads: Sequence[float], *, along: str, salt: str) -> Svg:
    """A bar a name, from top to bottom, with its spread as a whisker.

    Args:
        names: What each bar is.
        values: How long it is.
        spreads: Half the length of its whisker; none is drawn where all are nought.
        along: What the horizontal axis is.
        salt: A word that tells this figure from the others on the page.
    """

    def draw(axes: "Sequence[Axes]") -> None:
        axis, places = axes[0], np.arange(len(names))[::-1]
        axis.barh(
            places, values, xerr=spreads if any(spreads) else None, color=BLUE, ecolor=INK, height=0.62, capsize=2
        )
        axis.set_yticks(places, [_name(one) for one in names])
        axis.set_ylim(-0.6, len(names) - 0.4)
        axis.tick_params(axis="y", length=0)
        axis.axvline(0, color=GREY, lw=0.8)
        axis.set_xlabel(_name(along))
        axis.grid(axis="x", color=RULE, lw=0.8)
        axis.set_axisbelow(True)

    return _svg(draw, panels=1, height_in=0.9 + 0.3 * len(names), salt=salt)


def _name(text: str) -> str:
    """A name short enough to leave room for the figure, and without characters that XML cannot hold."""
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
    short = clean if len(clean) <= LONGEST_NAME else clean[: LONGEST_NAME - 1] + "…"
    return f" {short}" if short[:1] in ("_", "") else short  # Matplotlib leaves "_" and nothing out of a legend


def _drawn(values: Sequence[float | None]) -> list[float]:
    return [np.nan if value is None else value for value in values]


def _svg(
    draw: "Callable[[Sequence[Axes]], None]",
    *,
    panels: int,
    height_in: float,
    salt: str,
    width_in: float = WIDTH_IN,
    stacked: bool = False,
) -> Svg:
    """Draw into a fresh figure of ``panels`` panels, side by side or stacked, and give its SVG element back."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingExtraError("matplotlib", extra="report", needed_for="drawing a report's figures") from error
    with rc_context({**_SETTINGS, "svg.hashsalt": salt}):
        figure = Figure(figsize=(width_in, height_in), layout="constrained")
        shape = (panels, 1) if stacked else (1, panels)
        draw(list(figure.subplots(*shape, squeeze=False).ravel()))
        text = io.StringIO()
        with warnings.catch_warnings():  # a letter unknown to the font that measures is still drawn by the browser's
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return _inline(text.getvalue(), salt)


def _inline(document: str, salt: str) -> Svg:
    """The ``<svg>`` element of a document, as wide as the room it gets, its identifiers its own on the page."""
    element = document[document.index("<svg") :].strip()
    head, rest = element.split(">", 1)
    width = re.search(r'width="([\d.]+)pt"', head)
    box = re.search(r'viewBox="([^"]+)"', head)
    if width is None or box is None:
        raise ValueError("Matplotlib's SVG has no width or no view box")
    rest = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{salt}-", rest)
    shown = float(width[1]) * CSS_PX_PER_PT
    size = f'viewBox="{box[1]}" style="max-width:{shown:.0f}px;min-width:{shown * SMALLEST:.0f}px"'
    links = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
    return Svg(f'<svg {links} {size} aria-hidden="true" focusable="false">{rest}')
