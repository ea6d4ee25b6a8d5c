"""Finds the families of detectors: every :class:`~yawstring.models.base.Family` in a module of ``yawstring.models``."""

import importlib
import inspect
import pkgutil
from collections.abc import Mapping
from typing import get_type_hints

from yawstring import models
from yawstring.errors import OptionError
from yawstring.models.base import Family, Json


def families() -> dict[str, type[Family]]:
    """Every family by the name that ``--detector`` calls it, in the order of names.

    Modules are importable without any extra; what a family's library lacks is said when it is fitted.

    Example:
        >>> {"cnn", "forest", "lstm", "majority"} <= families().keys()
        True
    """
    found: dict[str, type[Family]] = {}
    for module in pkgutil.iter_modules(models.__path__, f"{models.__name__}."):
        for _, item in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            # Its own module only: an imported family is not found twice.
            if item.__module__ == module.name and issubclass(item, Family) and not inspect.isabstract(item):
                found[item.name] = item
    return dict(sorted(found.items()))


def make_family(name: str, options: Mapping[str, Json] | None = None) -> Family:
    """A family with options, from their JSON: what :attr:`Fitted.options` holds gives the same family again.

    Args:
        name: As ``--detector`` calls it.
        options: Options by name; those left out have their defaults.

    Raises:
        OptionError: No such family, no such option, or a value the family refuses.

    Example:
        >>> make_family("forest", {"trees": 10})
        Forest(trees=10, depth=None, leaf=1, class_weights=False, extra=False)
        >>> make_family("majority", {"trees": 3})
        Traceback (most recent call last):
        ...
        yawstring.errors.OptionError: the detector 'majority' has no option 'trees'; it has none
    """
    family, allowed, given = family_named(name), option_types(name), options or {}
    if unknown := [option for option in given if option not in allowed]:
        raise OptionError(f"the detector '{name}' has no option '{unknown[0]}'; it has {', '.join(allowed) or 'none'}")
    return family(**{key: tuple(value) if isinstance(value, list) else value for key, value in given.items()})


def family_named(name: str) -> type[Family]:
    """A family by its name.

    Raises:
        OptionError: There is none of that name.
    """
    known = families()
    if name not in known:
        raise OptionError(f"no detector is called '{name}'; there are {', '.join(known)}")
    return known[name]


def option_types(name: str) -> dict[str, object]:
    """The options of a family, in its order, each with its type.

    Raises:
        OptionError: There is no family of that name.

    Example:
        >>> option_types("forest")["depth"], option_types("majority")
        (int | None, {})
    """
    family = family_named(name)
    hints = get_type_hints(family)
    return {option: hints[option] for option in inspect.signature(family).parameters}
