"""The loops as machine code give the octets that the same functions give as plain Python, which checks its bounds."""

import hashlib
import subprocess
import sys
from pathlib import Path

import numpy as np

from support.street import BODIES, DRONE, STREET, data, station, street
from yawstring.simulate.air import Noise, Receiver, Track, air, pcapng

TESTS = Path(__file__).parents[2]

PLAIN = """
import sys
import yawstring.compiled as machine
for door in ('compiled', 'compiled_lent', 'compiled_part', 'compiled_lent_part', 'compiled_within'):
    setattr(machine, door, lambda function: function)
sys.path.insert(0, sys.argv[1])
sys.path.insert(0, sys.argv[2])
from test_machine_code import digest
print(digest())
"""


def digest() -> str:
    """Of half a second in which everything happens: collisions, A-MPDUs, RTS, noise, hops, damaged frames."""
    offers = np.concatenate([street(0.2, video=200), data(np.full(20, 190_000))])
    stations = [station(DRONE, aggregate=8, rts_threshold=1100), *STREET[1:]]
    hops = ((0.15, 1), (0.02, 6))
    receiver = Receiver(hops=hops, antennas=2, reports_noise=True, keeps_bad_fcs=True, noise_dbm=-60.0)
    noise = [Noise(start_s=0.05, end_s=0.06, channel=1, power_dbm=20.0, track=Track.still((4.0, 4.0, 1.0)))]
    return hashlib.sha256(pcapng(air(offers, BODIES, stations, receiver, seed=11, noise=noise))).hexdigest()


def test_machine_code_and_plain_python_agree_to_the_octet() -> None:
    command = [sys.executable, "-W", "ignore", "-c", PLAIN, str(TESTS), str(Path(__file__).parent)]
    plain = subprocess.run(command, capture_output=True, text=True, check=True)
    assert plain.stdout.strip() == digest()
