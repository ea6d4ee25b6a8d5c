"""Signals of commands and what follows: their kinds and rates, whether one sender counts them, and what the drone does.

The texts are seen on an open network. What a command says is nobody's name; who counts its packets is.
"""

from yawstring.schema.signals.craft_fields import HEIGHT, TOF, VX, VY, YAW, need
from yawstring.schema.signals.signal import Signal

SHORT_S, LONG_S = 1.0, 10.0
MOST_SINCE_S = 60.0

_SDK = "Tello SDK 2.0/3.0 guides: commands and answers on UDP port 8889, states on 8890"
_COUNTERS = "IEEE 802.11-2020, 10.3.2.14.2; RFC 6864: each sender counts its own"
_TEXT, _PORT = "tello.command", "udp.dstport"


def _command(
    name: str, unit: str, meaning: str, shows: tuple[str, ...], memory_s: float, *needs: str | tuple[str, ...]
) -> Signal:
    return Signal(
        name=f"command_{name}",
        unit=unit,
        modality="cyber",
        meaning=meaning,
        source=_SDK,
        shows=shows,
        needs=(_TEXT, *needs),
        memory_s=memory_s,
    )


def _unasked(name: str, unit: str, meaning: str, *fields: int) -> Signal:
    return Signal(
        name=f"command_{name}_unasked_10s",
        unit=unit,
        modality="fused",
        meaning=f"{meaning}, over about {LONG_S:g} s; below 0: less than asked",
        source=_SDK,
        shows=("fdi", "evil_twin", "replay"),
        needs=(_TEXT, *need(*fields)),
        memory_s=5 * LONG_S,
    )


def _breaks(name: str, what: str, shows: tuple[str, ...], *needs: str) -> Signal:
    return Signal(
        name=f"command_{name}_breaks_10s",
        unit="",
        modality="cyber",
        meaning=f"Share of {what}, over about {LONG_S:g} s, that no one sender can have counted: steps back, or far on",
        source=_COUNTERS,
        shows=shows,
        needs=needs,
        memory_s=5 * LONG_S,
    )


_WRONG = ("fdi", "replay")

COMMAND_SIGNALS: tuple[Signal, ...] = (
    _command("since_s", "s", f"Time since the last command, {MOST_SINCE_S:g} s at most", (), MOST_SINCE_S),
    _command("all_1s", "commands/s", "Commands a second, over about 1 s", _WRONG, 5 * SHORT_S),
    _command("all_10s", "commands/s", "Commands a second, over about 10 s", _WRONG, 5 * LONG_S),
    _command("sticks_10s", "commands/s", "Stick positions a second, over about 10 s", _WRONG, 5 * LONG_S),
    _command("moves_10s", "commands/s", "Moves, starts and landings a second, over about 10 s", _WRONG, 5 * LONG_S),
    _command("queries_10s", "commands/s", "Questions a second, over about 10 s", _WRONG, 5 * LONG_S),
    _command(
        "mixed_10s", "changes/s", "Changes between sticks and moves a second, over about 10 s", _WRONG, 5 * LONG_S
    ),
    _command(
        "unanswered_10s",
        "commands",
        "Commands that have an answer, less answers, over about 10 s",
        (*_WRONG, "evil_twin"),
        5 * LONG_S,
    ),
    _command("errors_10s", "", "Share of answers, over about 10 s, that are errors", _WRONG, 5 * LONG_S),
    _breaks("sequence", "commands' sequence numbers", _WRONG, _TEXT, "wlan.seq"),
    _breaks("packet", "commands' IP identifications", _WRONG, _TEXT, "ip.id"),
    _breaks("state_sequence", "state datagrams' sequence numbers", ("fdi",), _PORT, "wlan.seq"),
    _breaks("state_packet", "state datagrams' IP identifications", ("fdi",), _PORT, "ip.id"),
    _unasked("climb", "m", "Size of the change of height beyond what commands asked", TOF, HEIGHT),
    _unasked("way", "m", "Way across, by velocity, beyond what commands asked", VX, VY),
    _unasked("turn", "degrees", "Turn beyond what commands asked", YAW),
)
