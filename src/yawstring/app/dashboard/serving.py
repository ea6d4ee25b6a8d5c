"""Serves the dashboard until it is told to stop: NiceGUI on uvicorn, behind the guard."""

import importlib.util
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yawstring.app.dashboard.guard import Guard, is_local, names_of
from yawstring.errors import MissingExtraError, OptionError

if TYPE_CHECKING:
    import uvicorn

    from yawstring.app.dashboard.reading import Reading

DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8642

TOKEN_OCTETS = 32

MOST_CONNECTIONS = 200
MOST_MESSAGE_OCTETS = 1 << 20

_STOP_S = 1


@dataclass(frozen=True, kw_only=True)
class Bound:
    """Where a dashboard can be found.

    Attributes:
        address: To type into a browser.
        token: What it asks for; ``None``: nothing, since only this machine can reach it.
    """

    address: str
    token: str | None


def check_dashboard() -> None:
    """See that what the dashboard needs is installed.

    Raises:
        MissingExtraError: It is not.
    """
    if importlib.util.find_spec("nicegui") is None:
        raise MissingExtraError("nicegui", extra="dashboard", needed_for="the dashboard")


def serve(
    folder: Path,
    *,
    host: str = DEFAULT_HOST,
    port: int = DEFAULT_PORT,
    told: Callable[[Bound], None],
    stopping: Callable[[Callable[[], None]], None] | None = None,
) -> None:
    """Serve the dashboard of a folder that a watch writes into, until interrupted.

    Args:
        folder: The folder; the watch may begin later.
        host: Address to listen at.
        port: Port to listen at; 0 is any that is free.
        told: Called once, when it listens.
        stopping: Called once with a function that ends the serving, which may be called from any thread.

    Raises:
        MissingExtraError: NiceGUI is not installed.
        OptionError: There is no such folder, or nobody can listen there.
    """
    from yawstring.app.dashboard.reading import Reading

    check_dashboard()
    if not folder.is_dir():
        raise OptionError(f"{folder}: no such folder: name the one that yawstring watch --out writes into")
    with _listen(host, port) as listening:
        bound = Bound(address=_address(host, listening), token=None if is_local(host) else _new_token())
        reading = Reading(folder)
        server = _server(reading, host, listening.getsockname()[1], bound.token)
        if stopping is not None:
            stopping(lambda: setattr(server, "should_exit", True))
        told(bound)
        try:
            server.run(sockets=[listening])
        except KeyboardInterrupt:
            pass  # how a person ends it
        finally:
            reading.close()


def _server(reading: "Reading", host: str, port: int, token: str | None) -> "uvicorn.Server":
    import uvicorn
    from fastapi import FastAPI
    from nicegui import ui

    from yawstring.app.dashboard.pages import register

    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    register(app, reading)
    ui.run_with(app, title="yawstring", favicon=_ICON, dark=None, tailwind=False, show_welcome_message=False)
    names, addresses = names_of(host)
    return uvicorn.Server(
        uvicorn.Config(
            Guard(app=app, names=names, addresses=addresses, token=token, cookie=f"yawstring-{port}"),
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=MOST_CONNECTIONS,
            ws="wsproto",
            ws_max_size=MOST_MESSAGE_OCTETS,
            timeout_graceful_shutdown=_STOP_S,
        )
    )


def _new_token() -> str:
    return secrets.token_urlsafe(TOKEN_OCTETS)


def _listen(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        return socket.create_server((host, port), family=found[0])
    except OSError as error:
        why = error.strerror or str(error)
        raise OptionError(f"{host} port {port}: cannot be listened at: {why}: name another --port or --host") from error


def _address(host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    name = {"0.0.0.0": socket.gethostname(), "::": socket.gethostname()}.get(host, host)  # noqa: S104  # compared, not bound
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0072b2"/>'
    '<path d="M8 25C16 22 13 14 18 12S24 8 25 6" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/>'
    '<circle cx="8" cy="25" r="2.6" fill="#fff"/></svg>'
)
