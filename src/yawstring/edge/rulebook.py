"""Reads the rulebook that comes with yawstring, and a person's own over it."""

from pathlib import Path

from yawstring.edge.files import read_octets
from yawstring.errors import OptionError
from yawstring.watch.rules.book import Rulebook, parse_rulebook

MOST_OCTETS = 1 << 20
"""Of a rulebook's file."""

STANDARD = Path(__file__).resolve().parents[1] / "watch" / "rules" / "rulebook.toml"
"""The one that comes with yawstring."""


def read_rulebook(own: Path | str | None = None) -> Rulebook:
    """The rulebook.

    Args:
        own: A TOML file of keys that are to be otherwise; ``None`` for none.

    Raises:
        OptionError: The file cannot be read, or does not hold a rulebook.

    Example:
        >>> book = read_rulebook()
        >>> "deauthentication_flood" in [rule.NAME for rule in book.rules], len(set(book.digests)) == len(book.rules)
        (True, True)
    """
    text = "" if own is None else _text(Path(own))
    return parse_rulebook(_text(STANDARD), own=text, file=str(own))


def _text(path: Path) -> str:
    try:
        return read_octets(path, most=MOST_OCTETS).decode()
    except UnicodeDecodeError:
        raise OptionError(f"{path}: expected TOML in UTF-8") from None
