"""The autopilot's outer loops: from what it is doing to the velocity, attitude and thrust it wants.

Position goes to velocity by a proportional law that slows down in time, velocity to acceleration by a proportional and
integral one (the integral carries the wind), acceleration to tilt and thrust. It flies by what it believes: its own
estimate of where it is, which slips.
"""

import math
from typing import NamedTuple

from yawstring.compiled import compiled_part
from yawstring.simulate.flight.aircraft import GRAVITY
from yawstring.simulate.flight.commands import ANSWER
from yawstring.simulate.flight.records import Craft, Floats, State


class Mode(NamedTuple):
    """Number of each thing that the autopilot can be doing."""

    ground: int = 0
    spin: int = 1
    climb: int = 2
    hover: int = 3
    move: int = 4
    turn: int = 5
    sticks: int = 6
    arc: int = 7
    flip: int = 8
    land: int = 9
    stop: int = 10
    fall: int = 11


MODE = Mode()
MODES = Mode._fields

SPIN_S = 1.2
SPIN_LOAD = 0.3
"""Motors turn this long before lift-off, at this share of the weight."""

STOP_S = 0.8
"""Motors turn this long after touch-down."""

CLIMB_M_S = 0.5
LAND_M_S = 0.5
TOUCH_M_S = 0.25
TOUCH_HEIGHT_M = 0.35
"""Descent is slower below this height."""

LEAST_HEIGHT_M = 0.30
"""Lowest height of a move or a stick; only landing goes below."""

HOLD_GAIN = 1.2
HOLD_M_S = 0.6
BRAKE_M_S2 = 1.0
SPEED_GAIN = 3.0
TRIM_GAIN = 1.0
TRIM_LIMIT_M_S2 = 3.5
WANT_M_S2 = 2.0
"""How fast the wanted velocity may change."""

TURN_GAIN = 2.5
ARRIVED_M = 0.10
ARRIVED_M_S = 0.12
ARRIVED_RAD = math.radians(2.0)
SETTLE_S = 0.3
"""Within these for so long, a move is done."""

FLIP_HEAVE_S = 0.35
FLIP_TURN_S = 0.45
FLIP_CALM_S = 1.2
FLIP_HEAVE_LOAD = 1.85
FLIP_TURN_LOAD = 0.4

REPLY_CODE = 0
REPLY_TIME = 1


@compiled_part
def enter(state: State, mode: int) -> None:
    """Begin to do something."""
    state.mode = mode
    state.since_s = state.now_s
    state.settled_s = 0.0


@compiled_part
def answer(state: State, replies: Floats, order: int, code: int) -> None:
    """Note an answer to an order and when it is given."""
    replies[order, REPLY_CODE] = code
    replies[order, REPLY_TIME] = state.now_s


@compiled_part
def finish(state: State, replies: Floats, code: int) -> None:
    """Answer the order that is being carried out, if there is one."""
    if state.busy >= 0:
        answer(state, replies, state.busy, code)
    state.busy = -1


@compiled_part
def hold_here(state: State) -> None:
    """Hover where it believes to be, at this height and heading."""
    state.hold_north = state.north + state.lost_north
    state.hold_east = state.east + state.lost_east
    state.hold_down = min(state.down, -LEAST_HEIGHT_M)
    state.hold_yaw = state.yaw
    state.stick_right = state.stick_forward = state.stick_up = state.stick_yaw = 0.0


@compiled_part
def halt(state: State, replies: Floats, code: int) -> None:
    """Break off a move and hover."""
    finish(state, replies, code)
    hold_here(state)
    enter(state, MODE.hover)


@compiled_part
def flying(state: State) -> bool:
    """Whether it is up and may be told to move."""
    return MODE.hover <= state.mode <= MODE.flip


@compiled_part
def begin_landing(state: State, replies: Floats) -> None:
    """Land from here, whatever was going on."""
    finish(state, replies, ANSWER.auto_land)
    hold_here(state)
    enter(state, MODE.land)


@compiled_part
def guide(state: State, craft: Craft, replies: Floats) -> None:
    """Carry on with what it is doing for one step, and say what velocity, attitude and thrust that wants."""
    mode = state.mode
    if mode in (MODE.ground, MODE.fall, MODE.spin, MODE.stop):
        _on_the_ground(state, craft, replies)
        return
    if mode == MODE.flip:
        _flip(state, craft, replies)
        return
    north = east = down = 0.0
    if mode == MODE.sticks:
        north, east, down = _stick(state)
    elif mode == MODE.arc:
        north, east, down = _arc(state)
    else:
        north, east, down = _approach(state)
    if mode != MODE.sticks or state.stick_yaw == 0.0:
        limit = craft.yaw_limit
        state.yaw_rate_wanted = min(max(TURN_GAIN * (state.hold_yaw - state.yaw), -limit), limit)
    _steer(state, craft, north, east, down)
    if mode in (MODE.climb, MODE.move, MODE.turn):
        _arrive(state, craft, replies)
    elif mode == MODE.land and state.down >= 0.0:
        enter(state, MODE.stop)


@compiled_part
def _on_the_ground(state: State, craft: Craft, replies: Floats) -> None:
    """Motors off, running up or running down; also falling with them off."""
    weight, elapsed = craft.mass_kg * GRAVITY, state.now_s - state.since_s
    state.roll_wanted = state.pitch_wanted = state.yaw_rate_wanted = state.thrust_wanted = 0.0
    state.want_north = state.want_east = state.want_down = 0.0
    state.trim_north = state.trim_east = state.trim_down = 0.0
    if state.mode == MODE.spin:
        state.thrust_wanted = SPIN_LOAD * weight
        if elapsed >= SPIN_S:
            hold_here(state)
            state.hold_down = -craft.takeoff_height_m
            enter(state, MODE.climb)
    elif state.mode == MODE.stop:
        state.thrust_wanted = SPIN_LOAD * weight
        if elapsed >= STOP_S:
            finish(state, replies, ANSWER.ok)
            enter(state, MODE.ground)
    elif state.mode == MODE.fall and state.down >= 0.0:
        enter(state, MODE.ground)


@compiled_part
def _approach(state: State) -> tuple[float, float, float]:
    """Velocity towards what is held: no faster than the pace, and slow enough to stop there."""
    north = state.hold_north - state.north - state.lost_north
    east = state.hold_east - state.east - state.lost_east
    down = state.hold_down - state.down
    pace = state.pace if state.mode == MODE.move else HOLD_M_S
    if state.mode == MODE.climb:
        pace = CLIMB_M_S
    distance = math.sqrt(north * north + east * east + down * down)
    share = 0.0
    if distance > 0.0:
        share = min(HOLD_GAIN * distance, math.sqrt(2.0 * BRAKE_M_S2 * distance), pace) / distance
    fall = share * down
    if state.mode == MODE.land:
        fall = LAND_M_S if -state.down > TOUCH_HEIGHT_M else TOUCH_M_S
    return share * north, share * east, fall


@compiled_part
def _stick(state: State) -> tuple[float, float, float]:
    """Velocity that the sticks ask for; along what they leave alone, it holds its place."""
    cos_yaw, sin_yaw = math.cos(state.yaw), math.sin(state.yaw)
    hold_north, hold_east, hold_down = _approach(state)
    north = state.stick_forward * cos_yaw - state.stick_right * sin_yaw
    east = state.stick_forward * sin_yaw + state.stick_right * cos_yaw
    moving = state.v_north * state.v_north + state.v_east * state.v_east > 0.04
    if state.stick_forward != 0.0 or state.stick_right != 0.0 or moving:
        state.hold_north, state.hold_east = state.north + state.lost_north, state.east + state.lost_east
    else:
        north, east = hold_north, hold_east
    down = -state.stick_up
    if state.stick_up != 0.0 or abs(state.v_down) > 0.2:
        state.hold_down = min(state.down, -LEAST_HEIGHT_M)
        down = min(down, HOLD_GAIN * max(-state.down - LEAST_HEIGHT_M, 0.0))
    else:
        down = hold_down
    if state.stick_yaw != 0.0:
        state.yaw_rate_wanted = state.stick_yaw
        state.hold_yaw = state.yaw
    return north, east, down


@compiled_part
def _arc(state: State) -> tuple[float, float, float]:
    """Velocity along the arc, and back to it; at its end it becomes a move to the last point."""
    angle = min((state.now_s - state.since_s) * state.pace / state.arc_radius, state.arc_whole)
    cosine, sine, radius = math.cos(angle), math.sin(angle), state.arc_radius
    state.hold_north = state.arc_north + radius * (cosine * state.arc_u_north + sine * state.arc_w_north)
    state.hold_east = state.arc_east + radius * (cosine * state.arc_u_east + sine * state.arc_w_east)
    down = state.arc_down + radius * (cosine * state.arc_u_down + sine * state.arc_w_down)
    state.hold_down = min(down, -LEAST_HEIGHT_M)
    back_north, back_east, back_down = _approach(state)
    if angle >= state.arc_whole:
        enter(state, MODE.move)
        return back_north, back_east, back_down
    return (
        back_north + state.pace * (cosine * state.arc_w_north - sine * state.arc_u_north),
        back_east + state.pace * (cosine * state.arc_w_east - sine * state.arc_u_east),
        back_down + state.pace * (cosine * state.arc_w_down - sine * state.arc_u_down),
    )


@compiled_part
def _flip(state: State, craft: Craft, replies: Floats) -> None:
    """Heave up, turn over once about roll or pitch with little thrust, catch itself."""
    weight, elapsed = craft.mass_kg * GRAVITY, state.now_s - state.since_s
    state.yaw_rate_wanted = 0.0
    if elapsed < FLIP_HEAVE_S:
        state.roll_wanted = state.pitch_wanted = 0.0
        state.thrust_wanted = FLIP_HEAVE_LOAD * weight
    elif elapsed < FLIP_HEAVE_S + FLIP_TURN_S:
        rate = 2.0 * math.pi / FLIP_TURN_S
        state.roll_rate, state.pitch_rate = state.flip_roll * rate, state.flip_pitch * rate
        # The commanded angle rides along, so that the attitude loop leaves the turn alone.
        state.roll_wanted, state.pitch_wanted = state.roll, state.pitch
        if state.flip_roll != 0.0:
            state.roll_wanted = state.roll + 2.0 * craft.attitude_damping / craft.attitude_rate * state.roll_rate
        if state.flip_pitch != 0.0:
            state.pitch_wanted = state.pitch + 2.0 * craft.attitude_damping / craft.attitude_rate * state.pitch_rate
        state.thrust_wanted = FLIP_TURN_LOAD * weight
    else:
        if state.flip_roll != 0.0 or state.flip_pitch != 0.0:
            # Once around is upright again.
            state.roll -= 2.0 * math.pi * round(state.roll / (2.0 * math.pi))
            state.pitch -= 2.0 * math.pi * round(state.pitch / (2.0 * math.pi))
            state.roll_rate = state.pitch_rate = 0.0
            state.flip_roll = state.flip_pitch = 0.0
        north, east, down = _approach(state)
        _steer(state, craft, north, east, down)
        if elapsed >= FLIP_HEAVE_S + FLIP_TURN_S + FLIP_CALM_S:
            finish(state, replies, ANSWER.ok)
            enter(state, MODE.hover)


@compiled_part
def _steer(state: State, craft: Craft, north: float, east: float, down: float) -> None:
    """Attitude and thrust for a wanted velocity, through a limit on how fast that may change."""
    step, change = craft.step_s, WANT_M_S2 * craft.step_s
    state.want_north += min(max(north - state.want_north, -change), change)
    state.want_east += min(max(east - state.want_east, -change), change)
    state.want_down += min(max(down - state.want_down, -change), change)
    if -state.down >= craft.ceiling_m:
        state.want_down = max(state.want_down, 0.0)
    miss_north = state.want_north - state.v_north - state.slip_north
    miss_east = state.want_east - state.v_east - state.slip_east
    miss_down = state.want_down - state.v_down
    if state.down < 0.0:
        limit, gain = TRIM_LIMIT_M_S2, TRIM_GAIN * step
        state.trim_north = min(max(state.trim_north + gain * miss_north, -limit), limit)
        state.trim_east = min(max(state.trim_east + gain * miss_east, -limit), limit)
        state.trim_down = min(max(state.trim_down + gain * miss_down, -limit), limit)
    a_north = SPEED_GAIN * miss_north + state.trim_north
    a_east = SPEED_GAIN * miss_east + state.trim_east
    a_up = GRAVITY - SPEED_GAIN * miss_down - state.trim_down
    cos_yaw, sin_yaw = math.cos(state.yaw), math.sin(state.yaw)
    limit = craft.tilt_limit
    pitch = -math.atan((a_north * cos_yaw + a_east * sin_yaw) / GRAVITY)
    roll = math.atan((a_east * cos_yaw - a_north * sin_yaw) / GRAVITY)
    state.pitch_wanted = min(max(pitch, -limit), limit)
    state.roll_wanted = min(max(roll, -limit), limit)
    upright = max(math.cos(state.roll) * math.cos(state.pitch), 0.5)
    state.thrust_wanted = craft.mass_kg * max(a_up, 0.2 * GRAVITY) / upright


@compiled_part
def _arrive(state: State, craft: Craft, replies: Floats) -> None:
    """Count how long it has been where it should be, and finish; give up at the deadline."""
    north = state.hold_north - state.north - state.lost_north
    east = state.hold_east - state.east - state.lost_east
    down = state.hold_down - state.down
    speed2 = state.v_north * state.v_north + state.v_east * state.v_east + state.v_down * state.v_down
    near = north * north + east * east + down * down < ARRIVED_M * ARRIVED_M
    near = near and speed2 < ARRIVED_M_S * ARRIVED_M_S and abs(state.hold_yaw - state.yaw) < ARRIVED_RAD
    state.settled_s = state.settled_s + craft.step_s if near else max(state.settled_s - craft.step_s, 0.0)
    if state.settled_s >= (craft.takeoff_settle_s if state.mode == MODE.climb else SETTLE_S):
        finish(state, replies, ANSWER.ok)
        enter(state, MODE.hover)
    elif state.now_s > state.deadline_s:
        finish(state, replies, ANSWER.error)
        enter(state, MODE.hover)
