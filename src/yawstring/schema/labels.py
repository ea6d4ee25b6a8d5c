"""Time, labels, and the columns of our own that say where a row comes from."""

from yawstring.schema.column import OURS, Column, columns_of

TIME = "time_ns"
"""Our column of time: when a frame or a state was received, in nanoseconds of Unix time."""

EPISODE = "episode"
"""Our column: number of the attack episode of its recording a row belongs to, from 0; null outside one."""

ONSET = "onset_ns"
"""Our column: when the first frame of the row's attack episode was received; null outside one."""

TECHNIQUE = "technique"
"""Our column: how the attack was made, more narrowly than its class: ``aireplay_deauth``, ``telemetry_freeze``."""

LABEL_SOURCE = "label_source"
"""Our column: who says so."""

LABEL_CERTAINTY = "label_certainty"
"""Our column: how sure the source is."""

TELEMETRY_AGE = "telemetry_age_s"
"""Our column: how old the telemetry beside a frame is."""

LABEL = "class"
"""The column of labels, as text in one spelling: see :data:`CLASSES`."""

RECORDING = "recording"
"""Our column: number of the recording a row belongs to, from 0 in file order."""

LABEL_DISPUTED = "label_disputed"
"""Our column: true where the corpus's label is in doubt."""

PART = "part"
"""Our column: which part of the split a row was made for, where the table's author says: train, validation or test."""

BENIGN = "benign"
"""The class of an undisturbed flight."""

UNKNOWN = "unknown"
"""What an attack counts as that a detector never learnt: the class of no row of a table, but of a detector."""

CLASSES = (BENIGN, "attack", "dos", "replay", "evil_twin", "fdi", "flood", "jamming")
"""Every class, in one spelling and one order.

``attack`` is the notebook's class 1, which names no attack; ``dos`` is de-authentication and disassociation; ``fdi`` is
false data in telemetry or in commands; ``flood`` is beacons, or RTS and CTS, that fill the air; ``jamming`` is noise.
"""

LABEL_COLUMNS: tuple[Column, ...] = (
    *columns_of(
        "time",
        "the table's own clock",
        ("timestamp", "text", "", "measure", "Wall-clock time of the fused row, in whole seconds"),
        ("timestamp_c", "float", "s", "measure", "Receive time of the frame: Unix time or, in T-ITS, seconds of a day"),
        ("timestamp_p", "float", "s", "measure", "Receive time of the state: Unix time or, in T-ITS, seconds of a day"),
    ),
    *columns_of("time", OURS, (TIME, "int", "ns", "measure", "Receive time, Unix time")),
    *columns_of(
        "label",
        "the table's author",
        (LABEL, "text", "", "code", "What the row is labelled as, in one spelling: see the classes"),
    ),
    *columns_of(
        "label",
        OURS,
        (LABEL_DISPUTED, "bool", "", "flag", "The label is in doubt: replay, on a recording of de-authentications"),
    ),
    *columns_of("identity", OURS, (RECORDING, "int", "", "code", "Number of the recording, from 0 in file order")),
    *columns_of(
        "label",
        OURS,
        (EPISODE, "int", "", "code", "Number of the attack episode within its recording, from 0; null outside one"),
        (TECHNIQUE, "text", "", "code", "How the attack was made, more narrowly than its class; null outside one"),
        (ONSET, "int", "ns", "measure", "When the episode's first frame was received, Unix time; null outside one"),
        (LABEL_SOURCE, "text", "", "code", "Who labelled the row: the intervals' own word, or the simulator"),
        (LABEL_CERTAINTY, "float", "", "measure", "How sure the source of the label is, 0 to 1"),
        (PART, "text", "", "code", "Which part of the split the row was made for: train, validation or test"),
    ),
    *columns_of(
        "physical",
        OURS,
        (TELEMETRY_AGE, "float", "s", "measure", "Age of the telemetry beside a frame; null before the first"),
    ),
)  # fmt: skip
