"""A capture of the street, made once."""

import pytest

from support.street import BODIES, STREET, Frame, frames_of, street
from yawstring.simulate.air import Aired, Receiver, Track, air, pcapng


@pytest.fixture(scope="session")
def street_air() -> Aired:
    """Twelve seconds of the street in ordinary conditions."""
    return air(street(12), BODIES, STREET, Receiver(track=Track.still((4.0, 4.0, 1.0))), seed=7)


@pytest.fixture(scope="session")
def street_frames(street_air: Aired) -> list[Frame]:
    return frames_of(pcapng(street_air))
