"""The rules tried out: every one speaks on a simulated flight made for it, and none on an undisturbed one.

A rule that is configured and never fires is worse than none, since somebody counts on it. So anybody can ask at any
time, with the rulebook that is in use, on the machine that it is used on. A few flights serve all rules, attacks one
after another; every one is the same each time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from yawstring.edge.ruling import fused, ruled
from yawstring.simulate.run import simulate
from yawstring.simulate.scenario import parse_scenario
from yawstring.watch.findings import Finding
from yawstring.watch.rules import Rulebook

SEED = 3
"""Seed of every trial flight."""

_QUIET = """
[traffic]
video_mbit_s = 0.5
[controller]
drops_per_min = 0
joins = false
leaves = false
[pilot]
airborne_s = 16
style = "sticks"
"""

_NEAR = """
[site]
radius_m = 12
[drone]
distance = 0.3
[receiver]
distance = 0.1
"""


def _attack(kind: str, onset_s: float, more: str = "", *, length_s: float = 3.0) -> str:
    place = "" if "distance" in more else "distance = 0.4\npower_dbm = 18\n"
    return f'[[attack]]\nkind = "{kind}"\nonset_s = {onset_s}\nlength_s = {length_s}\n{place}{more}\n'


FLIGHTS: Mapping[str, str] = MappingProxyType(
    {
        "link": 'duration_s = 36\nsecurity = "wpa2"\n' + _QUIET + _NEAR
        + _attack("frame_replay", 5, "rate_hz = 100")
        + _attack("rts_flood", 9, "rate_hz = 60")
        + _attack("probe_flood", 13)
        + _attack("malformed_frames", 17, "rate_hz = 30")
        + _attack("hostapd_twin", 21, 'borrows = true\nlure = false\nprotection = "other"')
        + _attack("channel_switch", 25, "rate_hz = 10")
        + _attack("disassociation", 28, "rate_hz = 40")
        + _attack("aireplay_deauth", 32, 'target = "everyone"'),
        "aircraft": 'duration_s = 38\nsecurity = "open"\n' + _QUIET + _NEAR
        + _attack("telemetry_freeze", 5, 'what = "height"\ncareful = false', length_s=4.0)
        + _attack("telemetry_bias", 13, 'what = "height"\ncareful = false\nstrength = 1')
        + _attack("command_replay", 20, "rate_hz = 10")
        + _attack("remote_id", 24)
        + _attack("beacon_flood", 28, "rate_hz = 100\nnetworks = 100")
        + _attack("mdk4_twin", 33),
        "channels": 'duration_s = 12\nsecurity = "wpa2"\n' + _QUIET + _NEAR + "hops = true\n"
        + _attack("hostapd_twin", 5, 'borrows = true\nlure = false\nwhere = "other"', length_s=6.0),
        "beside": 'duration_s = 12\nsecurity = "wpa2"\n' + _QUIET
        + "[site]\nradius_m = 4\n[receiver]\ndistance = 0\n[drone]\ndistance = 1\npower_dbm = 10\n"
        + _attack("hostapd_twin", 5, "borrows = true\nlure = false\ndistance = 0\npower_dbm = 33", length_s=6.0),
        "benign": 'duration_s = 30\nsecurity = "wpa2"\n[traffic]\nvideo_mbit_s = 0.5\n'
        "[neighbours]\nnetworks = 3\ncomings_per_min = 12\nstorms_per_min = 12\nrestarts_per_min = 6\n"
        "[controller]\ndrops_per_min = 4\n",
    }
)  # fmt: skip
"""Trial flights by name, as scenarios; the last is undisturbed."""

BENIGN = "benign"

TRIALS: Mapping[str, str] = MappingProxyType(
    {
        "beacon_flood": "aircraft", "broadcast_disconnect": "link", "command_injection": "aircraft",
        "csa_abuse": "link", "deauthentication_flood": "link", "disassociation_flood": "link",
        "evil_twin_channel": "channels", "evil_twin_clock": "link", "evil_twin_name": "aircraft",
        "evil_twin_security": "link", "evil_twin_signal": "beside", "impossible_physics": "aircraft",
        "malformed_management": "link", "overpowered_transmitter": "beside", "packet_number_reuse": "link",
        "probe_flood": "link", "rts_cts_flood": "link", "spoofed_remote_id": "aircraft",
        "telemetry_freeze": "aircraft", "telemetry_jump": "aircraft",
    }
)  # fmt: skip
"""On which flight each rule must speak."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What came of one rule's trial.

    Attributes:
        rule: Its name.
        spoke: Findings on the flight made for it; it must speak there.
        alarms: Findings on the undisturbed flight; there must be none.
    """

    rule: str
    spoke: int
    alarms: int

    @property
    def passed(self) -> bool:
        """Whether the rule does what it is for."""
        return self.spoke > 0 and self.alarms == 0


def trial_findings(name: str, book: Rulebook) -> tuple[Finding, ...]:
    """What a rulebook finds on a trial flight."""
    made = simulate(parse_scenario(FLIGHTS[name], file=f"{name}.toml"), SEED)
    return tuple(ruled(fused(made.capture, made.telemetry), book))


def self_test(book: Rulebook, done: Callable[[str], None] | None = None) -> Iterator[Trial]:
    """Try every rule of a rulebook.

    Args:
        book: The rules.
        done: Is told the name of each flight before it is flown.
    """
    found = {}
    for name in FLIGHTS:
        if done is not None:
            done(name)
        found[name] = trial_findings(name, book)
    for rule in book.rules:
        spoke, alarms = (
            sum(one.source == rule.NAME for one in found[flight]) for flight in (TRIALS[rule.NAME], BENIGN)
        )
        yield Trial(rule=rule.NAME, spoke=spoke, alarms=alarms)
