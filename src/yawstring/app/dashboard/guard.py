"""Who may talk to the dashboard: the door in front of every request and every WebSocket.

Three strangers are turned away. A page of another site whose name was made to lead to this machine (DNS rebinding) is
known by the ``Host`` header. A page of another site that talks to this address directly is known by ``Origin``
(RFC 6454), which browsers send with every WebSocket (RFC 6455, section 10.2) and every request across sites that has
an effect. Whoever comes over the network without the token is known by its cookie (RFC 6265; ``SameSite=Strict``).
"""

import hmac
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SIGN_IN = "/sign-in"

MOST_FORM_OCTETS = 1024

_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",  # NiceGUI's page is a script, and Vue compiles templates
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # "no-referrer" would hide where our own forms come from
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)

_FORM = """<!DOCTYPE html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>yawstring: sign in</title><style>body{font:1rem/1.5 system-ui,"DejaVu Sans",sans-serif;max-width:28rem;
margin:15vh auto;padding:0 1rem}label,input,button{display:block;font:inherit;margin:.4rem 0}input{width:100%;
box-sizing:border-box;padding:.5rem}button{padding:.5rem 1rem}</style>
<h1>yawstring</h1><p>NOTE</p><form method="post" action="/sign-in"><label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="off" required autofocus><button>Sign in</button></form>"""

_ASK = "The token stands in the terminal in which the dashboard was started."
_WRONG = "That was not the token of this dashboard. It stands in the terminal in which the dashboard was started."


@dataclass(frozen=True, kw_only=True)
class Guard:
    """An ASGI application in front of another.

    Attributes:
        app: What is guarded.
        names: Hosts by which the dashboard may be called, in lower case, without a port.
        addresses: Whether any address in figures may be used too. A name is needed for DNS rebinding, so that a
            dashboard bound to every interface need not know its own addresses.
        token: What is asked for; ``None`` where only this machine can connect.
        cookie: Name of the cookie that holds it: browsers share cookies between the ports of a host.
    """

    app: App
    names: frozenset[str]
    addresses: bool = False
    token: str | None = None
    cookie: str = "yawstring"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or answer it here."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if not name.startswith(b"x-forwarded")]
        refusal = self._refusal(dict(headers), scope)
        if refusal is not None:
            await _refuse(refusal, scope, receive, send)
        elif self.token is not None and (scope["path"] == SIGN_IN or not self._signed_in(headers)):
            await self._sign_in(scope, receive, send)
        else:
            await self.app({**scope, "headers": headers}, receive, _sealed(send))

    def _refusal(self, headers: dict[bytes, bytes], scope: Scope) -> str | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._known(host):
            return "This dashboard does not go by that name."
        origin = headers.get(b"origin")
        if origin is None:
            return "A WebSocket must say where it comes from." if scope["type"] == "websocket" else None
        return None if urlsplit(origin.decode("latin-1")).netloc == host else "Another site may not talk to this one."

    def _known(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self.names or (self.addresses and _is_address(name))

    def _signed_in(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        for name, value in headers:
            if name == b"cookie":
                try:
                    morsel = SimpleCookie(value.decode("latin-1")).get(self.cookie)
                except CookieError:
                    continue
                if morsel is not None and self._right(morsel.value):
                    return True
        return False

    def _right(self, token: str) -> bool:
        return self.token is not None and hmac.compare_digest(token.encode(), self.token.encode())

    async def _sign_in(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await _refuse("Sign in first.", scope, receive, send)
            return
        note = _ASK
        if scope["path"] == SIGN_IN and scope["method"] == "POST":
            if self._right(await _token(receive)):
                await _answer(send, HTTPStatus.SEE_OTHER, "", [(b"location", b"/"), (b"set-cookie", self._cookie())])
                return
            note = _WRONG
        await _answer(send, HTTPStatus.UNAUTHORIZED, _FORM.replace("NOTE", note))

    def _cookie(self) -> bytes:
        return f"{self.cookie}={self.token}; HttpOnly; SameSite=Strict; Path=/".encode()


def names_of(host: str) -> tuple[frozenset[str], bool]:
    """Names by which a dashboard that is bound to ``host`` may be called, and whether addresses in figures may be too.

    Example:
        >>> sorted(names_of("127.0.0.1")[0]), names_of("127.0.0.1")[1]
        (['127.0.0.1', '::1', 'localhost'], False)
    """
    here = {"127.0.0.1", "::1", "localhost"}
    if is_local(host):
        return frozenset(here), False
    own = socket.gethostname().lower()
    return frozenset({*here, host.lower(), own, f"{own}.local"}), True


def is_local(host: str) -> bool:
    """Whether only this machine can reach an address.

    Example:
        >>> [is_local(host) for host in ("127.0.0.1", "localhost", "::1", "0.0.0.0", "192.0.2.1")]
        [True, True, True, False, False]
    """
    return host == "localhost" or (_is_address(host) and ipaddress.ip_address(host).is_loopback)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


async def _token(receive: Receive) -> str:
    """The token of a form that was sent; nothing where the form is too long or holds none."""
    body, more = b"", True
    while more and len(body) <= MOST_FORM_OCTETS:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    fields = parse_qs(body.decode("latin-1")) if len(body) <= MOST_FORM_OCTETS else {}
    return fields.get("token", [""])[0].strip()


async def _refuse(why: str, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": why})
    else:
        await _answer(send, HTTPStatus.FORBIDDEN, why, kind=b"text/plain; charset=utf-8")


async def _answer(
    send: Send,
    status: HTTPStatus,
    text: str,
    headers: Iterable[tuple[bytes, bytes]] = (),
    kind: bytes = b"text/html; charset=utf-8",
) -> None:
    body = text.encode()
    length = (b"content-length", str(len(body)).encode())
    own = [(b"content-type", kind), (b"cache-control", b"no-store"), length, *headers]
    await _sealed(send)({"type": "http.response.start", "status": int(status), "headers": own})
    await _sealed(send)({"type": "http.response.body", "body": body})


def _sealed(send: Send) -> Send:
    """Adds to every answer what the browser is to forbid itself."""

    async def sealed(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return sealed
