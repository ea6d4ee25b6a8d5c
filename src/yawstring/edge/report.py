"""Reports: sections of prose, tables, figures and code, rendered to one HTML file that needs nothing else.

The page holds its style and its figures, fetches nothing, runs no script, and says so to the browser in a content
security policy. Every text is escaped: names of columns come from files that anyone may have written.
"""

import importlib.util
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias

from yawstring.edge.files import replaced
from yawstring.edge.plots import Svg
from yawstring.errors import MissingExtraError, OptionError, TableError
from yawstring.models.base import Json

TEMPLATE = "report.html.j2"

Tone = Literal["plain", "warning", "good"]


@dataclass(frozen=True, kw_only=True)
class Prose:
    """A paragraph; with a ``tone``, one that stands out."""

    block: ClassVar[str] = "prose"
    text: str
    tone: Tone = "plain"


@dataclass(frozen=True, kw_only=True)
class Facts:
    """A few figures with their names, large."""

    block: ClassVar[str] = "facts"
    items: Sequence[tuple[str, str]]


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A table of texts.

    Attributes:
        columns: Heads of the columns.
        rows: Cells; a row as long as ``columns``.
        caption: What it shows.
        numbers: Places of the columns that are set as numbers, to the right.
        strong: Places of the rows that stand out.
    """

    block: ClassVar[str] = "grid"
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    numbers: Sequence[int] = ()
    strong: Sequence[int] = ()


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A figure.

    Attributes:
        svg: From :mod:`yawstring.edge.plots`.
        caption: What it shows.
        alternative: The same in words, for who cannot see it.
    """

    block: ClassVar[str] = "picture"
    svg: Svg
    caption: str
    alternative: str


@dataclass(frozen=True, kw_only=True)
class Code:
    """Text in a typewriter's face, line breaks kept."""

    block: ClassVar[str] = "code"
    text: str
    caption: str = ""


Block: TypeAlias = Prose | Facts | Grid | Picture | Code


@dataclass(frozen=True, kw_only=True)
class Section:
    """A headed part of a report."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True, kw_only=True)
class Report:
    """A report.

    Attributes:
        title: Its name.
        lead: What it says, in one or two sentences.
        sections: Its parts, in order.
        footer: Where it comes from: versions, digests, seeds.
    """

    title: str
    lead: str
    sections: Sequence[Section]
    footer: Sequence[str] = field(default=())


def render(report: Report) -> str:
    """The report as one HTML document.

    Raises:
        MissingExtraError: Jinja2 is not installed.

    Example:
        >>> page = render(Report(title="<b>", lead="All is well.", sections=()))
        >>> "<title>&lt;b&gt;</title>" in page, "<b>" in page
        (True, False)
    """
    try:
        from jinja2 import Environment, PackageLoader, StrictUndefined
    except ImportError as error:
        raise MissingExtraError("jinja2", extra="report", needed_for="writing a report") from error
    environment = Environment(
        loader=PackageLoader("yawstring.edge"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(TEMPLATE).render(report=report)


def write_report(report: Report, record: Mapping[str, Json], folder: Path) -> tuple[Path, Path]:
    """Write ``report.json``, the figures, and ``report.html``, the page, into a folder.

    Args:
        report: The page.
        record: The figures.
        folder: Where to; see :func:`make_folder`.

    Returns:
        Both paths.

    Raises:
        OptionError: They cannot be written.
        MissingExtraError: Jinja2 is not installed.
    """
    figures, page = folder / "report.json", folder / "report.html"
    document = render(report)
    try:
        figures.write_text(json.dumps(record, indent=1, allow_nan=False) + "\n", encoding="utf-8")
        page.write_text(document, encoding="utf-8", errors="replace")
    except OSError as error:
        raise OptionError(f"{folder}: cannot write a report here: {error.strerror}") from error
    return figures, page


def write_page(report: Report, path: Path) -> None:
    """Write the page alone, whole or not at all.

    Raises:
        OptionError: It cannot be written.
        MissingExtraError: Jinja2 is not installed.
    """
    document = render(report)
    try:
        with replaced(path) as partial:
            partial.write_text(document, encoding="utf-8", errors="replace")
    except TableError as error:
        raise OptionError(str(error)) from None


def check_report(path: Path) -> None:
    """Make sure that a page can be drawn and written: before the work, not after it.

    Raises:
        OptionError: The name does not end with ``.html``, or its folder is not there.
        MissingExtraError: Jinja2 or Matplotlib is not installed.
    """
    _check_extras()
    if path.suffix.lower() not in (".html", ".htm"):
        raise OptionError(f"{path}: expected a name that ends with .html")
    if not path.parent.is_dir():
        raise OptionError(f"{path}: its folder is not there: make it first")


def make_folder(folder: Path) -> None:
    """Make the folder of a report, and make sure that one can be drawn: before the work, not after it.

    Raises:
        OptionError: There is no making it.
        MissingExtraError: Jinja2 or Matplotlib is not installed.
    """
    _check_extras()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"{folder}: cannot make this folder: {error.strerror}") from error


def _check_extras() -> None:
    for module in ("jinja2", "matplotlib"):
        if importlib.util.find_spec(module) is None:
            raise MissingExtraError(module, extra="report", needed_for="writing a report")
