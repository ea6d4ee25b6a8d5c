"""What tshark says of a capture, as the typed columns that we call by the same names.

tshark runs as a program of its own; its answer is text, one line a frame, one field a column. A column of ours that
Wireshark calls otherwise, or writes otherwise, is listed in :data:`READ` and :data:`DERIVED`.
"""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import polars as pl

SEPARATOR, MANY = "\t", ";"
"""Between fields, and between the occurrences of one field; neither stands in any value asked for."""

NOTHING = "<MISSING>"
"""How tshark writes octets that are there and none: the SSID of a probe for any network."""

PREFERENCES = (
    "wlan.check_checksum:TRUE",  # a status for each frame check sequence: off by default
    "wlan.enable_decryption:FALSE",
    "wlan.defragment:FALSE",  # a frame is one frame: nothing is put together across frames
    "ip.defragment:FALSE",
    "tcp.desegment_tcp_streams:FALSE",
)

NO_FIELD = {
    "ssid_hash": "ours: a hash",
    "vendor_hash": "ours: a hash",
    "payload_hash": "ours: a hash",
    "elements_hash": "ours: a hash",
    "reject": "ours: why a frame could not be read to its end",
    "recording": "ours: the number of the file",
}
"""Columns of frames that Wireshark has no word for."""

LATER = ("odid.", "opendroneid.")
"""Columns of Open Drone ID: the Wireshark of the test (4.0) does not know it."""


def whole(text: pl.Expr) -> pl.Expr:
    """Decimal, hexadecimal (``0x``) or a truth value."""
    hexadecimal = text.str.strip_prefix("0x").str.to_integer(base=16, strict=False)
    truth = text.replace_strict({"True": 1, "False": 0}, default=None, return_dtype=pl.Int64)
    return (
        pl.when(text.str.starts_with("0x"))
        .then(hexadecimal)
        .otherwise(pl.coalesce(text.str.to_integer(strict=False), truth))
    )


def address(text: pl.Expr) -> pl.Expr:
    """``00:11:22:33:44:55`` as a whole number of 48 bits."""
    return text.str.replace_all(":", "").str.to_integer(base=16, strict=True)


def internet(text: pl.Expr) -> pl.Expr:
    """``192.168.10.1`` as a whole number of 32 bits."""
    parts = text.str.split_exact(".", 3)
    octets = [parts.struct.field(f"field_{place}").cast(pl.Int64) for place in range(4)]
    return ((octets[0] * 256 + octets[1]) * 256 + octets[2]) * 256 + octets[3]


def upper_bits(text: pl.Expr) -> pl.Expr:
    """A value that Wireshark 4 shifts down by five bits and that we keep where it stands in its octet."""
    return whole(text) * 32


def number(text: pl.Expr) -> pl.Expr:
    """A number with decimals."""
    return text.cast(pl.Float64)


def nanoseconds(text: pl.Expr) -> pl.Expr:
    """``1537621366.598171000`` exactly."""
    parts = text.str.split_exact(".", 1)
    fraction = parts.struct.field("field_1").str.pad_end(9, "0").cast(pl.Int64)
    return parts.struct.field("field_0").cast(pl.Int64) * 1_000_000_000 + fraction


def octets_as_text(text: pl.Expr) -> pl.Expr:
    """Hexadecimal octets as UTF-8, each octet that is none as ``\\xNN``."""

    def of(value: str) -> str:
        return "" if value == NOTHING else bytes.fromhex(value).decode("utf-8", "backslashreplace")

    return text.map_elements(of, return_dtype=pl.String)


def chain(text: pl.Expr) -> pl.Expr:
    """As it stands."""
    return text


Read = Callable[[pl.Expr], pl.Expr]

READ: Mapping[str, tuple[str, Read]] = {
    "time_ns": ("frame.time_epoch", nanoseconds),
    **{f"wlan.{name}": (f"wlan.{name}", address) for name in ("ra", "ta", "sa", "da", "bssid")},
    "ip.src": ("ip.src", internet),
    "ip.dst": ("ip.dst", internet),
    "ip.flags": ("ip.flags", upper_bits),
    "wlan_radio.data_rate": ("wlan_radio.data_rate", number),
    "wlan.ssid": ("wlan.ssid", octets_as_text),
    "frame.protocols": ("frame.protocols", chain),
}
"""Field and way of reading of columns that are not whole numbers of the same name."""

Occurrences = Mapping[str, pl.Expr]


def protection(all_of: Occurrences) -> pl.Expr:
    """0 none, 1 WEP, 2 TKIP, 3 CCMP or GCMP, by the fields that Wireshark finds; null for frames without a body."""
    kind, subtype = (first(all_of[name]).str.to_integer(strict=False) for name in ("wlan.fc.type", "wlan.fc.subtype"))
    code = (
        pl.when(all_of["wlan.ccmp.extiv"] != "")
        .then(3)
        .when(all_of["wlan.tkip.extiv"] != "")
        .then(2)
        .when(all_of["wlan.wep.iv"] != "")
        .then(1)
        .otherwise(0)
    )
    return pl.when((kind == 0) | ((kind == 2) & (subtype & 4 == 0))).then(code.cast(pl.Int64))


def managed(all_of: Occurrences) -> pl.Expr:
    """Whether it is a management frame whose elements stand in the open."""
    return (first(all_of["wlan.fc.type"]) == "0") & (first(all_of["wlan.fc.protected"]) == "0")


def counted(all_of: Occurrences) -> pl.Expr:
    """Whether its elements are counted: in action frames, SAE, unknown subtypes and later fragments they are not."""
    plain = ~first(all_of["wlan.fc.subtype"]).is_in(_WITHOUT) & (all_of["wlan.fixed.auth.alg"] != _SAE)
    plain &= first(all_of["wlan.frag"]) == "0"
    return managed(all_of) & plain


def elements_count(all_of: Occurrences) -> pl.Expr:
    """Number of elements of a management frame."""
    tags = all_of["wlan.tag.number"]
    return pl.when(counted(all_of)).then(pl.when(tags != "").then(tags.str.split(MANY).list.len()).otherwise(0))


def vendor_count(all_of: Occurrences) -> pl.Expr:
    """Number of vendor elements of a management frame."""
    return pl.when(counted(all_of)).then(all_of["wlan.tag.number"].str.split(MANY).list.count_matches("221"))


def in_management(field: str) -> tuple[tuple[str, ...], Callable[[Occurrences], pl.Expr]]:
    """The first occurrence of a field, in management frames alone."""
    names = (field, "wlan.fc.type", "wlan.fc.protected")
    return names, lambda all_of: pl.when(managed(all_of)).then(whole(present(first(all_of[field]))))


def either(*fields: str) -> tuple[tuple[str, ...], Callable[[Occurrences], pl.Expr]]:
    """The first of several fields that is there: Wireshark has a name for each category."""
    return fields, lambda all_of: pl.coalesce(*(whole(present(first(all_of[field]))) for field in fields))


def tello(port: str) -> Callable[[Occurrences], pl.Expr]:
    """The UDP payload to the port, as text."""

    def of(all_of: Occurrences) -> pl.Expr:
        meant = first(all_of["udp.dstport"]) == port
        return octets_as_text(pl.when(meant).then(present(first(all_of["udp.payload"]))))

    return of


_TAGS = ("wlan.tag.number", "wlan.fc.type", "wlan.fc.subtype", "wlan.fc.protected", "wlan.frag", "wlan.fixed.auth.alg")
_WITHOUT, _SAE = ("6", "7", "9", "13", "14", "15"), "3"
_RSN = (
    "gcs.type", "pcs.count", "pcs.type", "akms.count", "akms.type",
    "capabilities", "capabilities.mfpc", "capabilities.mfpr",
)  # fmt: skip

DERIVED: Mapping[str, tuple[tuple[str, ...], Callable[[Occurrences], pl.Expr]]] = {
    "protection": (
        ("wlan.ccmp.extiv", "wlan.tkip.extiv", "wlan.wep.iv", "wlan.fc.type", "wlan.fc.subtype"),
        protection,
    ),
    "elements_count": (_TAGS, elements_count),
    "vendor_count": (_TAGS, vendor_count),
    "wlan.fixed.action_code": either(
        "wlan.fixed.action_code", "wlan.fixed.publicact", "wlan.fixed.htact", "wlan.vht.action"
    ),
    **{f"wlan.rsn.{name}": in_management(f"wlan.rsn.{name}") for name in _RSN},
    "tello.command": (("udp.dstport", "udp.payload"), tello("8889")),
    "tello.state": (("udp.dstport", "udp.payload"), tello("8890")),
}
"""Columns made of several fields, or of how often one occurs."""

LAST = frozenset({"wlan_radio.signal_dbm", "wlan_radio.noise_dbm"})
"""Columns whose last occurrence counts; of all others it is the first."""


def first(text: pl.Expr) -> pl.Expr:
    """The first occurrence."""
    return text.str.split(MANY).list.first()


def present(text: pl.Expr) -> pl.Expr:
    """Null for what is not there."""
    return pl.when(text != "").then(text)


def has_field(column: str) -> bool:
    """Whether Wireshark says anything of this column."""
    return column not in NO_FIELD and not column.startswith(LATER)


def fields_of(columns: Iterable[str]) -> list[str]:
    """The Wireshark fields that these columns of ours need."""
    wanted: dict[str, None] = {}
    for column in columns:
        names = DERIVED[column][0] if column in DERIVED else (READ.get(column, (column, whole))[0],)
        wanted |= dict.fromkeys(names)
    return list(wanted)


def glossary(program: str) -> str:
    """Every field that this tshark knows, as it lists them."""
    command = [program, "-G", "fields"]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | {"LC_ALL": "C"}, check=True).stdout


def run(
    program: str, capture: Path, fields: Sequence[str], *, most: int | None = None, more: Sequence[str] = ()
) -> bytes:
    """The text of ``tshark -T fields`` on the first ``most`` frames."""
    command = [program, "-n", "-r", str(capture), "-T", "fields"]
    command += ["-E", f"separator={SEPARATOR}", "-E", "occurrence=a", "-E", f"aggregator={MANY}"]
    command += [part for preference in PREFERENCES for part in ("-o", preference)]
    command += [part for field in fields for part in ("-e", field)]
    command += (["-c", str(most)] if most is not None else []) + list(more)
    done = subprocess.run(command, capture_output=True, env=os.environ | {"LC_ALL": "C"}, check=False)
    # A capture that is cut short in its last record: tshark says so, exits with 2, and has read what there is.
    if done.returncode not in (0, 2) or b"Some fields aren't valid" in done.stderr:
        raise RuntimeError(f"tshark, {capture.name}: {done.stderr.decode(errors='replace')[-500:]}")
    return done.stdout


def read(program: str, capture: Path, columns: Sequence[str], *, most: int | None = None) -> pl.DataFrame:
    """Columns of ours as tshark has them, one row a frame.

    Args:
        program: Path of tshark.
        capture: A capture file.
        columns: Names of ours; each must pass :func:`has_field`.
        most: Read only so many frames.
    """
    fields = fields_of(["frame.number", *columns])
    text = run(program, capture, fields, most=most)
    shape = dict.fromkeys(fields, pl.String)
    if not text:
        every = pl.DataFrame(schema=shape)
    else:
        every = pl.read_csv(BytesIO(text), separator=SEPARATOR, quote_char=None, has_header=False, schema=shape)
        every = every.with_columns(pl.all().fill_null(""))
    wanted = []
    for column in dict.fromkeys(["frame.number", *columns]):
        if column in DERIVED:
            names, make = DERIVED[column]
            wanted.append(make({name: pl.col(name) for name in names}).alias(column))
            continue
        field, form = READ.get(column, (column, whole))
        values = pl.col(field).str.split(MANY)
        wanted.append(form(present(values.list.last() if column in LAST else values.list.first())).alias(column))
    return every.select(wanted).cast({pl.UInt32: pl.Int64, pl.Int32: pl.Int64})
