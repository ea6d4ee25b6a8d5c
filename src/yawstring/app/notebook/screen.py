"""What the protocol prints: what the notebook prints, then the ledger."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table as Printed
from rich.text import Text

from yawstring.app.notebook import steps
from yawstring.app.notebook.account import CLAIM, CLAIM_SEARCH, CLAIM_SEARCHED, Account
from yawstring.app.notebook.hyperband import Trial
from yawstring.app.notebook.ledger import Rung
from yawstring.app.notebook.measures import Scores
from yawstring.app.notebook.network import Layer, summary
from yawstring.app.notebook.protocol import Outcome, Prepared

FLOAT_OCTETS = 4

FIXED = ("class_weights", "window", "columns")
"""Options that our spaces have and the notebook's fixes."""


def figure(value: float | None, *, places: int = 4) -> str:
    """A figure, or a dash where it is undefined.

    Example:
        >>> figure(0.97652), figure(None)
        ('0.9765', '–')
    """
    return "–" if value is None else f"{value:.{places}f}"


def counts(out: Console, prepared: Prepared) -> None:
    """Steps 1 to 7: counts."""
    findings = prepared.findings
    out.print(f"rows {findings.rows:,}, columns {findings.columns}")
    out.print(f"rows with a missing value {findings.incomplete:,}")
    out.print(Text(f"columns of one value: {', '.join(findings.constant) or 'none'}"))
    out.print(_pair("class counts", steps.class_counts(prepared.label)))
    cut = prepared.cut
    out.print(
        f"windows of {steps.WINDOW_ROWS} rows {len(prepared.windows):,}, features {len(prepared.features)} "
        "(the last two are the label of each row)"
    )
    for name, windows in (("train", cut.train), ("validation", cut.validation), ("test", cut.test)):
        if windows is not None:
            out.print(_pair(f"{name} {len(windows):,}", steps.class_counts(windows.labels)))
    weighed = steps.balanced_weights(cut.train.labels)
    said = ", ".join(f"{value}: {weight:.4f}" for value, weight in weighed.items())
    out.print(f"balanced class weights {said} (computed and not used, as in the notebook)")


def model(out: Console, layers: Sequence[Layer]) -> None:
    """The model summary, as Keras lays it out."""
    table = _table("Param #", names=("Layer (type)", "Output Shape"))
    for layer in layers:
        table.add_row(f"{layer.name} ({layer.kind})", str(layer.shape), f"{layer.parameters:,}")
    out.print(table)
    total = sum(layer.parameters for layer in layers)
    out.print(f"Total params: {total:,} ({total * FLOAT_OCTETS / 1024:.2f} KB), all trainable")


def results(out: Console, outcome: Outcome) -> None:
    """Steps 8 to 10: figures on the test part, and the search."""
    out.print("\nStep 8: the network fitted", style="bold")
    verdict(out, outcome.first.scores)
    out.print(
        f"The notebook prints F1 {figure(CLAIM.f1[1])} and confusion {_matrix(CLAIM)}, of a table that is not public."
    )
    step_9(out, outcome)
    which = "the network of step 8, for there was no search" if outcome.searched is None else "the search's best"
    out.print(f"\nStep 10: rebuilt and fitted: {which}", style="bold")
    verdict(out, outcome.again.scores)
    accuracy, f1 = CLAIM_SEARCHED
    out.print(
        f"The notebook prints accuracy {figure(accuracy)} and F1 {figure(f1[0])}, {figure(f1[1])} for its own best."
    )


def step_9(out: Console, outcome: Outcome) -> None:
    """Step 9: what the search tried, its best, and the summary of that."""
    if outcome.searched is None:
        return
    trials, best = outcome.searched.trials, outcome.searched.best
    out.print(f"\nStep 9: the search, {len(trials)} trials", style="bold")
    table = _table("epochs", "validation F1", "best so far", names=("trial",))
    so_far = 0.0
    for trial in trials:
        so_far = max(so_far, trial.score)
        table.add_row(trial.slot, str(trial.epochs), figure(trial.score), figure(so_far))
    out.print(table)
    out.print(f"best: trial {best.slot}, validation F1 {figure(best.score)} (mean of batches)")
    for name, value in options_of(best):
        out.print(Text(f"  {name}: {value}"))
    model(out, summary(outcome.best, features=len(outcome.prepared.features)))
    out.print(f"The notebook prints {CLAIM_SEARCH[0]} trials and a best of {figure(CLAIM_SEARCH[1])}.")


def options_of(trial: Trial) -> list[tuple[str, str]]:
    """Options of a trial that the notebook's space has, by name."""
    return [
        (name, f"{value:g}") for name, value in trial.values.items() if name not in FIXED and not isinstance(value, str)
    ]


def verdict(out: Console, scores: Scores) -> None:
    """F1, confusion matrix, accuracy, and the figures of each class."""
    out.print(f"F1 {figure(scores.f1[1])}  accuracy {figure(scores.accuracy)}  confusion {_matrix(scores)}")
    table = _table("precision", "recall", "F1", "windows", names=("class",))
    for of in (0, 1):
        row = (scores.precision[of], scores.recall[of], scores.f1[of])
        table.add_row(str(of), *map(figure, row), f"{sum(scores.confusion[of]):,}")
    out.print(table)


def ledger(out: Console, account: Account) -> None:
    """What the protocol hides, rung by rung and quirk by quirk."""
    table = _table("features", "tested", "F1", "macro", "balanced", "repeat", "majority", names=("after",))
    for rung in account.rungs:
        table.add_row(rung.title, *cells(rung))
    out.print("\nWhat this protocol hides: F1 of class 1, each line mending one thing more", style="bold")
    out.print(table)
    out.print(
        "macro: macro-F1; balanced: balanced accuracy; repeat and majority: F1 of repeating the last label in the "
        "window and of always answering the majority class, without a network. One seed."
    )
    for rung in account.rungs:
        if rung.scores is None:
            out.print(Text(f"{rung.title}: {rung.note}"))
    for quirk in account.quirks:
        out.print(Text(f"- {quirk.claim} {quirk.finding}"))


def cells(rung: Rung) -> tuple[str, ...]:
    """Features, windows tested, F1, macro-F1, balanced accuracy, and F1 of *repeat* and of the majority class."""
    if rung.scores is None or rung.repeat is None or rung.majority is None:
        return ("–",) * 7
    scores = rung.scores
    figures = (scores.f1[1], scores.macro_f1, scores.balanced_accuracy, rung.repeat.f1[1], rung.majority.f1[1])
    return (f"{rung.features}", f"{scores.count:,}", *map(figure, figures))


def _table(*numbers: str, names: Sequence[str]) -> Printed:
    """A table narrow enough for 80 columns: first the names, then the numbers, to the right."""
    table = Printed(*names, box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for number in numbers:
        table.add_column(number, justify="right")
    return table


def _pair(name: str, pair: tuple[int, int]) -> str:
    return f"{name}: class 0 {pair[0]:,}, class 1 {pair[1]:,}"


def _matrix(scores: Scores) -> str:
    return str([list(row) for row in scores.confusion])
