"""Whatever a capture holds, decoding gives frames and counted rejects: nothing raises, nothing reads out of range."""

import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from support.mutated import Pool, capture_of, mutated, pool, pools, taken
from support.radiotap_headers import NOT_SOUND, radiotap_capture
from yawstring.table.frames import frames_table
from yawstring.wire.decoder import Decoded, decode
from yawstring.wire.rejects import REASONS

LINK_TYPES = (127, 105, 119, 192)
MUTATED_FRAMES = 1_000_000
AT_A_TIME = 250_000
SEED = 20_240_424

PCAP_HEADS = [
    struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, link)
    for order in "<>"
    for magic in (0xA1B2C3D4, 0xA1B23C4D)
    for link in LINK_TYPES
]
SECTION = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)


def interface(link: int) -> bytes:
    return struct.pack("<IIHHII", 1, 20, link, 0, 0, 20)


def block(frame: bytes) -> bytes:
    padded = frame + bytes(-len(frame) % 4)
    size = 32 + len(padded)
    return struct.pack("<IIIIIII", 6, size, 0, 0, 1_000_000, len(frame), len(frame)) + padded + struct.pack("<I", size)


def record(frame: bytes) -> bytes:
    return struct.pack("<IIII", 1_700_000_000, 5, len(frame), len(frame)) + frame


@st.composite
def captures_of_anything(draw: st.DrawFn) -> bytes:
    """Octets, captures of octets, and captures whose records lie."""
    shape = draw(st.sampled_from(["octets", "behind a head", "pcap", "pcapng", "broken pcap", "broken pcapng"]))
    if shape == "octets":
        return draw(st.binary(max_size=400))
    if shape == "behind a head":
        return draw(st.sampled_from([*PCAP_HEADS, SECTION, SECTION + interface(127)])) + draw(st.binary(max_size=400))
    frames: Sequence[bytes] = draw(st.lists(st.binary(max_size=120), max_size=6))
    link = draw(st.sampled_from(LINK_TYPES))
    if "pcapng" in shape:
        whole = SECTION + interface(link) + b"".join(map(block, frames))
    else:
        whole = PCAP_HEADS[LINK_TYPES.index(link)] + b"".join(map(record, frames))
    if "broken" in shape:
        spoilt = bytearray(whole)
        for _ in range(draw(st.integers(1, 6))):
            spoilt[draw(st.integers(0, len(spoilt) - 1))] = draw(st.integers(0, 255))
        whole = bytes(spoilt[: draw(st.integers(0, len(spoilt)))])
    return whole


def check_totals(decoded: Decoded) -> None:
    """Every reject has a reason that is known, and the frames' add up to their column."""
    assert set(decoded.rejects) <= set(REASONS[1:])
    column = decoded.columns["reject"]
    codes, counts = np.unique(column.values[column.valid], return_counts=True)
    assert not len(codes) or (codes[0] > 0 and codes[-1] < len(REASONS))
    by_frame = {REASONS[code]: int(count) for code, count in zip(codes, counts, strict=True)}
    of_frames = {
        reason: count for reason, count in decoded.rejects.items() if not reason.startswith(("capture", "rec"))
    }
    assert by_frame == of_frames
    assert decoded.columns["frame.number"].values.tolist() == list(range(1, decoded.frames + 1))
    assert decoded.columns["frame.number"].valid.all()


@settings(max_examples=300, deadline=None)
@given(captures_of_anything())
def test_any_octets_give_frames_and_counted_rejects(octets: bytes) -> None:
    decoded = decode(octets)
    check_totals(decoded)
    assert len(frames_table(decoded)) == decoded.frames


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LINK_TYPES), st.lists(st.binary(max_size=200), min_size=1, max_size=8))
def test_a_sound_capture_of_any_frames_keeps_every_frame(link: int, frames: list[bytes]) -> None:
    decoded = decode(capture_of(pool(frames, link_type=link)))
    check_totals(decoded)
    assert decoded.frames == len(frames)
    assert decoded.columns["frame.cap_len"].values.tolist() == [len(frame) for frame in frames]


@pytest.fixture(scope="session")
def real_pools(captures: Path) -> list[Pool]:
    files = sorted(path for path in captures.rglob("*") if path.is_file())
    return pools(files, most=3_000)


def test_a_million_changed_frames(real_pools: list[Pool]) -> None:
    shares = {105: 2, 127: 2}
    decoded_frames = 0
    for source in real_pools:
        for part in range(shares.get(source.link_type, 0)):
            changed = mutated(source, AT_A_TIME, seed=SEED + source.link_type * 10 + part)
            decoded = decode(capture_of(changed))
            assert decoded.frames == AT_A_TIME
            assert (decoded.columns["frame.cap_len"].values == changed.lengths).all()
            column = decoded.columns["reject"]
            assert column.valid.sum() == sum(decoded.rejects.values())
            decoded_frames += decoded.frames
    assert decoded_frames == MUTATED_FRAMES


def test_a_frame_is_read_from_its_own_octets_alone(real_pools: list[Pool]) -> None:
    """In another order, so beside other octets, every frame gives the same row."""
    for source in real_pools:
        count = min(20_000, 1_000 * len(source))
        changed = mutated(source, count, seed=SEED)
        order = np.random.default_rng(SEED).permutation(count)
        one, other = decode(capture_of(changed)), decode(capture_of(taken(changed, order)))
        assert one.rejects == other.rejects
        skipped = ("frame.number", "time_ns")
        straight = frames_table(one).drop(skipped)
        again = frames_table(other).drop(skipped)
        assert straight[order.tolist()].equals(again)


def test_radiotap_headers_that_are_wild_or_cut_keep_every_frame() -> None:
    made = radiotap_capture(20_000, seed=SEED, shares=NOT_SOUND)
    decoded = decode(made.capture)
    check_totals(decoded)
    assert decoded.frames == 20_000
    assert len([reason for reason in decoded.rejects if reason.startswith("radiotap")]) == 3


def test_changed_containers(real_pools: list[Pool]) -> None:
    """Lengths and heads of pcap and pcapng altered: what is found is counted, what is not is rejected."""
    random = np.random.default_rng(SEED)
    rejected = 0
    for number in range(400):
        source = real_pools[number % len(real_pools)]
        some = taken(source, random.integers(0, len(source), 20))
        frames = [some.octets[at : at + size].tobytes() for at, size in zip(some.starts, some.lengths, strict=True)]
        whole = capture_of(some).copy()
        if number % 2:
            head = SECTION + interface(source.link_type)
            whole = np.frombuffer(head + b"".join(map(block, frames)), np.uint8).copy()
        places = random.integers(0, len(whole), 40)
        whole[places] = random.integers(0, 256, 40)
        decoded = decode(whole[: len(whole) - int(random.integers(0, 3))])
        check_totals(decoded)
        rejected += sum(count for reason, count in decoded.rejects.items() if reason.startswith("capture"))
    assert rejected > 100


BOUNDS_CHECKED = """
import sys
import numpy as np
import numba
from yawstring.compiled import compiled
from yawstring.wire.decoder import decode

@compiled
def beyond(values, place):
    return values[place]

try:
    beyond(np.zeros(3), 3)
except IndexError:
    pass
else:
    sys.exit("bounds are not checked here: the test tests nothing")
for path in sys.argv[1:]:
    whole = np.fromfile(path, np.uint8)
    print(decode(whole).frames)
    place = 24
    for _ in range(1_500):  # each frame as the last of a capture: behind it there is nothing to read
        size = 16 + int(whole[place + 8 : place + 12].view("<u4")[0])
        decode(np.concatenate([whole[:24], whole[place : place + size]]))
        place += size
"""


def test_no_read_out_of_range(real_pools: list[Pool], tmp_path: Path) -> None:
    """The loops with Numba's own check of every index: one out of range raises there."""
    made = [capture_of(mutated(source, 20_000, seed=SEED + 1)) for source in real_pools]
    made.append(np.frombuffer(radiotap_capture(3_000, seed=SEED).capture, np.uint8))
    made.append(made[0][: len(made[0]) - 5])
    paths = [tmp_path / f"{number}.pcap" for number in range(len(made))]
    for path, octets in zip(paths, made, strict=True):
        octets.tofile(path)
    environment = os.environ | {"NUMBA_BOUNDSCHECK": "1", "NUMBA_CACHE_DIR": str(tmp_path / "compiled")}
    script = tmp_path / "checked.py"
    script.write_text(BOUNDS_CHECKED)
    done = subprocess.run(
        [sys.executable, script, *paths], env=environment, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.split() == ["20000"] * len(real_pools) + ["3000", "19999"]
