"""Opens what the user names: an interface to the air, and a source of the drone's states, by whichever way is open."""

import errno
import socket
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from yawstring.edge.live.channels import Surveyed, survey
from yawstring.edge.live.dumpcap import dumpcap_may, open_dumpcap
from yawstring.edge.live.granted import default_grant, take_grant
from yawstring.edge.live.interfaces import OF_THE_AIR, check_monitor, link_type, why_gone
from yawstring.edge.live.ring import RingOptions, open_ring, ring_of
from yawstring.edge.live.states import KernelStates, bind_states, sniff_states
from yawstring.errors import OptionError, SourceError
from yawstring.watch.batches import Source
from yawstring.wire.network import COMMAND_PORT

STATE_SOURCES = "sniff:INTERFACE or udp://HOST:PORT"


def open_live_source(
    interface: str,
    *,
    grant: Path | str | None = None,
    channels: Sequence[int] = (),
    options: RingOptions | None = None,
    clock: Callable[[], int] = time.time_ns,
) -> Source:
    """What an interface in monitor mode hears.

    The kernel's ring is read directly where this process may (root, ``CAP_NET_RAW``), else by a socket that
    ``yawstring grant`` passes on, else through dumpcap where that may.

    Args:
        interface: Its name.
        grant: Unix socket of the grant, and then no other way is tried; of itself, that of ``yawstring grant``.
        channels: Frequencies in MHz to listen to in turn; without, the one it is on.
        options: How much the kernel keeps.
        clock: Gives the time a batch is read.

    Raises:
        SourceError: No way is open; the error says which command opens one.
    """
    check_monitor(interface)
    if not channels:
        return _opened(interface, grant, options, clock)
    radio = survey(interface, channels)
    return Surveyed(_opened(interface, grant, options, clock), radio)


def _opened(interface: str, grant: Path | str | None, options: RingOptions | None, clock: Callable[[], int]) -> Source:
    if grant is None:
        try:
            return open_ring(interface, options=options, clock=clock)
        except PermissionError:
            grant = _default(interface, telemetry=False)
    if grant is not None:
        return ring_of(take_grant(grant, interface), interface, options=options, clock=clock)
    if dumpcap_may(interface):
        return open_dumpcap(interface, socket.if_nametoindex(interface))
    raise SourceError(f"{interface}: may not be read by this user: run 'yawstring grant {interface}' beside it")


def _default(interface: str, *, telemetry: bool) -> Path | None:
    """The grant at the usual place, if there is one."""
    path = default_grant(interface, telemetry=telemetry)
    return path if path is not None and path.exists() else None


def open_states(source: str, *, grant: Path | str | None = None) -> KernelStates:
    """The drone's states as they come; those of the air itself, :mod:`yawstring.watch.air_states` finds.

    Args:
        source: ``sniff:INTERFACE`` or ``udp://HOST:PORT``.
        grant: Unix socket of a grant for ``sniff``; of itself, that of ``yawstring grant --telemetry``.

    Raises:
        OptionError: It names no such source, or a port that must be left to the program that controls the drone.
        SourceError: The source cannot be opened; the error says what to do.

    Example:
        >>> open_states("udp://127.0.0.1:8889")
        Traceback (most recent call last):
        yawstring.errors.OptionError: udp://127.0.0.1:8889: port 8889 is the controlling program's; no states come there
    """
    kind, _, interface = source.partition(":")
    if kind == "sniff":
        return _sniffed(interface, grant)
    if kind == "udp":
        return _bound(source)
    raise OptionError(f"{source}: expected {STATE_SOURCES}")


def _sniffed(interface: str, grant: Path | str | None) -> KernelStates:
    if link_type(interface) in OF_THE_AIR:
        raise OptionError(f"sniff:{interface}: expected an interface with addresses, it is in monitor mode: use air")
    if lost := why_gone(interface, socket.if_nametoindex(interface)):
        raise SourceError(f"sniff:{interface}: {lost}")
    if grant is None:
        try:
            return sniff_states(interface)
        except PermissionError:
            grant = _default(interface, telemetry=True)
    if grant is None:
        how = f"run 'yawstring grant {interface} --telemetry' beside it"
        raise SourceError(f"sniff:{interface} may not be read by this user: {how}")
    return sniff_states(interface, take_grant(grant, interface, telemetry=True))


def _bound(source: str) -> KernelStates:
    try:
        parts = urlsplit(source)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or source != f"udp://{parts.netloc}":
        raise OptionError(f"{source}: expected udp://HOST:PORT, such as udp://127.0.0.1:9000")
    if port == COMMAND_PORT:
        raise OptionError(f"{source}: port {port} is the controlling program's; no states come there")
    try:
        return bind_states(host, port)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise SourceError(f"{source}: another program has that port: use sniff:INTERFACE beside it") from None
        raise SourceError(f"{source}: cannot be bound: {error.strerror or error}") from None
