"""The addresses of the dashboard: four pages, one for each alert, a download, and two forms."""

from pathlib import Path
from urllib.parse import parse_qsl

from fastapi import FastAPI, Request
from nicegui import ui
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from yawstring.app.dashboard import alert, history, now, tables
from yawstring.app.dashboard.frame import PAGES, THEME_COOKIE, THEMES, page, text
from yawstring.app.dashboard.reading import Marked, Reading
from yawstring.app.dashboard.words import headline
from yawstring.errors import StoreError

LOOK = Path(__file__).with_name("look.css")

MOST_FORM_OCTETS = 16 * 1024

CAPTURE = "application/vnd.tcpdump.pcap"

FOUND_ELSEWHERE, BAD, ABSENT, UNREADABLE = 303, 400, 404, 503


def register(app: FastAPI, reading: Reading) -> None:
    """Put the pages, the download and the forms into an application."""
    ui.add_css(LOOK.read_text(), shared=True)
    ui.add_body_html(_GONE, shared=True)
    _pages(reading)
    _forms(app, reading)


def _pages(reading: Reading) -> None:
    @ui.page("/", language="en-GB")
    def _now() -> None:
        with page(reading, "/") as live:
            now.build(live)

    @ui.page("/stations", language="en-GB")
    def _stations() -> None:
        with page(reading, "/stations", "Stations") as live:
            tables.stations(live)

    @ui.page("/health", language="en-GB")
    def _health() -> None:
        with page(reading, "/health", "Health") as live:
            tables.health(live)

    @ui.page("/history", language="en-GB")
    def _history(request: Request) -> None:
        with page(reading, "/history", "History") as live:
            history.build(live, history.Filter.of(request.query_params))

    @ui.page("/alert/{key}", language="en-GB")
    def _alert(key: str) -> None:
        found, title = _found(reading, key)
        with page(reading, f"/alert/{key}", title) as live:
            if found is not None:
                alert.build(live, found)
            else:
                text("p", "History lists the alerts that there are.", "soft")


def _found(reading: Reading, key: str) -> tuple[Marked | None, str]:
    """An alert, and the heading of its page."""
    try:
        found = reading.alert(key)
    except StoreError:
        return None, "An alert"
    return found, headline(found.alert) if found else "There is no such alert"


def _forms(app: FastAPI, reading: Reading) -> None:
    """What is no page. All of it runs on the event loop's thread, as the store asks for."""

    @app.get("/slice/{key}")
    async def _slice(key: str) -> Response:
        try:
            path = reading.slice(key)
        except StoreError as error:
            return PlainTextResponse(f"It cannot be read: {error}", UNREADABLE)
        if path is None:
            return PlainTextResponse("No part of the capture was kept for this alert.", ABSENT)
        return FileResponse(path, media_type=CAPTURE, filename=f"yawstring-{path.name}")

    @app.post("/alert/{key}/acknowledge")
    async def _acknowledge(key: str, request: Request) -> Response:
        fields = await _fields(request)
        who = fields.get("who", "").strip()
        if not who:
            return PlainTextResponse("Say who has seen it: the name is missing.", BAD)
        try:
            reading.acknowledge(key, who, fields.get("note", "").strip())
        except StoreError as error:
            return PlainTextResponse(f"It was not written down: {error}", BAD)
        return RedirectResponse(f"/alert/{key}", FOUND_ELSEWHERE)

    @app.post("/theme")
    async def _theme(request: Request) -> Response:
        fields = await _fields(request)
        then = fields.get("then", "/")
        here = then in PAGES or then.startswith("/alert/")
        answer = RedirectResponse(then if here else "/", FOUND_ELSEWHERE)
        if fields.get("theme") in THEMES:
            answer.set_cookie(THEME_COOKIE, fields["theme"], max_age=365 * 86_400, httponly=True, samesite="strict")
        return answer


_GONE = """<p id="gone" role="alert" hidden>✕ What stands here is no longer current: the dashboard cannot be reached.
It comes back by itself.</p><script>
  // A page, or a tab in the background, must not go on saying that all is well when nobody tells it any longer.
  // Where the radio link is what is attacked, no end of the connection is told of for most of a minute.
  let heard = Date.now(), pulse = null, kept = null;
  setInterval(() => {
    const now = document.getElementById("pulse")?.textContent;
    if (now && now !== pulse) { pulse = now; heard = Date.now(); }
    const gone = Date.now() - heard > 4000;
    document.getElementById("gone").hidden = !gone;
    document.body.classList.toggle("gone", gone);
    if (gone && kept === null) { kept = document.title; document.title = "✕ Not current · yawstring"; }
    if (!gone && kept !== null) { document.title = kept; kept = null; }
  }, 300);
</script>"""


async def _fields(request: Request) -> dict[str, str]:
    """The fields of a form; none where it is longer than any of ours."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_FORM_OCTETS:
            return {}
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=16))
