"""Searching options of a detector: what may be chosen, in which order it is tried, and what one trial is.

Nothing in here knows the test part: a trial is given windows to learn from and windows to choose by, from a
:class:`~yawstring.table.parts.TrainPart` and a :class:`~yawstring.table.parts.ValidationPart`.
"""
