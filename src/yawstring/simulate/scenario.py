"""Scenarios: TOML in, one drawn flight out, and the drawn flight as TOML again.

A scenario says what each key may be; a flight holds one value of each. The TOML of a drawn flight is a scenario too, of
single values: with its seed it gives the same flight again, octet for octet.
"""

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from yawstring.errors import OptionError
from yawstring.simulate.attacks import KINDS
from yawstring.simulate.drawn import Drawn
from yawstring.simulate.scenario_keys import Setting, Value, draw_section, keys_of, read_section
from yawstring.simulate.settings import SECTIONS, Flight

FORMAT = 1
"""Version of the file; it changes where a key changes its meaning or goes."""

LARGEST_SEED = 2**63 - 1
"""The largest integer of TOML."""

_OWN = ("format", "name", "summary", "attack", "drawn")


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What a file says.

    Attributes:
        name: Its name, in the truth and in the folders of flights.
        summary: One line.
        top: Settings at the top of the file, by key.
        sections: Settings of each section.
        attacks: Kind and settings of each attack.
        seed: Seed of the flight that the file records, if it records one.
    """

    name: str
    summary: str
    top: Mapping[str, Setting]
    sections: Mapping[str, Mapping[str, Setting]]
    attacks: tuple[tuple[str, Mapping[str, Setting]], ...]
    seed: int | None = None


def parse_scenario(text: str, *, file: str, changes: Sequence[str] = ()) -> Scenario:
    """The scenario that TOML text holds.

    Args:
        text: TOML.
        file: Its name, for messages; without folder and ending it is the scenario's name where the text gives none.
        changes: Keys to set otherwise, each ``key=value`` or ``section.key=value`` with a value as TOML has it;
            ``attack.key=value`` is for every attack.

    Raises:
        OptionError: No TOML, a key that is unknown, or a value that is not what is expected; one line.

    Example:
        >>> parse_scenario("duration_s = 'long'", file="mine.toml")
        Traceback (most recent call last):
        yawstring.errors.OptionError: mine.toml: duration_s: found 'long', expected a number or a range [low, high] of \
2 to 3600 s
    """
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OptionError(f"{file}: expected TOML: {error}") from None
    for change in changes:
        _change(raw, change)
    _check_format(raw, file)
    rest = {key: value for key, value in raw.items() if key not in _OWN and key not in SECTIONS}
    _check_names(rest, file)
    top = read_section(Flight, rest, file=file, path="")
    sections = {
        name: read_section(section, raw.get(name, {}), file=file, path=name) for name, section in SECTIONS.items()
    }
    attacks = tuple(_attacks(raw.get("attack", []), top, file))
    name = _text(raw, "name", file.rsplit("/", 1)[-1].removesuffix(".toml"), file)
    summary = _text(raw, "summary", "", file)
    return Scenario(name=name, summary=summary, top=top, sections=sections, attacks=attacks, seed=_seed(raw, file))


def draw(scenario: Scenario, seed: int) -> Drawn:
    """One flight of a scenario.

    Args:
        scenario: What may be.
        seed: Seed of every draw, 0 to ``LARGEST_SEED``.

    Raises:
        OptionError: The seed is out of range.
    """
    if not 0 <= seed <= LARGEST_SEED:
        raise OptionError(f"seed: found {seed}, expected a whole number of 0 to {LARGEST_SEED}")
    flight = Flight(**draw_section(Flight, scenario.top, seed, "flight"))  # type: ignore[arg-type]  # keys give types
    drawn = {
        name: section(**draw_section(section, scenario.sections[name], seed, name))
        for name, section in SECTIONS.items()
    }
    attacks = tuple(
        KINDS[kind](
            **draw_section(KINDS[kind], settings, seed, "attack", number),  # type: ignore[arg-type]  # keys give types
            end_of_flight_s=flight.duration_s,
        )
        for number, (kind, settings) in enumerate(scenario.attacks)
    )
    return Drawn(name=scenario.name, summary=scenario.summary, seed=seed, flight=flight, attacks=attacks, **drawn)


def scenario_text(drawn: Drawn, *, notes: Mapping[str, Value]) -> str:
    """TOML of a drawn flight, its seed and what else was drawn under ``[drawn]``.

    Args:
        drawn: The flight.
        notes: For ``[drawn]``: what no key of a scenario sets, such as addresses. For the reader's use.
    """
    lines = [f"format = {FORMAT}", f"name = {_toml(drawn.name)}", f"summary = {_toml(drawn.summary)}"]
    lines += _section(drawn.flight)
    for name in SECTIONS:
        lines += ["", f"[{name}]", *_section(getattr(drawn, name))]
    for attack in drawn.attacks:
        lines += ["", "[[attack]]", f"kind = {_toml(attack.KIND)}", *_section(attack)]
    lines += ["", "[drawn]", f"seed = {drawn.seed}"]
    return "\n".join([*lines, *(f"{name} = {_toml(value)}" for name, value in notes.items())]) + "\n"


def _change(raw: dict[str, Any], change: str) -> None:
    """Set one key in what TOML held."""
    path, equals, value = change.partition("=")
    section, _, key = path.strip().rpartition(".")
    try:
        found = tomllib.loads(f"value = {value}")["value"] if equals and key else None
    except tomllib.TOMLDecodeError:
        found = None
    if found is None or (section not in SECTIONS and section not in ("", "attack")):
        raise OptionError(
            f"--set: found {change!r}, expected KEY=VALUE or SECTION.KEY=VALUE with a value as TOML has it"
        )
    places = raw.get("attack", []) if section == "attack" else [raw.setdefault(section, {}) if section else raw]
    for place in places:
        place[key] = found


def _check_format(raw: Mapping[str, object], file: str) -> None:
    if raw.get("format", FORMAT) != FORMAT:
        raise OptionError(f"{file}: format: found {raw['format']!r}, expected {FORMAT}")


def _check_names(rest: Mapping[str, object], file: str) -> None:
    for name, value in rest.items():
        if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value)):
            raise OptionError(f"{file}: found [{name}], expected one of {', '.join(SECTIONS)}, or [[attack]]")


def _text(raw: Mapping[str, object], key: str, default: str, file: str) -> str:
    value = raw.get(key, default)
    if not isinstance(value, str) or not value.isprintable():
        raise OptionError(f"{file}: {key}: found {value!r}, expected one line of text")
    return value


def _seed(raw: Mapping[str, object], file: str) -> int | None:
    notes = raw.get("drawn", {})
    seed = notes.get("seed") if isinstance(notes, dict) else None
    if "drawn" in raw and (isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= LARGEST_SEED):
        raise OptionError(f"{file}: drawn.seed: found {seed!r}, expected a whole number from 0 on")
    return seed


def _attacks(raw: object, top: Mapping[str, Setting], file: str) -> Iterable[tuple[str, Mapping[str, Setting]]]:
    if not isinstance(raw, list) or not all(isinstance(one, dict) for one in raw):
        raise OptionError(f"{file}: attack: found {raw!r}, expected [[attack]], a table for each attack")
    for number, one in enumerate(raw):
        path = f"attack[{number}]"
        kind = one.get("kind")
        if kind not in KINDS:
            raise OptionError(f"{file}: {path}.kind: found {kind!r}, expected one of {', '.join(KINDS)}")
        given = {key: value for key, value in one.items() if key != "kind"}
        settings = read_section(KINDS[kind], given, file=file, path=path)
        _check_attack(kind, settings, top, f"{file}: {path}")
        yield kind, settings


def _check_attack(kind: str, settings: Mapping[str, Setting], top: Mapping[str, Setting], place: str) -> None:
    needed, allowed = KINDS[kind].needed(settings), top["security"]
    if needed and set(allowed) != {needed}:
        found = " or ".join(str(one) for one in allowed)
        raise OptionError(f"{place}.kind: found {kind!r} with security {found}, expected security = {needed!r}")
    if float(settings["onset_s"][-1]) >= float(top["duration_s"][0]):
        found = f"{settings['onset_s'][-1]:g}"
        raise OptionError(f"{place}.onset_s: found {found}, expected less than duration_s, {top['duration_s'][0]:g}")


def _section(section: object) -> list[str]:
    return [f"{name} = {_toml(getattr(section, name))}" for name in keys_of(type(section))]


def _toml(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return repr(value)
