"""Attacks as real tools send them; each kind says what it does to the link, the flight and the air."""

from collections.abc import Mapping
from types import MappingProxyType

from yawstring.simulate.attacks.aireplay import AireplayDeauth
from yawstring.simulate.attacks.announcements import ChannelSwitch, MalformedFrames, RemoteIdSpoof
from yawstring.simulate.attacks.disassociation import Disassociation
from yawstring.simulate.attacks.floods import BeaconFlood, CtsFlood, ProbeFlood, RtsFlood
from yawstring.simulate.attacks.injection import CommandInjection
from yawstring.simulate.attacks.jamming import Jamming
from yawstring.simulate.attacks.mdk4 import Mdk4Deauth
from yawstring.simulate.attacks.replay import CommandReplay, FrameReplay
from yawstring.simulate.attacks.telemetry import (
    TelemetryBias,
    TelemetryDrift,
    TelemetryFreeze,
    TelemetryReplay,
    TelemetryScale,
)
from yawstring.simulate.attacks.twin import AirbaseTwin, HostapdTwin, Mdk4Twin
from yawstring.simulate.hostile import Attack

KINDS: Mapping[str, type[Attack]] = MappingProxyType(
    {
        kind.KIND: kind
        for kind in (
            AireplayDeauth, Mdk4Deauth, Disassociation, AirbaseTwin, Mdk4Twin, HostapdTwin, CommandReplay, FrameReplay,
            TelemetryBias, TelemetryDrift, TelemetryFreeze, TelemetryScale, TelemetryReplay, CommandInjection,
            BeaconFlood, CtsFlood, RtsFlood, Jamming, ProbeFlood, ChannelSwitch, MalformedFrames, RemoteIdSpoof,
        )
    }
)  # fmt: skip
"""Every kind of attack, by its name in a scenario."""
