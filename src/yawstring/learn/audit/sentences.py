"""The audit in plain sentences, the gravest first: what a reader of a figure on this table has to know."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from yawstring.learn.audit.decay import Step

if TYPE_CHECKING:
    from yawstring.learn.audit import Audit

MOST_NAMED = 6
"""Columns that a sentence names before it counts the rest."""

FALL = 0.05
"""Macro-F1 that random windows must give beyond whole recordings before it is called a leak."""

CHANCE = 0.1
"""How far above that of shuffled rows a figure on shuffled recordings must lie to be called recognition."""

GAIN = 0.01
"""Macro-F1 below which fusion gains nothing to speak of."""


def sentences(found: "Audit") -> Iterator[str]:
    """Everything found, a sentence or two a question."""
    yield from _label(found)
    yield from _recordings_in_doubt(found)
    yield from _contradictions(found)
    yield from _splits(found)
    yield from _controls(found)
    yield from _shared(found)
    yield from _columns(found)
    yield from _missing(found)
    yield from _counterparts(found)
    yield from _fusion(found)


def _label(found: "Audit") -> Iterator[str]:
    copies = [one.name for one in found.columns if one.copy]
    if copies:
        yield f"{_named(copies)} {_are(copies)} the label under another name: leave {_it(copies)} out."
    else:
        yield "No column is a copy of the label."
    if found.unlabelled:
        yield f"{found.unlabelled:,} rows have no label and were left out."


def _recordings_in_doubt(found: "Audit") -> Iterator[str]:
    if not found.doubts:
        yield "No recording looks like another class than its own."
    by_classes: dict[tuple[str, str], list[int]] = {}
    for place, one in enumerate(found.doubts):
        by_classes.setdefault((one.label, one.looks_like), []).append(place)
    for (label, looks_like), places in by_classes.items():
        own = [found.doubts[place] for place in places]
        rows = sum(one.rows for one in own)
        taken = sum(one.taken_for * one.rows for one in own) / rows
        yield (
            f"{_count(len(own), 'recording')} labelled {label} ({_numbers([one.recording for one in own])}; "
            f"{rows:,} rows) look like {looks_like}: a forest that has not seen them takes {taken:.0%} of their rows "
            f"for it. Their labels are in doubt."
        )


def _contradictions(found: "Audit") -> Iterator[str]:
    same = found.profile.same_row_other_label
    if same is not None and same.rows:
        yield (
            f"{same.rows:,} rows are the same event under two labels: equal in every column, time included "
            f"({same.distinct:,} distinct)."
        )
    alike = found.profile.same_features_other_label
    if alike is not None and alike.rows:
        share = alike.rows / found.profile.rows
        yield (
            f"{share:.0%} of the rows ({alike.rows:,}) have a twin of another class in all columns that a model may "
            "see: no detector of single rows can tell them apart."
        )
    for group in found.profile.recordings.groups:
        yield f"Recordings {_numbers(group)} overlap: they share rows, and belong on one side of any split."


def _splits(found: "Audit") -> Iterator[str]:
    for columns, words in (("all", "all columns"), ("allowed", "the columns a model may see")):
        steps = [one for one in found.decay if one.columns == columns]
        figures = {one.split: one.macro_f1.value for one in steps if one.macro_f1 is not None}
        known = {name: value for name, value in figures.items() if value is not None}
        if not known:
            continue
        yield f"A forest on single rows, {words}, macro-F1: {', '.join(f'{n} {v:.3f}' for n, v in known.items())}."
        random, recording = known.get("random"), known.get("recording")
        if random is not None and recording is not None and random - recording > FALL:
            yield (
                f"Random windows give {random - recording:+.3f} beyond whole recordings with {words}: "
                "that much is the capture being recognised, not the attack."
            )
    for reason in dict.fromkeys(f"{one.split}: {one.refused}" for one in found.decay if one.refused):
        yield f"Undefined, and so without a figure: {reason}."


def _controls(found: "Audit") -> Iterator[str]:
    figures = {(one.split, one.columns): _value(one) for one in found.controls}
    rows = figures.get(("labels of rows shuffled", "all"))
    recordings = figures.get(("labels of recordings shuffled", "all"))
    if rows is not None:
        yield f"With the labels of rows shuffled the forest reaches {rows:.3f} on random windows: that is chance here."
    if rows is not None and recordings is not None and recordings - rows > CHANCE:
        yield (
            f"With the labels of whole recordings shuffled it still reaches {recordings:.3f}: a split into random "
            "windows rewards recognising recordings, whatever they are called."
        )


def _shared(found: "Audit") -> Iterator[str]:
    for one in found.shared:
        if one.split == "random":
            yield (
                f"Of random test windows {one.overlapping:.0%} share rows with training windows, and "
                f"{one.recordings:.0%} come from a recording that was learnt from."
            )
        elif one.equal_rows:
            yield (
                f"Even between whole recordings {one.equal_rows:.1%} of the test rows equal a training row in every "
                "column."
            )


def _columns(found: "Audit") -> Iterator[str]:
    own = [one for one in found.columns if not one.copy]
    telling = [one for one in own if one.tells_class]
    for one in telling:
        yield f"Column {one.name} ({one.role}) alone tells {one.of_class} from the rest: area {one.auc:.3f}."
    if not telling:
        best = max((one for one in own if one.auc is not None), key=lambda one: one.auc or 0.0, default=None)
        if best is not None:
            word = "other" if len(own) < len(found.columns) else "single"
            yield f"No {word} column tells the class; the best is {best.name} ({best.role}), area {best.auc:.3f}."
    naming = [one.name for one in own if one.names_recording]
    if naming:
        yield f"{_named(naming)} {'names' if len(naming) == 1 else 'name'} the recording."
    identity = [one.name for one in found.columns if one.role == "identity"]
    if identity:
        yield f"{_count(len(identity), 'column')} of identity ({_named(identity)}): a detector must not see them."
    unknown = [one.name for one in found.columns if one.role == "unknown"]
    if unknown:
        yield f"{_named(unknown)}: unknown to the schema, and so left out of every model."


def _missing(found: "Audit") -> Iterator[str]:
    telling = [one for one in found.columns if one.missing and one.missing_auc >= 0.75]
    if telling:
        worst = max(telling, key=lambda one: one.missing_auc)
        names = [one.name for one in telling]
        yield (
            f"Whether a value is missing tells the class in {_named(names)} "
            f"(area up to {worst.missing_auc:.3f}, {worst.name}): filling the gaps with 0 would hide a label in them."
        )
    elif any(one.missing for one in found.columns):
        yield "Missing values do not tell the class."


def _counterparts(found: "Audit") -> Iterator[str]:
    for one in found.counterparts:
        if one.recordings == 1:
            yield f"Class {one.name} comes in one recording: no split by recording can measure it."
        if one.alone:
            why = f" ({_named(one.columns)})" if one.columns else ""
            yield (
                f"{one.alone:,} of {one.rows:,} rows of class {one.name} have no benign row measured in the same "
                f"columns{why}: a figure on them says nothing."
            )


def _fusion(found: "Audit") -> Iterator[str]:
    fused = found.fusion
    if fused is None:
        return
    if fused.refused is not None:
        yield f"Whether fusion gains anything cannot be measured: {fused.refused}."
    elif None not in (fused.fused, fused.null, fused.cyber, fused.physical):
        gain = fused.gain or 0.0
        word = "worth having" if gain > GAIN else "nothing to speak of"
        yield (
            f"By recording: frames alone {fused.cyber:.3f}, telemetry alone {fused.physical:.3f}, both "
            f"{fused.fused:.3f}, both with another flight's telemetry {fused.null:.3f}: fusion gains {gain:+.3f} above "
            f"that null, {word}."
        )


def _value(step: Step) -> float | None:
    return None if step.macro_f1 is None else step.macro_f1.value


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMED])
    return shown + (f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else "")


def _numbers(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))


def _count(count: int, what: str) -> str:
    return f"{count} {what}" + ("" if count == 1 else "s")


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _it(names: Sequence[str]) -> str:
    return "it" if len(names) == 1 else "them"
