"""A real browser without a window: Chromium over its DevTools protocol (https://chromedevtools.github.io), one page.

It can reach 127.0.0.1 and nothing else, and every address that a page asks for is kept.
"""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

PATIENCE_S = 20.0
"""How long something may take to appear; nothing here sleeps that long when it does."""

POLL_S = 0.03

NAMES = ("chromium", "chromium-browser", "google-chrome")


class Browser:
    """A page of a running Chromium."""

    def __init__(self, socket: ClientConnection, downloads: Path) -> None:
        self.downloads = downloads
        self.requested: list[str] = []
        self.errors: list[str] = []
        self._socket, self._number, self._session = socket, 0, ""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime"):
            self._call(f"{domain}.enable")
        self._call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))

    def open(self, address: str) -> None:
        """Go to an address and wait until its document is there."""
        self._call("Page.navigate", url=address)
        self.until("document.readyState === 'complete'")

    def reload(self) -> None:
        """Load the page anew, and wait until the document is another."""
        self.run("window.leaving = true")
        self._call("Page.reload")
        self.until("!window.leaving && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """What an expression of JavaScript comes to; a promise is waited for."""
        answer = self._call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise AssertionError(f"{script}: {answer['exceptionDetails']['exception'].get('description')}")
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait until an expression is true; while a page is being left, it is not."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            with contextlib.suppress(AssertionError, LookupError):
                if self.run(f"Boolean({script})"):
                    return
            time.sleep(POLL_S)
        raise AssertionError(f"never came true: {script}\non the page:\n{self.text()}")

    def text(self) -> str:
        """What a person can read on the page."""
        return str(self.run("document.body.innerText"))

    def shows(self, words: str) -> None:
        """Wait until the page shows these words."""
        self.until(f"document.body.innerText.includes({json.dumps(words)})")

    def click(self, selector: str) -> None:
        """Click on an element, as soon as there is one."""
        self.until(f"document.querySelector({json.dumps(selector)}) !== null")
        self.run(f"document.querySelector({json.dumps(selector)}).click()")

    def write(self, selector: str, words: str) -> None:
        """Put words into a field."""
        self.until(f"document.querySelector({json.dumps(selector)}) !== null")
        self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        self._call("Input.insertText", text=words)

    def press(self, key: str, code: int, text: str = "") -> None:
        """Press and let go of a key."""
        for kind in ("keyDown", "keyUp"):
            typed = {"text": text} if text and kind == "keyDown" else {}
            self._call("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **typed)

    def size(self, width: int, height: int, *, dark: bool = False, mobile: bool = False) -> None:
        """Be a screen of that size, of somebody who likes it dark or light."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)
        wish = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self._call("Emulation.setEmulatedMedia", features=wish)

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Write what the page looks like as PNG."""
        data = self._call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)["data"]
        path.write_bytes(base64.b64decode(data))

    def cookies(self) -> list[dict[str, Any]]:
        """The cookies of the page."""
        return list(self._call("Network.getCookies")["cookies"])

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        self._socket.send(json.dumps(message | ({"sessionId": self._session} if self._session else {})))
        while True:
            answer = json.loads(self._socket.recv(timeout=PATIENCE_S))
            if answer.get("id") == self._number:
                if "error" in answer:
                    raise LookupError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
            self._note(answer)

    def _note(self, event: dict[str, Any]) -> None:
        found = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            self.requested.append(found["request"]["url"])
        elif event["method"] == "Network.webSocketCreated":
            self.requested.append(found["url"])
        elif event["method"] == "Runtime.exceptionThrown":
            self.errors.append(str(found["exceptionDetails"]))


def program() -> str:
    """Path of Chromium, or a skip that says what is missing."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    return pytest.skip("chromium not found: the dashboard is looked at with it (Debian: apt install chromium)")


@contextlib.contextmanager
def browser(folder: Path) -> Iterator[Browser]:
    """A browser with nothing remembered, which keeps what it needs and what it downloads in ``folder``."""
    profile, downloads = folder / "profile", folder / "downloads"
    downloads.mkdir(parents=True)
    options = [
        "--headless=new",
        "--remote-debugging-port=0",
        f"--user-data-dir={profile}",
        "--no-first-run",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),
        "about:blank",
    ]
    with (folder / "chromium.log").open("w") as log:
        process = subprocess.Popen(
            [program(), *options], stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
    try:
        with connect(_address(profile / "DevToolsActivePort", process), max_size=None) as socket:
            yield Browser(socket, downloads)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _address(file: Path, process: "subprocess.Popen[bytes]") -> str:
    """Where the browser that has just been started listens."""
    end = time.monotonic() + 3 * PATIENCE_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise AssertionError(f"Chromium ended with {process.returncode}: see {file.parents[1] / 'chromium.log'}")
        with contextlib.suppress(FileNotFoundError, ValueError):
            port, path = file.read_text().split()
            return f"ws://127.0.0.1:{port}{path}"
        time.sleep(POLL_S)
    raise AssertionError("Chromium did not start")
