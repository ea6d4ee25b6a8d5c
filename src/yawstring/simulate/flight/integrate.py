"""The loop: orders come in, the autopilot acts, the body moves, and instants are logged."""

import math

from yawstring.compiled import compiled, compiled_part
from yawstring.simulate.flight.commands import ANSWER, CODE
from yawstring.simulate.flight.dynamics import advance, breathe, drain, settle
from yawstring.simulate.flight.guidance import (
    LEAST_HEIGHT_M,
    MODE,
    answer,
    begin_landing,
    enter,
    finish,
    flying,
    guide,
    halt,
    hold_here,
)
from yawstring.simulate.flight.records import Craft, Floats, Instant, Order, Rows, State

NORMALS = 5
"""Standard normal numbers that a step takes."""

TAKEOFF_CHARGE = 0.10
FLIP_CHARGE = 0.50
LAND_CHARGE = 0.05
"""Charge below which it does not take off, does not flip, and lands by itself."""

PAD_LEAST_M = 0.3
PAD_MOST_M = 1.2
PAD_VIEW = 0.6
PAD_MARGIN_M = 0.05
"""Heights over which a pad is recognised, and the half-width of the view over height."""


@compiled_part
def sees(height: float, north: float, east: float) -> bool:
    """Whether a pad that far away on the ground is in the downward camera's view."""
    reach = PAD_VIEW * height + PAD_MARGIN_M
    return PAD_LEAST_M <= height <= PAD_MOST_M and north * north + east * east <= reach * reach


@compiled
def integrate(
    states: Rows,
    crafts: Rows,
    orders: Rows,
    markers: Rows,
    normals: Floats,
    instants: Rows,
    replies: Floats,
) -> None:
    """Fly on from where the state is; any way of cutting a flight into calls gives the same bits.

    Args:
        states: ``STATE[1]``, the state before the first of these steps; the state after the last on return.
        crafts: ``CRAFT[1]``.
        orders: ``ORDER[order]`` in the order of time: all so far, those of earlier calls first.
        markers: ``MARKER[pad]``.
        normals: ``float64[step, 5]``; as many steps are flown.
        instants: ``INSTANT[row]`` with the times to log at, rising, of the whole flight; filled as far as it gets.
        replies: ``float64[order, 2]``: number of the answer and its time; filled as answers fall due.
    """
    state, craft = states[0], crafts[0]
    for step in range(len(normals)):
        state.now_s = state.steps * craft.step_s
        while state.heeded < len(orders) and orders[state.heeded].time_s <= state.now_s:
            state.hearing = state.heeded
            hear(state, craft, orders[state.heeded], markers, replies)
            state.heeded += 1
        watch(state, craft, replies)
        guide(state, craft, replies)
        breathe(state, craft, normals[step, 0], normals[step, 1], normals[step, 2], normals[step, 3], normals[step, 4])
        advance(state, craft)
        drain(state, craft)
        settle(state, craft)
        if state.thrust_wanted > 0.0:
            state.motor_s += craft.step_s
        while state.noted < len(instants) and instants[state.noted].time_s <= state.now_s:
            note(state, craft, instants[state.noted])
            state.noted += 1
        state.steps += 1


@compiled_part
def watch(state: State, craft: Craft, replies: Floats) -> None:
    """What it does by itself: hover when the link is gone, land after silence or with an empty battery."""
    if not MODE.hover <= state.mode <= MODE.flip:
        return
    if state.linked == 0 and state.unlinked_s >= 0.0 and state.now_s - state.unlinked_s >= craft.link_notice_s:
        state.unlinked_s = -1.0
        halt(state, replies, ANSWER.error)
    if state.busy >= 0:
        # A long move is no silence: the clock starts when it is done.
        state.heard_s = max(state.heard_s, state.now_s)
    if state.now_s - state.heard_s >= craft.silence_s or state.charge <= LAND_CHARGE:
        begin_landing(state, replies)


@compiled_part
def hear(state: State, craft: Craft, order: Order, markers: Rows, replies: Floats) -> None:
    """Act on an order, or refuse it."""
    code = order.code
    if code == CODE.unlink:
        state.linked, state.unlinked_s = 0, state.now_s
    elif code == CODE.link:
        state.linked = 1
    elif order.own == 0 or state.linked != 0:
        state.sdk = 1 if code == CODE.sdk else state.sdk
        if state.sdk != 0:
            state.heard_s = state.now_s
            _obey(state, craft, order, markers, replies)


@compiled_part
def _obey(state: State, craft: Craft, order: Order, markers: Rows, replies: Floats) -> None:
    """Act on an order that has been heard."""
    code = order.code
    if code in (CODE.sdk, CODE.plain, CODE.refused, CODE.query, CODE.pace, CODE.pads):
        if code == CODE.pace:
            state.speed = order.a
        elif code == CODE.pads:
            state.pads_on = int(order.a)
        answer(state, replies, state.hearing, ANSWER.ok)
    elif code == CODE.emergency:
        finish(state, replies, ANSWER.error)
        enter(state, MODE.ground if state.down >= 0.0 else MODE.fall)
    elif code == CODE.takeoff:
        _take_off(state, craft, replies)
    elif flying(state):
        _manoeuvre(state, craft, order, markers, replies)
    elif code != CODE.sticks:
        _refuse(state, code, replies)


@compiled_part
def _refuse(state: State, code: int, replies: Floats) -> None:
    """Out of flight nothing is obeyed, but for landing on the way up."""
    if code == CODE.land and state.mode == MODE.climb:
        begin_landing(state, replies)
        state.busy = state.hearing
    else:
        answer(state, replies, state.hearing, ANSWER.motor_stop if state.mode == MODE.ground else ANSWER.error)


@compiled_part
def _take_off(state: State, craft: Craft, replies: Floats) -> None:
    if state.mode != MODE.ground or state.charge < TAKEOFF_CHARGE:
        answer(state, replies, state.hearing, ANSWER.error)
        return
    state.busy = state.hearing
    state.deadline_s = state.now_s + 20.0
    enter(state, MODE.spin)


@compiled_part
def _manoeuvre(state: State, craft: Craft, order: Order, markers: Rows, replies: Floats) -> None:
    """An order in flight."""
    code = order.code
    if code == CODE.land:
        begin_landing(state, replies)
        state.busy = state.hearing
    elif code == CODE.stop:
        halt(state, replies, ANSWER.error)
        answer(state, replies, state.hearing, ANSWER.ok)
    elif code == CODE.sticks:
        _take_sticks(state, order, replies)
    elif state.busy >= 0:
        answer(state, replies, state.hearing, ANSWER.not_joystick)
    elif code == CODE.flip:
        if state.charge < FLIP_CHARGE:
            answer(state, replies, state.hearing, ANSWER.error)
            return
        hold_here(state)
        state.flip_roll, state.flip_pitch, state.busy = order.a, order.b, state.hearing
        enter(state, MODE.flip)
    else:
        _set_out(state, craft, order, markers, replies)


@compiled_part
def _take_sticks(state: State, order: Order, replies: Floats) -> None:
    """The sticks take over from whatever move was on."""
    if state.mode != MODE.sticks:
        finish(state, replies, ANSWER.error)
        hold_here(state)
        enter(state, MODE.sticks)
    state.stick_right, state.stick_forward = order.a, order.b
    state.stick_up, state.stick_yaw = order.c, order.d * math.radians(100.0)


@compiled_part
def _set_out(state: State, craft: Craft, order: Order, markers: Rows, replies: Floats) -> None:
    """Begin a move, a turn, an arc or a flight to a pad."""
    north, east, down = state.north + state.lost_north, state.east + state.lost_east, state.down
    cos_yaw, sin_yaw = math.cos(state.yaw), math.sin(state.yaw)
    hold_here(state)
    state.pace, mode = state.speed, MODE.move
    if order.code == CODE.shift:
        state.hold_north = north + order.a * cos_yaw - order.b * sin_yaw
        state.hold_east = east + order.a * sin_yaw + order.b * cos_yaw
        state.hold_down = min(max(down - order.c, -craft.ceiling_m), -LEAST_HEIGHT_M)
        state.pace = order.d if order.d > 0.0 else state.speed
    elif order.code == CODE.turn:
        state.hold_yaw = state.yaw + order.a
        mode = MODE.turn
    elif order.code == CODE.go_pad:
        if not _towards_pad(state, craft, order, markers):
            answer(state, replies, state.hearing, ANSWER.no_marker)
            return
        state.pace = order.d
    else:
        _lay_arc(state, order, north, east, down)
        mode = MODE.arc
    whole = math.sqrt((state.hold_north - north) ** 2 + (state.hold_east - east) ** 2 + (state.hold_down - down) ** 2)
    if mode == MODE.arc:
        whole = state.arc_radius * state.arc_whole
    state.deadline_s = state.now_s + 12.0 + 2.0 * whole / state.pace
    state.busy = state.hearing
    enter(state, mode)


@compiled_part
def _towards_pad(state: State, craft: Craft, order: Order, markers: Rows) -> bool:
    """Head for a point over a pad, if that pad is in sight."""
    for index in range(len(markers)):
        pad = markers[index]
        away_north, away_east = pad.north - state.north, pad.east - state.east
        if state.pads_on != 0 and pad.number == int(order.e) and sees(-state.down, away_north, away_east):
            cosine, sine = math.cos(pad.yaw), math.sin(pad.yaw)
            state.hold_north = state.north + state.lost_north + away_north + order.a * cosine - order.b * sine
            state.hold_east = state.east + state.lost_east + away_east + order.a * sine + order.b * cosine
            state.hold_down = min(max(-order.c, -craft.ceiling_m), -LEAST_HEIGHT_M)
            return True
    return False


@compiled_part
def _lay_arc(state: State, order: Order, north: float, east: float, down: float) -> None:
    """Put the arc that the order gives in the body's frame into the world."""
    cos_yaw, sin_yaw = math.cos(state.yaw), math.sin(state.yaw)
    radius = math.sqrt(order.a * order.a + order.b * order.b + order.c * order.c)
    centre_north = order.a * cos_yaw - order.b * sin_yaw
    centre_east = order.a * sin_yaw + order.b * cos_yaw
    state.arc_radius, state.arc_whole, state.pace = radius, order.g, order.h
    state.arc_north, state.arc_east, state.arc_down = north + centre_north, east + centre_east, down - order.c
    state.arc_u_north, state.arc_u_east, state.arc_u_down = (
        -centre_north / radius,
        -centre_east / radius,
        order.c / radius,
    )
    state.arc_w_north = order.d * cos_yaw - order.e * sin_yaw
    state.arc_w_east = order.d * sin_yaw + order.e * cos_yaw
    state.arc_w_down = -order.f


@compiled_part
def note(state: State, craft: Craft, instant: Instant) -> None:
    """Write the truth into a row of the log."""
    instant.north_m, instant.east_m, instant.down_m = state.north, state.east, state.down
    instant.v_north_m_s, instant.v_east_m_s, instant.v_down_m_s = state.v_north, state.v_east, state.v_down
    instant.roll_rad, instant.pitch_rad, instant.yaw_rad = state.roll, state.pitch, state.yaw
    instant.thrust_n = state.thrust
    instant.force_x_m_s2, instant.force_y_m_s2, instant.force_z_m_s2 = state.force_x, state.force_y, state.force_z
    airborne = 1.0 if state.down < 0.0 else 0.0
    instant.wind_north_m_s = airborne * (craft.wind_north + state.gust_north)
    instant.wind_east_m_s = airborne * (craft.wind_east + state.gust_east)
    instant.wind_down_m_s = airborne * state.gust_down
    instant.charge, instant.voltage_v, instant.temperature_c = state.charge, state.voltage, state.temperature_c
    instant.motor_s = state.motor_s
    instant.baro_height_m, instant.tof_height_m = state.baro_height, state.tof_height
    instant.seen_north_m_s, instant.seen_east_m_s, instant.seen_up_m_s = (
        state.seen_north,
        state.seen_east,
        state.seen_up,
    )
    instant.mode, instant.linked, instant.sdk, instant.pads_on = state.mode, state.linked, state.sdk, state.pads_on
