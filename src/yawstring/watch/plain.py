"""Text from the air as text for people: nothing in it moves a cursor, colours a line or turns its direction.

A network's name is any 32 octets that its sender likes. Terminals act on escape sequences (ECMA-48), logs break at line
ends, and characters of direction (Unicode UAX #9) show one name as another. What :meth:`str.isprintable` refuses is
written as its escape, so that it can still be read and compared.
"""

WORDS_MOST = 500
"""Characters of a sentence that are kept."""


def plain(text: str, *, most: int = WORDS_MOST) -> str:
    r"""The text on one line, with whatever does not print written as an escape.

    Args:
        text: Any text, lone surrogates included.
        most: Characters that are kept; what is longer ends with an ellipsis.

    Example:
        >>> print(plain("evil\x1b[2Jtwin"))
        evil\x1b[2Jtwin
    """
    clean = text if text.isprintable() else "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)
    return clean if len(clean) <= most else clean[: most - 1] + "…"
