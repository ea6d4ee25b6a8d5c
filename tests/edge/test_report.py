"""Reports: one file, nothing from outside, nothing of a hostile text taken for markup."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from yawstring.edge import plots
from yawstring.edge.report import (
    Code,
    Facts,
    Grid,
    Picture,
    Prose,
    Report,
    Section,
    make_folder,
    render,
    write_report,
)
from yawstring.errors import MissingExtraError, OptionError

HOSTILE = """<script>alert(1)</script>"'><img src=http://evil.example/x onerror=y> {{ 7*7 }} $x_ &amp;"""

VOID = {"meta", "br", "hr", "img", "link", "input"}


class Reader(HTMLParser):
    """Elements that are open, ids, attributes that could fetch, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.fetched: list[str] = []
        self.handlers: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            if name in {"src", "href", "xlink:href", "action", "data", "srcset"} and not (value or "").startswith("#"):
                self.fetched.append(f"{tag} {name}={value}")
            if name.startswith("on"):
                self.handlers.append(name)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open, tag
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def figures(word: str) -> list[Picture]:
    series = [
        plots.Series(name=word, values=[0.5, None, 0.7]),
        plots.Series(name="b", values=[1, 2, 3], colour=plots.VERMILION, style="dashed"),
    ]
    drawn = (
        plots.lines({word: series, "second": series[:1]}, along=word, salt="one"),
        plots.ladder([word, "b", "c"], {word: series}, salt="two"),
        plots.confusion([[3, 1], [0, 0]], classes=(word, "b"), salt="three"),
    )
    return [Picture(svg=svg, caption=word, alternative=word) for svg in drawn]


def hostile(word: str = HOSTILE) -> Report:
    grid = Grid(columns=(word, "n"), rows=[(word, "1")], caption=word, numbers=(1,), strong=(0,))
    blocks = [Prose(text=word), Prose(text=word, tone="warning"), Facts(items=[(word, word)]), grid, Code(text=word)]
    sections = [Section(title=word, blocks=[*blocks, *figures(word)]), Section(title="b", blocks=())]
    return Report(title=word, lead=word, sections=sections, footer=(word,))


@pytest.fixture(scope="module")
def page() -> str:
    return render(hostile())


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    return reader


def test_every_element_is_closed_and_ids_are_unique(read: Reader) -> None:
    assert read.open == []
    assert len(read.ids) == len(set(read.ids)) > 20


def test_hostile_text_is_text(page: str, read: Reader) -> None:
    assert not read.tags & {"script", "img", "iframe", "object", "image"}
    assert read.handlers == []
    assert "<script" not in page
    assert "49" not in re.sub(r"<svg.*?</svg>", "", page.split("</style>")[1], flags=re.S)
    assert sum(HOSTILE in text for text in read.text) > 10


def test_nothing_is_fetched(page: str, read: Reader) -> None:
    assert read.fetched == []
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []
    assert "default-src 'none'" in page
    outside = set(re.findall(r"https?://[^\s\"'<>]+", page.replace("http://evil.example/x", "")))
    assert outside <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}


def test_references_inside_figures_lead_to_their_own_ids(page: str, read: Reader) -> None:
    named = set(re.findall(r"(?:href=\"#|url\(#)([^\")]+)", page))
    assert named
    assert named <= set(read.ids)


def test_figures_are_well_formed_and_drawn_in_vectors() -> None:
    for picture in figures(HOSTILE):
        root = ElementTree.fromstring(picture.svg)  # noqa: S314 - our own text
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        kinds = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert "path" in kinds
        assert "image" not in kinds
        shown = "".join(element.text or "" for element in root.iter() if element.tag.endswith("}text"))
        assert "<script>alert(1)</scrip…" in shown


@pytest.mark.parametrize("name", ["\x00\x1b[31m\ud800\n", "\u7121\u4eba\u6a5f", "\u202eabc", "a" * 4_000, ""])
def test_any_name_can_be_drawn_and_written(name: str, tmp_path: Path) -> None:
    report = hostile(name)
    for picture in figures(name):
        ElementTree.fromstring(picture.svg)  # noqa: S314 - our own text
    _, page = write_report(report, {name: name}, tmp_path)
    assert page.read_bytes().decode("utf-8")


def test_a_figure_is_the_same_each_time() -> None:
    assert [one.svg for one in figures("a")] == [one.svg for one in figures("a")]


def test_mathematics_in_a_name_stays_text() -> None:
    broken = r"$\frac{$ $x^2$"
    (svg, *_) = [picture.svg for picture in figures(broken)]
    assert r"$\frac{$" in "".join(ElementTree.fromstring(svg).itertext())  # noqa: S314 - our own text


def test_a_confusion_matrix_says_its_counts_and_shares() -> None:
    svg = plots.confusion([[1_200, 300], [0, 0]], classes=("a", "b"), salt="s")
    text = " ".join(ElementTree.fromstring(svg).itertext())  # noqa: S314 - our own text
    for word in ("1,200", "300", "80.0% of row", "20.0% of row", "0.0% of row"):
        assert word in text


def test_missing_values_are_gaps_and_no_zero() -> None:
    there = plots.ladder(["a"], {"F1": [plots.Series(name="n", values=[0.5])]}, salt="s")
    gone = plots.ladder(["a"], {"F1": [plots.Series(name="n", values=[None])]}, salt="s")
    assert there.count("<use") > gone.count("<use")


def test_both_files_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    figures_path, page_path = write_report(hostile("plain"), {"f1": 0.5, "none": None}, folder)
    assert json.loads(figures_path.read_text()) == {"f1": 0.5, "none": None}
    assert page_path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_folder_that_cannot_be_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OptionError, match="cannot make this folder"):
        make_folder(tmp_path / "file" / "under")
    with pytest.raises(OptionError, match="cannot write a report here"):
        write_report(hostile("plain"), {}, tmp_path / "nowhere")


def test_figures_that_are_no_numbers_are_never_written_as_such(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_report(hostile("plain"), {"f1": float("nan")}, tmp_path)


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_a_missing_library_is_named_before_the_work(module: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == module else object())
    with pytest.raises(MissingExtraError, match=rf"{module}.*yawstring\[report\]"):
        make_folder(tmp_path)
