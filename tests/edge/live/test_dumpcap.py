"""Where only dumpcap may capture, its frames are read; when it ends, it is said why."""

import shutil
import time

import pytest

from support.octets import header
from support.privileges import unprivileged
from support.tap import heard, radiotap_tap
from yawstring.edge.live import opening
from yawstring.edge.live.dumpcap import dumpcap_may
from yawstring.edge.live.opening import open_live_source
from yawstring.edge.live.tap import Tap
from yawstring.errors import SourceError
from yawstring.watch.batches import Source

FRAMES = [heard(header(0, 8, sequence=at) + bytes([at]) * 30) for at in range(20)]


@pytest.fixture
def through_dumpcap(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process may not open a ring, and nobody grants one."""
    if shutil.which("dumpcap") is None:
        pytest.skip("dumpcap not found (Debian: apt install wireshark-common)")

    def refused(*_: object, **__: object) -> None:
        raise PermissionError

    monkeypatch.setattr(opening, "open_ring", refused)
    monkeypatch.setattr(opening, "default_grant", lambda *_, **__: None)


@pytest.mark.usefixtures("through_dumpcap")
def test_its_frames_come_through_and_its_end_is_told() -> None:
    with radiotap_tap() as tap:
        source = open_live_source(tap.name)
        found: list[bytes] = []
        with pytest.raises(SourceError, match="taken away"):
            read_through(tap, source, found)
        source.close()
    assert set(found) == set(FRAMES)


def read_through(tap: Tap, source: Source, found: list[bytes]) -> None:
    """Write what is to be heard, read it, and take the interface away."""
    begun = time.monotonic()
    for batch in source.batches():
        # It says nothing when it is ready: what is heard first tells.
        if not found:
            tap.write(FRAMES[0])
        elif len(found) < len(FRAMES):
            for frame in FRAMES:
                tap.write(frame)
        else:
            tap.close()
        at, captured = batch.records.table[:2]
        found += [batch.octets[one : one + size].tobytes() for one, size in zip(at, captured, strict=True)]
        assert not batch.ended
        assert time.monotonic() - begun < 30


@pytest.mark.usefixtures("through_dumpcap")
def test_it_ends_with_the_source() -> None:
    with radiotap_tap() as tap:
        source = open_live_source(tap.name)
        batches = source.batches()
        next(batches)
        source.close()
        source.close()
        assert list(batches) == []
        assert source._program.poll() is not None


def test_without_any_way_it_says_what_to_run() -> None:
    with radiotap_tap() as tap:
        if shutil.which("dumpcap") is not None:
            assert dumpcap_may(tap.name)
        said = unprivileged(
            "from yawstring.edge.live.opening import open_live_source",
            "open_live_source(sys.argv[1])",
            tap.name,
        )
    assert f"run 'yawstring grant {tap.name}' beside it" in said.stderr, said.stderr
