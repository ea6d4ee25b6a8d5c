"""What a watch needs is opened in a folder that need not be there, and what makes no sense is refused."""

from pathlib import Path

import pytest

from support import alerts as made
from support.octets import beacon, pcap
from yawstring.edge.alert_store import AlertStore
from yawstring.edge.live.clock_error import STAMP_S, clock_error_s, time_error_s
from yawstring.edge.opened import Sources, _resumed, open_watch
from yawstring.edge.plans import Plan
from yawstring.edge.watching import Ears
from yawstring.errors import OptionError
from yawstring.watch import ledger
from yawstring.watch.findings import Finding, Identity
from yawstring.watch.ledger_state import LedgerOptions


def test_a_sinks_file_may_lie_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    capture, folder = tmp_path / "one.pcap", tmp_path / "not" / "yet"
    capture.write_bytes(pcap([beacon()]))
    with open_watch(Sources(replay=capture), Plan(), folder, [f"eve:{folder / 'eve.json'}"], Ears()):
        assert folder.is_dir()


def test_an_incident_that_goes_on_after_a_restart_is_the_same_alert(tmp_path: Path) -> None:
    """Though it was closed when the watch before was ended."""
    opened, closed = made.change("opened", made.alert(1)), made.change("closed", made.alert(1), after_s=5)
    old = made.life(2, opened_ns=made.START_NS - 300 * made.SECOND, identity=Identity(kind="csa_abuse"))
    options = LedgerOptions()
    with AlertStore.create(tmp_path / "alerts.db") as store:
        store.apply([*old, opened, closed])
        resumed = _resumed(store, options)
    assert [one.key for one in resumed] == [opened.alert.key]
    found = Finding(
        time_ns=made.START_NS + 30 * made.SECOND, identity=opened.alert.identity, origin="rule", score=1.0,
        threshold=0.5, source="deauthentication_flood", words="Another frame.",
    )  # fmt: skip
    _, (change, *_) = ledger.take(ledger.start(options, resumed), options, [found])
    assert (change.kind, change.alert.key, change.alert.closed_ns) == ("updated", opened.alert.key, None)


def test_times_of_an_interface_are_off_by_what_the_kernel_says() -> None:
    assert 0 < clock_error_s() <= 16, "the kernel lets it grow up to NTP_PHASE_LIMIT"
    assert STAMP_S < time_error_s() <= 16 + STAMP_S


def test_channels_and_a_grant_are_an_interfaces() -> None:
    for more in ({"channels": (2412, 2437)}, {"grant": Path("/run/air")}):
        with pytest.raises(OptionError, match="about an interface"):
            Sources(replay=Path("one.pcap"), **more)
