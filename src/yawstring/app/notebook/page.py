"""The report of a run of the protocol, as sections."""

import shlex
from collections.abc import Callable, Sequence

from yawstring.app.notebook import steps
from yawstring.app.notebook.account import CLAIM, CLAIM_SEARCH, CLAIM_SEARCHED, NO_SEARCH, Account
from yawstring.app.notebook.ledger import Rung
from yawstring.app.notebook.measures import Scores
from yawstring.app.notebook.network import Run
from yawstring.app.notebook.screen import cells, figure, options_of
from yawstring.edge import plots
from yawstring.edge.report import Block, Code, Facts, Grid, Picture, Prose, Report, Section

CLASSES = ("0 benign", "1 attack")

NOT_PUBLIC = (
    "The notebook's own figures cannot be reproduced: its table is not public. They stand here as what it prints, not "
    "as something anyone has checked."
)

ONE_SEED = (
    "One table and one seed. A step of the order of a hundredth is within what another seed would change; only larger "
    "ones say something."
)


def page(account: Account) -> Report:
    """Sections, tables and figures of a run."""
    return Report(
        title="The reference notebook, and what it hides",
        lead=_lead(account),
        sections=(
            _verdict(account),
            _data(account),
            _training(account),
            _results(account),
            _how(account),
            _ledger(account),
            _quirks(account),
        ),
        footer=_footer(account),
    )


def _lead(account: Account) -> str:
    first, last = account.outcome.first.scores, account.rungs[-1]
    said = f"Done as the notebook does it, the network's F1 on this table is {figure(first.f1[1], places=3)}. "
    if last.scores is None:
        return said + "What is left of it on recordings it has not seen is undefined on this table."
    return (
        said + f"On frames held out by recording or time, without the label in its windows, it is {_f1(last.scores)}."
    )


def _f1(scores: Scores | None) -> str:
    return figure(scores.f1[1] if scores else None, places=3)


def _macro(scores: Scores | None) -> str:
    return figure(scores.macro_f1 if scores else None, places=3)


def _verdict(account: Account) -> Section:
    first, last = account.rungs[1], account.rungs[-1]
    items = [
        ("F1 as the notebook does it", _f1(first.scores)),
        ("F1 of repeating the last label, no network, same windows", _f1(first.repeat)),
        (f"F1 with the ledger's flaws removed (majority class: {_f1(last.majority)})", _f1(last.scores)),
        (f"macro-F1 with them removed (majority class: {_macro(last.majority)})", _macro(last.scores)),
    ]
    blocks: list[Facts | Prose] = [Facts(items=items)]
    if first.scores and first.repeat:
        blocks.append(_beside_repeat(first.scores, first.repeat))
    if last.scores is None:
        blocks.append(Prose(text=f"Held out by recording or time: {last.note}.", tone="warning"))
    elif last.majority and (last.scores.macro_f1 or 0.0) <= (last.majority.macro_f1 or 0.0):
        text = "With the flaws removed, the network is no better than always answering the same, by macro-F1."
        blocks.append(Prose(text=text, tone="warning"))
    return Section(title="In short", blocks=blocks)


def _beside_repeat(network: Scores, repeat: Scores) -> Prose:
    network_f1, repeat_f1 = network.f1[1] or 0.0, repeat.f1[1] or 0.0
    if repeat_f1 >= network_f1:
        return Prose(
            text="Repeating the label of the last row in the window, which the notebook hands to its network, does at "
            "least as well as the network. The notebook's figure is therefore no sign that anything was detected.",
            tone="warning",
        )
    return Prose(
        text=f"The network is ahead of repeating the last label by {network_f1 - repeat_f1:.3f}. How much of that is "
        "leakage, the ledger shows."
    )


def _ledger(account: Account) -> Section:
    rungs = account.rungs
    names = [rung.title for rung in rungs]
    panels = {
        "F1 of class 1, attack": _rung_series(rungs, lambda scores: scores.f1[1]),
        "macro-F1": _rung_series(rungs, lambda scores: scores.macro_f1),
    }
    said = "; ".join(f"{rung.title}: {_f1(rung.scores)}" for rung in rungs)
    columns = ("after", "features", "windows tested", "F1", "macro-F1", "balanced accuracy")
    return Section(
        title="What the protocol hides",
        blocks=(
            Prose(
                text="Each line keeps what the lines above it mended and mends one thing more. The network, its "
                "options, its epochs and its seed stay the same."
            ),
            Picture(
                svg=plots.ladder(names, panels, salt="ledger"),
                caption="The network after each step, beside two verdicts that need no network.",
                alternative=f"F1 after each step. {said}.",
            ),
            Grid(
                columns=(*columns, "repeat: F1", "majority: F1"),
                rows=[(rung.title, *cells(rung)) for rung in rungs],
                numbers=range(1, 8),
                strong=(1, len(rungs) - 1),
                caption="F1 of class 1. A dash is a figure that is undefined on this table.",
            ),
            Grid(
                columns=("step", "what was wrong", "how it was done here"),
                rows=[(rung.title, rung.why, rung.note + _spread(rung.folds)) for rung in rungs],
            ),
            Prose(text=ONE_SEED),
            Prose(
                text="What the last line keeps of the notebook (its network, its raw columns, its fixed number of "
                "epochs) is not what yawstring would do: yawstring train encodes every column, stops early, and gives "
                "each figure an interval over recordings."
            ),
        ),
    )


def _rung_series(rungs: Sequence[Rung], of: Callable[[Scores], float | None]) -> tuple[plots.Series, ...]:
    def values(scored: Sequence[Scores | None]) -> list[float | None]:
        return [of(scores) if scores else None for scores in scored]

    return (
        plots.Series(name="network", values=values([rung.scores for rung in rungs]), colour=plots.BLUE),
        plots.Series(
            name="repeat last label",
            values=values([rung.repeat for rung in rungs]),
            colour=plots.VERMILION,
            style="dots",
        ),
        plots.Series(
            name="majority class",
            values=values([rung.majority for rung in rungs]),
            colour=plots.GREY,
            style="dashed",
        ),
    )


def _spread(folds: Sequence[Scores]) -> str:
    found = [scores.f1[1] for scores in folds if scores.f1[1] is not None]
    return f". F1 by fold: {', '.join(f'{value:.3f}' for value in found)}" if found else ""


def _quirks(account: Account) -> Section:
    rows = [(quirk.claim, quirk.finding) for quirk in account.quirks]
    return Section(
        title="Flaws that are no steps",
        blocks=(Grid(columns=("what the notebook does", "what it comes to"), rows=rows),),
    )


def _data(account: Account) -> Section:
    prepared = account.outcome.prepared
    findings, cut = prepared.findings, prepared.cut
    counts = steps.class_counts(prepared.label)
    parts = (("train", cut.train), ("validation", cut.validation), ("test", cut.test))
    rows = [
        (name, f"{len(part):,}", *(f"{count:,}" for count in steps.class_counts(part.labels)))
        for name, part in parts
        if part is not None
    ]
    return Section(
        title="The table and its windows",
        blocks=(
            Facts(
                items=(
                    ("rows", f"{findings.rows:,}"),
                    ("rows with a missing value", f"{findings.incomplete:,}"),
                    ("recordings", str(account.table["recordings"])),
                    ("class 0, benign", f"{counts[0]:,}"),
                    ("class 1, attack", f"{counts[1]:,}"),
                )
            ),
            Prose(text=f"Columns of one value: {', '.join(findings.constant) or 'none'}."),
            Grid(
                columns=("part", "windows", "class 0", "class 1"),
                rows=rows,
                numbers=(1, 2, 3),
                caption=f"Windows of {steps.WINDOW_ROWS} rows and {len(prepared.features)} features, labelled by the "
                "row after, split at random by class.",
            ),
        ),
    )


def _training(account: Account) -> Section:
    history = account.outcome.first.fitted.history
    blue, red = plots.BLUE, plots.VERMILION
    panels = {
        "Loss": (
            plots.Series(name="train", values=[epoch.loss for epoch in history], colour=blue),
            plots.Series(
                name="validation", values=[epoch.validation_loss for epoch in history], colour=red, style="dashed"
            ),
        ),
        "F1, mean of batches": (
            plots.Series(name="train", values=[epoch.f1 for epoch in history], colour=blue),
            plots.Series(
                name="validation", values=[epoch.validation_f1 for epoch in history], colour=red, style="dashed"
            ),
        ),
    }
    layers = [(f"{one.name} ({one.kind})", str(one.shape), f"{one.parameters:,}") for one in account.outcome.layers]
    total = sum(one.parameters for one in account.outcome.layers)
    last = history[-1]
    return Section(
        title="The network and its training",
        blocks=(
            Grid(
                columns=("layer", "output shape", "parameters"),
                rows=[*layers, ("total", "", f"{total:,}")],
                numbers=(2,),
                strong=(len(layers),),
            ),
            Picture(
                svg=plots.lines(panels, along="epoch", salt="training"),
                caption="Step 8. The F1 is that of each batch, averaged, as the notebook's training shows it.",
                alternative=f"Loss and F1 by epoch; after the last, loss {last.loss:.3f}, F1 {last.f1:.3f}, validation "
                f"loss {figure(last.validation_loss, places=3)}, validation F1 {figure(last.validation_f1, places=3)}.",
            ),
        ),
    )


def _results(account: Account) -> Section:
    outcome = account.outcome
    accuracy, f1 = CLAIM_SEARCHED
    rows = [
        ("step 8, here", *_row(outcome.first)),
        (
            "step 8, the notebook's claim",
            figure(CLAIM.accuracy),
            *map(figure, (*CLAIM.precision, *CLAIM.recall, *CLAIM.f1)),
        ),
        ("step 10, here", *_row(outcome.again)),
        ("step 10, the notebook's claim", figure(accuracy), *("–",) * 4, figure(f1[0]), figure(f1[1])),
    ]
    matrix = outcome.first.scores.confusion
    columns = ("", "accuracy", "precision 0", "precision 1", "recall 0", "recall 1", "F1 0", "F1 1")
    return Section(
        title="What the notebook prints",
        blocks=(
            Grid(columns=columns, rows=rows, numbers=range(1, 8), caption="Figures on the test windows, by class."),
            Prose(text=NOT_PUBLIC),
            Picture(
                svg=plots.confusion(matrix, classes=CLASSES, salt="confusion"),
                caption=f"Step 8, test windows. The notebook prints {[list(row) for row in CLAIM.confusion]}.",
                alternative=f"Confusion matrix, rows true, columns predicted: {[list(row) for row in matrix]}.",
            ),
            *_searched(account),
        ),
    )


def _searched(account: Account) -> Sequence[Block]:
    searched = account.outcome.searched
    if searched is None:
        return (Prose(text=f"Step 10: {NO_SEARCH}."),)
    best, (trials, claimed) = searched.best, CLAIM_SEARCH
    said = ", ".join(f"{name} {value}" for name, value in options_of(best))
    rows = [(trial.slot, str(trial.epochs), figure(trial.score)) for trial in searched.trials]
    return (
        Prose(
            text=f"Step 9 ran {len(rows)} trials of Hyperband; the best has a validation F1 of {figure(best.score)} "
            f"(mean of batches): {said}. The notebook prints {trials} trials and a best of {figure(claimed)}."
        ),
        Grid(
            columns=("trial", "epochs", "validation F1"),
            rows=rows,
            numbers=(1, 2),
            strong=(searched.trials.index(best),),
            caption="Step 9, in the order of the schedule: iteration, bracket, round, place.",
        ),
    )


def _row(run: Run) -> tuple[str, ...]:
    scores = run.scores
    return tuple(map(figure, (scores.accuracy, *scores.precision, *scores.recall, *scores.f1)))


def _how(account: Account) -> Section:
    options = account.outcome.options
    chosen = f"--epochs {options.epochs} --seed {options.seed}" + ("" if options.search else " --no-search")
    return Section(
        title="How to get this again",
        blocks=(
            Code(text=f"yawstring notebook {shlex.quote(str(account.table['file']))} --out DIR {chosen}"),
            Prose(
                text="Same table, same seed, same machine and versions: the same figures. The order inside a second, "
                "which the notebook's sort leaves undefined, is here that of the file, but for the ledger's first line."
            ),
        ),
    )


def _footer(account: Account) -> tuple[str, ...]:
    outcome = account.outcome
    return (
        f"Table {account.table['file']}, SHA-256 {account.table['sha256']}",
        f"Seeds: split and step 8 {outcome.first.seed}, step 10 {outcome.again.seed}. Made {account.created}.",
        "Versions: " + ", ".join(f"{name} {version}" for name, version in account.versions.items()),
    )
