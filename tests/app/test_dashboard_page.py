"""The dashboard in a real browser: what a person sees, opens, writes and downloads, through restarts of everything."""

import contextlib
import importlib.util
import itertools
import json
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import pytest

from support.browser import PATIENCE_S, Browser, browser
from support.watched import ATTACKER, DRONE, WORDS, S, alert, change, health, watched
from yawstring.app.dashboard.beside import Beside
from yawstring.app.dashboard.serving import serve
from yawstring.edge.alert_store import AlertStore
from yawstring.errors import OptionError
from yawstring.table.survey import mac_text

HOSTILE = "<img src=x onerror=window.hacked=1><script>window.hacked=1</script>{{7*7}}`${1}`\u202e"

PAGES = ("/", "/stations", "/history", "/health")

OUTSIDE = """
new Promise((done) => {
  document.addEventListener('securitypolicyviolation', (event) => done(event.blockedURI), { once: true });
  fetch('http://192.0.2.1/').then(() => done('reached'), () => {});
})
"""

FADES = """
(() => {
  // WCAG 2.2, success criterion 1.4.3: relative luminance and contrast ratio.
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const linear = (value) => value <= 0.04045 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4;
  const light = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const behind = (element) => {
    for (; element; element = element.parentElement) {
      const found = channels(getComputedStyle(element).backgroundColor);
      if (found.length < 4 || found[3] > 0) return found;
    }
    return [255, 255, 255];
  };
  const bad = [];
  const walk = document.createTreeWalker(document.querySelector('#app'), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const element = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !element.getClientRects().length) continue;
    const [one, other] = [light(channels(getComputedStyle(element).color)), light(behind(element))];
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5) bad.push(`${walk.currentNode.data.trim()}: ${ratio.toFixed(2)}`);
  }
  return bad;
})()
"""


class Server:
    """A dashboard in a process of its own, which can be stopped and started again at the same port."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder, self.options = folder, options
        self.port, self.said = 0, ""
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        command = [sys.executable, "-m", "yawstring.app.cli", "dashboard", str(self.folder), "--no-open"]
        self._process = subprocess.Popen(
            [*command, "--port", str(self.port), *self.options], stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr is not None
        lines = [self._process.stderr.readline()]
        if self.options:
            lines += [self._process.stderr.readline(), self._process.stderr.readline()]
        self.said = "".join(lines)
        self.port = int(re.search(r":(\d+)/$", lines[0].strip())[1])  # type: ignore[index]

    def stop(self) -> str:
        """Stop it, and give back what else it had to say."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        said = self._process.communicate(timeout=PATIENCE_S)[1]
        self._process = None
        return said

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            assert self.stop() == "", "it had something to complain about"

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """It hangs, or the network between has gone: no connection ends, and nothing comes any longer."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def address(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if importlib.util.find_spec("nicegui") is None:
        pytest.skip("nicegui not found: pip install 'yawstring[dashboard]'")
    with browser(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A dashboard that stays while the tests let one watch after another write into its folder."""
    with Server(tmp_path_factory.mktemp("watched")) as server:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    """The dashboard, in whose folder no watch has written yet."""
    for file in running.folder.iterdir():
        file.unlink()
    return running


@pytest.fixture
def page(chromium: Browser) -> Iterator[Browser]:
    """The browser; at the end, no script has failed in it and nothing was asked of another machine."""
    chromium.size(1440, 900)
    yield chromium
    chromium.open("about:blank")
    hosts = {re.sub(r"^(http|ws)://([^/:]*)(:[0-9]+)?/.*", r"\2", one) for one in chromium.requested if "://" in one}
    errors, chromium.errors, chromium.requested = chromium.errors, [], []
    assert errors == []
    assert hosts <= {"127.0.0.1"}


def test_the_browser_is_real_and_alone(page: Browser) -> None:
    """What the other tests rest on: scripts run, and no other host can be reached."""
    assert page.run("1 + 1") == 2
    assert page.run("fetch('http://yawstring.invalid/').then(() => 'reached', () => 'alone')") == "alone"
    page.requested.clear()


def test_an_attack_appears_is_opened_acknowledged_and_downloaded_and_lasts(server: Server, page: Browser) -> None:
    page.open(server.address())
    page.shows("Not watching: no watch has written here yet.")

    flood = alert("deauthentication_flood", time.time_ns() - 2 * S, severity="critical")
    with watched(server.folder, time.time_ns(), seconds=60) as store:
        page.shows("No attack seen.")
        page.until("document.title === '✓ No attack seen · yawstring'")
        page.shows("There is none.")
        assert page.run(OUTSIDE) == "http://192.0.2.1/", "the browser would have let it ask another host"
        store.note_health(time.time_ns(), health(60))
        change(store, "opened", flood)
        page.shows("Under attack: de-authentication flood, since")
        page.until("document.title === '▲ Under attack · yawstring'")
        octets = bytes(range(256))
        (server.folder / "slice.pcap").write_bytes(octets)
        store.attach_slice(flood.key, "slice.pcap")

        page.click("article a")
        for words in (WORDS, "signal 18 dB above", mac_text(DRONE), mac_text(ATTACKER), "± 20 ms", "ab" * 32, "T1499"):
            page.shows(words)
        for words in ("-44 dBm", "6 (2,437 MHz)", "12,034 to 12,600", "0.97", "0.50", "critical", "Nobody has"):
            page.shows(words)

        page.click("a[download]")
        downloaded = page.downloads / "yawstring-slice.pcap"
        _until(downloaded.exists)
        assert downloaded.read_bytes() == octets

        page.write("[name=who]", "Ada")
        page.write("[name=note]", "It is the <b>neighbour's</b> camera")
        page.click(".acknowledge button")
        page.shows("✓ Acknowledged by Ada")
        page.shows("It is the <b>neighbour's</b> camera")
        page.reload()
        page.shows("✓ Acknowledged by Ada")

        assert server.stop() == ""
        page.shows("What stands here is no longer current")
        page.until("document.title === '✕ Not current · yawstring'")
        assert float(page.run("getComputedStyle(document.querySelector('.page')).opacity")) < 1
        server.start()
        store.note_health(time.time_ns(), health(60))
        page.until("!document.body.innerText.includes('no longer current')")
        page.shows("✓ Acknowledged by Ada")
        page.until("document.title === '▲ Under attack · yawstring'")

        page.open(server.address())
        page.shows("Under attack")
    with AlertStore.create(server.folder / "alerts.db") as store:  # the watch was killed and goes on
        now_ns = time.time_ns()
        store.note_health(now_ns, health(60))
        change(store, "closed", alert("deauthentication_flood", flood.opened_ns, last_ns=now_ns, closed_ns=now_ns))
        page.shows("No attack seen.")
        page.shows("There is none.")
        assert "not acknowledged" not in page.text()
        twin = alert("evil_twin", now_ns - 9 * S, closed_ns=now_ns)
        change(store, "opened", twin)
        page.shows("No attack now. Over since")
        page.shows("Over, and not acknowledged")
        store.note_health(time.time_ns(), health(61))
        store.acknowledge(twin.key, "Ada", "", now_ns)  # by the command line, say
        page.shows("No attack seen.")
        assert "not acknowledged" not in page.text()


def test_what_strangers_write_is_shown_but_not_run(server: Server, page: Browser) -> None:
    now_ns = time.time_ns()
    twin = alert(
        "evil_twin" + HOSTILE, now_ns, words=f"A network calls itself {HOSTILE}", reasons=(HOSTILE,), source=HOSTILE,
        details={HOSTILE: HOSTILE, "more": [HOSTILE]}, technique=HOSTILE, digest=HOSTILE, suppressed=HOSTILE,
    )  # fmt: skip
    with watched(server.folder, now_ns, name=HOSTILE, seconds=2) as store:
        store.note_health(now_ns, health(3, rejects={HOSTILE: 1}, coverage={HOSTILE: 1.0}, air=HOSTILE))
        store.note_stations([{"address": 5, "role": HOSTILE, "last_ns": now_ns, "frames": HOSTILE, "network": HOSTILE}])
        change(store, "opened", twin)
        store.acknowledge(twin.key, HOSTILE, HOSTILE, now_ns)
        for path in (*PAGES, f"/alert/{twin.key}", f"/history?words={urllib.request.quote(HOSTILE[:60])}"):
            page.open(server.address(path))
            page.shows("<img src=x onerror=window.hacked=1>")
            assert page.run("window.hacked ?? document.querySelectorAll('img, .page script').length") == 0
        page.open(server.address(f"/alert/{HOSTILE[1:5]}"))
        page.shows("There is no such alert")


def test_everything_can_be_done_with_the_keyboard(server: Server, page: Browser) -> None:
    now_ns = time.time_ns()
    flood = alert("deauthentication_flood", now_ns)
    with watched(server.folder, now_ns, seconds=2) as store:
        change(store, "opened", flood)
        page.open(server.address())
        page.shows("Under attack")
        page.press("Tab", 9)
        assert page.run("document.activeElement.textContent") == "Skip to the content"
        page.press("Enter", 13, "\r")
        page.press("Tab", 9)
        assert page.run("document.activeElement.textContent") == "De-authentication flood"
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        change(store, "updated", alert("deauthentication_flood", now_ns, last_ns=now_ns + 2 * S, words="It goes on"))
        change(store, "opened", alert("evil_twin", now_ns, severity="critical"))
        page.shows("It goes on")
        page.until("document.querySelectorAll('article')[0].textContent.includes('Evil twin')")
        assert page.run("document.activeElement.textContent") == "De-authentication flood", "the focus was lost"
        page.press("Enter", 13, "\r")
        page.shows("Nobody has acknowledged it yet.")
        page.until("document.querySelector('[name=who]')")
        for _ in range(30):
            page.press("Tab", 9)
            if page.run("document.activeElement.name") == "who":
                break
        page.write("[name=who]", "Ada")
        page.press("Enter", 13, "\r")
        page.shows("✓ Acknowledged by Ada")


def test_it_can_be_read_on_any_screen_by_day_and_by_night(server: Server, page: Browser) -> None:
    now_ns = time.time_ns()
    with watched(server.folder, now_ns) as store:
        kinds = {"deauthentication_flood": "critical", "evil_twin": "high", "replay": "medium", "beacon_flood": "low"}
        found = [alert(kind, now_ns, severity=severity) for kind, severity in kinds.items()]
        change(store, "opened", *found, alert("evil_twin", now_ns - 9 * S, closed_ns=now_ns))
        store.acknowledge(found[0].key, "Ada", "seen", now_ns)
        for path in (*PAGES, f"/alert/{found[0].key}"):
            page.open(server.address(path))
            page.shows("Under attack")
            assert page.run("document.querySelectorAll('h1').length") == 1
            for dark, width in itertools.product((False, True), (1440, 768, 390)):
                page.size(width, 900, dark=dark, mobile=width < 768)
                page.until(f"document.body.classList.contains('body--dark') === {json.dumps(dark)}")
                assert page.run("document.documentElement.scrollWidth") <= width, f"{path} is wider than the screen"
                assert page.run(FADES) == [], f"{path} is hard to read at {width}, dark: {dark}"
        page.click("button[value=light]")
        page.until("document.body.classList.contains('body--light')")
        page.open(server.address())
        page.until("document.body.classList.contains('body--light')")
        page.click("button[value=system]")
        page.until("document.body.classList.contains('body--dark')")


def test_the_history_is_filtered_by_its_address_and_says_when_it_is_old(server: Server, page: Browser) -> None:
    now_ns = time.time_ns()
    with watched(server.folder, now_ns, seconds=2) as store:
        change(
            store,
            "opened",
            alert("evil_twin", now_ns - 5 * S, severity="medium"),
            alert("replay", now_ns - 4 * S, severity="low"),
            alert("csa_abuse", now_ns - 3 * S, watched=False),
            alert("beacon_flood", now_ns - 2 * S, closed_ns=now_ns),
        )
        rows = "[...document.querySelectorAll('tbody tr a')].map((one) => one.textContent).join()"
        page.open(server.address("/history?severity=medium&state=open"))
        page.until(f"{rows} === 'Channel switch (CSA) abuse,Evil twin'")
        page.open(server.address("/history"))
        page.until(f"{rows} === 'Beacon flood,Channel switch (CSA) abuse,Replay,Evil twin'")
        page.write("[name=words]", "replay")
        page.click(".filter button")
        page.until(f"location.search.includes('words=replay') && {rows} === 'Replay'")
        change(store, "opened", alert("replay", now_ns, words="another one"))
        page.shows("Something has changed since this was read.")
        assert page.run(rows) == "Replay"
        page.click("p.warning a")
        page.until(f"{rows} === 'Replay,Replay'")
        assert page.run("document.querySelector('[name=words]').value") == "replay"


def test_bound_wider_it_asks_for_the_token_that_the_terminal_shows(page: Browser, tmp_path: Path) -> None:
    wide = Server(tmp_path, "--host", "0.0.0.0")  # noqa: S104
    with wide as server, watched(tmp_path, time.time_ns(), seconds=2):
        token = re.search(r"token: (\S{43})\n", server.said)
        assert token is not None, server.said
        for path in (*PAGES, "/slice/a", "/_nicegui_ws/socket.io/?EIO=4&transport=polling"):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(server.address(path))  # noqa: S310
            assert refused.value.code == 401
            refused.value.close()
        page.open(server.address("/history"))
        page.shows("Sign in")
        page.write("#token", "not it")
        page.click("button")
        page.shows("That was not the token")
        page.write("#token", token[1])
        page.press("Enter", 13, "\r")
        page.shows("Link and aircraft")
        (cookie,) = [one for one in page.cookies() if one["value"] == token[1]]
        assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
        assert page.run("document.cookie") == ""


def test_a_page_that_is_told_nothing_any_longer_says_so(server: Server, page: Browser) -> None:
    with watched(server.folder, time.time_ns(), seconds=2):
        page.open(server.address("/stations"))
        page.shows("controller")
        with server.frozen():
            page.shows("What stands here is no longer current")
            page.until("document.title === '✕ Not current · yawstring'")
        page.until("!document.body.innerText.includes('no longer current') && !document.title.includes('Not current')")


def test_a_record_that_cannot_be_read_is_the_verdict_until_it_can(server: Server, page: Browser) -> None:
    (server.folder / "alerts.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    for path in ("/history", "/alert/0123456789abcdef"):
        page.open(server.address(path))
        page.shows("The record of alerts cannot be read")
        page.shows("found no database")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(server.address("/slice/a"))  # noqa: S310
    assert refused.value.code == 503
    refused.value.close()
    page.open(server.address())
    page.shows("The record of alerts cannot be read")
    (server.folder / "alerts.db").unlink()
    with watched(server.folder, time.time_ns(), seconds=2):
        page.shows("No attack seen.")


def test_beside_a_watch_it_ends_when_the_watch_is_killed(tmp_path: Path) -> None:
    watch = f"""
import signal
from pathlib import Path
from yawstring.app.dashboard.beside import Beside

child = Beside(Path({str(tmp_path)!r}), port=0)
signal.pause()
"""
    with subprocess.Popen([sys.executable, "-c", watch], stderr=subprocess.PIPE, text=True) as killed:
        assert killed.stderr is not None
        address = killed.stderr.readline().split()[-1]
        with urllib.request.urlopen(address) as answer:  # noqa: S310
            assert answer.status == 200
        killed.kill()
        assert killed.stderr.read() == "", "it complained"  # the end of the pipe that the child has, too
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(address)  # noqa: S310


def test_beside_a_watch_it_says_why_it_cannot_start(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, Beside(tmp_path, port=taken.getsockname()[1]) as beside:
        _until(beside.ended)
    assert "Address already in use" in capfd.readouterr().err


def test_a_port_that_is_taken_and_a_folder_that_is_not_there_are_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OptionError, match=f"^127.0.0.1 port {port}: cannot be listened at: Address already in use"):
            serve(tmp_path, port=port, told=lambda _: pytest.fail("it says that it listens"))
    with pytest.raises(OptionError, match="none: no such folder"):
        serve(tmp_path / "none", port=0, told=lambda _: pytest.fail("it says that it listens"))


def _until(true: Callable[[], Any]) -> Any:
    """Wait until something is true, and give it back."""
    end = time.monotonic() + PATIENCE_S
    while not (found := true()):
        assert time.monotonic() < end
        time.sleep(0.02)
    return found
