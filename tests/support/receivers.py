"""Receivers of alerts on loopback, made for tests: HTTP, syslog over UDP and TCP, and a broker of MQTT 3.1.1."""

import socket
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOCAL = "127.0.0.1"


def free_port():
    """A port that nobody listens on, for now."""
    with socket.socket() as one:
        one.bind((LOCAL, 0))
        return one.getsockname()[1]


class Http:
    """What an HTTP server has been sent; ``answers`` are taken one after another, the last for ever."""

    def __init__(self, *answers):
        self.answers, self.requests, self.port = list(answers) or [204], [], 0

    @contextmanager
    def serving(self, port=0):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.requests.append((self.path, dict(self.headers), body))
                status = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"http://{LOCAL}:{outer.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST  # noqa: N815

            def log_message(self, *_) -> None:
                pass

        with ThreadingHTTPServer((LOCAL, port), Handler) as server:
            self.port = server.server_port
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()


@contextmanager
def accepting(serve, port=0):
    """A TCP server: each connection is handed to ``serve`` in a thread; gives the port."""
    with socket.create_server((LOCAL, port)) as server:
        server.settimeout(0.05)
        over, threads = threading.Event(), []

        def run() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    connection, _ = server.accept()
                    connection.settimeout(20)
                    threads.append(threading.Thread(target=one, args=(connection,)))
                    threads[-1].start()

        def one(connection) -> None:
            with connection, suppress(OSError):
                serve(connection)

        main = threading.Thread(target=run)
        main.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            main.join()
            for thread in threads:
                thread.join()


def to_the_end(connection):
    """Every octet until the other side has closed."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


class Broker:
    """A broker that remembers what it was sent, as far as QoS 1 goes (OASIS MQTT 3.1.1, section 3).

    Attributes:
        published: Topic, payload and whether it was marked as sent again.
        users: User name and password of each connection, or ``None``.
    """

    def __init__(self, *, refuses=0, silent=False):
        self.published, self.users, self._refuses, self._silent = [], [], refuses, silent

    def serve(self, connection) -> None:
        while (head := connection.recv(1)) and (body := self._body(connection)) is not None:
            kind, flags = head[0] >> 4, head[0] & 15
            if kind == 1:
                self.users.append(self._user(body))
                connection.sendall(bytes([0x20, 2, 0, self._refuses]))
            elif kind == 3:
                size = int.from_bytes(body[:2], "big")
                topic, number, payload = body[2 : 2 + size].decode(), body[2 + size : 4 + size], body[4 + size :]
                assert flags >> 1 & 3 == 1, "QoS 1 is expected"
                self.published.append((topic, payload, bool(flags & 8)))
                if not self._silent:
                    connection.sendall(b"\x40\x02" + number)
            elif kind == 12:
                connection.sendall(b"\xd0\x00")
            elif kind == 14:
                return

    @staticmethod
    def _body(connection):
        size, shift = 0, 0
        while octet := connection.recv(1):
            size |= (octet[0] & 127) << shift
            shift += 7
            if not octet[0] & 128:
                break
        body = b""
        while len(body) < size and (part := connection.recv(size - len(body))):
            body += part
        return body if len(body) == size else None

    @staticmethod
    def _user(body):
        """What follows protocol, level, flags, keep-alive and client's name."""
        flags, rest, texts = body[7], body[10:], []
        while rest:
            size = int.from_bytes(rest[:2], "big")
            texts.append(rest[2 : 2 + size].decode())
            rest = rest[2 + size :]
        return tuple(texts[1:]) if flags & 0x80 else None
