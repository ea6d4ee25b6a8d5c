"""The card of a detector: what a person should know before trusting it, in Markdown.

Its sections follow Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019). Every figure is one of the record;
none is worked out here.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from yawstring.learn.leave_out import NEVER_TRAINED_ON
from yawstring.learn.recipe import Trained
from yawstring.models.base import Fitted, Json
from yawstring.schema import UNKNOWN

Object = Mapping[str, Json]

OVERALL = {
    "macro_f1": "macro-F1",
    "balanced_accuracy": "balanced accuracy",
    "accuracy": "accuracy",
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
}
OF_CLASS = {"precision": "precision", "recall": "recall", "f1": "F1", "roc_auc": "ROC-AUC", "pr_auc": "PR-AUC"}

STAMPS = {
    "random": "Its split was random: windows that share rows lie on both sides. The figures say nothing about another "
    "capture; they are shown for comparison with papers that split so.",
    "identity": "It learnt from identity columns (addresses, ports, counters), which name this capture rather than a "
    "behaviour. On another network they mean nothing.",
    "time": "It learnt from columns of time: when something happened in this capture says nothing about another.",
    "given labels": "Rows whose labels are in doubt were learnt from and measured on as they are labelled.",
    "undisputed labels": "Rows whose labels are in doubt were left out, of training and of the figures.",
}
"""What a stamp on a result means for who uses it."""

ONLY_KNOWN = (
    "Attacks it has not seen: it can only answer with the classes above; an unknown attack is called one of them."
)
LIMITS = (
    "Other captures: what a detector gives on one site, card, driver and drone may not hold on the next. Measure it "
    "there with `yawstring evaluate` before it is relied on.",
    ONLY_KNOWN,
    "Evidence against a person: a score is a reason to look, not proof.",
)


def render_card(trained: Trained) -> str:
    """The card as Markdown; the same text for the same detector."""
    sections = (
        (
            f"Detector {_cell(trained.detector.family)}: {', '.join(map(_cell, trained.recipe.classes))}",
            _summary(trained),
        ),
        ("What it is", _what(trained)),
        ("What it learnt from", _data(trained)),
        ("How good it is", _figures(trained)),
        ("What it is not good for", _limits(trained)),
        ("How to use it", _use()),
        ("Made with", _bullets(f"{name} {version}" for name, version in _object(trained.record, "versions").items())),
    )
    return (
        "\n\n".join(f"{'##' if place else '#'} {title}\n\n{text}" for place, (title, text) in enumerate(sections))
        + "\n"
    )


def _summary(trained: Trained) -> str:
    verdict = _texts(trained.record, "verdict")
    stamps = _texts(trained.record, "stamps")
    told = f"A detector of attacks on Wi-Fi drones, split by **{_cell(trained.split.policy)}**"
    told += f", stamped {', '.join(f'**{_cell(stamp)}**' for stamp in stamps)}." if stamps else "."
    return "\n\n".join([told, _bullets(verdict)] if verdict else [told])


def _what(trained: Trained) -> str:
    recipe = trained.recipe
    lines = [
        f"Detector: {_family(trained.detector)}.",
        f"Reads windows of {recipe.window.length} rows; a window has the class of "
        + ("its last row." if recipe.window.label == "last" else "the row after it."),
        f"Tells apart: {', '.join(map(_cell, recipe.classes))}.",
        f"Looks at {len(recipe.features)} columns ({recipe.modality}): {', '.join(map(_cell, recipe.features))}.",
    ]
    if among := _object(trained.record, "candidates"):
        others = ", ".join(map(_cell, _object(among, "reached")))
        lines.append(f"Chosen on the validation part, by {_cell(among.get('by'))}, among: {others}.")
    if (heard := trained.detector.beside) is not None and recipe.unknown is not None:
        lines += [
            f"Names an attack from a probability of {recipe.unknown.classifier_threshold:.4f}.",
            f"Heard beside it, of attacks it was never trained on: {_family(heard)}, which calls them `{UNKNOWN}` from "
            f"a score of {recipe.unknown.novelty_threshold:.4f}.",
        ]
    elif recipe.threshold is not None:
        lines.append(f"Calls an attack from a probability of {recipe.threshold:.4f}, chosen on the validation part.")
    if epochs := trained.detector.history:
        lines.append(f"Trained for {len(epochs)} epochs; the last had a loss of {epochs[-1].loss:.4f}.")
    lines += [f"Baseline beside it: {_family(baseline)}." for baseline in trained.baselines.values()]
    return _bullets(lines)


def _family(fitted: Fitted) -> str:
    options = ", ".join(f"{name} {_cell(value)}" for name, value in fitted.options.items())
    return f"`{_cell(fitted.family)}`" + (f" ({options})" if options else "")


def _data(trained: Trained) -> str:
    data, split = _object(trained.record, "data"), _object(trained.record, "split")
    recordings = data.get("recordings")
    count = f", {len(recordings):,} recordings" if isinstance(recordings, list) else ""
    lines = [
        f"Table `{_cell(data.get('capture'))}` ({_cell(data.get('layout'))}): {_count(data.get('rows'))} rows{count}.",
        f"SHA-256 of the file: `{_cell(data.get('digest'))}`.",
        f"Split: {', '.join(f'{name} {_cell(value)}' for name, value in trained.split.to_json().items())}; "
        f"{_cell(split.get('embargo'))} rows left out at each boundary.",
        f"Seed: {_cell(trained.record.get('seed'))}.",
    ]
    if disputed := data.get("left_out_disputed"):
        lines.append(f"Left out: {_count(disputed)} rows whose label is in doubt.")
    parts = _object(split, "parts")
    classes = list(dict.fromkeys(name for part in parts for name in _object(_object(parts, part), "classes")))
    rows = [
        [
            name,
            *(_count(part.get(key)) for key in ("rows", "windows", "groups")),
            *(_count(_of(part, one)) for one in classes),
        ]
        for name, part in ((name, _object(parts, name)) for name in parts)
    ]
    return _bullets(lines) + "\n\n" + _table(["part", "rows", "windows", "groups", *classes], rows)


def _of(part: Object, name: str) -> Json:
    return _object(part, "classes").get(name, 0)


def _figures(trained: Trained) -> str:
    metrics = _object(trained.record, "metrics")
    mine = _object(metrics, trained.detector.family)
    classes = _object(mine, "per_class")
    notes: dict[str, int] = {}

    def figures(data: Object, names: Iterable[str]) -> list[str]:
        return [_figure(data.get(name), notes) for name in names]

    side_by_side = [[name, *figures(_object(metrics, name), OVERALL)] for name in metrics]
    by_class = [
        [name, _count(_object(classes, name).get("support")), *figures(_object(classes, name), OF_CLASS)]
        for name in classes
    ]
    paragraphs = [
        f"On the {_count(mine.get('windows'))} windows of the test part, in {_count(mine.get('groups'))} recordings or "
        "runs; in brackets the 95 % interval over those, resampled whole.",
        _table(["", *OVERALL.values()], side_by_side),
        f"`{_cell(trained.detector.family)}` by class:",
        _table(["class", "windows", *OF_CLASS.values()], by_class),
        "Windows by true class (lines) and class called (columns):",
        _confusion(mine),
    ]
    return "\n\n".join(
        paragraphs + ([_bullets(f"({place}) {_cell(note)}" for note, place in notes.items())] if notes else [])
    )


def _confusion(figures: Object) -> str:
    names = [str(name) for name in cast("list[Json]", figures.get("classes") or [])]
    lines = cast("list[list[Json]]", figures.get("confusion") or [])
    return _table(["", *names], [[name, *map(_count, line)] for name, line in zip(names, lines, strict=False)])


def _limits(trained: Trained) -> str:
    left_out = trained.recipe.leave_out
    stamps = [stamp for stamp in _texts(trained.record, "stamps") if not stamp.startswith(NEVER_TRAINED_ON)]
    told = [STAMPS.get(stamp, f"Stamped: {_cell(stamp)}.") for stamp in stamps]
    told += [f"Attacks it was never trained on, to see what it says of them: {_cell(name)}." for name in left_out]
    limits = [text for text in LIMITS if text != ONLY_KNOWN or trained.detector.beside is None]
    return _bullets([*told, *map(_cell, _texts(trained.record, "warnings")), *limits])


def _use() -> str:
    return (
        "```\nyawstring predict BUNDLE TABLE -o scores.parquet\nyawstring evaluate BUNDLE TABLE\n```\n\n"
        "`model.onnx` runs in ONNX Runtime alone; `bundle.json` holds the recipe that turns a table into its input."
    )


def _figure(figure: Json, notes: dict[str, int]) -> str:
    """A figure with its interval, and the number of the note on what it lacks."""
    if not isinstance(figure, dict):
        return "not measured"
    value, low, high, note = (figure.get(name) for name in ("value", "low", "high", "note"))
    text = f"{value:.3f}" if isinstance(value, float | int) else "undefined"
    if isinstance(low, float | int) and isinstance(high, float | int):
        text += f" [{low:.3f}, {high:.3f}]"
    return text if note is None else f"{text} ({notes.setdefault(str(note), len(notes) + 1)})"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [[_cell(cell) for cell in row] for row in (head, *rows)]
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], rule, *lines[1:]))


def _bullets(lines: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for line in lines)


def _count(value: Json) -> str:
    return f"{value:,}" if isinstance(value, int) else _cell(value)


def _cell(value: Json) -> str:
    """A value in one line of text that Markdown reads as text."""
    text = " ".join(("none" if value is None else str(value)).split())
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("`", "'")


def _object(data: Object, name: str) -> Object:
    value = data.get(name)
    return value if isinstance(value, dict) else {}


def _texts(data: Object, name: str) -> list[str]:
    value = data.get(name)
    return [str(item) for item in value] if isinstance(value, list) else []
