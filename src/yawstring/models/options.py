"""Options of a family as a person types them, ``NAME=VALUE``, read by the type that the family gives them."""

import math
from collections.abc import Sequence
from typing import Literal, get_args, get_origin

from yawstring.errors import OptionError
from yawstring.models.base import Json
from yawstring.models.registry import option_types

WORDS = {"yes": True, "true": True, "no": False, "false": False}
"""What a person may say to an option that is either on or off."""

NONE = "none"
"""What a person says to leave an option open that may be."""


def read_options(name: str, texts: Sequence[str]) -> dict[str, Json]:
    """Options of a family from ``NAME=VALUE``, as :func:`~yawstring.models.registry.make_family` takes them.

    A value that is a list is written with commas; an empty one is an empty list.

    Args:
        name: The family, as ``--detector`` calls it.
        texts: One option each.

    Raises:
        OptionError: No such family, no such option, an option given twice, or a value of another type.

    Example:
        >>> read_options("forest", ["trees=300", "extra=yes", "depth=none"])
        {'trees': 300, 'extra': True, 'depth': None}
        >>> read_options("lstm", ["dense=64,32", "dense_dropout="])
        {'dense': [64, 32], 'dense_dropout': []}
        >>> read_options("forest", ["trees=many"])
        Traceback (most recent call last):
        ...
        yawstring.errors.OptionError: the option 'trees' of 'forest' is a whole number, not 'many'
    """
    types = option_types(name)
    there = ", ".join(types) or "none"
    found: dict[str, Json] = {}
    for text in texts:
        option, equals, value = text.partition("=")
        if not equals:
            raise OptionError(f"expected NAME=VALUE, found '{text}'; the detector '{name}' has the options {there}")
        if option not in types:
            raise OptionError(f"the detector '{name}' has no option '{option}'; it has {there}")
        if option in found:
            raise OptionError(f"the option '{option}' of '{name}' is given twice: give it once")
        try:
            found[option] = _value(value, types[option])
        except ValueError:
            expected = describe(types[option])
            raise OptionError(f"the option '{option}' of '{name}' is {expected}, not '{value}'") from None
    return found


def describe(kind: object) -> str:
    """What an option of a type takes, in words.

    Example:
        >>> describe(int | None), describe(tuple[float, ...]), describe(Literal["best", "last"])
        ('a whole number or none', 'numbers with commas between', 'best or last')
    """
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(map(str, args))
    if origin is tuple:
        return f"{'whole numbers' if args[0] is int else 'numbers'} with commas between"
    if type(None) in args:
        return f"{describe(_given(kind))} or {NONE}"
    return "yes or no" if kind is bool else "a whole number" if kind is int else "a number"


def _value(text: str, kind: object) -> Json:
    """A value of a type.

    Raises:
        ValueError: The text is none.
    """
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return str(args[args.index(text)])
    if origin is tuple:
        return [_value(piece, args[0]) for piece in text.split(",")] if text else []
    if type(None) in args:
        return None if text == NONE else _value(text, _given(kind))
    if kind is bool:
        return _switched(text)
    if kind is int:
        return int(text)
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _switched(text: str) -> bool:
    if text not in WORDS:
        raise ValueError(text)
    return WORDS[text]


def _given(kind: object) -> object:
    """The type of an option that may be left open, when it is not."""
    (given,) = (one for one in get_args(kind) if one is not type(None))
    return given
