"""An evaluation as a person reads it: detector and baselines side by side, then class by class."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from rich.console import Console
from rich.table import Table as Grid
from rich.text import Text

Evaluation: TypeAlias = Mapping[str, Any]
"""What :func:`yawstring.learn.evaluate.evaluate` returns: JSON."""

PIPED_WIDTH = 160
"""Characters a line where the output is no terminal."""

OVERALL = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro-F1",
    "roc_auc": "ROC-AUC",
    "pr_auc": "PR-AUC",
}
OF_CLASS = {"precision": "precision", "recall": "recall", "f1": "F1", "roc_auc": "ROC-AUC", "pr_auc": "PR-AUC"}


def show(evaluation: Evaluation, out: Console) -> None:
    """Print an evaluation, results and caveats alike, for they belong together."""
    metrics, name = evaluation["metrics"], evaluation["detector"]
    out = out if out.is_terminal else Console(width=PIPED_WIDTH, highlight=False)
    notes = _Notes()
    _heading(evaluation, out)
    if among := evaluation.get("candidates"):
        out.print(_candidates(among))
    out.print(_side_by_side(metrics, notes))
    out.print(_by_class(metrics[name], f"{name}, class by class", notes))
    out.print(_confusion(metrics[name], f"{name}: true class down, called class across"))
    if found := evaluation.get("incidents", {}).get(name):
        out.print(_incidents(found, name, named=evaluation["target"] == "class"))
    for line in notes.lines():
        out.print(Text(line, style="dim"))
    for sentence in evaluation["verdict"]:
        out.print(Text(sentence, style="bold" if "loses" in sentence else ""))


def show_in_short(evaluations: Sequence[Evaluation], out: Console) -> None:
    """Print one line a question: macro-F1 of the detector and the baselines, and how much of each class was found."""
    families = list(dict.fromkeys(name for one in evaluations for name in one["metrics"]))
    grid = _grid("in short: macro-F1, and the share of each class that was found", ["asked", *families, "found"])
    for one in evaluations:
        metrics = one["metrics"]
        cells = [_bare(metrics[name]["macro_f1"]["value"]) if name in metrics else "" for name in families]
        recalls = metrics[one["detector"]]["per_class"]
        found = ", ".join(f"{name} {_bare(of['recall']['value'], '.0%')}" for name, of in recalls.items())
        grid.add_row("attack or not" if one["target"] == "binary" else "which attack", *cells, Text(found))
    (out if out.is_terminal else Console(width=PIPED_WIDTH, highlight=False)).print(grid)


def candidates_table(among: Mapping[str, Any]) -> tuple[str, list[str], list[list[str]]]:
    """What candidates reached on the validation part: a caption, the head, and a row each.

    Args:
        among: ``candidates`` of an evaluation.
    """
    budget = any(one["found"] is not None for one in among["reached"].values())
    head = ["candidate", "macro-F1", *(["attacks found", "median s to detect", "false alarms"] if budget else [])]
    rows = []
    for name, one in among["reached"].items():
        row = [f"{name}, chosen" if name == among["chosen"] else name, _bare(one["macro_f1"])]
        if budget:
            row += [f"{one['found']} of {one['episodes']}", _bare(one["delay_s"], ".2f")]
            row += [f"{one['false_alarms']} in {_bare(one['benign_hours'], '.2f')} h"]
        rows.append(row)
    return f"chosen on the validation part, by {among['by']}", head, rows


def _candidates(among: Mapping[str, Any]) -> Grid:
    title, head, rows = candidates_table(among)
    grid = _grid(title, head)
    for row in rows:
        grid.add_row(*map(Text, row))
    return grid


def _incidents(found: Mapping[str, Any], name: str, *, named: bool) -> Grid:
    """Episodes found and how soon, all and by technique, and false alarms an hour."""
    rate = found["false_alarms_per_hour"]
    told = (
        "no benign time"
        if rate["value"] is None
        else f"{rate['value']:.2f} [{rate['low']:.2f}, {rate['high']:.2f}] an hour"
    )
    title = (
        f"{name}, incidents: {found['false_alarms']} false alarms in {found['benign_hours']:.2f} benign hours, {told}"
    )
    grid = _grid(title, ["attack", "episodes", "found", "95 % interval", "named right", "median s to detect"])
    for what, of in {"all": found, **(found["by_technique"] or found["by_class"])}.items():
        share, delay = of["found_share"], of["time_to_detect_s"]["median"]
        span = "" if share["low"] is None else f"{share['low']:.0%} to {share['high']:.0%}"
        cells = (str(of["episodes"]), f"{of['found']} ({_bare(share['value'], '.0%')})", span)
        grid.add_row(Text(what), *cells, str(of["named_right"]) if named else "–", _bare(delay, ".2f"))
    return grid


def _bare(value: float | None, form: str = ".3f") -> str:
    return "–" if value is None else format(value, form)


def warn(evaluation: Evaluation, err: Console) -> None:
    """Print the warnings of an evaluation."""
    for warning in evaluation["warnings"]:
        err.print(Text(f"warning: {warning}", style="yellow"))


class _Notes:
    """Footnotes, numbered as they are met."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def cell(self, figure: Mapping[str, Any]) -> Text:
        """A figure with its interval and a footnote where there is one."""
        value, low, high, note = (figure[key] for key in ("value", "low", "high", "note"))
        text = "–" if value is None else f"{value:.3f}"
        if low is not None:
            text += f" [{low:.3f}–{high:.3f}]"  # no space inside: a narrow terminal breaks before the bracket
        if note is not None:
            text += f" ({self._numbers.setdefault(note, len(self._numbers) + 1)})"
        return Text(text)

    def lines(self) -> list[str]:
        """The footnotes."""
        return [f"({number}) {note}" for note, number in self._numbers.items()]


def _heading(evaluation: Evaluation, out: Console) -> None:
    figures = evaluation["metrics"][evaluation["detector"]]
    own = evaluation["on"] == "test part"
    unit = "runs" if own and evaluation["split"]["policy"] == "runs" else "recordings"
    out.print(
        Text(
            f"{evaluation['detector']} on the {evaluation['on']} of {evaluation['table']['capture']}: "
            f"{figures['windows']:,} windows of {figures['groups']:,} {unit if figures['groups'] != 1 else unit[:-1]}",
            style="bold",
        )
    )
    stamps = ", ".join(evaluation["stamps"])
    split = f"split by {evaluation['split']['policy']}" if own else "every window, none held back for training"
    out.print(Text(split + (f"; stamped: {stamps}" if stamps else "")))
    out.print(Text(f"in brackets: 95 % intervals over {unit}", style="dim"))


def _side_by_side(metrics: Mapping[str, Any], notes: _Notes) -> Grid:
    grid = _grid(None, ["", *metrics])
    for key, title in OVERALL.items():
        grid.add_row(title, *(notes.cell(figures[key]) for figures in metrics.values()))
    return grid


def _by_class(figures: Mapping[str, Any], title: str, notes: _Notes) -> Grid:
    classes = figures["per_class"]
    grid = _grid(title, ["", *classes])
    for key, name in (("support", "windows"), ("groups", "groups")):
        grid.add_row(name, *(f"{of_class[key]:,}" for of_class in classes.values()))
    for key, name in OF_CLASS.items():
        grid.add_row(name, *(notes.cell(of_class[key]) for of_class in classes.values()))
    return grid


def _confusion(figures: Mapping[str, Any], title: str) -> Grid:
    grid = _grid(title, ["", *figures["classes"]])
    for name, row in zip(figures["classes"], figures["confusion"], strict=True):
        grid.add_row(Text(name), *(f"{count:,}" for count in row))
    return grid


def _grid(title: str | None, columns: Sequence[str]) -> Grid:
    grid = Grid(title=title, title_justify="left")
    for place, name in enumerate(columns):
        grid.add_column(Text(name), justify="left" if place == 0 else "right", overflow="fold")
    return grid
