"""Curves as SVG, made of numbers alone: any width, the page's own colours by day and by night, a dash for each series.

Text never stands inside the picture, which is stretched: labels are ordinary text around it. A picture is hidden from
screen readers, and the sentence beside it says what it shows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median

from markupsafe import Markup

from yawstring.app.dashboard.markup import Text, joined

WIDTH, HEIGHT = 600, 100
"""Units of the drawing; the page stretches it."""

HEADROOM = 1.02
"""A curve does not run along the upper edge, where it would not be seen."""

LONGEST_GAP_PACES = 3
"""Points further apart than so many times their usual pace are not joined: nothing was known in between."""


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One series.

    Attributes:
        name: What it is.
        values: A value, or ``None``, for each time of the chart.
        style: Class in the style sheet: which colour, which dash.
    """

    name: str
    values: Sequence[float | None]
    style: str


@dataclass(frozen=True, kw_only=True)
class Axes:
    """What the curves of a chart share.

    Attributes:
        times_ns: A time for each value, rising.
        first_ns, last_ns: What the width stands for.
        low, high: What the height stands for.
        unit: Of the values, with the space before it.
        digits: Decimals of the labels.
    """

    times_ns: Sequence[int]
    first_ns: int
    last_ns: int
    low: float
    high: float
    unit: str = ""
    digits: int = 0


def chart(
    axes: Axes, curves: Sequence[Curve], *, ends: tuple[str, str], says: Text, spans: Sequence[tuple[int, int]] = ()
) -> Markup:
    """A chart with its labels, its legend and the sentence that says what it shows.

    Args:
        axes: What the curves share.
        curves: The series.
        ends: What stands below the left and the right end.
        says: What it shows, in words.
        spans: From when to when something was the case, Unix time in nanoseconds: shaded.
    """
    drawing = joined([*_shades(axes, spans), *_grid(axes), *(_line(axes, curve) for curve in curves)])
    middle = (axes.low + axes.high) / 2
    labels = [f"{value:,.{axes.digits}f}{axes.unit}" for value in (axes.high, middle, axes.low)]
    legend = joined(_key(curve) for curve in curves) + (_shade_key() if spans else Markup(""))
    return Markup(
        '<figure class="chart"><div class="plot"><div class="y" aria-hidden="true"><span>{}</span><span>{}</span>'
        '<span>{}</span></div><svg viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true" '
        'focusable="false">{}</svg></div><div class="x" aria-hidden="true"><span>{}</span><span>{}</span></div>'
        '<div class="legend" aria-hidden="true">{}</div><figcaption>{}</figcaption></figure>'
    ).format(*labels, WIDTH, HEIGHT, drawing, *ends, legend, says)


def room(values: Sequence[float | None], *, least: float) -> float:
    """The end of an axis from 0 that holds all values: 1, 2 or 5 times a power of ten.

    Example:
        >>> room([3.0, None, 41.0], least=1.0), room([], least=1.0)
        (50.0, 1.0)
    """
    most = max([least, *(value * HEADROOM for value in values if value is not None)])
    power = 10.0 ** (len(f"{int(most)}") - 1)
    return next((step * power for step in (1.0, 2.0, 5.0) if step * power >= most), 10 * power)


def _line(axes: Axes, curve: Curve) -> Markup:
    return Markup('<path class="curve {}" d="{}"/>').format(curve.style, "".join(_path(axes, curve.values)))


def _path(axes: Axes, values: Sequence[float | None]) -> Iterator[str]:
    """A path that is broken where nothing is known. A lone point is a short stroke, which can be seen."""
    pace_ns = median(later - earlier for earlier, later in pairwise(axes.times_ns)) if len(axes.times_ns) > 1 else 0
    before_ns: int | None = None
    for time_ns, value in zip(axes.times_ns, values, strict=True):
        if value is None or not axes.first_ns <= time_ns <= axes.last_ns:
            before_ns = None
            continue
        joins = before_ns is not None and 0 <= time_ns - before_ns <= LONGEST_GAP_PACES * pace_ns
        x, y = _x(axes, time_ns), _y(axes, value)
        yield f"L{x:.1f} {y:.1f}" if joins else f"M{x:.1f} {y:.1f}h0.5"
        before_ns = time_ns


def _x(axes: Axes, time_ns: int) -> float:
    share = (time_ns - axes.first_ns) / max(axes.last_ns - axes.first_ns, 1)
    return WIDTH * min(max(share, 0.0), 1.0)


def _y(axes: Axes, value: float) -> float:
    share = (value - axes.low) / max(axes.high - axes.low, 1e-12)
    return HEIGHT * (1 - min(max(share, 0.0), 1.0))


def _grid(axes: Axes) -> Iterator[Markup]:
    for at in (0, HEIGHT / 2, HEIGHT):
        yield Markup('<path class="grid" d="M0 {}H{}"/>').format(f"{at:g}", WIDTH)


def _shades(axes: Axes, spans: Sequence[tuple[int, int]]) -> Iterator[Markup]:
    for first_ns, last_ns in _merged(spans):
        if last_ns >= axes.first_ns and first_ns <= axes.last_ns:
            left, right = _x(axes, first_ns), _x(axes, last_ns)
            yield Markup('<rect class="span" x="{}" y="0" width="{}" height="{}"/>').format(
                f"{left:.1f}", f"{max(right - left, 1.0):.1f}", HEIGHT
            )


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans without overlaps, which would be drawn darker."""
    found: list[tuple[int, int]] = []
    for first_ns, last_ns in sorted(spans):
        if found and first_ns <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last_ns))
        else:
            found.append((first_ns, last_ns))
    return found


def _key(curve: Curve) -> Markup:
    return Markup('<span><svg viewBox="0 0 28 8"><path class="curve {}" d="M0 4H28"/></svg>{}</span>').format(
        curve.style, curve.name
    )


def _shade_key() -> Markup:
    return Markup('<span><svg viewBox="0 0 28 8"><rect class="span" width="28" height="8"/></svg>open alert</span>')
