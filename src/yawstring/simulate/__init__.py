"""Scenario in, octets of a capture and telemetry out, with the truth. No I/O."""
