"""Roles as numbers, for compiled steps."""

from typing import Final

NOBODY: Final = 0
"""No such address in the frame, or nothing is known of it yet."""

DRONE: Final = 1
"""The watched drone, or whoever uses its address."""

CONTROLLER: Final = 2
"""The station that controls it, or whoever uses its address."""

OTHER: Final = 3
"""Somebody else."""

EVERYBODY: Final = 4
"""A group address, as a receiver."""
