"""The training engine of the networks: an epoch is one compiled program, whatever the network.

Its modules need JAX, so import them where something is fitted, not before; :mod:`~yawstring.models.engine.initial`
and :mod:`~yawstring.models.engine.figures` need NumPy alone.
"""
