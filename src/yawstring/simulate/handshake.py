"""The WPA2 four-way handshake: four EAPOL-Key frames with correct MICs (IEEE 802.11-2020, 12.7).

Key data of the third message is encrypted with a key wrap; here it is random octets of the right length, since nobody
is given the pass phrase.
"""

import hashlib
import hmac
import struct

import numpy as np

from yawstring.simulate.elements import rsn
from yawstring.simulate.packets import EAPOL, snap

PBKDF2_ROUNDS = 4096
PMK_OCTETS = 32
PTK_OCTETS = 48
KCK_OCTETS = 16
"""The first octets of the PTK: the key of the MIC."""

NONCE_OCTETS = 32
WRAPPED_OCTETS = 56
"""Key data of the third message: RSN element and group key, padded and wrapped."""

_PAIRWISE, _INSTALL, _ACK, _MIC, _SECURE, _ENCRYPTED = 0x0008, 0x0040, 0x0080, 0x0100, 0x0200, 0x1000
_VERSION_SHA1_AES = 0x0002
_MIC_AT = 81
_DESCRIPTOR_RSN = 2


def master_key(phrase: str, ssid: bytes) -> bytes:
    """The pairwise master key of a pass phrase (IEEE 802.11-2020, J.4.1).

    Example:
        >>> master_key("password", b"IEEE").hex()[:16]
        'f42c6fc52df0ebef'
    """
    return hashlib.pbkdf2_hmac("sha1", phrase.encode(), ssid, PBKDF2_ROUNDS, PMK_OCTETS)


def transient_key(master: bytes, ends: tuple[int, int], nonces: tuple[bytes, bytes]) -> bytes:
    """The pairwise transient key: PRF-384 of the master key, both addresses and both nonces (12.7.1.3)."""
    addresses = sorted(end.to_bytes(6, "big") for end in ends)
    seed = b"Pairwise key expansion\0" + b"".join(addresses) + b"".join(sorted(nonces))
    rounds = -(-PTK_OCTETS // hashlib.sha1(usedforsecurity=False).digest_size)
    blocks = (hmac.new(master, seed + bytes((count,)), "sha1").digest() for count in range(rounds))
    return b"".join(blocks)[:PTK_OCTETS]


def four_way(master: bytes, station: int, point: int, rng: np.random.Generator) -> tuple[bytes, bytes, bytes, bytes]:
    """Bodies of the four messages, LLC included, of a handshake between a station and its access point.

    Example:
        >>> bodies = four_way(bytes(32), 1, 2, np.random.default_rng(1))
        >>> [len(body) for body in bodies]
        [107, 129, 163, 107]
    """
    ours, theirs = rng.bytes(NONCE_OCTETS), rng.bytes(NONCE_OCTETS)
    check = transient_key(master, (station, point), (ours, theirs))[:KCK_OCTETS]
    common = _PAIRWISE | _VERSION_SHA1_AES
    third = common | _INSTALL | _ACK | _MIC | _SECURE | _ENCRYPTED
    return (
        _message(common | _ACK, 1, ours, b"", None),
        _message(common | _MIC, 1, theirs, rsn(), check),
        _message(third, 2, ours, rng.bytes(WRAPPED_OCTETS), check),
        _message(common | _MIC | _SECURE, 2, bytes(NONCE_OCTETS), b"", check),
    )


def _message(information: int, replay: int, nonce: bytes, data: bytes, check: bytes | None) -> bytes:
    length = 16 if information & _ACK else 0
    key = struct.pack(">BHHQ", _DESCRIPTOR_RSN, information, length, replay) + nonce
    key += bytes(16 + 8 + 8) + bytes(16) + struct.pack(">H", len(data)) + data
    frame = struct.pack(">BBH", 2, 3, len(key)) + key
    if check is not None:
        mic = hmac.new(check, frame, "sha1").digest()[:16]
        frame = frame[:_MIC_AT] + mic + frame[_MIC_AT + 16 :]
    return snap(EAPOL) + frame
