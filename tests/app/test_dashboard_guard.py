"""Whom the dashboard's door lets through."""

import asyncio
from typing import Any

import pytest

from yawstring.app.dashboard.guard import Guard, Message, Receive, Scope, Send, names_of

TOKEN = "a-token-of-the-tests"  # noqa: S105


async def _inside(scope: Scope, receive: Receive, send: Send) -> None:
    """The application behind the door."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept"})
    else:
        seen = ",".join(name.decode() for name, _ in scope["headers"]).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"inside " + seen})


def _guard(host: str = "127.0.0.1", token: str | None = None) -> Guard:
    names, addresses = names_of(host)
    return Guard(app=_inside, names=names, addresses=addresses, token=token)


def _ask(guard: Guard, headers: dict[str, str], kind: str = "http", **scope: Any) -> list[Message]:
    body = scope.pop("body", b"")
    sent: list[Message] = []
    asked = {
        "type": kind,
        "path": "/",
        "method": "GET",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        **scope,
    }

    async def receive() -> Message:
        return {"type": "websocket.connect"} if kind == "websocket" else {"type": "http.request", "body": body}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(guard(asked, receive, send))
    return sent


def _header(sent: list[Message], name: bytes) -> str:
    return dict(sent[0]["headers"]).get(name, b"").decode()


@pytest.mark.parametrize("host", ["127.0.0.1:8642", "localhost:8642", "LOCALHOST", "[::1]:8642", "127.0.0.1:9000"])
def test_this_machine_may_call_it_by_its_names(host: str) -> None:
    assert _ask(_guard(), {"host": host})[0]["status"] == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8642", "127.0.0.1.evil.example", "192.0.2.7:8642", "", "[", "localhost@evil"]
)
def test_a_name_that_was_made_to_lead_here_is_refused(host: str) -> None:
    """DNS rebinding."""
    assert _ask(_guard(), {"host": host})[0]["status"] == 403
    assert _ask(_guard(), {"host": host, "origin": f"http://{host}"}, "websocket")[0]["type"] == "websocket.close"


def test_bound_wider_it_goes_by_addresses_but_not_by_names() -> None:
    guard = _guard("192.0.2.7")
    assert _ask(guard, {"host": "192.0.2.7:8642"})[0]["status"] == 200
    assert _ask(guard, {"host": "evil.example"})[0]["status"] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost:8642"])
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_a_page_of_another_site_is_refused(kind: str, origin: str) -> None:
    sent = _ask(_guard(), {"host": "127.0.0.1:8642", "origin": origin}, kind)
    assert sent[0].get("status") == 403 or sent[0]["type"] == "websocket.close"


def test_a_page_of_its_own_is_let_through() -> None:
    own = {"host": "127.0.0.1:8642", "origin": "http://127.0.0.1:8642"}
    assert _ask(_guard(), own)[0]["status"] == 200
    assert _ask(_guard(), own, "websocket")[0]["type"] == "websocket.accept"


def test_a_websocket_that_does_not_say_where_it_comes_from_is_refused() -> None:
    assert _ask(_guard(), {"host": "127.0.0.1:8642"}, "websocket")[0]["type"] == "websocket.close"


def test_every_answer_forbids_other_hosts_and_frames() -> None:
    for headers in ({"host": "localhost"}, {"host": "evil.example"}):
        policy = _header(_ask(_guard(), headers), b"content-security-policy")
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy


def test_what_a_proxy_would_add_is_not_passed_on() -> None:
    sent = _ask(_guard(), {"host": "localhost", "x-forwarded-prefix": "/x", "x-forwarded-host": "evil"})
    assert sent[1]["body"] == b"inside host"


@pytest.mark.parametrize(
    "cookie", ["", "yawstring=", "yawstring=wrong", f"other={TOKEN}", f"yawstring={TOKEN}x", "=;;"]
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_without_the_token_nobody_comes_in(kind: str, cookie: str) -> None:
    headers = {"host": "localhost", "origin": "http://localhost", "cookie": cookie}
    sent = _ask(_guard(token=TOKEN), headers, kind)
    assert sent[0].get("status") == 401 or sent[0]["type"] == "websocket.close"
    assert b"inside" not in sent[-1].get("body", b"")


def test_the_cookie_of_the_token_opens() -> None:
    headers = {"host": "localhost", "origin": "http://localhost", "cookie": f"a=b; yawstring={TOKEN}"}
    assert _ask(_guard(token=TOKEN), headers)[0]["status"] == 200
    assert _ask(_guard(token=TOKEN), headers, "websocket")[0]["type"] == "websocket.accept"


def test_signing_in_gives_a_cookie_that_scripts_and_other_sites_do_not_get() -> None:
    form = {"path": "/sign-in", "method": "POST"}
    sent = _ask(_guard(token=TOKEN), {"host": "localhost"}, body=f"token={TOKEN}".encode(), **form)
    assert (sent[0]["status"], _header(sent, b"location")) == (303, "/")
    assert _header(sent, b"set-cookie") == f"yawstring={TOKEN}; HttpOnly; SameSite=Strict; Path=/"


def test_signing_in_again_in_another_tab_works_too() -> None:
    headers = {"host": "localhost", "cookie": f"yawstring={TOKEN}"}
    sent = _ask(_guard(token=TOKEN), headers, path="/sign-in", method="POST", body=f"token={TOKEN}".encode())
    assert sent[0]["status"] == 303


@pytest.mark.parametrize("body", [b"", b"token=", b"token=wrong", b"token=" + b"a" * 100_000, b"\xff\xfe", b"&&=&"])
def test_another_token_does_not_sign_in(body: bytes) -> None:
    form = {"path": "/sign-in", "method": "POST"}
    sent = _ask(_guard(token=TOKEN), {"host": "localhost"}, body=body, **form)
    assert sent[0]["status"] == 401
    assert TOKEN.encode() not in sent[1]["body"]
    assert not _header(sent, b"set-cookie")
