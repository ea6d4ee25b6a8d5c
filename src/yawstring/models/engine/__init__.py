"""The training engine of the recurrent family: an epoch is one compiled program.

Its modules need JAX, so import them where something is fitted, not before.
"""
