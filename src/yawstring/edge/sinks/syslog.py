"""Syslog: RFC 5424 messages over UDP (RFC 5426) or TCP (RFC 6587, octet counting).

UDP says nothing about whether a message came. Over TCP the receiver's kernel has all of it once the receiver has read
to the end and closed its side, or, where it never closes, once it has acknowledged every octet.
"""

import fcntl
import os
import socket
import struct
import termios
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, Literal

from yawstring.edge.sinks.base import Item, iso_time, name_of
from yawstring.errors import SinkError
from yawstring.watch.alert_json import address_to_json
from yawstring.watch.alerts import Severity
from yawstring.watch.plain import plain

FACILITY: Final = 10
"""Security and authorisation messages."""

SEVERITY: Final[Mapping[Severity, int]] = {"critical": 2, "high": 3, "medium": 4, "low": 5}
"""From critical to notice; a closing is informational."""

INFORMATIONAL: Final = 6

STRUCTURED_ID: Final = "yawstring@32473"
"""32473 is the enterprise number for documentation (RFC 5612): the project has none of its own."""

OCTETS_MOST: Final = 2_048
"""Every receiver should take as many (RFC 5424, section 6.1)."""

VALUE_MOST: Final = 64
"""Characters of a parameter's value."""

TIMEOUT_S: Final = 5.0
_BOM: Final = b"\xef\xbb\xbf"

Transport = Literal["udp", "tcp"]


def syslog_message(item: Item, host: str, process: int) -> bytes:
    """A change of an alert as a message, of 2,048 octets at most.

    Args:
        item: The change.
        host: Name of this machine.
        process: Number of this process.
    """
    change, alert = item.change, item.change.alert
    level = INFORMATIONAL if change.kind == "closed" else SEVERITY[alert.severity]
    facts = {
        "record": item.record,
        "sequence": item.sequence,
        "key": alert.key,
        "kind": alert.identity.kind,
        "source": alert.source,
        "severity": alert.severity,
        "watched": "yes" if alert.watched else "no",
        "drone": address_to_json(alert.identity.drone),
        "attacker": address_to_json(alert.identity.attacker),
        "score": f"{alert.score:.3f}",
        "threshold": f"{alert.threshold:.3f}",
        "count": alert.count,
        "technique": alert.technique,
    }
    data = "".join(f' {name}="{_escaped(str(value))}"' for name, value in facts.items() if value is not None)
    priority = FACILITY * 8 + level
    head = f"<{priority}>1 {iso_time(change.time_ns)} {_printable(host, 255)} yawstring {process} {change.kind}"
    begin = f"{head} [{STRUCTURED_ID}{data}] ".encode() + _BOM
    words = plain(alert.words).encode()[: max(OCTETS_MOST - len(begin), 0)]
    return begin + words.decode("utf-8", "ignore").encode()


class Syslog:
    """A sink that sends a message for each change."""

    from_start: ClassVar[bool] = False
    items_most: ClassVar[int] = 50

    def __init__(
        self,
        host: str,
        port: int,
        transport: Transport = "udp",
        *,
        timeout_s: float = TIMEOUT_S,
        here: str | None = None,
    ) -> None:
        """Send to a receiver.

        Args:
            host: Its name or address.
            port: Its port.
            transport: ``"udp"`` or ``"tcp"``.
            timeout_s: Seconds that it may take to answer.
            here: Name of this machine in messages; ``None``: as the system says.
        """
        self.label = f"syslog+{transport}:{host}:{port}"
        self.name = name_of("syslog", self.label)
        self._address, self._transport, self._timeout_s = (host, port), transport, timeout_s
        self._here = here or socket.gethostname()

    def send(self, items: Sequence[Item]) -> None:
        """Send the messages.

        Raises:
            SinkError: The receiver cannot be reached, or closed before it had all.
        """
        messages = [syslog_message(item, self._here, os.getpid()) for item in items]
        try:
            if self._transport == "udp":
                self._send_udp(messages)
            else:
                self._send_tcp(messages)
        except OSError as error:
            raise SinkError(f"cannot be reached: {error.strerror or 'no answer in time'}") from error

    def reached(self, record: str) -> int:
        """It cannot tell."""
        return 0

    def close(self) -> None:
        """Nothing is held."""

    def _send_udp(self, messages: Sequence[bytes]) -> None:
        family, kind, protocol, _, address = socket.getaddrinfo(*self._address, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind, protocol) as connection:
            connection.settimeout(self._timeout_s)
            connection.connect(address)
            for message in messages:
                connection.send(message)

    def _send_tcp(self, messages: Sequence[bytes]) -> None:
        with socket.create_connection(self._address, timeout=self._timeout_s) as connection:
            connection.sendall(b"".join(b"%d %s" % (len(message), message) for message in messages))
            connection.shutdown(socket.SHUT_WR)
            try:
                while connection.recv(4096):
                    pass
            except TimeoutError:
                (left,) = struct.unpack("i", fcntl.ioctl(connection, termios.TIOCOUTQ, bytes(4)))
                if left:
                    raise


def _escaped(value: str) -> str:
    """A parameter's value (RFC 5424, section 6.3.3)."""
    clean = plain(value, most=VALUE_MOST)
    return clean.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _printable(text: str, most: int) -> str:
    """A name of a header: printable ASCII without spaces, or that there is none."""
    return "".join(one for one in text if "!" <= one <= "~")[:most] or "-"
