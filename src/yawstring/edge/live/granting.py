"""The privileged helper: opens one packet socket, gives up every privilege, and hands the socket to one user.

It is a program of its own, started by ``yawstring grant`` as ``python -I -S granting.py``: it imports the standard
library alone, and reads no file but this one. As root it does three things: it opens a packet socket, fixes a filter to
it, and becomes the user that it works for, without any capability and unable to gain one (``PR_SET_NO_NEW_PRIVS``). All
that comes after, and all that it reads from outside, is done as that user: it listens at a Unix socket that the user
alone can reach, asks the kernel who has connected (``SO_PEERCRED``), and passes the packet socket on (``SCM_RIGHTS``).

The filter is locked, so that whoever holds the socket hears the one interface it was opened for and no other, however
the socket is bound later; for telemetry, the datagrams to one UDP port and nothing else. The kernel knows no packet
socket that can only listen: its holder may also send frames, which is why it goes to one user and not to all.

Linux: ``packet(7)``, ``unix(7)``, ``capabilities(7)``, ``Documentation/networking/filter.rst``.
"""

import argparse
import contextlib
import ctypes
import errno
import os
import signal
import socket
import stat
import struct
import sys
from collections.abc import Sequence

ETH_P_ALL, ETH_P_IP = 0x0003, 0x0800
STATE_PORT = 8890
"""UDP port of a Tello's states; it is filtered for, never bound."""

Instruction = tuple[int, int, int, int]
"""Of the kernel's packet filter: code, jump if true, jump if not, operand."""

_SO_ATTACH_FILTER, _SO_LOCK_FILTER = 26, 44
_LOAD, _LOAD_HALF, _LOAD_OCTET, _LOAD_HALF_BEHIND, _LOAD_HEADER_LENGTH = 0x20, 0x28, 0x30, 0x48, 0xB1
_IF_EQUAL, _IF_ANY, _RETURN = 0x15, 0x45, 0x06
_INTERFACE = 0xFFFFF008
"""Where a filter finds the number of the interface (``SKF_AD_OFF + SKF_AD_IFINDEX``)."""
_IP_FRAGMENT_AT, _IP_PROTOCOL_AT, _UDP_DESTINATION_AT = 6, 9, 2
_ANY_FRAGMENT, _UDP = 0x3FFF, 17
_WHOLE, _NOTHING = 0x40000, 0

_PR_SET_NO_NEW_PRIVS = 38
_CAPABILITY_VERSION_3 = 0x20080522
_CREDENTIALS = struct.Struct("3i")
_WAIT_S = 1.0
_GONE, _REFUSED = 1, 2


def air_filter(index: int) -> list[Instruction]:
    """A filter that lets through what comes in at one interface."""
    return [(_LOAD, 0, 0, _INTERFACE), (_IF_EQUAL, 0, 1, index), (_RETURN, 0, 0, _WHOLE), (_RETURN, 0, 0, _NOTHING)]


def state_filter(index: int, port: int = STATE_PORT) -> list[Instruction]:
    """A filter, on IPv4 packets, that lets through whole UDP datagrams to one port at one interface."""
    return [
        (_LOAD, 0, 0, _INTERFACE), (_IF_EQUAL, 0, 8, index),
        (_LOAD_OCTET, 0, 0, _IP_PROTOCOL_AT), (_IF_EQUAL, 0, 6, _UDP),
        (_LOAD_HALF, 0, 0, _IP_FRAGMENT_AT), (_IF_ANY, 4, 0, _ANY_FRAGMENT),
        (_LOAD_HEADER_LENGTH, 0, 0, 0), (_LOAD_HALF_BEHIND, 0, 0, _UDP_DESTINATION_AT), (_IF_EQUAL, 0, 1, port),
        (_RETURN, 0, 0, _WHOLE), (_RETURN, 0, 0, _NOTHING),
    ]  # fmt: skip


def open_packets(interface: str, *, telemetry: bool) -> socket.socket:
    """A packet socket that hears one interface: its frames, or the IP packets of a drone's states alone.

    Args:
        interface: Its name.
        telemetry: The states, from their IP header on, and not the frames.

    Raises:
        OSError: There is no such interface, or this process may not open a packet socket.
    """
    kind, protocol = (socket.SOCK_DGRAM, ETH_P_IP) if telemetry else (socket.SOCK_RAW, ETH_P_ALL)
    packets = socket.socket(socket.AF_PACKET, kind | socket.SOCK_CLOEXEC, 0)
    try:
        index = socket.if_nametoindex(interface)
        _fix_filter(packets, state_filter(index) if telemetry else air_filter(index))
        packets.bind((interface, protocol))
    except OSError:
        packets.close()
        raise
    return packets


def _fix_filter(packets: socket.socket, instructions: Sequence[Instruction]) -> None:
    program = b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
    held = ctypes.create_string_buffer(program, len(program))
    packets.setsockopt(
        socket.SOL_SOCKET, _SO_ATTACH_FILTER, struct.pack("HP", len(instructions), ctypes.addressof(held))
    )
    packets.setsockopt(socket.SOL_SOCKET, _SO_LOCK_FILTER, 1)


def become(uid: int, gid: int) -> None:
    """Be that user from now on, with no capability and no way to gain one.

    Raises:
        OSError: The kernel refused a step of it, or this process is neither root nor that user.
    """
    kernel = ctypes.CDLL(None, use_errno=True)
    if os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    # Leaving uid 0 takes the capabilities away; a process that had them without being root would keep them.
    _checked(kernel.capset(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24)))
    _checked(kernel.prctl(_PR_SET_NO_NEW_PRIVS, *map(ctypes.c_ulong, (1, 0, 0, 0))))
    if os.getresuid() != (uid, uid, uid) or os.getresgid() != (gid, gid, gid):
        raise PermissionError(errno.EPERM, "another user takes root to become")


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def listen(path: str) -> socket.socket:
    """A Unix socket that this user alone can connect to; one that a process left behind is replaced.

    Raises:
        OSError: None can be made there.
    """
    if os.path.lexists(path) and stat.S_ISSOCK(os.lstat(path).st_mode) and not _answers(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
    os.umask(0o177)
    try:
        listener.bind(path)
        listener.listen()
    except OSError:
        listener.close()
        raise
    listener.settimeout(_WAIT_S)
    return listener


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        return caller.connect_ex(path) != errno.ECONNREFUSED


def pass_on(packets: socket.socket, client: socket.socket, interface: str) -> bool:
    """Pass the packet socket to whoever has connected, if it is this user; whether it was.

    Raises:
        OSError: The other side is gone.
    """
    process, uid, _ = _CREDENTIALS.unpack(client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size))
    if uid != os.getuid():
        print(f"process {process} of uid {uid} was refused", flush=True)
        return False
    socket.send_fds(client, [interface.encode()], [packets.fileno()])
    print(f"passed to process {process}", flush=True)
    return True


def _serve(packets: socket.socket, listener: socket.socket, interface: str) -> None:
    """Pass the socket on until the interface is another or gone, which the caller's next look finds too."""
    index = socket.if_nametoindex(interface)
    while socket.if_nametoindex(interface) == index:
        with contextlib.suppress(TimeoutError):
            client, _ = listener.accept()
            with client, contextlib.suppress(BrokenPipeError, ConnectionResetError):
                pass_on(packets, client, interface)


def main(arguments: Sequence[str]) -> int:
    """Grant as the arguments say, until the interface goes or a signal ends it; the exit code."""
    parser = argparse.ArgumentParser(description="Open a packet socket and hand it to one user without privileges.")
    parser.add_argument("interface")
    parser.add_argument("--to", required=True, metavar="SOCKET")
    parser.add_argument("--uid", required=True, type=int)
    parser.add_argument("--gid", required=True, type=int)
    parser.add_argument("--telemetry", action="store_true")
    wanted = parser.parse_args(arguments)
    if min(wanted.uid, wanted.gid) < 1:
        return _fail(_REFUSED, "expected a user that is not root")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
    try:
        packets = open_packets(wanted.interface, telemetry=wanted.telemetry)
        become(wanted.uid, wanted.gid)
    except OSError as error:
        return _fail(_REFUSED, f"{wanted.interface}: {error.strerror or error}")
    try:
        listener = listen(wanted.to)
    except OSError as error:
        return _fail(_REFUSED, f"{wanted.to}: {error.strerror or error}")
    try:
        what = "states" if wanted.telemetry else "frames"
        print(f"granted: {what} of {wanted.interface} to uid {wanted.uid} at {wanted.to}", flush=True)
        _serve(packets, listener, wanted.interface)
    except OSError as error:
        return _fail(_GONE, f"{wanted.interface}: {error.strerror or error}")
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(wanted.to)
    return _fail(_GONE, f"{wanted.interface}: another interface has its name now")


def _fail(code: int, why: str) -> int:
    print(f"yawstring grant: {why}", file=sys.stderr, flush=True)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
