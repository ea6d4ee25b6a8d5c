"""From what a person names (a bundle, a rulebook, a list of what is allowed) to what watches."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from yawstring.edge.bundles import INDEX, load
from yawstring.edge.files import read_octets
from yawstring.edge.rulebook import read_rulebook
from yawstring.errors import OptionError
from yawstring.table.fuse import FuseOptions
from yawstring.watch.flow import FlowOptions
from yawstring.watch.ledger_state import LedgerOptions
from yawstring.watch.rules import Rulebook
from yawstring.watch.ruling import Ruling
from yawstring.watch.scores import Detector, ready
from yawstring.watch.severity import Consequence
from yawstring.watch.stream import StreamOptions
from yawstring.watch.suppression import LIST_OCTETS_MOST, Allowed, read_allowed

_INDEX_OCTETS = 16 << 20
_ADDRESS_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a person asks for.

    Attributes:
        bundle: Folder of a trained detector; ``None``: the rules alone.
        rules: A rulebook over the standard one; ``None``: the standard one.
        no_rules: The detector alone.
        drone: BSSID or name of the watched network; ``"auto"``: learn it.
        allow: List of what is allowed.
        offset_s: Seconds to add to the clock of a log of telemetry.
        air_states: Take telemetry out of the air.
        lateness_ns: How late a frame may come in.

    Raises:
        OptionError: Nothing is left that watches.
    """

    bundle: Path | None = None
    rules: Path | None = None
    no_rules: bool = False
    drone: str = "auto"
    allow: Path | None = None
    offset_s: float = 0.0
    air_states: bool = False
    lateness_ns: int = 1

    def __post_init__(self) -> None:
        if self.bundle is None and self.no_rules:
            raise OptionError("without rules and without a bundle nobody watches: give --bundle, or leave the rules on")


def flow_of(plan: Plan) -> FlowOptions:
    """What watches.

    Raises:
        InputError: A file cannot be read, or holds something else.
    """
    detector = None if plan.bundle is None else _detector(plan.bundle)
    book = None if plan.no_rules else read_rulebook(plan.rules)
    stream = StreamOptions(
        detector=detector,
        rules=None if book is None else Ruling(book=book),
        drone=drone_of(plan.drone),
        fusion=FuseOptions(offset_s=plan.offset_s),
        air_states=plan.air_states,
        lateness_ns=plan.lateness_ns,
    )
    return FlowOptions(stream=stream, ledger=_ledger(book, detector, _allowed(plan.allow)))


def drone_of(text: str) -> int | str | None:
    """The drone that a person names: a BSSID as a number, the name of a network, or ``None`` for ``auto``.

    Example:
        >>> drone_of("60:60:1f:00:00:01") == 0x60601F000001, drone_of("TELLO-AB12CD"), drone_of("auto")
        (True, 'TELLO-AB12CD', None)
    """
    if text == "auto":
        return None
    digits = text.replace(":", "").replace("-", "")
    grouped = text.count(":") == 5 or text.count("-") == 5
    if grouped and len(digits) == _ADDRESS_DIGITS and set(digits.lower()) <= set("0123456789abcdef"):
        return int(digits, 16)
    return text


def _detector(folder: Path) -> Detector:
    trained = load(folder)
    return ready(trained, hashlib.sha256(read_octets(folder / INDEX, most=_INDEX_OCTETS)).hexdigest())


def _allowed(path: Path | None) -> tuple[Allowed, ...]:
    if path is None:
        return ()
    try:
        return read_allowed(read_octets(path, most=LIST_OCTETS_MOST))
    except OptionError as error:
        raise OptionError(f"{path}: {error}") from None


def _ledger(book: Rulebook | None, detector: Detector | None, allow: tuple[Allowed, ...]) -> LedgerOptions:
    of_detector = {} if detector is None else {detector.family: detector.digest}
    if book is None:
        return LedgerOptions(digests=of_detector, allow=allow)
    return LedgerOptions(
        digests={**book.digests, **of_detector},
        techniques=book.techniques,
        consequences=cast("Mapping[str, Consequence]", book.consequences),
        allow=allow,
    )
