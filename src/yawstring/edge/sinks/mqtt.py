"""MQTT 3.1.1 (OASIS Standard): each change as JSON to a topic, at least once (QoS 1), by Eclipse Paho."""

import json
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Final
from urllib.parse import SplitResult, unquote

from yawstring.edge.sinks.base import Item, change_json, name_of
from yawstring.errors import MissingExtraError, OptionError, SinkError

if TYPE_CHECKING:
    from paho.mqtt.client import Client

TIMEOUT_S: Final = 5.0
AT_LEAST_ONCE: Final = 1
PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
TOPIC_OCTETS_MOST: Final = 65_535


class Mqtt:
    """A sink that publishes each change."""

    from_start: ClassVar[bool] = False
    items_most: ClassVar[int] = 20

    def __init__(
        self, url: SplitResult, *, timeout_s: float = TIMEOUT_S, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Publish to a broker.

        Args:
            url: ``mqtt://[USER:PASSWORD@]HOST[:PORT]/TOPIC``, or ``mqtts``.
            timeout_s: Seconds that the broker may take.
            clock: Seconds, never going back.

        Raises:
            OptionError: There is no such topic to publish to.
            MissingExtraError: Paho is not installed.
        """
        self._topic = unquote(url.path.removeprefix("/"))
        self._host, self._port = url.hostname or "", url.port or PORTS[url.scheme]
        self.label = f"{url.scheme}://{self._host}:{self._port}/{self._topic}"
        self.name = name_of("mqtt", url.geturl())
        if (
            not self._topic.isprintable()
            or set(self._topic) & set("+#")
            or not 0 < len(self._topic.encode()) <= TOPIC_OCTETS_MOST
        ):
            raise OptionError(
                "sink mqtt: expected a topic without + and # after the host, like mqtt://HOST/drone/alerts"
            )
        self._secure, self._timeout_s, self._clock = url.scheme == "mqtts", timeout_s, clock
        self._user = None if url.username is None else (unquote(url.username), unquote(url.password or ""))
        self._client: Client | None = None
        _paho()

    def send(self, items: Sequence[Item]) -> None:
        """Publish the changes, and wait until the broker has them.

        Raises:
            SinkError: The broker cannot be reached, or has not answered in time.
        """
        end_s = self._clock() + self._timeout_s
        try:
            client = self._connected(end_s)
            bodies = [json.dumps(change_json(item), allow_nan=False) for item in items]
            sent = [client.publish(self._topic, body, qos=AT_LEAST_ONCE) for body in bodies]
            for one in sent:
                one.wait_for_publish(max(end_s - self._clock(), 0.001))
            taken = all(one.is_published() for one in sent)
        except (OSError, ValueError, RuntimeError) as error:  # a full queue, or a connection that has gone
            self.close()
            raise SinkError("cannot be reached, or refused the connection") from error
        if not taken:
            self.close()  # and what it had queued with it, or it would come twice
            raise SinkError("did not answer in time")

    def reached(self, record: str) -> int:
        """It cannot tell."""
        return 0

    def close(self) -> None:
        """Part from the broker."""
        client, self._client = self._client, None
        if client is not None:
            client.disconnect()
            client.loop_stop()

    def _connected(self, end_s: float) -> "Client":
        if self._client is not None and self._client.is_connected():
            return self._client
        self.close()
        paho = _paho()
        from paho.mqtt.enums import CallbackAPIVersion

        client = paho(CallbackAPIVersion.VERSION2)
        client.connect_timeout = self._timeout_s
        if self._user is not None:
            client.username_pw_set(*self._user)
        if self._secure:
            client.tls_set()
        client.connect(self._host, self._port)
        self._client = client
        client.loop_start()
        while not client.is_connected():
            if self._clock() > end_s:
                raise TimeoutError
            time.sleep(0.005)
        return client


def _paho() -> "type[Client]":
    try:
        from paho.mqtt.client import Client
    except ImportError:
        raise MissingExtraError("paho-mqtt", extra="mqtt", needed_for="a sink of MQTT") from None
    return Client
