"""What is flown for the benchmark: flights to learn from, to choose by, and to be judged on.

Each flight draws every parameter anew (:mod:`yawstring.simulate`), so no two are alike. The flights that judge draw
from wider ranges than those learnt from: other distances, winds and loads. Attacks come one after another in a flight,
those that need an aircraft in the air before those that may bring it down.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from yawstring.simulate.attacks import KINDS
from yawstring.simulate.scenario import Scenario, parse_scenario

INJECTED = "telemetry_bias injected"
"""A kind of the campaigns' own: false states from a third station beside the true ones."""

FOR_RULES = frozenset(("probe_flood", "channel_switch", "malformed_frames", "remote_id"))
"""Kinds that rules are tried on (``benchmarks/rules.py``); with them here, the published figures would be of others."""

ATTACKS = (*(kind for kind in KINDS if kind not in FOR_RULES), INJECTED)
"""What is flown, each as often as the others."""

SLOT_S = 65.0
"""Time from one attack of a flight to the next."""

FIRST_S = 30.0
"""No attack begins before."""

JITTER_S = 15.0
"""By how much an onset varies."""

BENIGN = (
    "", "[neighbours]\nnetworks = 3\nstations = [4, 6]\nload_hz = [20, 60]\nstorms_per_min = [4, 8]\n",
    "[controller]\ndrops_per_min = [2, 5]\n", "[neighbours]\nnetworks = [2, 3]\nrestarts_per_min = [2, 6]\n",
    "[receiver]\nwalks = true\n", "[receiver]\nhops = true\nwalks = true\n",
)  # fmt: skip
"""What an undisturbed flight may be like: ordinary, crowded, with a bad link, beside restarting neighbours, carried."""

NARROW: Mapping[str, str] = {"traffic.video_mbit_s": "[0.5, 2.5]"}
"""Ranges of the flights learnt from and chosen by, where they are not the simulator's own."""

WIDE: Mapping[str, str] = {
    "site.radius_m": "[10, 60]",
    "site.wind_m_s": "[0, 5]",
    "neighbours.load_hz": "[1, 60]",
    "traffic.video_mbit_s": "[0.3, 4]",
}
"""Ranges of the flights that judge, where they are not the simulator's own."""


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """Flights of one purpose.

    Attributes:
        name: Its name.
        attacked: Flights with attacks.
        benign: Flights without.
        attacks: Attacks in each attacked flight.
        duration_s: Length of an attacked flight.
        benign_s: Length of one without attack.
        ranges: Keys whose range is not the simulator's own.
        kinds: Attacks flown.
        changes: Settings of an attack, for all its kinds.
    """

    name: str
    attacked: int
    benign: int
    attacks: int = 4
    duration_s: float = 300.0
    benign_s: float = 300.0
    ranges: Mapping[str, str]
    kinds: tuple[str, ...] = ATTACKS
    changes: str = ""

    def scenarios(self, seed: int) -> tuple[Scenario, ...]:
        """One scenario a flight; the attacks are dealt out evenly, in an order drawn from the seed.

        Example:
            >>> flown = Campaign(name="few", attacked=2, benign=1, ranges={}).scenarios(3)
            >>> [len(one.attacks) for one in flown]
            [4, 4, 0]
        """
        rng = np.random.default_rng([seed, *self.name.encode()])
        hands = _dealt(self.kinds, self.attacked, self.attacks, rng)
        texts = [self._attacked(security, hand) for security, hand in hands]
        texts += [self._benign(number) for number in range(self.benign)]
        changes = [f"{key}={value}" for key, value in self.ranges.items()]
        return tuple(
            parse_scenario(text, file=f"{self.name}-{number}.toml", changes=changes)
            for number, text in enumerate(texts)
        )

    def seed(self, seed: int) -> int:
        """Seed of the campaign's flights: flights of two campaigns share no draw, not even those of one number.

        Example:
            >>> TRAIN.seed(1) == TRAIN.seed(1), TRAIN.seed(1) == TEST.seed(1)
            (True, False)
        """
        return int(np.random.SeedSequence([seed, *self.name.encode()]).generate_state(1, np.uint64)[0] >> np.uint64(1))

    def _attacked(self, security: str, kinds: Sequence[str]) -> str:
        lines = [f"duration_s = {self.duration_s}", f'security = "{security}"']
        for place, kind in enumerate(sorted(kinds, key=_brings_down)):
            onset_s = FIRST_S + place * SLOT_S
            lines += ["[[attack]]", f'kind = "{kind.split()[0]}"', f"onset_s = [{onset_s}, {onset_s + JITTER_S}]"]
            lines += ['place = "injected"'] if kind == INJECTED else []
            lines += [self.changes] if self.changes else []
        return "\n".join(lines) + "\n"

    def _benign(self, number: int) -> str:
        security = ("wpa2", "open")[number % 2]
        text = BENIGN[(number // 2) % len(BENIGN)]
        return f'duration_s = {self.benign_s}\nsecurity = "{security}"\n{text}'


TRAIN = Campaign(name="train", attacked=32, benign=8, ranges=NARROW)
VALIDATE = Campaign(name="validate", attacked=10, benign=10, duration_s=300, benign_s=600, ranges=NARROW)
TEST = Campaign(name="test", attacked=100, benign=80, benign_s=460, ranges=WIDE)
"""400 attacks, or somewhat fewer where one changes nothing, and 10.2 hours without."""


def _weak(name: str, kinds: tuple[str, ...], changes: str, flights: int) -> Campaign:
    return Campaign(
        name=name, attacked=flights, benign=0, attacks=len(kinds), duration_s=FIRST_S + SLOT_S * len(kinds) + JITTER_S,
        ranges=WIDE, kinds=kinds, changes=changes,
    )  # fmt: skip


LIES = ("telemetry_bias", "telemetry_drift", "telemetry_scale")

STRENGTHS = (
    *(
        _weak(f"disassociation, {rate:g} frames/s", ("disassociation",), f"rate_hz = {rate}\nlength_s = 40", 10)
        for rate in (0.1, 0.3, 1.0, 3.0, 10.0, 60.0)
    ),
    *(
        _weak(f"false telemetry, strength {strength:g}", LIES, f"strength = {strength}", 4)
        for strength in (0.1, 0.3, 1.0, 3.0)
    ),
)
"""Attacks from weak to strong; the weakest is one disassociation in 10 s."""


def _brings_down(kind: str) -> bool:
    """Whether an attack may end the flight: what is on the aircraft itself comes before it."""
    return KINDS[kind.split()[0]].CLASS != "fdi" or kind == "command_injection"


def _needs(kind: str) -> str:
    return "open" if kind == INJECTED else KINDS[kind].NEEDS


def _dealt(
    kinds: Sequence[str], flights: int, each: int, rng: np.random.Generator
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Security and kinds of each flight: decks that are shuffled and dealt until they are used up."""
    decks: dict[str, list[str]] = {"open": [], "wpa2": []}
    for number in range(flights):
        security = ("open", "wpa2")[number % 2]
        allowed = [kind for kind in kinds if _needs(kind) in ("", security)]
        hand: list[str] = []
        while len(hand) < min(each, len(allowed)):
            if not decks[security]:
                decks[security] = [allowed[place] for place in rng.permutation(len(allowed))]
            card = decks[security].pop()
            hand += [] if card in hand else [card]
        yield security, tuple(hand)
