"""Sinks: where alerts are told. Files of JSON lines (EVE, OCSF), syslog, a webhook, MQTT.

A sink never hears of a change before it lies in the record, and reads the record from where it had stopped: one that is
down misses nothing, and holds up nobody (:mod:`yawstring.edge.sinks.delivery`).
"""

from yawstring.edge.sinks.base import Item, Sink
from yawstring.edge.sinks.delivery import Courier, SinkState, deliver, enrol
from yawstring.edge.sinks.opening import SINKS, open_sink

__all__ = ["SINKS", "Courier", "Item", "Sink", "SinkState", "deliver", "enrol", "open_sink"]
