"""Captures decoded piece by piece give what they give whole, and the file written says where it comes from."""

import hashlib
import struct
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from support.mutated import capture_of, mutated, pool
from support.radiotap_headers import radiotap_capture
from yawstring.edge.files import read_table
from yawstring.edge.frames import HASH_KEY, Piece, Source, write_frames
from yawstring.errors import CaptureError, TableError
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import decode

FRAMES = 3_000


@pytest.fixture(scope="module")
def air() -> bytes:
    return radiotap_capture(FRAMES, seed=3).capture


def collected(source: Source, **sizes: int) -> tuple[pl.DataFrame, dict[str, int], list[Piece]]:
    pieces = list(source.pieces(**sizes))
    rejects: dict[str, int] = {}
    for piece in pieces:
        for reason, count in piece.rejects.items():
            rejects[reason] = rejects.get(reason, 0) + count
    return pl.concat([piece.frame for piece in pieces]), rejects, pieces


@pytest.mark.parametrize(("window", "frames"), [(1 << 9, 50), (1 << 14, 1_000), (1 << 30, 40), (1 << 30, 1 << 20)])
def test_any_cut_gives_the_same_frames(tmp_path: Path, air: bytes, window: int, frames: int) -> None:
    some = air[:50_000] if frames < 100 else air
    (tmp_path / "air.pcap").write_bytes(some)
    whole = decode(some)
    frame, rejects, pieces = collected(Source(paths=[tmp_path / "air.pcap"]), window=window, frames=frames)
    assert frame.drop("recording").equals(frames_table(whole))
    assert rejects == whole.rejects
    assert [piece.done == 1 for piece in pieces] == [False] * (len(pieces) - 1) + [True]


def test_a_record_larger_than_the_window_is_found(tmp_path: Path) -> None:
    frames = [b"\xd4\0\0\0" + bytes(6), b"\x08\0" + bytes(50_000), b"\xd4\0\0\0" + bytes(6)]
    (tmp_path / "air.pcap").write_bytes(capture_of(pool(frames, link_type=105)).tobytes())
    frame, _, _ = collected(Source(paths=[tmp_path / "air.pcap"]), window=64)
    assert frame["frame.cap_len"].to_list() == [10, 50_002, 10]


def test_several_captures_become_recordings_of_one_file(tmp_path: Path, air: bytes) -> None:
    other = capture_of(mutated(pool([b"\xd4\0\0\0" + bytes(6)], link_type=105), 50, seed=1)).tobytes()
    paths = [tmp_path / "a.pcap", tmp_path / "b.cap"]
    for path, octets in zip(paths, (air, other), strict=True):
        path.write_bytes(octets)
    seen: list[int] = []
    out = tmp_path / "frames.parquet"
    write_frames(Source(paths=paths), out, watch=lambda piece: seen.append(len(piece.frame)))
    table = read_table(out)
    assert (len(table), sum(seen), table.capture, table.modality) == (FRAMES + 50, FRAMES + 50, "a+b", "cyber")
    assert table.frame["recording"].value_counts().sort("recording").rows() == [(0, FRAMES), (1, 50)]
    digests = "".join(hashlib.sha256(octets).hexdigest() for octets in (air, other))
    assert table.digest == hashlib.sha256(digests.encode()).hexdigest()
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["a.pcap", "b.cap", "frames.parquet"]


def test_the_key_decides_the_hashes_and_is_not_told(tmp_path: Path) -> None:
    data = b"\x08\x01\x2c\x00" + bytes(range(18)) + b"\x10\x00" + bytes(range(40))
    path = tmp_path / "air.pcap"
    path.write_bytes(capture_of(pool([data, data], link_type=105)).tobytes())
    hashes, names = [], []
    for key in (b"", bytes(16), bytes(range(16))):
        out = tmp_path / "frames.parquet"
        write_frames(Source(paths=[path], key=key), out, watch=lambda piece: None)
        hashes.append(read_table(out).frame["payload_hash"].unique().to_list())
        names.append(pl.read_parquet_metadata(out)[f"yawstring.{HASH_KEY}"])
        assert key.hex() not in str(pl.read_parquet_metadata(out)) or not key.strip(b"\0")
    assert [len(one) for one in hashes] == [1, 1, 1]
    assert hashes[0] == hashes[1] != hashes[2]
    assert names[0] == names[1] != names[2]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, air: bytes) -> None:
    out = tmp_path / "frames.parquet"
    out.write_bytes(b"before")
    (tmp_path / "junk.pcap").write_bytes(b"no capture, this" * 9)
    with pytest.raises(CaptureError, match=r"junk\.pcap: expected frames, found none \(capture: neither pcap nor"):
        write_frames(Source(paths=[tmp_path / "junk.pcap"]), out, watch=lambda piece: None)
    (tmp_path / "air.pcap").write_bytes(air)
    with pytest.raises(CaptureError, match=r"gone\.pcap"):
        write_frames(Source(paths=[tmp_path / "air.pcap", tmp_path / "gone.pcap"]), out, watch=lambda piece: None)
    with pytest.raises(TableError, match="expected to write this file"):
        write_frames(Source(paths=[tmp_path / "air.pcap"]), tmp_path / "no" / "f.parquet", watch=lambda piece: None)
    with pytest.raises(TableError, match=r"ends with \.parquet or \.pq"):
        write_frames(Source(paths=[tmp_path / "air.pcap"]), tmp_path / "f.csv", watch=lambda piece: None)
    assert out.read_bytes() == b"before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["air.pcap", "frames.parquet", "junk.pcap"]


def test_memory_does_not_grow_with_the_capture(tmp_path: Path) -> None:
    """What is held at any moment is a piece, of so many frames at most."""
    frames = 300_000
    many = capture_of(pool([b"\xd4\0\0\0" + bytes(6)], link_type=105))
    record = many[24:].tobytes()
    path = tmp_path / "air.pcap"
    path.write_bytes(many[:24].tobytes() + record * frames)
    total, largest = 0, 0
    for piece in Source(paths=[path]).pieces():
        total, largest = total + len(piece.frame), max(largest, len(piece.frame))
    assert total == frames
    assert largest <= 1 << 16


def test_byte_orders_and_resolutions_tell_the_same_time(tmp_path: Path) -> None:
    ack = b"\xd4\0\0\0" + bytes(6)
    times = []
    for order in "<>":
        for magic, fraction in ((0xA1B2C3D4, 250_000), (0xA1B23C4D, 250_000_000)):
            head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, 105)
            path = tmp_path / "air.pcap"
            path.write_bytes(head + struct.pack(order + "IIII", 1_700_000_000, fraction, 10, 10) + ack)
            times += [piece.frame["time_ns"][0] for piece in Source(paths=[path]).pieces()]
    assert np.unique(times).tolist() == [1_700_000_000_250_000_000]
