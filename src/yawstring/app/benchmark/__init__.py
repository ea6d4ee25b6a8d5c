"""``yawstring benchmark``: what the detectors are worth, measured anew from simulated flights and real data.

``campaigns.py`` says what is flown; the other modules ask one question each.
"""
