"""Watching: octets and telemetry in, alerts out; a state goes in and comes out, and nothing here touches a file."""
