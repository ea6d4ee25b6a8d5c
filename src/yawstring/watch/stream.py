"""The stream: pieces of a capture and rows of telemetry in, findings and incidents out.

Decoding, telemetry beside frames, roles, signals, scores, incidents and rules, one after another, each a step with a
state of its own. However frames are cut into batches, the scores are the same bits and the findings the same: a replay
is no other program than a watch. What it remembers is bounded, whatever the air holds.
"""

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
import polars as pl

from yawstring.learn import events
from yawstring.table import signals
from yawstring.table.frames import frames_table
from yawstring.table.fuse import FuseOptions
from yawstring.table.signals import Inputs, Roles, SignalOptions, SignalState
from yawstring.table.signals.inputs import MISSING, lent_times, raw_times
from yawstring.table.signals.roles import RolesState, roles_start, roles_step
from yawstring.watch import air_states, beside, incidents, scores, stations
from yawstring.watch.air_states import AirStates
from yawstring.watch.batches import Batch
from yawstring.watch.beside import Beside
from yawstring.watch.clock import Clock, cut
from yawstring.watch.coverage import slots_heard
from yawstring.watch.findings import Finding
from yawstring.watch.incidents import Known
from yawstring.watch.outcome import KINDS, Out, joined
from yawstring.watch.reasons import out_of_the_ordinary
from yawstring.watch.scores import Detector, Rows, Scored, ScoreState
from yawstring.watch.stations import Stations
from yawstring.wire.capture import Records
from yawstring.wire.decoder import Decoded, decode_records
from yawstring.wire.octets import Octets
from yawstring.wire.records import NO_TIME, TIME


class Ruling(Protocol):
    """The rules, as a stream runs them beside the detector."""

    def start(self, drone: int | None) -> Any:  # noqa: ANN401  # the rules' own
        """The state before the first frame."""
        ...

    def step(
        self,
        state: Any,  # noqa: ANN401  # the rules' own
        inputs: Inputs,
        roles: Roles,
        *,
        first_frame: int,
        until_ns: int | None,
    ) -> tuple[Any, tuple[Finding, ...]]:
        """Take in a chunk."""
        ...


@dataclass(frozen=True, kw_only=True, eq=False)
class StreamOptions:
    """What watches a stream, and how.

    Attributes:
        detector: A bundle, ready; ``None``: the rules alone.
        rules: The rules; ``None``: the detector alone.
        drone: BSSID of the watched drone, or the name of its network; ``None``: it is learned, or the bundle names it.
        fusion: How old telemetry may be, and its clock.
        air_states: Take the drone's states out of the frames of an open network.
        lateness_ns: How long after its time a frame may still come in: what a silent air means is said that much
            later, and at least a nanosecond.
    """

    detector: Detector | None = None
    rules: Ruling | None = None
    drone: int | str | None = None
    fusion: FuseOptions = field(default_factory=FuseOptions)
    air_states: bool = False
    lateness_ns: int = 1

    @property
    def signals(self) -> SignalOptions | None:
        """How signals are measured; ``None`` where none are."""
        return None if self.detector is None else self.detector.signals

    @property
    def named(self) -> int | None:
        """BSSID of the drone where a person has named it."""
        if isinstance(self.drone, int):
            return self.drone
        return self.signals.drone if self.signals is not None and self.drone is None else None


@dataclass(frozen=True, kw_only=True, eq=False)
class StreamState:
    """Where a stream stands.

    Attributes:
        number: Number of the next frame, from 1.
        clock: Whether the clock was put back.
        beside: Telemetry that is carried.
        air: States that were taken out of the air.
        now_ns: Latest time; ``None`` before the first frame.
        drone: BSSID of the drone where it was named, or found by its network's name.
        roles: Who is who.
        signals: Of the measurements; ``None`` where there are none.
        scores: Of the detector; ``None`` where there is none.
        rules: Of the rules; ``None`` where there are none.
        incidents: What the open incidents are about.
        stations: Who is in the air.
    """

    number: int = 1
    clock: Clock = field(default_factory=Clock)
    beside: Beside = field(default_factory=Beside)
    air: AirStates = field(default_factory=AirStates)
    now_ns: int | None = None
    drone: int | None
    roles: RolesState
    signals: SignalState | None
    scores: ScoreState | None
    rules: Any
    incidents: Known = field(default_factory=Known)
    stations: Stations = field(default_factory=stations.start)


NOBODY = -1
"""Stands for a drone that is named by its network, and that has not been heard yet."""

_BEACON, _PROBE_RESPONSE = 8, 5
_MALFORMED = KINDS.index("malformed")


NO_ROWS, NO_TIMES, NO_TABLE = np.zeros((0, 0), np.float32), np.zeros(0, np.int64), pl.DataFrame()


def start(options: StreamOptions) -> StreamState:
    """The state before the first frame."""
    drone = NOBODY if isinstance(options.drone, str) else options.named
    return StreamState(drone=drone, roles=roles_start(drone), **_measured(options, drone))


def step(
    state: StreamState, options: StreamOptions, batch: Batch, telemetry: pl.DataFrame | None = None
) -> tuple[StreamState, Out]:
    """Take in a batch.

    Args:
        state: From :func:`start` or the step before; gone afterwards.
        options: The same for every step.
        batch: The frames.
        telemetry: Rows that have come since the step before, up to the batch's ``now_ns``.

    Returns:
        The state after it, and what was found.
    """
    times = batch.records.table[TIME]
    after, cuts = cut(state.clock, times, times != NO_TIME)
    state, outs, edges = replace(state, clock=after), [], [0, *cuts, len(batch)]
    # Where the clock was put back, nobody knows whether the batch was read before or after that.
    until_ns = None if cuts else batch.now_ns - max(options.lateness_ns, 1)
    for place, (first, last) in enumerate(pairwise(edges)):
        if place:
            state, out = _anew(state, options)
            outs.append(out)
        piece = _Piece(octets=batch.octets, records=batch.records.part(first, last), rows=telemetry, until_ns=until_ns)
        state, made = _piece(state, options, piece)
        outs += made
        telemetry = None
    if state.clock.latest_ns is not None and until_ns is not None:
        state = replace(state, clock=replace(state.clock, latest_ns=max(state.clock.latest_ns, until_ns)))
    return state, joined(outs, batch.records.rejects)


def finish(state: StreamState, options: StreamOptions) -> tuple[StreamState, Out]:
    """The stream has ended: close what is open."""
    if options.detector is None or state.scores is None:
        return state, Out()
    after, changes = events.finish(state.scores.events, options.detector.events)
    state = replace(state, scores=replace(state.scores, events=after))
    return _tell(state, options, changes, incidents.unheard(state.incidents), None)


def _measured(options: StreamOptions, drone: int | None) -> dict[str, Any]:
    return {
        "signals": None if options.signals is None else signals.start(options.signals),
        "scores": None if options.detector is None else scores.start(options.detector),
        "rules": None if options.rules is None else options.rules.start(_real(drone)),
    }


def _real(drone: int | None) -> int | None:
    return None if drone == NOBODY else drone


def _anew(state: StreamState, options: StreamOptions) -> tuple[StreamState, Out]:
    """The clock was put back: close what is open, and measure as if another recording began."""
    state, out = finish(state, options)
    known = replace(state.incidents, first=None, identities={})
    carried = replace(state.beside, latest_ns=None)
    begun = _measured(options, state.drone)
    return replace(state, now_ns=None, roles=roles_start(state.drone), incidents=known, beside=carried, **begun), out


@dataclass(frozen=True, kw_only=True, eq=False)
class _Piece:
    """Frames of one clock, and what has come with them."""

    octets: Octets
    records: Records
    rows: pl.DataFrame | None
    until_ns: int | None


def _piece(state: StreamState, options: StreamOptions, piece: _Piece) -> tuple[StreamState, list[Out]]:
    """Take in frames of one clock; where one names the drone's network, the drone is known from there on."""
    decoded = decode_records(piece.octets, piece.records, first_number=state.number)
    found = _announced(decoded, options.drone) if state.drone == NOBODY and isinstance(options.drone, str) else None
    if found is None:
        state, out = _advance(state, options, decoded, piece)
        return state, [out]
    place, drone = found
    before = replace(piece, records=piece.records.part(0, place), until_ns=None)
    state, out = _advance(
        state, options, decode_records(piece.octets, before.records, first_number=state.number), before
    )
    rules = state.rules if options.rules is None else options.rules.start(drone)
    state = replace(state, drone=drone, roles=roles_start(drone), rules=rules)
    state, outs = _piece(
        state, options, replace(piece, records=piece.records.part(place, len(piece.records)), rows=None)
    )
    return state, [out, *outs]


def _announced(decoded: Decoded, name: str) -> tuple[int, int] | None:
    """The first frame in which an access point says that its network has this name, and the access point."""
    kind, subtype, bssid = (decoded.columns[one] for one in ("wlan.fc.type", "wlan.fc.subtype", "wlan.bssid"))
    for frame, octets in decoded.texts("wlan.ssid"):
        says = kind.values[frame] == 0 and subtype.values[frame] in (_BEACON, _PROBE_RESPONSE)
        if says and bssid.valid[frame] and octets == name.encode():
            return frame, int(bssid.values[frame])
    return None


def _advance(state: StreamState, options: StreamOptions, decoded: Decoded, piece: _Piece) -> tuple[StreamState, Out]:
    """Everything that is measured, scored and ruled of frames of one clock."""
    rows_heard, heard_states = piece.rows, state.air
    if options.air_states:
        heard_states, rows_heard = air_states.step(state.air, decoded, _real(state.drone))
    carried, inputs = _inputs(state, options, decoded, rows_heard, piece.until_ns)
    learned, roles = roles_step(state.roles, inputs)
    known, heard = incidents.hear(state.incidents, inputs, roles)
    state, rows, scored, changes = _score(state, options, inputs, roles, piece.until_ns)
    findings: tuple[Finding, ...] = ()
    rules = state.rules
    if options.rules is not None:
        rules, findings = options.rules.step(
            state.rules, inputs, roles, first_frame=state.number, until_ns=piece.until_ns
        )
    first = state.number
    state = replace(
        state,
        number=first + len(inputs),
        beside=carried,
        air=heard_states,
        now_ns=_later(state.now_ns, inputs, piece.until_ns),
        roles=learned,
        rules=rules,
        incidents=known,
        stations=stations.step(state.stations, inputs, roles),
    )
    state, out = _tell(state, options, changes, heard, rows)
    last = np.zeros(0, np.int64) if rows is None else first + rows.last[scored.row]
    return state, replace(
        out,
        findings=findings,
        scored=((scored, last),) if len(last) else (),
        rejects=decoded.rejects,
        kinds=_kinds(inputs),
        channels=slots_heard(inputs.time_ns, inputs.whole("wlan_radio.frequency")),
    )


def _inputs(
    state: StreamState,
    options: StreamOptions,
    decoded: Decoded,
    rows: pl.DataFrame | None,
    until_ns: int | None,
) -> tuple[Beside, Inputs]:
    """The frames with telemetry beside them: a table only for a detector that reads one."""
    if options.detector is not None and options.signals is None:
        carried, fused = beside.step(state.beside, frames_table(decoded), rows, options.fusion, until_ns=until_ns)
        times = raw_times(fused)
        assert times is not None, "frames have their time"  # noqa: S101
        return carried, Inputs(frame=fused, time_ns=signals.rising(times, state.now_ns), lent=decoded.columns)
    carried, columns = beside.lend(state.beside, decoded.columns, rows, options.fusion, until_ns=until_ns)
    times = lent_times(columns)
    return carried, Inputs(frame=NO_TABLE, time_ns=signals.rising(times, state.now_ns), lent=columns, decoded=decoded)


def _score(
    state: StreamState, options: StreamOptions, inputs: Inputs, roles: Roles, until_ns: int | None
) -> tuple[StreamState, Rows | None, Scored, tuple[events.Change, ...]]:
    detector = options.detector
    kept = state.scores
    if detector is None or kept is None:
        return state, None, Scored.none(), ()
    rows: Rows | None = None
    if state.signals is None or options.signals is None:
        rows = Rows(values=inputs.frame, time_ns=inputs.time_ns, last=np.arange(len(inputs)))
    elif len(inputs) or _due(state.signals, until_ns):
        after, made = signals.advance(state.signals, inputs, roles, options.signals, until_ns=until_ns)
        state = replace(state, signals=after)
        rows = Rows(values=made.values, time_ns=made.time_ns, last=made.last)
    values, time_ns = (NO_ROWS, NO_TIMES) if rows is None else (rows.values, rows.time_ns)
    kept, scored, changes = scores.step(kept, detector, values, time_ns)
    if until_ns is not None:
        after_events, closed = events.wait(kept.events, detector.events, until_ns)
        kept, changes = replace(kept, events=after_events), (*changes, *closed)
    return replace(state, scores=kept), rows, scored, changes


def _due(state: SignalState, until_ns: int | None) -> bool:
    """Whether a row is due though no frame came."""
    return state.heard_ns is not None and until_ns is not None and until_ns >= state.next_ns


def _tell(
    state: StreamState,
    options: StreamOptions,
    changes: tuple[events.Change, ...],
    heard: incidents.Heard,
    rows: Rows | None,
) -> tuple[StreamState, Out]:
    known, told, named = state.incidents, [], _real(state.drone)
    for change in changes:
        assert options.detector is not None  # noqa: S101  # there are no changes without one
        reasons = _reasons(options.detector, change, rows)
        known, one = incidents.told(known, options.detector, change, heard, named, reasons)
        told.append(one)
    return replace(state, incidents=known), Out(incidents=tuple(told))


def _reasons(detector: Detector, change: events.Change, rows: Rows | None) -> tuple[str, ...]:
    if change.kind not in ("confirmed", "reopened") or rows is None or isinstance(rows.values, pl.DataFrame):
        return ()
    place = int(np.searchsorted(rows.time_ns, change.time_ns, side="right")) - 1
    values = rows.values[place, list(detector.places or ())].astype(np.float64)
    return out_of_the_ordinary(detector.features, values, detector.ranges)


def _later(now_ns: int | None, inputs: Inputs, until_ns: int | None) -> int | None:
    """The latest time; a word that none came counts once one has come."""
    if len(inputs):
        now_ns = int(inputs.time_ns[-1])
    return now_ns if now_ns is None or until_ns is None else max(now_ns, until_ns)


def _kinds(inputs: Inputs) -> dict[str, int]:
    """Frames by kind; one that could not be read to its end, or was damaged on the way, is malformed."""
    kind = inputs.whole("wlan.fc.type")
    odd = (kind == MISSING) | (inputs.whole("reject") != MISSING) | (inputs.whole("wlan.fcs.status") == 0)
    counts = np.bincount(np.where(odd, _MALFORMED, np.minimum(kind & 3, 2)), minlength=len(KINDS))
    return dict(zip(KINDS, counts.tolist(), strict=True))
