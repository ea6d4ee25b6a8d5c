"""The reference page of all columns, made from the schema.

``python -m yawstring.app.columns > docs/reference/columns.md`` writes it.
"""

from yawstring.schema import COLUMNS, LAYOUTS
from yawstring.schema.signals import SIGNALS

_HEAD = """\
# Columns

Made from `yawstring.schema` by `python -m yawstring.app.columns > docs/reference/columns.md`; a test holds it to that.

The role of a column decides who may see it. A model sees `cyber` and `physical` columns. `identity` columns name a
capture rather than a behaviour (addresses, ports, counters, the flight's own clock, checksums): a model sees them only
when told so, and the result is stamped with it; so with `time` columns. A `label` column never enters a model.

A `measure` is ordered, a `code` only names things, a `flag` is 0 or 1. [Signals](signals.md) have a page of their own.
"""


def markdown() -> str:
    """The page: one table of all columns, and the columns of every known layout.

    Example:
        >>> print(markdown().splitlines()[0])
        # Columns
    """
    rows = [
        f"| `{column.name}` | {column.role} | {column.kind} | {column.dtype} | {column.unit} | {column.meaning} "
        f"| {column.source} |"
        for column in COLUMNS.values()
        if column.name not in {signal.name for signal in SIGNALS}
    ]
    table = ["| column | role | kind | dtype | unit | meaning | source |", "|---|---|---|---|---|---|---|", *rows]
    layouts = [
        f"### {name}\n\n{len(names)} columns: " + ", ".join(f"`{column}`" for column in names) + ".\n"
        for name, names in LAYOUTS.items()
    ]
    return "\n".join([_HEAD, *table, "", "## Layouts", "", "In file order.", "", *layouts])


if __name__ == "__main__":
    print(markdown(), end="")
