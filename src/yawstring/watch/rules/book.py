"""The rulebook: which rules look, and from how much on each speaks.

One TOML, a section a rule, a key a threshold, its unit in its name. The one that comes with yawstring holds every key;
a person's own holds those that are to be otherwise, and ``enabled = false`` for a rule that is not wanted.
"""

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from yawstring.errors import OptionError
from yawstring.watch.rules.base import Rule
from yawstring.watch.rules.registry import rules

ENABLED: Final = "enabled"
"""Key of every section: whether the rule looks at all."""

_DIGEST_FORM = 1


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """Rules with their thresholds.

    Attributes:
        rules: Those that look, in the order of their names.
        off: Names of those that do not.
    """

    rules: tuple[Rule, ...]
    off: tuple[str, ...] = ()

    @property
    def digests(self) -> dict[str, str]:
        """SHA-256 of each rule's name and thresholds, by its name: what exactly said so."""
        return {rule.NAME: _digest(rule) for rule in self.rules}

    @property
    def techniques(self) -> dict[str, str]:
        """Technique of MITRE ATT&CK by the kind of findings."""
        return {rule.KIND: rule.TECHNIQUE for rule in self.rules}

    @property
    def consequences(self) -> dict[str, str]:
        """What comes of it, by the kind of findings."""
        return {rule.KIND: rule.CONSEQUENCE for rule in self.rules}


def parse_rulebook(text: str, *, own: str = "", file: str = "rulebook.toml") -> Rulebook:
    """A rulebook from its text, and a person's own over it.

    Args:
        text: The TOML that holds every key of every rule.
        own: TOML that holds some; ``""`` for none.
        file: Name of the latter, for messages.

    Raises:
        OptionError: Not TOML; a section or key that there is not; a value that makes no sense.
    """
    whole, changed = _toml(text, "rulebook.toml"), _toml(own, file)
    known = rules()
    for name, section in changed.items():
        if name not in known:
            raise OptionError(f"{file}: no rule is called '{name}'; there are {', '.join(known)}")
        if not isinstance(section, dict):
            raise OptionError(f"{file}: {name}: expected a section [{name}], found {section!r}")
    made, off = [], []
    for name, rule in known.items():
        settings = {**_section(whole, name), **_section(changed, name)}
        enabled = settings.pop(ENABLED, True)
        if not isinstance(enabled, bool):
            raise OptionError(f"{file}: {name}.{ENABLED}: expected true or false, found {enabled!r}")
        one = _made(rule, settings, file)
        made += [one] if enabled else []
        off += [] if enabled else [name]
    return Rulebook(rules=tuple(made), off=tuple(off))


def _toml(text: str, file: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{file}: expected TOML: {error}") from None


def _section(book: Mapping[str, object], name: str) -> dict[str, object]:
    section = book.get(name, {})
    return dict(section) if isinstance(section, dict) else {}


def _made(rule: type[Rule], settings: Mapping[str, object], file: str) -> Rule:
    wanted = {field.name: field.type for field in fields(rule)}
    for name, value in settings.items():
        place = f"{file}: {rule.NAME}.{name}"
        if name not in wanted:
            raise OptionError(f"{place}: no such threshold; the rule has {', '.join(wanted)}")
        allowed = (int,) if wanted[name] is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed):
            noun = "a whole number" if allowed == (int,) else "a number"
            raise OptionError(f"{place}: expected {noun}, found {value!r}")
    if missing := [name for name in wanted if name not in settings]:
        raise OptionError(f"rulebook.toml: {rule.NAME}: expected the key {missing[0]}")
    return rule(**{name: wanted[name](value) for name, value in settings.items()})  # type: ignore[operator]


def _digest(rule: Rule) -> str:
    told = json.dumps([_DIGEST_FORM, rule.NAME, rule.settings()], sort_keys=True)
    return hashlib.sha256(told.encode()).hexdigest()
