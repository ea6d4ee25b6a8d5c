"""The version of yawstring, for whatever has to write it down."""

__version__ = "0.1.0"
