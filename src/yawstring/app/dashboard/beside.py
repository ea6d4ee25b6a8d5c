"""The dashboard as a child of the watch: in a process of its own, and gone when the watch is gone, however it ends.

Its standard input is a pipe that the watch holds. When the watch ends, ``kill -9`` included, the system closes the
pipe, and the child takes that as the word to stop; so the next watch finds the port free.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from yawstring.app.dashboard.serving import DEFAULT_HOST, DEFAULT_PORT, check_dashboard, serve
from yawstring.errors import InputError

_STOP_S = 5.0
"""How long a child that is told to stop may take before it is ended."""


class Beside:
    """A dashboard beside a watch; use it as a context manager.

    Args:
        folder: Where the watch writes; it has to be there.
        host: Address to listen at.
        port: Port to listen at.

    Raises:
        MissingExtraError: NiceGUI is not installed.
    """

    def __init__(self, folder: Path, *, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> None:
        check_dashboard()
        asked = json.dumps({"folder": str(folder), "host": host, "port": port})
        self._child = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-m", "yawstring.app.dashboard.beside", asked],
            stdin=subprocess.PIPE,
            start_new_session=True,  # what is typed to stop the watch is not meant for it
        )

    def ended(self) -> bool:
        """Whether it has stopped by itself, because its port was taken for instance. It has said why."""
        return self._child.poll() is not None

    def stop(self) -> None:
        """Stop it, and wait until it has."""
        if self._child.stdin is not None:
            with suppress(BrokenPipeError):
                self._child.stdin.close()
        try:
            self._child.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()


def main(asked: str) -> int:
    """What the child runs.

    Args:
        asked: Folder, host and port as JSON.

    Returns:
        The exit status.
    """
    from yawstring.app.commands.dashboard import say
    from yawstring.app.console import err

    options = json.loads(asked)
    try:
        serve(Path(options["folder"]), host=options["host"], port=options["port"], told=say, stopping=_with_the_watch)
    except InputError as error:
        err.print(f"yawstring: dashboard: {error}", markup=False, style="bold")
        return 2
    return 0


def _with_the_watch(stop: Callable[[], None]) -> None:
    """Call ``stop`` when the watch lets go of the pipe."""

    def wait() -> None:
        sys.stdin.buffer.read()
        stop()

    threading.Thread(target=wait, daemon=True).start()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
