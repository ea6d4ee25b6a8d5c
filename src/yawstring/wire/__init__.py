"""Octets to columns: captures, radio headers, 802.11, telemetry. No files or sockets are touched here."""
