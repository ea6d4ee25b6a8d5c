"""Delivery: from the record to a sink, from where it had stopped, with longer and longer pauses while it is down.

:func:`deliver` is one attempt: a state and the clock go in, a state comes out. A :class:`Courier` makes attempts in a
thread of its own with its own connection to the record, so that a sink that hangs holds up neither the watch nor other
sinks. A change that was taken, and whose taking was not yet written down when the process died, is sent again.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from yawstring.edge.alert_store import AlertStore
from yawstring.edge.sinks.base import Item, Sink
from yawstring.errors import SinkError, StoreError

PAUSE_FIRST_S: Final = 1.0
PAUSE_MOST_S: Final = 60.0
POLL_S: Final = 1.0
"""Seconds after which a courier looks into the record unasked."""


@dataclass(frozen=True, kw_only=True)
class SinkState:
    """How delivery to a sink stands.

    Attributes:
        sent: Changes handed over so far.
        refused: Changes that the sink will never take.
        failures: Attempts in a row that failed.
        retry_s: When to try again, by the clock that :func:`deliver` was given.
        reason: Why the last attempt failed; ``""``: it did not.
    """

    sent: int = 0
    refused: int = 0
    failures: int = 0
    retry_s: float = 0.0
    reason: str = ""


def enrol(store: AlertStore, sink: Sink) -> None:
    """Enter a new sink into the record, so that it hears of what comes from now on, or of everything if it wants."""
    known, reached = store.cursor(sink.name), sink.reached(store.identity)
    if known is None:
        known = 0 if sink.from_start else store.last_change()
    store.advance(sink.name, max(known, reached))


def deliver(store: AlertStore, sink: Sink, state: SinkState, now_s: float) -> SinkState:
    """Hand over what a sink has not heard yet, unless it is too early to try again.

    Alerts that the operator's list keeps quiet are passed over.

    Args:
        store: The record, in which the sink is enrolled.
        sink: Where to.
        state: As it came of the attempt before.
        now_s: Any clock that does not go back.

    Raises:
        StoreError: The record cannot be read or written.
    """
    if state.failures and now_s < state.retry_s:
        return state
    record, after = store.identity, store.cursor(sink.name) or 0
    while changes := store.changes(after, sink.items_most):
        after = changes[-1][0]
        told = [
            Item(record=record, sequence=number, change=change)
            for number, change in changes
            if change.alert.suppressed is None
        ]
        try:
            if told:
                sink.send(told)
            state = replace(state, sent=state.sent + len(told))
        except SinkError as error:
            if not error.final:
                return _failed(state, str(error), now_s)
            state = replace(state, refused=state.refused + len(told), reason=str(error))
        store.advance(sink.name, after)
    return state if not state.failures else replace(state, failures=0, reason="")


def _failed(state: SinkState, reason: str, now_s: float) -> SinkState:
    pause_s = min(PAUSE_FIRST_S * 2.0 ** min(state.failures, 60), PAUSE_MOST_S)
    return replace(state, failures=state.failures + 1, retry_s=now_s + pause_s, reason=reason)


class Courier:
    """Delivers to one sink from a thread of its own.

    Attributes:
        state: How it stands; read it from any thread.
    """

    def __init__(self, path: Path, sink: Sink, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Enrol the sink. The record exists; call :meth:`start` then.

        Args:
            path: Of the record.
            sink: Where to; it is the courier's from now on.
            clock: Seconds, never going back.

        Raises:
            StoreError: The record cannot be opened.
        """
        self.sink, self.state, self._told = sink, SinkState(), SinkState()
        self._path, self._clock = path, clock
        self._wake, self._over = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"sink {sink.name}", daemon=True)
        with AlertStore.open(path) as store:
            enrol(store, sink)

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def nudge(self) -> None:
        """Say that there is something new; never waits."""
        self._wake.set()

    def news(self) -> tuple[str, bool] | None:
        """One line to tell a person if the sink has gone down or come back since this was asked last, or ``None``.

        Returns:
            The line, and whether it is good news.
        """
        state, before = self.state, self._told
        self._told = state
        if state.refused > before.refused:
            return f"{self.sink.label}: refused an alert for good: {state.reason}", False
        if bool(state.failures) == bool(before.failures):
            return None
        if state.failures:
            return f"{self.sink.label}: {state.reason}: alerts wait in the record, and it is tried again", False
        return f"{self.sink.label}: takes alerts again", True

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Try once more whatever is left, and end.

        Returns:
            Whether the courier has ended in that time; one that hangs is left behind and dies with the process.
        """
        self._over.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        store: AlertStore | None = None
        try:
            while True:
                last = self._over.is_set()
                self._wake.clear()
                store = self._attempt(store, at_once=last)
                if last:
                    return
                if not self._over.is_set():
                    self._wake.wait(POLL_S)
        finally:
            self.sink.close()
            if store is not None:
                store.close()

    def _attempt(self, store: AlertStore | None, *, at_once: bool) -> AlertStore | None:
        """One attempt; gives the record that is open, or ``None`` where it has to be opened again."""
        now_s = self._clock()
        state = replace(self.state, retry_s=now_s) if at_once else self.state
        if state.failures and now_s < state.retry_s:
            return store
        try:
            store = store or AlertStore.open(self._path)
            self.state = deliver(store, self.sink, state, now_s)
        except StoreError as error:
            self.state = _failed(state, str(error), now_s)
            if store is not None:
                store.close()
            return None
        return store
