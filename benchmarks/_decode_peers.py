"""scapy and dpkt at work on a capture: programs of their own, run by an interpreter whose environment has them.

    python _decode_peers.py scapy|dpkt

Reads lines ``PATH<tab>FRAMES`` and answers each with the frames read, the values found and the seconds, as JSON. It
imports nothing of yawstring.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice


def scapy_rows(path: str, count: int) -> Iterator[list[object]]:
    """A row a frame: of the 35 columns those that scapy's layers hold, by its own names."""
    from scapy.layers.dot11 import Dot11, Dot11CCMP, Dot11FCS, Dot11QoS, Dot11WEP, RadioTap
    from scapy.utils import PcapReader

    radio = ("len", "mac_timestamp", "dBm_AntSignal", "Lock_Quality", "Rate", "ChannelFrequency", "ChannelFlags")
    mac = ("type", "subtype", "FCfield", "ID", "addr1", "addr2", "addr3", "addr4", "SC")
    with PcapReader(path) as reader:
        for packet in islice(reader, count):
            row: list[object] = [packet.time, len(packet)]
            layers = ((RadioTap, radio), (Dot11, mac), (Dot11QoS, ("TID", "Ack_Policy")))
            layers += ((Dot11CCMP, ("PN0", "PN1", "PN2", "PN3", "PN4", "PN5", "key_id")), (Dot11WEP, ("iv", "keyid")))
            for layer, names in layers:
                found = packet.getlayer(layer)
                row += [None if found is None else found.getfieldval(name) for name in names]
            row.append(packet[Dot11FCS].fcs if packet.haslayer(Dot11FCS) else None)
            yield row


def dpkt_rows(path: str, count: int) -> Iterator[list[object]]:
    """A row a frame: the columns that dpkt reads. A frame that it cannot read is an empty row."""
    import dpkt

    plain = dpkt.pcap.DLT_IEEE802_11
    with open(path, "rb") as file:
        reader = dpkt.pcap.Reader(file)
        link = reader.datalink()
        for stamp, octets in islice(reader, count):
            row: list[object] = [stamp, len(octets)]
            try:
                if link == plain:
                    frame = dpkt.ieee80211.IEEE80211(octets)
                else:
                    radio = dpkt.radiotap.Radiotap(octets)
                    row += [radio.length, getattr(getattr(radio, "ant_sig", None), "db", None)]
                    frame = radio.data
                row += [frame.type, frame.subtype, frame.retry, frame.wep, frame.duration]
                part = getattr(frame, "mgmt", None) or getattr(frame, "data_frame", None)
                row += [getattr(part, name, None) for name in ("src", "dst", "bssid", "frag_seq")]
            except (dpkt.UnpackError, AttributeError, IndexError, ValueError, TypeError):
                row += [None]
            yield row


ROWS: dict[str, Callable[[str, int], Iterator[list[object]]]] = {"scapy": scapy_rows, "dpkt": dpkt_rows}


def main() -> None:
    rows = ROWS[sys.argv[1]]
    print(json.dumps({"version": __import__(sys.argv[1]).__version__}), flush=True)
    for line in sys.stdin:
        path, _, count = line.rstrip("\n").rpartition("\t")
        start = time.perf_counter()
        read = values = 0
        for row in rows(path, int(count)):
            read += 1
            values += sum(value is not None for value in row)
        print(json.dumps({"frames": read, "values": values, "seconds": time.perf_counter() - start}), flush=True)


if __name__ == "__main__":
    main()
