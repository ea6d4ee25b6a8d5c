"""A webhook: each change as JSON, posted over HTTP or HTTPS (RFC 9110).

A receiver knows a change that comes twice by ``Idempotency-Key``. Redirects are not followed, and nothing of the
address but its host is ever shown, since the rest is often a secret.
"""

import base64
import http.client
import json
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import ClassVar, Final
from urllib.parse import SplitResult, unquote

from yawstring.edge.sinks.base import Item, change_json, name_of
from yawstring.errors import SinkError
from yawstring.version import __version__

TIMEOUT_S: Final = 5.0
"""Seconds without a sign of life."""

WHOLE_S: Final = 15.0
"""Seconds for one change in all, however lively."""

REFUSALS: Final = frozenset({400, 413, 415, 422})
"""Answers that say that this very change will never be taken."""

ANSWER_OCTETS_MOST: Final = 1 << 16
PORTS: Final = {"http": 80, "https": 443}


class Webhook:
    """A sink that posts each change."""

    from_start: ClassVar[bool] = False
    items_most: ClassVar[int] = 1

    def __init__(self, url: SplitResult, *, timeout_s: float = TIMEOUT_S, whole_s: float = WHOLE_S) -> None:
        """Post to an address.

        Args:
            url: ``http`` or ``https``, with a host.
            timeout_s: Seconds without a sign of life after which it has failed.
            whole_s: Seconds after which it has failed in any case.
        """
        self._secure, self._host, self._port = url.scheme == "https", url.hostname or "", url.port or PORTS[url.scheme]
        self.label = f"webhook:{url.scheme}://{self._host}:{self._port}/…"
        self.name = name_of("webhook", url.geturl())
        self._target = (url.path or "/") + (f"?{url.query}" if url.query else "")
        self._headers = {"Content-Type": "application/json", "User-Agent": f"yawstring/{__version__}"}
        if url.username is not None:
            pair = f"{unquote(url.username)}:{unquote(url.password or '')}"
            self._headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode()
        self._timeout_s, self._whole_s = timeout_s, whole_s

    def send(self, items: Sequence[Item]) -> None:
        """Post the changes, one after another.

        Raises:
            SinkError: One was not taken.
        """
        for item in items:
            body = json.dumps(change_json(item), allow_nan=False).encode("ascii")
            status = self._post(body, self._headers | {"Idempotency-Key": f"{item.record}-{item.sequence}"})
            if not 200 <= status < 300:
                raise SinkError(f"answered {status}", final=status in REFUSALS)

    def reached(self, record: str) -> int:
        """It cannot tell."""
        return 0

    def close(self) -> None:
        """Nothing is held."""

    def _post(self, body: bytes, headers: Mapping[str, str]) -> int:
        kind = http.client.HTTPSConnection if self._secure else http.client.HTTPConnection
        connection = kind(self._host, self._port, timeout=self._timeout_s)
        watch = threading.Timer(self._whole_s, _cut, [connection])
        watch.daemon = True
        watch.start()
        try:
            connection.request("POST", self._target, body, dict(headers))
            answer = connection.getresponse()
            answer.read(ANSWER_OCTETS_MOST)
            return answer.status
        except OSError as error:
            raise SinkError(f"cannot be reached: {error.strerror or 'no answer in time'}") from None
        except http.client.HTTPException as error:
            raise SinkError(f"answered with no HTTP: {type(error).__name__}") from None
        finally:
            watch.cancel()
            connection.close()


def _cut(connection: http.client.HTTPConnection) -> None:
    """Break a connection that drips on for ever."""
    if connection.sock is not None:
        with suppress(OSError):
            connection.sock.shutdown(socket.SHUT_RDWR)
