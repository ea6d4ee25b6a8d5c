"""Why a cell of ours differs from tshark's: the causes that are known, each with its cells.

``docs/reference/decoder.md`` says the same to a person, with counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from support.radiotap_headers import CUT, ODD, SOUND, WILD
from yawstring.wire import rejects

ANY: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Cause:
    """A reason for differing cells.

    Attributes:
        name: As the page's table names it.
        sets: ``real``, ``fuzzed`` or both.
        columns: Columns it explains; none for all.
        captures: Captures it explains; none for all.
        where: What else must hold of a row of differences.
    """

    name: str
    sets: Sequence[str] = ("real", "fuzzed")
    columns: Sequence[str] = ANY
    captures: Sequence[str] = ANY
    where: pl.Expr | None = None

    def holds(self) -> pl.Expr:
        """Whether the cause explains a row."""
        parts = [pl.lit(True)]
        if self.columns:
            parts.append(pl.col("column").is_in(list(self.columns)))
        if self.captures:
            parts.append(pl.col("capture").is_in(list(self.captures)))
        if self.where is not None:
            parts.append(self.where)
        return pl.all_horizontal(parts)


RADIO = (
    "wlan_radio.data_rate",
    "wlan_radio.phy",
    "wlan_radio.preamble",
    "wlan_radio.short_preamble",
    "wlan_radio.channel",
)


def rejected(*reasons: int) -> pl.Expr:
    """Whether we rejected the frame for one of these reasons."""
    return pl.col("reject").is_in(reasons).fill_null(False)


def kind(*kinds: str) -> pl.Expr:
    """Whether the frame stands behind a header of one of these kinds."""
    return pl.col("kind").is_in(kinds)


CAUSES: tuple[Cause, ...] = (
    Cause(
        name="a protocol above that we do not read",
        sets=("real",),
        columns=("frame.protocols", "data.len"),
        captures=("radiotap.pcap", "wlanmon.pcap", "wpa-Induction.pcap"),
        where=pl.col("reject").is_null(),
    ),
    Cause(
        name="elements within an action frame",
        sets=("real",),
        columns=("wlan.ssid", "wlan.fixed.action_code"),
        captures=("pmkid-not-recognized.cap",),
    ),
    Cause(
        name="the FCS of a frame of another version",
        columns=("wlan.fcs.status",),
        where=rejected(rejects.MAC_VERSION) & (pl.col("theirs") == "2"),
    ),
    Cause(
        name="the rate of HT's MCS 32",
        sets=("fuzzed",),
        columns=("wlan_radio.data_rate",),
        where=kind(SOUND) & (pl.col("ours") == "6.0") & pl.col("theirs").str.starts_with("6.23"),
    ),
    Cause(
        name="HE rates: dual carrier modulation, the widest unit, or no bandwidth told",
        sets=("fuzzed",),
        columns=("wlan_radio.data_rate",),
        where=kind(SOUND),
    ),
    Cause(
        name="channel flags that contradict the frequency",
        sets=("fuzzed",),
        columns=("wlan_radio.phy",),
        where=kind(SOUND),
    ),
    Cause(name="several ways of sending in one header", sets=("fuzzed",), columns=RADIO, where=kind(ODD)),
    Cause(
        name="elements that lie about their length",
        where=rejected(rejects.ELEMENT_LENGTH, rejects.ELEMENT_CONTENT),
    ),
    Cause(
        name="a radio header that ends before its fields",
        where=rejected(rejects.RADIOTAP_LENGTH, rejects.RADIOTAP_PRESENT, rejects.RADIOTAP_FIELD, rejects.PRISM_LENGTH),
    ),
    Cause(
        name="a frame cut short",
        where=rejected(rejects.MAC_SHORT, rejects.PROTECTION_SHORT, rejects.FIXED_SHORT),
    ),
    Cause(name="octets of a header taken for a frame", sets=("fuzzed",), where=kind(CUT)),
    Cause(name="present words that contradict themselves", sets=("fuzzed",), where=kind(WILD)),
    Cause(name="namespaces and fields given twice", sets=("fuzzed",), where=kind(ODD)),
)


def explained(differing: pl.DataFrame, where: str) -> pl.DataFrame:
    """The differences with the name of the first cause that explains each, null for none.

    Args:
        differing: As :class:`support.oracle.Comparison` has them; of fuzzed headers also the ``kind`` of each.
        where: ``real`` or ``fuzzed``.
    """
    name = pl.lit(None, pl.String)
    for cause in reversed(CAUSES):
        if where in cause.sets:
            name = pl.when(cause.holds()).then(pl.lit(cause.name)).otherwise(name)
    return differing.with_columns(name.alias("cause"))
