"""A survey goes round the channels by iw's own words, and never waits for the radio."""

import time
from pathlib import Path

import pytest

from support.tap import radiotap_tap
from yawstring.edge.live.channels import frequency_of, parse_channels, survey
from yawstring.edge.live.opening import open_live_source
from yawstring.errors import OptionError, SourceError

S = 10**9


def fake_iw(folder: Path, script: str) -> str:
    """A program of that name, and the folder to find it in."""
    program = folder / "iw"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(folder)


def stepped(radio, now_ns: int) -> None:
    """Step, and wait until the program has ended."""
    radio.step(now_ns)
    if radio._tuning is not None:
        radio._tuning.wait(timeout=10)


def test_it_goes_round_with_iws_arguments_one_dwell_each(tmp_path: Path) -> None:
    path = fake_iw(tmp_path, f'echo "$@" >> {tmp_path}/said')
    radio = survey("wlan1", (2412, 5180), dwell_s=1.0, path=path)
    for now_ns in (0, S // 2, S, S + 1, 2 * S, 3 * S):
        stepped(radio, now_ns)
    radio.close()
    radio.close()
    words = (tmp_path / "said").read_text().splitlines()
    tried, *rest = words
    assert tried == "dev wlan1 set freq 2412"
    assert rest == [f"dev wlan1 set freq {frequency}" for frequency in (2412, 5180, 2412, 5180)]
    assert not radio.faults


def test_it_never_waits_for_the_radio(tmp_path: Path) -> None:
    path = fake_iw(tmp_path, f"test -e {tmp_path}/tried && exec sleep 60; touch {tmp_path}/tried")
    radio = survey("wlan1", (2412, 5180), dwell_s=0.001, path=path)
    begun = time.monotonic()
    for now_ns in range(0, 10 * S, S):
        radio.step(now_ns)
    radio.close()
    assert time.monotonic() - begun < 5


def test_a_channel_that_cannot_be_tuned_is_counted(tmp_path: Path) -> None:
    path = fake_iw(tmp_path, '[ "$5" = 2412 ] || { echo "command failed: Device busy (-16)" >&2; exit 240; }')
    radio = survey("wlan1", (2412, 5180), dwell_s=1.0, path=path)
    for now_ns in range(0, 6 * S, S):
        stepped(radio, now_ns)
    radio.close()
    assert set(radio.faults) == {"5180 MHz: command failed: Device busy (-16)"}


def test_what_iw_says_is_said_at_once(tmp_path: Path) -> None:
    path = fake_iw(tmp_path, 'echo "command failed: Operation not permitted (-1)" >&2; exit 255')
    with pytest.raises(SourceError, match=r"2412 MHz: command failed: Operation not permitted.*sudo iw dev wlan1"):
        survey("wlan1", (2412, 5180), path=path)


def test_without_iw_it_says_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="apt install iw"):
        survey("wlan1", (2412, 5180), path=str(tmp_path))


def test_reading_moves_the_radio_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", fake_iw(tmp_path, f'echo "$5" >> {tmp_path}/said'), prepend=":")
    with radiotap_tap() as tap:
        times = iter(range(0, 100 * S, S))
        source = open_live_source(tap.name, channels=(2412, 5180), clock=lambda: next(times))
        begun = time.monotonic()
        for _ in source.batches():
            if len((tmp_path / "said").read_text().split()) >= 4 or time.monotonic() - begun > 10:
                break
        source.close()
    assert (tmp_path / "said").read_text().split()[:4] == ["2412", "2412", "5180", "2412"]


@pytest.mark.parametrize("interface", ["-h", "../wlan1", "wlan1 wlan2", ""])
def test_a_name_that_is_an_option_or_a_path_is_refused(interface: str) -> None:
    with pytest.raises(OptionError):
        survey(interface, (2412, 5180))


@pytest.mark.parametrize("text", ["", "1,", "0", "15", "one", "200"])
def test_no_channels(text: str) -> None:
    with pytest.raises(OptionError):
        parse_channels(text)


def test_frequencies_are_those_that_channels_come_from() -> None:
    for frequency in (*range(2412, 2473, 5), 2484):
        channel = 14 if frequency == 2484 else (frequency - 2412) // 5 + 1
        assert frequency_of(channel) == frequency
    assert [frequency_of(channel) for channel in (36, 64, 100, 165)] == [5180, 5320, 5500, 5825]
