"""``search.html``: what a search tried, what mattered, and what its best is worth."""

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

from yawstring.app.search_screen import described, span
from yawstring.edge import plots
from yawstring.edge.report import Block, Facts, Grid, Picture, Prose, Report, Section
from yawstring.edge.search_plots import Axis, Learning, learning, parallel
from yawstring.learn.search.detectors import has_epochs
from yawstring.models.base import Json

Trials = Sequence[Mapping[str, Any]]


def page(found: Mapping[str, Json]) -> Report:
    """The page of what :func:`yawstring.app.search_run.run` found."""
    asked = cast("dict[str, Any]", found["asked"])
    trials = cast("list[dict[str, Any]]", found["trials"])
    best = cast("dict[str, Any]", found["best"])
    table = cast("dict[str, Any]", found["table"])
    return Report(
        title=f"Search: {table['file']}",
        lead=(
            f"{len(trials)} trials by {asked['method']}, chosen by {asked['objective']} on the validation part; the "
            "test part took no part in it, and was used once, for the best."
        ),
        sections=(
            _facts(trials, best, asked),
            _tried(trials, asked),
            _mattered(cast("dict[str, float]", found["importance"])),
            _worth(cast("dict[str, Any]", found["refit"]), asked),
            _all(trials, asked),
        ),
        footer=(
            f"Table {table['file']}, SHA-256 {table['sha256']}. Seed {asked['seed']}.",
            "Versions: "
            + ", ".join(f"{name} {value}" for name, value in cast("dict[str, str]", found["versions"]).items()),
        ),
    )


def axes(trials: Trials) -> list[Axis]:
    """One axis for every option that differs between trials, epochs and score among them."""
    names = list(dict.fromkeys(name for one in trials for name in one["values"]))
    columns: dict[str, list[Any]] = {name: [one["values"].get(name) for one in trials] for name in names}
    columns["epochs"] = [one["epochs"] for one in trials]
    columns["score"] = [one["score"] for one in trials]
    return [_axis(name, values) for name, values in columns.items() if len(set(values) - {None}) > 1]


def _axis(name: str, values: Sequence[Any]) -> Axis:
    there = [value for value in values if value is not None]
    if any(isinstance(value, str | bool) for value in there):
        kinds = sorted({str(value) for value in there})
        places = [None if value is None else kinds.index(str(value)) / (len(kinds) - 1) for value in values]
        return Axis(name=name, places=places, ends=(kinds[0], kinds[-1]))
    low, high = min(there), max(there)
    log = name == "learning_rate"

    def place(value: float) -> float:
        return math.log(value / low) / math.log(high / low) if log else (value - low) / (high - low)

    return Axis(
        name=name,
        places=[None if value is None else place(value) for value in values],
        ends=(f"{low:.3g}", f"{high:.3g}"),
    )


def _facts(trials: Trials, best: Mapping[str, Any], asked: Mapping[str, Any]) -> Section:
    epochs = sum(one["epochs"] - one["first_epoch"] for one in trials)
    return Section(
        title="In short",
        blocks=(
            Facts(
                items=(
                    ("trials", f"{len(trials)}"),
                    *([("epochs", f"{epochs}")] if has_epochs(asked["detector"]) else []),
                    (f"best {asked['objective']}", f"{best['score']:.4f}"),
                )
            ),
            Prose(
                text=f"Best: {described(best['values'])}"
                + (f", at epoch {best['best_epoch']}." if has_epochs(asked["detector"]) else ".")
            ),
        ),
    )


def _tried(trials: Trials, asked: Mapping[str, Any]) -> Section:
    scores = [float(one["score"]) for one in trials]
    curves = [
        Learning(first=one["first_epoch"] + 1, scores=[epoch["validation_score"] for epoch in one["history"]])
        for one in trials
    ]
    return Section(
        title="What was tried",
        blocks=(
            Picture(
                svg=parallel(axes(trials), scores, objective=asked["objective"], salt="parallel"),
                caption="A line a trial, across one axis an option; the brighter the better, the lowest quarter dark.",
                alternative=f"{len(trials)} trials, scores from {min(scores):.4f} to {max(scores):.4f}.",
            ),
            *_learning(curves, asked),
        ),
    )


def _learning(curves: Sequence[Learning], asked: Mapping[str, Any]) -> list[Block]:
    """Learning curves; nothing of what is fitted at once, whose curves are points."""
    if all(len(one.scores) == 1 for one in curves):
        return []
    return [
        Picture(
            svg=learning(curves, objective=asked["objective"], salt="learning"),
            caption="On the validation part; a promoted trial goes on where its parent was best.",
            alternative=f"Scores of {len(curves)} trials over their epochs; the table below has them.",
        )
    ]


def _mattered(importance: Mapping[str, float]) -> Section:
    blocks: tuple[Block, ...]
    if importance:
        names, shares = list(importance), list(importance.values())
        blocks = (
            Picture(
                svg=plots.bars(names, shares, [0.0] * len(names), along="share of the variance", salt="importance"),
                caption="Functional analysis of variance over the trials that started anew.",
                alternative=", ".join(f"{name} {share:.2f}" for name, share in importance.items()),
            ),
        )
    else:
        blocks = (Prose(text="Too few trials, or too much alike, to say which option mattered."),)
    return Section(title="What mattered", blocks=blocks)


def _worth(refit: Mapping[str, Any], asked: Mapping[str, Any]) -> Section:
    evaluation = refit["evaluation"]
    rows = [
        (family, *(_figure(figures.get(name)) for name in ("macro_f1", "accuracy", "pr_auc")))
        for family, figures in evaluation["metrics"].items()
    ]
    return Section(
        title="What the best is worth",
        blocks=(
            Prose(text=f"Fitted anew{span(refit, asked)} on the {refit['on']}, measured once on the test part."),
            Grid(columns=("detector", "macro-F1", "accuracy", "PR-AUC"), rows=rows, numbers=(1, 2, 3)),
            *(Prose(text=sentence) for sentence in evaluation["verdict"]),
        ),
    )


def _all(trials: Trials, asked: Mapping[str, Any]) -> Section:
    rows = [
        (one["slot"], str(one["epochs"]), f"{one['score']:.4f}", str(one["best_epoch"]), described(one["values"]))
        for one in sorted(trials, key=lambda one: -one["score"])
    ]
    return Section(
        title="Every trial",
        blocks=(
            Grid(
                columns=("trial", "epochs", asked["objective"], "best epoch", "options"), rows=rows, numbers=(1, 2, 3)
            ),
        ),
    )


def _figure(found: Mapping[str, Any] | None) -> str:
    value = None if found is None else found["value"]
    return "–" if value is None else f"{value:.4f}"
