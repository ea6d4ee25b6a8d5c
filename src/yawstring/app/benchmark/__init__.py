"""``yawstring benchmark``: what the detectors are worth, measured anew; a module a question."""
