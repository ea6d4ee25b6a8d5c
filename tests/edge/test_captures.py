"""Capture files are opened whole or not at all, and what goes wrong is one line."""

import gzip
import hashlib
import mmap
import os
from pathlib import Path

import pytest

from yawstring.edge.captures import find_captures, open_capture
from yawstring.errors import CaptureError

OCTETS = bytes(range(256)) * 20_000


def test_a_plain_file_is_mapped_not_read(tmp_path: Path) -> None:
    path = tmp_path / "air.pcap"
    path.write_bytes(OCTETS)
    capture = open_capture(path, most=10)
    assert isinstance(capture.octets, mmap.mmap)
    assert capture.octets[:] == OCTETS
    assert capture.digest() == hashlib.sha256(OCTETS).hexdigest()


@pytest.mark.parametrize("members", [1, 3])
def test_gzip_is_unpacked_whatever_its_name(tmp_path: Path, members: int) -> None:
    path = tmp_path / "air.cap"
    path.write_bytes(b"".join(gzip.compress(OCTETS) for _ in range(members)))
    assert open_capture(path).octets == OCTETS * members


def test_padding_behind_gzip_is_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "air.cap.gz"
    path.write_bytes(gzip.compress(OCTETS) + bytes(100))
    assert open_capture(path).octets == OCTETS


@pytest.mark.parametrize(("most", "fits"), [(len(OCTETS), True), (len(OCTETS) - 1, False)])
def test_unpacking_has_a_bound(tmp_path: Path, most: int, fits: bool) -> None:
    path = tmp_path / "air.pcap.gz"
    path.write_bytes(gzip.compress(OCTETS))
    if fits:
        assert len(open_capture(path, most=most).octets) == most
        return
    with pytest.raises(CaptureError, match=r"air\.pcap\.gz: expected at most"):
        open_capture(path, most=most)


@pytest.mark.parametrize("damage", ["cut", "changed", "head only"])
def test_damaged_gzip_is_refused(tmp_path: Path, damage: str) -> None:
    packed = bytearray(gzip.compress(os.urandom(100_000)))
    if damage == "changed":
        packed[500:600] = bytes(100)
    path = tmp_path / "air.pcap.gz"
    path.write_bytes({"cut": packed[:-9], "changed": packed, "head only": packed[:2]}[damage])
    with pytest.raises(CaptureError, match=r"expected a.* gzip file") as caught:
        open_capture(path)
    assert "\n" not in str(caught.value)


def test_an_empty_file_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "air.pcap").touch()
    assert open_capture(tmp_path / "air.pcap").octets == b""


@pytest.mark.parametrize("name", ["", "none.pcap", "a\0b"])
def test_what_is_no_file_is_refused_in_one_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(CaptureError) as caught:
        open_capture(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_folders_are_searched_and_files_taken_as_they_are(tmp_path: Path) -> None:
    for name in ("b.pcap", "in/a.PCAPNG.gz", "in/c.cap", "notes.txt", "in/table.csv.gz"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = find_captures([tmp_path / "notes.txt", tmp_path, tmp_path / "b.pcap"])
    assert [str(path.relative_to(tmp_path)) for path in found] == [
        "notes.txt", "b.pcap", "in/a.PCAPNG.gz", "in/c.cap",
    ]  # fmt: skip


def test_a_folder_without_captures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"expected files that end with one of \.cap, "):
        find_captures([tmp_path])
