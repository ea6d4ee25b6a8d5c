"""yawstring: intrusion detection for Wi-Fi drones.

The package reads 802.11 frames and drone telemetry, puts both on one clock, and says whether the drone is under
attack. It also trains and evaluates the detectors, with splits that hold outside the capture they came from.
"""

__version__ = "0.1.0"
