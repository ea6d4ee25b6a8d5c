"""Finds the rules: every :class:`~yawstring.watch.rules.base.Rule` in a module of this folder."""

import importlib
import inspect
import pkgutil
from pathlib import Path

from yawstring.watch.rules.base import Rule


def rules() -> dict[str, type[Rule]]:
    """Every rule by its name, in the order of names.

    Example:
        >>> {"broadcast_disconnect", "deauthentication_flood"} <= rules().keys()
        True
    """
    found: dict[str, type[Rule]] = {}
    package = __name__.rpartition(".")[0]
    for module in pkgutil.iter_modules([str(Path(__file__).parent)], f"{package}."):
        for _, item in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            # Its own module only: an imported rule is not found twice.
            if item.__module__ == module.name and issubclass(item, Rule) and not inspect.isabstract(item):
                found[item.NAME] = item
    return dict(sorted(found.items()))
