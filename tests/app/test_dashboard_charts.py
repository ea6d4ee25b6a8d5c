"""What a curve joins, where its points lie, and that nothing but numbers gets into a drawing."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yawstring.app.dashboard.charts import HEIGHT, WIDTH, Axes, Curve, chart, room

S = 10**9


def _drawn(times_s: list[float], values: list[float | None], **axes: float) -> ElementTree.Element:
    times_ns = [int(at * S) for at in times_s]
    shape = {"first_ns": times_ns[0], "last_ns": times_ns[-1], "low": 0, "high": 10} | axes
    curve = Curve(name="<score>", values=values, style="one")
    return ElementTree.fromstring(  # noqa: S314  # our own
        str(chart(Axes(times_ns=times_ns, **shape), [curve], ends=("<a>", "<b>"), says="<c>", spans=[(0, S)]))  # type: ignore[arg-type]
    )


def _strokes(drawn: ElementTree.Element) -> list[list[tuple[float, float]]]:
    """The points of each unbroken stroke."""
    path = drawn.find(".//div[@class='plot']/svg/path[@class='curve one']")
    assert path is not None
    strokes = [re.findall(r"(-?[\d.]+) (-?[\d.]+)", part) for part in path.attrib["d"].split("M")[1:]]
    return [[(float(x), float(y)) for x, y in stroke] for stroke in strokes]


@pytest.mark.parametrize("pace_s", [1.0, 100.0, 0.1])
def test_points_at_their_usual_pace_are_joined_and_those_around_a_gap_are_not(pace_s: float) -> None:
    at = [0, 1, 2, 3, 10, 11, 12, 13]
    strokes = _strokes(_drawn([one * pace_s for one in at], [1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0, 8.0]))
    assert [len(stroke) for stroke in strokes] == [2, 1, 4]


def test_points_lie_where_their_numbers_say() -> None:
    assert _strokes(_drawn([0, 1, 2], [0, 5, 10])) == [[(0, HEIGHT), (WIDTH / 2, HEIGHT / 2), (WIDTH, 0)]]


def test_what_is_off_the_scale_lies_on_its_edge() -> None:
    assert _strokes(_drawn([0, 1, 2], [-99, 5, 1e30])) == [[(0, HEIGHT), (WIDTH / 2, HEIGHT / 2), (WIDTH, 0)]]


def test_words_are_words() -> None:
    text = "".join(_drawn([0, 1], [1, 2]).itertext())
    for word in ("<score>", "<a>", "<b>", "<c>"):
        assert word in text


@given(st.lists(st.floats(0, 1e12) | st.none()), st.floats(1, 1e6))
def test_an_axis_has_room_for_every_value(values: list[float | None], least: float) -> None:
    high = room(values, least=least)
    most = max([least, *(value for value in values if value is not None)])
    assert most <= high <= 11 * most
