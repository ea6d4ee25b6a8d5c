"""The decoder's loop is compiled for one layout of its arguments: compiling it takes longer than most captures."""

from dataclasses import replace

import numpy as np

from support import octets, open_network
from yawstring.table.frames import frames_table
from yawstring.wire.capture import records
from yawstring.wire.decoder import decode_records
from yawstring.wire.frames import read_frames


def test_records_put_together_are_read_by_the_loop_that_reads_a_files() -> None:
    whole = octets.pcap(open_network.frames(20, seed=1))
    found = records(whole)
    together = replace(found, table=np.concatenate([found.table[:, :7], found.table[:, 7:]], axis=1))
    assert together.table.flags.c_contiguous
    assert not found.table.flags.c_contiguous
    one = frames_table(decode_records(whole, found))
    assert frames_table(decode_records(bytearray(whole), together)).equals(one)
    assert len(read_frames.signatures) == 1
