"""A folder as a watch would write it: health every second, stations, and alerts with their part of the capture."""

import math
from pathlib import Path
from typing import Any

from yawstring.edge.alert_store import AlertStore
from yawstring.models.base import Json
from yawstring.watch.alerts import Alert, AlertChange, ChangeKind, alert_key
from yawstring.watch.findings import Identity

S = 10**9

DRONE, CONTROLLER, ATTACKER = 0x60601F000001, 0x0A1B2C3D4E5F, 0x0022AA334455

WORDS = "41 de-authentications in 1.0 s, where 5 are allowed"


def alert(kind: str, opened_ns: int, **fields: Any) -> Alert:
    """An alert about the drone, open unless told otherwise."""
    drone = DRONE if fields.get("watched", True) else 0x0B0B0B0B0B0B
    identity = Identity(kind=kind, drone=drone, attacker=ATTACKER)
    usual: dict[str, Any] = {
        "origin": "rule",
        "source": kind,
        "digest": "ab" * 32,
        "technique": "T1499",
        "severity": "high",
        "watched": True,
        "confirmed_ns": opened_ns + S // 5,
        "last_ns": opened_ns + S,
        "time_error_s": 0.02,
        "score": 0.97,
        "threshold": 0.5,
        "count": 412,
        "words": WORDS,
        "reasons": ("signal 18 dB above the drone's median",),
        "rssi_dbm": -44.0,
        "frequency_mhz": 2437.0,
        "frames": (12_034, 12_600),
        "details": {"reason_code": 7},
    }
    key = alert_key(identity, kind, opened_ns)
    return Alert(key=key, identity=identity, opened_ns=opened_ns, **(usual | fields))


def change(store: AlertStore, kind: ChangeKind, *alerts: Alert) -> None:
    """Write down the same change of some alerts."""
    store.apply([AlertChange(kind=kind, time_ns=one.last_ns, alert=one) for one in alerts])


def health(at: int, **fields: Json) -> dict[str, Json]:
    """What a watch says of its second number ``at``."""
    usual: dict[str, Json] = {
        "frames": at * 900,
        "frames_per_s": 900.0,
        "by_kind": {"management": 120.0, "control": 300.0, "data": 480.0, "malformed": 0.0},
        "rejects": {"bad_fcs": at // 3},
        "drops": at // 100,
        "telemetry_age_s": 0.1,
        "telemetry": "fresh",
        "air": "heard",
        "coverage": {"2437": 0.82, "2462": 0.18},
        "score": 0.1 + 0.05 * math.sin(at / 9),
        "threshold": 0.5,
        "height_m": 1.2 + 0.3 * math.sin(at / 20),
        "pitch_deg": 4 * math.sin(at / 7),
        "roll_deg": -3 * math.cos(at / 9),
        "yaw_deg": 80.0,
        "battery_percent": 72,
        "state": "running",
    }
    return usual | fields


def watched(folder: Path, now_ns: int, *, name: str = "TELLO-60601F", seconds: int = 300) -> AlertStore:
    """A record in which a watch has run for some seconds and is running now."""
    store = AlertStore.create(folder / "alerts.db")
    store.note("drone", name)
    store.note("bundle", "tello.bundle, SHA-256 1f3a")
    store.note("sources", "wlan1, telemetry sniff:wlan0")
    for at in range(seconds):
        store.note_health(now_ns - (seconds - 1 - at) * S, health(at))
    rows: list[dict[str, Json]] = [
        {"address": DRONE, "role": "drone", "network": DRONE, "frames": 81_234, "rssi_dbm": -47.0},
        {"address": CONTROLLER, "role": "controller", "network": DRONE, "frames": 41_234, "rssi_dbm": -40.0},
        {"address": 0x20, "role": "other", "network": None, "frames": 99_999, "rssi_dbm": -80.0},
    ]
    store.note_stations([row | {"last_ns": now_ns, "frequency_mhz": 2437} for row in rows])
    return store
