"""Syslog, webhook and MQTT against receivers on loopback: what arrives, and what is said when nothing does."""

import json
import socket
import sys
import threading
import time
from contextlib import closing

import pytest

from support import alerts as made
from support import receivers
from yawstring.edge.sinks import Item, open_sink
from yawstring.edge.sinks.base import change_json
from yawstring.edge.sinks.mqtt import Mqtt
from yawstring.edge.sinks.opening import _url
from yawstring.edge.sinks.syslog import Syslog
from yawstring.edge.sinks.webhook import Webhook
from yawstring.errors import MissingExtraError, OptionError, SinkError

ITEMS = [Item(record="a" * 32, sequence=at, change=made.change("opened", made.alert(at))) for at in (1, 2, 3)]
WORDS = made.alert().words.encode()
LOCAL = receivers.LOCAL


def webhook(port, **given):
    return Webhook(_url(f"http://{LOCAL}:{port}/hook?token=t0ps3cret", ("http",), ""), **given)


def mqtt(port, **given):
    return Mqtt(_url(f"mqtt://kim:t0ps3cret@{LOCAL}:{port}/drone/alerts", ("mqtt",), ""), **given)


def test_syslog_over_udp_is_a_datagram_a_change() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((LOCAL, 0))
        server.settimeout(2)
        open_sink(f"syslog:{LOCAL}:{server.getsockname()[1]}").send(ITEMS)
        datagrams = [server.recv(65536) for _ in ITEMS]
    assert [one.endswith(b"\xef\xbb\xbf" + WORDS) for one in datagrams] == [True] * 3
    assert [f'sequence="{at}"'.encode() in one for at, one in zip((1, 2, 3), datagrams, strict=True)] == [True] * 3


def test_syslog_over_tcp_counts_octets() -> None:
    got = []
    with receivers.accepting(lambda connection: got.append(receivers.to_the_end(connection))) as port:
        open_sink(f"syslog+tcp:{LOCAL}:{port}").send(ITEMS)
    (stream,), messages = got, []
    while stream:
        size, _, rest = stream.partition(b" ")
        messages.append(rest[: int(size)])
        stream = rest[int(size) :]
    assert [one.startswith(b"<83>1 ") and one.endswith(WORDS) for one in messages] == [True] * 3


def test_syslog_over_tcp_that_never_closes_has_it_all_the_same() -> None:
    got, over = [], threading.Event()

    def keeps(connection) -> None:
        got.append(receivers.to_the_end(connection))
        over.wait(2)

    with receivers.accepting(keeps) as port:
        Syslog(LOCAL, port, "tcp", timeout_s=0.1).send(ITEMS)
        over.set()
    assert got[0].count(WORDS) == 3


def test_syslog_over_tcp_that_is_reset_has_failed() -> None:
    def reset(connection) -> None:
        connection.recv(1)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")

    with receivers.accepting(reset) as port, pytest.raises(SinkError, match="cannot be reached"):
        open_sink(f"syslog+tcp:{LOCAL}:{port}").send(ITEMS)


def test_a_webhook_is_posted_each_change_with_its_number() -> None:
    with receivers.Http(200, 201, 204).serving() as server:
        webhook(server.port).send(ITEMS)
    assert [json.loads(body) for *_, body in server.requests] == [
        json.loads(json.dumps(change_json(one))) for one in ITEMS
    ]
    path, headers, _ = server.requests[0]
    assert path == "/hook?token=t0ps3cret"
    assert headers["Content-Type"] == "application/json"
    assert [headers["Idempotency-Key"] for _, headers, _ in server.requests] == [f"{'a' * 32}-{at}" for at in (1, 2, 3)]


def test_a_webhook_sends_the_password_of_its_address_and_never_shows_it() -> None:
    with receivers.Http().serving() as server:
        sink = open_sink(f"webhook:http://kim:pa%3Ass@{LOCAL}:{server.port}/t0ps3cret")
        sink.send(ITEMS[:1])
    assert server.requests[0][1]["Authorization"] == "Basic a2ltOnBhOnNz"
    assert not any(secret in sink.label + sink.name for secret in ("kim", "pa", "t0ps3cret"))


@pytest.mark.parametrize(
    ("status", "final"), [(500, False), (503, False), (404, False), (401, False), (400, True), (413, True)]
)
def test_a_webhook_that_says_no_has_not_taken_it(status, final) -> None:
    with receivers.Http(status).serving() as server, pytest.raises(SinkError, match=f"answered {status}") as caught:
        webhook(server.port).send(ITEMS[:1])
    assert caught.value.final is final


def test_a_webhook_does_not_follow_redirects() -> None:
    with receivers.Http(302, 204).serving() as server, pytest.raises(SinkError, match="answered 302"):
        webhook(server.port).send(ITEMS[:1])
    assert [path for path, *_ in server.requests] == ["/hook?token=t0ps3cret"]


def test_a_webhook_that_is_silent_drips_or_talks_nonsense_has_failed() -> None:
    over = threading.Event()

    def silent(connection) -> None:
        over.wait(30)

    def drips(connection) -> None:
        while not over.wait(0.02):
            connection.sendall(b" ")

    for serve, says in (
        (silent, "no answer in time"),
        (drips, "answered with no HTTP"),
        (_nonsense, "answered with no HTTP"),
    ):
        over.clear()
        with receivers.accepting(serve) as port:
            began = time.monotonic()
            with pytest.raises(SinkError, match=f"{says}|cannot be reached"):
                webhook(port, timeout_s=0.1, whole_s=0.2).send(ITEMS[:1])
            assert time.monotonic() - began < 10
            over.set()


def _nonsense(connection) -> None:
    connection.recv(1)
    connection.sendall(b"\x16\x03\x01 what is this\r\n\r\n")


def test_mqtt_publishes_each_change_once() -> None:
    broker = receivers.Broker()
    with receivers.accepting(broker.serve) as port, closing(mqtt(port)) as sink:
        sink.send(ITEMS[:2])
        sink.send(ITEMS[2:])
    assert [(topic, again) for topic, _, again in broker.published] == [("drone/alerts", False)] * 3
    assert [json.loads(body)["sequence"] for _, body, _ in broker.published] == [1, 2, 3]
    assert broker.users == [("kim", "t0ps3cret")]
    assert not any(secret in sink.label + sink.name for secret in ("kim", "t0ps3cret"))


def test_mqtt_that_does_not_acknowledge_or_refuses_has_failed_and_is_tried_anew() -> None:
    silent, refusing = receivers.Broker(silent=True), receivers.Broker(refuses=5)
    for broker in (silent, refusing):
        with receivers.accepting(broker.serve) as port, closing(mqtt(port, timeout_s=0.2)) as sink:
            for _ in range(2):
                with pytest.raises(SinkError):
                    sink.send(ITEMS[:1])
    assert {again for *_, again in silent.published} <= {False}  # each try is a connection of its own
    assert refusing.published == []


@pytest.mark.parametrize(
    "make", [webhook, mqtt, lambda port: Syslog(LOCAL, port, "tcp")], ids=["webhook", "mqtt", "syslog+tcp"]
)
def test_a_receiver_that_is_not_there_is_one_line_without_secrets(make) -> None:
    with pytest.raises(SinkError) as caught, closing(make(receivers.free_port())) as sink:
        sink.send(ITEMS[:1])
    assert str(caught.value).isprintable()
    assert "t0ps3cret" not in str(caught.value)


def test_mqtt_without_paho_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'yawstring\[mqtt\]'"):
        open_sink("mqtt://127.0.0.1/drone")


@pytest.mark.parametrize(
    "text",
    [
        "", "eve", "eve:", "smoke:signals", "syslog:localhost", "syslog:localhost:0", "syslog:localhost:70000",
        "syslog::514", "syslog:h:+5", "webhook:ftp://t0ps3cret/", "webhook:http:///t0ps3cret", "webhook:http://h:x/t0ps3cret",
        "webhook:http://h/t0p s3cret", "webhook:http://h/t0ps3cret\r\nHost: x", "webhook:http://[::1/t0ps3cret",
        "mqtt://u:t0ps3cret@h", "mqtt://u:t0ps3cret@h/", "mqtt://u:t0ps3cret@h/a/+", "mqtt://u:t0ps3cret@h/%23",
        "mqtt:h/t", "mqtt://h:0/t", "eve:a\0b", "mqtt://h/%0A",
    ],
)  # fmt: skip
def test_what_is_no_sink_is_refused_in_one_line_without_secrets(text) -> None:
    with pytest.raises(OptionError) as caught:
        open_sink(text)
    assert str(caught.value).isprintable()
    assert "s3cret" not in str(caught.value)
