"""From the words of a command line to a sink. Nothing of an address that may be a secret gets into a message."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from yawstring.edge.sinks import eve, ocsf
from yawstring.edge.sinks.base import Sink
from yawstring.edge.sinks.lines import LineFile
from yawstring.edge.sinks.mqtt import Mqtt
from yawstring.edge.sinks.syslog import Syslog
from yawstring.edge.sinks.webhook import Webhook
from yawstring.errors import OptionError

PORT_END: Final = 1 << 16

SINKS: Final = (
    "eve:FILE",
    "ocsf:FILE",
    "syslog:HOST:PORT",
    "syslog+tcp:HOST:PORT",
    "webhook:URL",
    "mqtt://HOST[:PORT]/TOPIC",
    "mqtts://HOST[:PORT]/TOPIC",
)
"""How sinks are written."""


def open_sink(text: str) -> Sink:
    """The sink that a text names, one of :data:`SINKS`.

    Raises:
        OptionError: The text names none, or the file holds something else.
        MissingExtraError: It needs a library that is not installed.

    Example:
        >>> open_sink("webhook:https://user:secret@example.org/hooks/secret").label
        'webhook:https://example.org:443/…'
        >>> open_sink("smoke:signals")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        yawstring.errors.OptionError: expected a sink like eve:FILE or syslog:HOST:PORT, of eve, ocsf, syslog, ...
    """
    kind, colon, rest = text.partition(":")
    if kind not in _OPENERS or not colon or not rest or "\0" in rest:
        raise OptionError(f"expected a sink like eve:FILE or syslog:HOST:PORT, of {', '.join(_OPENERS)}")
    return _OPENERS[kind](kind, rest)


def _eve(kind: str, rest: str) -> Sink:
    return LineFile(kind, Path(rest), eve.eve_event, eve.place_of, b'{"timestamp": "')


def _ocsf(kind: str, rest: str) -> Sink:
    return LineFile(kind, Path(rest), ocsf.ocsf_event, ocsf.place_of, b'{"activity_id": ')


def _syslog(kind: str, rest: str) -> Sink:
    host, _, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not host.isprintable() or not (port.isascii() and port.isdigit()) or not 0 < int(port) < PORT_END:
        raise OptionError(f"sink {kind}: expected a host and a port from 1 to 65535, like {kind}:127.0.0.1:514")
    return Syslog(host, int(port), "tcp" if kind == "syslog+tcp" else "udp")


def _webhook(_kind: str, rest: str) -> Sink:
    return Webhook(_url(rest, ("http", "https"), "webhook:https://HOST/PATH"))


def _mqtt(kind: str, rest: str) -> Sink:
    return Mqtt(_url(f"{kind}:{rest}", (kind,), f"{kind}://HOST/TOPIC"))


def _url(text: str, schemes: tuple[str, ...], like: str) -> SplitResult:
    try:
        url = urlsplit(text)
        sound = url.scheme in schemes and url.hostname and (url.port is None or url.port) and text.isascii()
    except ValueError:
        sound = False
    if not sound or any(one.isspace() or not one.isprintable() for one in text):
        raise OptionError(f"sink: expected an address like {like}, found another")
    return url


_OPENERS: Final[Mapping[str, Callable[[str, str], Sink]]] = {
    "eve": _eve,
    "ocsf": _ocsf,
    "syslog": _syslog,
    "syslog+udp": _syslog,
    "syslog+tcp": _syslog,
    "webhook": _webhook,
    "mqtt": _mqtt,
    "mqtts": _mqtt,
}
