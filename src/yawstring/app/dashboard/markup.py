"""Pieces of a page as HTML text, in which every value is escaped: names of networks are written by strangers."""

from collections.abc import Iterable, Sequence

from markupsafe import Markup

Text = str | Markup
"""Plain text, which is escaped, or markup made here, which is not."""


_RIGHT = Markup(' class="number"')

_CELL = Markup('<td data-name="{name}"{right}>{text}</td>')
"""A cell knows its column: on a narrow screen, rows become lists."""

_HEAD = Markup('<th scope="col"{right}>{text}</th>')


def facts(items: Iterable[tuple[Text, Text]]) -> Markup:
    """Names and values, large enough to be read at arm's length.

    Example:
        >>> str(facts([("name", "<b>")]))
        '<dl class="facts"><div><dt>name</dt><dd>&lt;b&gt;</dd></div></dl>'
    """
    return _pairs(items, "facts")


def details(items: Iterable[tuple[Text, Text]]) -> Markup:
    """Names and values, one a line."""
    return _pairs(items, "details")


def table(columns: Sequence[str], rows: Iterable[Sequence[Text]], *, numbers: Sequence[int] = ()) -> Markup:
    """A table.

    Args:
        columns: Their titles.
        rows: A cell for each column.
        numbers: Columns that hold numbers, counted from 0: set to the right.
    """

    def cells(cell: Markup, row: Sequence[Text]) -> Markup:
        return joined(
            cell.format(right=_RIGHT if at in numbers else "", name=columns[at], text=text)
            for at, text in enumerate(row)
        )

    body = joined(Markup("<tr>{}</tr>").format(cells(_CELL, row)) for row in rows)
    head = cells(_HEAD, columns)
    return Markup("<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>").format(head, body)


def paragraph(text: Text, tone: str = "") -> Markup:
    """A paragraph; ``tone`` is ``"warning"``, ``"good"``, ``"soft"`` or nothing."""
    return Markup('<p class="{}">{}</p>').format(tone, text)


def bullets(lines: Iterable[Text]) -> Markup:
    """A list of lines."""
    return Markup("<ul>{}</ul>").format(joined(Markup("<li>{}</li>").format(line) for line in lines))


def link(target: str, text: Text) -> Markup:
    """A link to a page of the dashboard."""
    return Markup('<a href="{}">{}</a>').format(target, text)


def joined(parts: Iterable[Text]) -> Markup:
    """Parts one after the other."""
    return Markup("").join(parts)


def _pairs(items: Iterable[tuple[Text, Text]], name: str) -> Markup:
    body = joined(Markup("<div><dt>{}</dt><dd>{}</dd></div>").format(*item) for item in items)
    return Markup('<dl class="{}">{}</dl>').format(name, body)
