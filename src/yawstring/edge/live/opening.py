"""Opens an interface to the air by whichever way is open: a ring of this process's own, a granted one, or dumpcap."""

import time
from collections.abc import Callable
from pathlib import Path

from yawstring.edge.live.granted import default_grant, take_grant
from yawstring.edge.live.interfaces import check_monitor
from yawstring.edge.live.ring import RingOptions, open_ring, ring_of
from yawstring.errors import SourceError
from yawstring.watch.batches import Source


def open_live_source(
    interface: str,
    *,
    grant: Path | str | None = None,
    options: RingOptions | None = None,
    clock: Callable[[], int] = time.time_ns,
) -> Source:
    """What an interface in monitor mode hears.

    The kernel's ring is read directly where this process may (root, ``CAP_NET_RAW``), else by a socket that
    ``yawstring grant`` passes on, else through dumpcap where that may.

    Args:
        interface: Its name.
        grant: Unix socket of the grant, and then no other way is tried; of itself, that of ``yawstring grant``.
        options: How much the kernel keeps.
        clock: Gives the time a batch is read.

    Raises:
        SourceError: No way is open; the error says which command opens one.
    """
    check_monitor(interface)
    if grant is not None:
        return ring_of(take_grant(grant, interface), interface, options=options, clock=clock)
    try:
        return open_ring(interface, options=options, clock=clock)
    except PermissionError:
        pass
    path = default_grant(interface)
    if path is not None and path.exists():
        return ring_of(take_grant(path, interface), interface, options=options, clock=clock)
    raise SourceError(f"{interface}: may not be read by this user: run 'yawstring grant {interface}' beside it")
