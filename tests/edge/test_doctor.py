"""The doctor: what it says of rules, rights, interfaces, clock, disk and bundle, on machines made up for it."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from yawstring.app.cli import app
from yawstring.edge import doctor, self_test
from yawstring.edge.doctor import Machine, examine
from yawstring.edge.doctor_interfaces import interface_answers
from yawstring.edge.rulebook import read_rulebook
from yawstring.watch.rules import Rulebook

NOON_S = 1_790_000_000.0
NO_RULES = Rulebook(rules=())


def refused() -> None:
    raise PermissionError(1, "Operation not permitted")


def machine(tmp_path: Path, **given: object) -> Machine:
    ready = Machine(
        interfaces=tmp_path / "net",
        now_s=lambda: NOON_S,
        steady_s=lambda: 7.0,
        pause=lambda _: None,
        open_raw=lambda: None,
        free_octets=lambda _: 1 << 40,
    )
    return replace(ready, **given)


def interface(tmp_path: Path, name: str, kind: int, *, up: bool = True, wireless: bool = False) -> None:
    place = tmp_path / "net" / name
    place.mkdir(parents=True)
    (place / "type").write_text(f"{kind}\n")
    (place / "flags").write_text("0x1003\n" if up else "0x1002\n")
    if wireless:
        (place / "phy80211").mkdir()


@pytest.fixture(autouse=True)
def _no_flights(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(self_test, "FLIGHTS", {})
    monkeypatch.setattr(doctor, "self_test", lambda book, done: iter(()))


def answers(tmp_path: Path, *, name: str | None = None, **given: object) -> dict[str, tuple[bool, str, str]]:
    out = given.pop("out", tmp_path)
    found = examine(NO_RULES, interface=name, out=out, machine=machine(tmp_path, **given))
    return {one.about: (one.well, one.found, one.todo) for one in found}


def test_all_is_well_on_a_machine_that_is(tmp_path: Path) -> None:
    interface(tmp_path, "wlan1", 803, wireless=True)
    found = answers(tmp_path, name="wlan1")
    assert list(found) == ["rules", "rights", "monitor mode", "clock", "disk"]
    assert all(well and not todo for well, _, todo in found.values())


def test_no_rights_matter_only_to_who_wants_an_interface(tmp_path: Path) -> None:
    interface(tmp_path, "wlan1", 803, wireless=True)
    well, found, todo = answers(tmp_path, open_raw=refused)["rights"]
    assert (well, found) == (True, "This user may not read a network interface.")
    well, _, todo = answers(tmp_path, name="wlan1", open_raw=refused)["rights"]
    assert not well
    assert "yawstring grant" in todo


@pytest.mark.parametrize(
    ("kind", "up", "wireless", "about", "says"),
    [
        (803, False, True, "interface", "wlan1 is switched off."),
        (1, True, True, "monitor mode", "wlan1 is not in monitor mode"),
        (1, True, False, "monitor mode", "wlan1 is no wireless interface (link type 1)"),
    ],
)
def test_an_interface_that_will_not_do_is_told_with_what_to_do(
    tmp_path: Path, kind: int, up: bool, wireless: bool, about: str, says: str
) -> None:
    interface(tmp_path, "wlan1", kind, up=up, wireless=wireless)
    bad = [one for one in interface_answers(tmp_path / "net", "wlan1") if not one.well]
    assert [one.about for one in bad] == [about]
    assert bad[0].found.startswith(says)
    assert bad[0].todo


@pytest.mark.parametrize("name", ["wlan9", "../net/wlan1", ""])
def test_an_interface_that_is_not_there(tmp_path: Path, name: str) -> None:
    interface(tmp_path, "wlan1", 803)
    (only,) = interface_answers(tmp_path / "net", name)
    assert not only.well
    assert only.found == f"There is no interface {name!r}; there are wlan1."


def test_without_a_name_it_tells_what_there_is(tmp_path: Path) -> None:
    (only,) = interface_answers(tmp_path / "nowhere", None)
    assert only.well
    assert "No wireless interface" in only.found
    interface(tmp_path, "wlan0", 1, wireless=True)
    (only,) = interface_answers(tmp_path / "net", None)
    assert "set type monitor" in only.todo
    interface(tmp_path, "mon0", 803)
    (only,) = interface_answers(tmp_path / "net", None)
    assert only.found == "In monitor mode: mon0."


def test_a_clock_that_was_never_set_or_steps(tmp_path: Path) -> None:
    well, found, _ = answers(tmp_path, now_s=lambda: 86400.0)["clock"]
    assert (well, found) == (False, "The clock says 1970-01-02: it has not been set.")
    times = iter((NOON_S, NOON_S + 3.0))
    well, found, _ = answers(tmp_path, now_s=lambda: next(times))["clock"]
    assert not well
    assert "stepped by +3.00 s" in found


def test_a_disk_that_is_full_or_no_folder(tmp_path: Path) -> None:
    well, found, todo = answers(tmp_path, free_octets=lambda _: 1 << 20)["disk"]
    assert not well
    assert "Free at least 1 GiB" in todo
    (tmp_path / "file").write_text("")
    well, found, _ = answers(tmp_path, out=tmp_path / "file" / "x")["disk"]
    assert (well, found) == (False, f"{tmp_path / 'file'} is no folder.")


def test_a_folder_that_is_yet_to_be_made_counts_as_the_one_above(tmp_path: Path) -> None:
    assert answers(tmp_path, out=tmp_path / "a" / "b")["disk"][0]


def test_a_bundle_that_is_none(tmp_path: Path) -> None:
    found = list(examine(NO_RULES, bundle=tmp_path / "none", out=tmp_path, machine=machine(tmp_path)))
    assert (found[-1].about, found[-1].well) == ("bundle", False)
    assert "there is no such folder" in found[-1].found


def test_a_rule_that_fails_its_trial_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trials = [self_test.Trial(rule="deaf", spoke=0, alarms=0), self_test.Trial(rule="jumpy", spoke=2, alarms=3)]
    monkeypatch.setattr(doctor, "self_test", lambda book, done: iter(trials))
    deaf, jumpy = list(examine(NO_RULES, out=tmp_path, machine=machine(tmp_path)))[:2]
    assert (deaf.about, deaf.well, jumpy.about, jumpy.well) == ("rule deaf", False, "rule jumpy", False)
    assert "found nothing" in deaf.found
    assert "3 false alarms" in jumpy.found


@pytest.mark.parametrize(
    ("given", "code"), [((), 0), (("--interface", "no-such-interface"), 1), (("--rulebook", "nowhere.toml"), 2)]
)
def test_exit_codes(given: tuple[str, ...], code: int, tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["doctor", "--out", str(tmp_path), *given])
    raised = getattr(done.exception, "code", None)
    assert (2 if raised is None and done.exception else done.exit_code) == code


def test_a_deaf_rulebook_fails_for_real(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No double here: a rule whose threshold nothing reaches is found out by its own flight."""
    monkeypatch.undo()
    mine = tmp_path / "deaf.toml"
    mine.write_text("[overpowered_transmitter]\nleast_dbm = 30.0\n")
    rules = tuple(
        rule for rule in read_rulebook(mine).rules if rule.NAME in ("overpowered_transmitter", "evil_twin_signal")
    )
    monkeypatch.setattr(self_test, "FLIGHTS", {name: self_test.FLIGHTS[name] for name in ("beside", self_test.BENIGN)})
    trials = {one.rule: one.passed for one in self_test.self_test(Rulebook(rules=rules))}
    assert trials == {"overpowered_transmitter": False, "evil_twin_signal": True}
