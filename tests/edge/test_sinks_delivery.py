"""Delivery: a sink that is down loses nothing and holds up nobody."""

import threading
import time
from dataclasses import replace

import pytest

from support import alerts as made
from support import receivers
from yawstring.edge.alert_store import AlertStore
from yawstring.edge.sinks import Courier, SinkState, deliver, delivery, enrol, open_sink
from yawstring.errors import SinkError


class Flaky:
    """A sink that fails as often as it is told."""

    name = label = "flaky"
    items_most = 2

    def __init__(self, *, from_start=True, failures=0, final=()):
        self.from_start, self.failures, self.final, self.got, self.closed = from_start, failures, set(final), [], 0

    def send(self, items) -> None:
        if self.failures:
            self.failures -= 1
            raise SinkError("down")
        if self.final & {one.sequence for one in items}:
            raise SinkError("answered 400", final=True)
        self.got += [one.sequence for one in items]

    def reached(self, _record):
        return 0

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def store(tmp_path):
    with AlertStore.create(tmp_path / "alerts.db") as opened:
        yield opened


def test_a_sink_hears_of_everything_once_and_in_order(store) -> None:
    sink = Flaky()
    enrol(store, sink)
    state = SinkState()
    for number in range(3):
        store.apply(made.life(number, updates=1))
        state = deliver(store, sink, state, 0.0)
        state = deliver(store, sink, state, 0.0)
    assert sink.got == list(range(1, 10))
    assert (state.sent, state.failures, store.cursor("flaky")) == (9, 0, 9)


def test_a_sink_that_is_down_is_tried_after_longer_and_longer_pauses(store) -> None:
    sink = Flaky(failures=8)
    enrol(store, sink)
    store.apply(made.life(1))
    state, tries = SinkState(), []
    for tenth in range(3000):
        after = deliver(store, sink, state, tenth / 10)
        if after.failures > state.failures or after.sent:
            tries.append(tenth / 10)
        state = after
        if state.sent:
            break
    assert tries == [0, 1, 3, 7, 15, 31, 63, 123, 183]
    assert sink.got == [1, 2, 3]
    assert (state.failures, state.reason) == (0, "")


def test_what_was_handed_over_before_it_failed_is_not_sent_again(store) -> None:
    sink = Flaky()
    enrol(store, sink)
    store.apply(made.life(1, updates=3))
    sink.send, plain_send = fail_after(sink, 2), sink.send
    state = deliver(store, sink, SinkState(), 0.0)
    assert (state.failures, sink.got) == (1, [1, 2])
    sink.send = plain_send
    state = deliver(store, sink, state, state.retry_s)
    assert sink.got == [1, 2, 3, 4, 5]


def fail_after(sink, count):
    inner = sink.send

    def send(items) -> None:
        if len(sink.got) >= count:
            raise SinkError("down")
        inner(items)

    return send


def test_what_a_sink_will_never_take_does_not_hold_up_the_rest(store) -> None:
    sink = Flaky(final=[1])
    enrol(store, sink)
    store.apply(made.life(1, updates=2))
    state = deliver(store, sink, SinkState(), 0.0)
    assert sink.got == [3, 4]
    assert (state.refused, state.failures, state.reason) == (2, 0, "answered 400")


def test_suppressed_alerts_are_stored_and_never_told(store) -> None:
    sink = Flaky()
    enrol(store, sink)
    store.apply([replace(one, alert=replace(one.alert, suppressed="range test")) for one in made.life(1)])
    store.apply([made.change("opened", made.alert(2))])
    state = deliver(store, sink, SinkState(), 0.0)
    assert sink.got == [4]
    assert (state.sent, store.cursor("flaky"), store.alerts()[0].suppressed) == (1, 4, "range test")


def test_a_new_sink_of_the_network_hears_of_what_comes_and_a_file_of_all(store) -> None:
    store.apply(made.life(1))
    late, whole = Flaky(from_start=False), Flaky()
    whole.name = "whole"
    for sink in (late, whole):
        enrol(store, sink)
        enrol(store, sink)  # a restart changes nothing
    store.apply(made.life(2))
    for sink in (late, whole):
        deliver(store, sink, SinkState(), 0.0)
    assert late.got == [4, 5, 6]
    assert whole.got == [1, 2, 3, 4, 5, 6]


def until(condition, within_s=20.0):
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def test_a_courier_delivers_as_soon_as_it_is_told(store, monkeypatch) -> None:
    monkeypatch.setattr(delivery, "POLL_S", 60)  # it does not look by itself
    sink = Flaky()
    courier = Courier(store.path, sink)
    courier.start()
    until(lambda: courier._thread.is_alive())
    store.apply(made.life(1))
    courier.nudge()
    until(lambda: len(sink.got) == 3)
    store.apply(made.life(2))
    assert courier.stop(timeout_s=20)
    assert len(sink.got) == 6  # what was left went out at the end
    assert sink.closed == 1


def test_a_sink_that_hangs_holds_up_neither_the_record_nor_another_sink(store) -> None:
    stuck, over = Flaky(), threading.Event()
    stuck.name, stuck.send = "stuck", lambda items: over.wait(60) and stuck.got.append(items)
    sinks = [stuck, Flaky()]
    couriers = [Courier(store.path, sink) for sink in sinks]
    for courier in couriers:
        courier.start()
    for number in range(20):
        store.apply([made.change("opened", made.alert(number))])
        for courier in couriers:
            courier.nudge()
    until(lambda: len(sinks[1].got) == 20)
    assert stuck.got == []
    assert not couriers[0].stop(timeout_s=0.05)
    assert couriers[1].stop(timeout_s=20)
    over.set()
    assert couriers[0].stop(timeout_s=20)


def test_a_webhook_that_was_down_from_the_start_hears_of_everything_when_it_comes_back(store) -> None:
    port, now = receivers.free_port(), [0.0]
    courier = Courier(store.path, open_sink(f"webhook:http://{receivers.LOCAL}:{port}/"), clock=lambda: now[0])
    courier.start()
    store.apply(made.life(1))
    courier.nudge()
    until(lambda: courier.state.failures == 1)
    line, good = courier.news()
    assert line.startswith(f"webhook:http://{receivers.LOCAL}:{port}/…: cannot be reached: ")
    assert (good, courier.news()) == (False, None)
    store.apply(made.life(2))
    with receivers.Http().serving(port) as server:
        courier.nudge()
        time.sleep(0.05)
        assert server.requests == []  # it is not time yet
        now[0] = 1.0
        courier.nudge()
        until(lambda: len(server.requests) == 6)
        until(lambda: courier.state.failures == 0)
        assert courier.news() == (f"webhook:http://{receivers.LOCAL}:{port}/…: takes alerts again", True)
        assert courier.stop(timeout_s=20)
    keys = [headers["Idempotency-Key"].split("-")[1] for _, headers, _ in server.requests]
    assert keys == ["1", "2", "3", "4", "5", "6"]


def test_what_was_refused_is_said_once(store) -> None:
    courier = Courier(store.path, Flaky(final=[1]))
    store.apply(made.life(1))
    courier.start()
    assert courier.stop(timeout_s=20)
    assert courier.news() == ("flaky: refused an alert for good: answered 400", False)
    assert courier.news() is None


def test_a_restart_goes_on_where_the_sink_had_stopped(store) -> None:
    first = Flaky()
    enrol(store, first)
    store.apply(made.life(1))
    deliver(store, first, SinkState(), 0.0)
    store.apply(made.life(2))
    second = Flaky()
    enrol(store, second)
    deliver(store, second, SinkState(), 0.0)
    assert first.got + second.got == [1, 2, 3, 4, 5, 6]
