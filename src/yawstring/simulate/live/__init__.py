"""A simulated drone that a real client flies: datagrams in, datagrams and frames on the air out, tick by tick.

The flight, the frames, the attacks and the air are those of :func:`yawstring.simulate.run.simulate`; here they go on
together in ticks of 20 ms, because what the client will say is not known beforehand. No clock, socket or device: those
are in :mod:`yawstring.edge.live_drone`.
"""

from yawstring.simulate.live.drone import TICK_S, LiveDrone, Tick
from yawstring.simulate.live.talk import Datagram, Peer, Request

__all__ = ["TICK_S", "Datagram", "LiveDrone", "Peer", "Request", "Tick"]
