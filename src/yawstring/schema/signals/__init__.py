"""Every signal once: name, unit, modality, meaning, source, which attacks it is meant to show, what it needs.

A signal is measured by :mod:`yawstring.table.signals`, from raw columns and what came before. Raw columns tell one
capture from another; signals are what carries over: a gap in a transmitter's sequence numbers, not the numbers.
"""

from yawstring.schema.signals.air import AIR_SIGNALS
from yawstring.schema.signals.craft_both import BOTH_SIGNALS
from yawstring.schema.signals.craft_commands import COMMAND_SIGNALS
from yawstring.schema.signals.craft_flow import FLOW_SIGNALS
from yawstring.schema.signals.craft_gains import GAIN_SIGNALS
from yawstring.schema.signals.craft_holds import HOLD_SIGNALS
from yawstring.schema.signals.craft_jumps import JUMP_SIGNALS
from yawstring.schema.signals.craft_repeats import SEGMENT_SIGNALS
from yawstring.schema.signals.craft_ties import TIE_SIGNALS
from yawstring.schema.signals.craft_trends import TREND_SIGNALS
from yawstring.schema.signals.management import MANAGEMENT_SIGNALS
from yawstring.schema.signals.networks import NETWORKS_SIGNALS
from yawstring.schema.signals.radio import LEVEL_SIGNALS, NOISE_SIGNALS, RATE_SIGNALS
from yawstring.schema.signals.replays import IDENTIFICATION_SIGNALS, PACKET_NUMBER_SIGNALS, REPEAT_SIGNALS
from yawstring.schema.signals.sequences import SEQUENCE_SIGNALS
from yawstring.schema.signals.signal import Signal
from yawstring.schema.signals.timing import ANSWER_SIGNALS, PACE_SIGNALS
from yawstring.schema.signals.traffic import COMPANY_SIGNALS, DURATION_SIGNALS, LENGTH_SIGNALS, PROTOCOL_SIGNALS

__all__ = ["SIGNALS", "Signal"]

SIGNALS: tuple[Signal, ...] = (
    *AIR_SIGNALS,
    *MANAGEMENT_SIGNALS,
    *NETWORKS_SIGNALS,
    *SEQUENCE_SIGNALS,
    *PACKET_NUMBER_SIGNALS,
    *REPEAT_SIGNALS,
    *IDENTIFICATION_SIGNALS,
    *LEVEL_SIGNALS,
    *NOISE_SIGNALS,
    *RATE_SIGNALS,
    *PACE_SIGNALS,
    *ANSWER_SIGNALS,
    *LENGTH_SIGNALS,
    *DURATION_SIGNALS,
    *PROTOCOL_SIGNALS,
    *COMPANY_SIGNALS,
    *FLOW_SIGNALS,
    *TIE_SIGNALS,
    *HOLD_SIGNALS,
    *SEGMENT_SIGNALS,
    *JUMP_SIGNALS,
    *TREND_SIGNALS,
    *GAIN_SIGNALS,
    *COMMAND_SIGNALS,
    *BOTH_SIGNALS,
)
"""Every signal, in the order of a table's columns."""
