"""What a watch needs is opened in a folder that need not be there, and what makes no sense is refused."""

from pathlib import Path

import pytest

from support.octets import beacon, pcap
from yawstring.edge.opened import Sources, open_watch
from yawstring.edge.plans import Plan
from yawstring.edge.watching import Ears
from yawstring.errors import OptionError


def test_a_sinks_file_may_lie_in_a_folder_that_is_not_there_yet(tmp_path: Path) -> None:
    capture, folder = tmp_path / "one.pcap", tmp_path / "not" / "yet"
    capture.write_bytes(pcap([beacon()]))
    with open_watch(Sources(replay=capture), Plan(), folder, [f"eve:{folder / 'eve.json'}"], Ears()):
        assert folder.is_dir()


def test_channels_and_a_grant_are_an_interfaces() -> None:
    for more in ({"channels": (2412, 2437)}, {"grant": Path("/run/air")}):
        with pytest.raises(OptionError, match="about an interface"):
            Sources(replay=Path("one.pcap"), **more)
