"""Signals of how states come: their age, their rate, their rhythm, and whether two streams are mixed in one."""

from yawstring.schema.signals.craft_fields import ANY_STATE
from yawstring.schema.signals.signal import Signal

HORIZONS_S = (1.0, 10.0)

_LOST = ("dos", "evil_twin", "jamming", "flood")
_TELLO = "Tello SDK 2.0/3.0 guides: a state every 0.1 s"


def _flow(name: str, unit: str, meaning: str, shows: tuple[str, ...], memory_s: float) -> Signal:
    return Signal(
        name=f"craft_{name}",
        unit=unit,
        modality="physical",
        meaning=meaning,
        source=_TELLO,
        shows=shows,
        needs=(ANY_STATE,),
        memory_s=memory_s,
    )


FLOW_SIGNALS: tuple[Signal, ...] = (
    _flow("age_s", "s", "Time since the aircraft's last state, 60 s at most", _LOST, 60.0),
    *(
        _flow(f"states_{one:g}s", "states/s", f"States a second, over about {one:g} s", (*_LOST, "fdi"), 5 * one)
        for one in HORIZONS_S
    ),
    _flow("gap_most_10s", "s", "Longest time between two states of the last 5 to 10 s", _LOST, 10.0),
    _flow("gap_least_1s", "s", "Shortest time between two states of the last 0.5 to 1 s", ("fdi",), 1.0),
    _flow(
        "gap_spread_10s",
        "",
        "Standard deviation of the time between states over its mean, over about 10 s",
        (*_LOST, "fdi"),
        50.0,
    ),
    *(
        _flow(
            f"alternation_{one:g}s",
            "",
            f"Two streams in one: how much nearer a state is to the last but one than to the last, -1 to 1, of the "
            f"quantity where that is most, over about {one:g} s",
            ("fdi",),
            5 * one,
        )
        for one in HORIZONS_S
    ),
)
