"""The reference page of all signals, made from the schema.

``python -m yawstring.app.signals_page > docs/reference/signals.md`` writes it.
"""

from collections.abc import Sequence

from yawstring.schema.signals import SIGNALS, Signal

_HEAD = """\
# Signals

Made from `yawstring.schema.signals` by `python -m yawstring.app.signals_page > docs/reference/signals.md`; a test
holds it to that. `yawstring signals` prints the same list.

A signal is what carries over from one capture to another: a gap in a transmitter's sequence numbers, not the numbers.
It is measured from the columns named under *needs* (of those in brackets, any), looks back *memory* seconds at most
(five time constants, where it fades), and is null where it is not known. *Shows* names the attacks it is meant for;
one without is the background that others are read against. `cyber` signals come from the air, `physical` ones from the
aircraft's own words, `fused` ones need both.
"""


def needs_of(signal: Signal) -> str:
    """What a signal needs, as text.

    Example:
        >>> needs_of(Signal(name="a", unit="", modality="cyber", meaning="", source="", needs=("b", ("c", "d"))))
        'b, (c or d)'
    """
    return ", ".join(need if isinstance(need, str) else f"({' or '.join(need)})" for need in signal.needs)


def markdown(signals: Sequence[Signal] = SIGNALS) -> str:
    """The page: one table of all signals.

    Example:
        >>> print(markdown().splitlines()[0])
        # Signals
    """
    rows = [
        f"| `{one.name}` | {one.modality} | {one.unit} | {one.meaning} | {', '.join(one.shows)} | {one.memory_s:g} s "
        f"| {needs_of(one)} | {one.source} |"
        for one in signals
    ]
    head = "| signal | from | unit | meaning | shows | memory | needs | source |"
    return "\n".join([_HEAD, head, "|---|---|---|---|---|---|---|---|", *rows, ""])


if __name__ == "__main__":
    print(markdown(), end="")
