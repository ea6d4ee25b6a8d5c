"""Takes a packet socket from the privileged helper, :mod:`yawstring.edge.live.granting`, and checks what it was given.

What comes over a Unix socket is trusted no further than its path: it must come from root or this very user, and be a
packet socket of the interface that was asked for.
"""

import os
import socket
import struct
from pathlib import Path

from yawstring.edge.live.interfaces import check_name
from yawstring.errors import SourceError

_CREDENTIALS = struct.Struct("3i")
_WAIT_S = 5.0
_NAME_OCTETS = 64
_RUN = Path("/run/user")


def default_grant(interface: str, *, telemetry: bool = False, uid: int | None = None) -> Path | None:
    """Where a grant is looked for when nobody says: in the user's own folder of ``/run``; ``None`` without one.

    Args:
        interface: Name of the interface.
        telemetry: The grant is of a drone's states, not of frames.
        uid: The user that it is for; this process's, if not given.
    """
    check_name(interface)
    folder = _RUN / str(os.getuid() if uid is None else uid)
    return folder / f"yawstring-{interface}{'-states' if telemetry else ''}" if folder.is_dir() else None


def take_grant(path: Path | str, interface: str, *, telemetry: bool = False) -> socket.socket:
    """The packet socket that the helper passes on at a Unix socket.

    Args:
        path: The Unix socket.
        interface: The interface that it must be of.
        telemetry: It must be one of a drone's states, not of frames.

    Raises:
        SourceError: Nobody grants anything there, or something else than was asked for.
    """
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as helper:
            helper.settimeout(_WAIT_S)
            helper.connect(str(path))
            _check_helper(helper, path)
            _, descriptors, _, _ = socket.recv_fds(helper, _NAME_OCTETS, 1, socket.MSG_CMSG_CLOEXEC)
    except OSError as error:
        why = error.strerror or error
        raise SourceError(f"{path}: nobody grants a socket there ({why}): see yawstring grant") from None
    if not descriptors:
        raise SourceError(f"{path}: the grant is another user's, or was refused: see what yawstring grant printed")
    try:
        packets = socket.socket(fileno=descriptors[0])
    except OSError:
        os.close(descriptors[0])
        raise SourceError(f"{path}: expected a socket, was passed something else") from None
    return _checked(packets, interface, telemetry, path)


def _check_helper(helper: socket.socket, path: Path | str) -> None:
    _, uid, _ = _CREDENTIALS.unpack(helper.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    if uid not in (0, os.getuid()):
        raise SourceError(f"{path}: expected a grant by root or this user, found one by uid {uid}")


def _checked(packets: socket.socket, interface: str, telemetry: bool, path: Path | str) -> socket.socket:
    wanted = (socket.AF_PACKET, socket.SOCK_DGRAM if telemetry else socket.SOCK_RAW)
    found = (packets.family, packets.type)
    if found == wanted and packets.getsockname()[0] == interface:
        return packets
    what = "states" if telemetry else "frames"
    name = packets.getsockname()[0] if packets.family == socket.AF_PACKET else "something else"
    packets.close()
    raise SourceError(f"{path}: expected a grant of the {what} of {interface}, found one of {name}, or of another kind")
