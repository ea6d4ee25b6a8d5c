"""What the protocol prints: what the notebook prints, then the ledger."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table as Printed
from rich.text import Text

from yawstring.app.notebook import steps
from yawstring.app.notebook.account import CLAIM, CLAIM_SEARCHED, Account
from yawstring.app.notebook.ledger import Rung
from yawstring.app.notebook.measures import Scores
from yawstring.app.notebook.network import Layer
from yawstring.app.notebook.protocol import Outcome, Prepared

FLOAT_OCTETS = 4


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
    """Steps 8 and 10: figures on the test part."""
    out.print("\nStep 8: the network fitted", style="bold")
    verdict(out, outcome.first.scores)
    out.print(
        f"The notebook prints F1 {figure(CLAIM.f1[1])} and confusion {_matrix(CLAIM)}, of a table that is not public."
    )
    out.print("\nStep 10: the best rebuilt and fitted (no search yet: the network of step 8)", style="bold")
    verdict(out, outcome.again.scores)
    accuracy, f1 = CLAIM_SEARCHED
    out.print(
        f"The notebook prints accuracy {figure(accuracy)} and F1 {figure(f1[0])}, {figure(f1[1])} for its own best."
    )


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
