"""Everything a run of the protocol found, in one value and as JSON."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from yawstring.app.notebook import steps
from yawstring.app.notebook.ledger import Rung, ledger
from yawstring.app.notebook.measures import Scores
from yawstring.app.notebook.network import Bars, Cut, Run, fit
from yawstring.app.notebook.protocol import Options, Outcome, Prepared, run, versions
from yawstring.app.notebook.quirks import Quirk, quirks
from yawstring.models.base import Epoch, Json
from yawstring.table.corpora import Table

FORMAT = "yawstring notebook report 1"

CLAIM = Scores(confusion=((721, 10), (57, 1392)))
"""The confusion matrix that the notebook prints. Its table is not public: nobody can check it, here or elsewhere."""

CLAIM_SEARCHED = (0.9615, (0.9454, 0.9702))
"""Accuracy and F1 by class that the notebook prints for the network its search found best."""

NO_SEARCH = (
    "the search (step 9 of the notebook) was left out: its best network is taken to be that of step 8, rebuilt and "
    "fitted anew"
)

CLAIM_SEARCH = (30, 0.9813)
"""Trials of the notebook's own search, and the best F1 on its validation windows."""


@dataclass(frozen=True, kw_only=True)
class Account:
    """A run of the protocol, its ledger and its quirks.

    Attributes:
        table: The table, by name, digest and size.
        created: When, as ISO 8601.
        outcome: The protocol.
        rungs: The ledger.
        quirks: Flaws that are no steps.
        versions: Of Python and the libraries.
    """

    table: Mapping[str, Json]
    created: str
    outcome: Outcome
    rungs: tuple[Rung, ...]
    quirks: tuple[Quirk, ...]
    versions: Mapping[str, str]

    def to_json(self) -> dict[str, Json]:
        """Everything but the windows and the weights."""
        outcome = self.outcome
        options = outcome.options
        return {
            "format": FORMAT,
            "created": self.created,
            "table": dict(self.table),
            "options": {"epochs": options.epochs, "seed": options.seed, "search": options.search},
            "seeds": {"split": options.seed, "step_8": outcome.first.seed, "step_10": outcome.again.seed},
            "versions": dict(self.versions),
            "step_1_to_7": _prepared(outcome.prepared),
            "network": {
                "options": outcome.network.options(),
                "layers": [
                    {"name": one.name, "kind": one.kind, "shape": list(one.shape), "parameters": one.parameters}
                    for one in outcome.layers
                ],
            },
            "step_8": _run(outcome.first),
            "step_9": _step_9(outcome),
            "step_10": _run(outcome.again),
            "claim": {
                "note": "what the notebook prints; its table is not public, so that nobody can reproduce it",
                "step_8": CLAIM.to_json(),
                "step_9": {"trials": CLAIM_SEARCH[0], "validation_f1": CLAIM_SEARCH[1]},
                "step_10": {"accuracy": CLAIM_SEARCHED[0], "f1": list(CLAIM_SEARCHED[1])},
            },
            "ledger": [rung.to_json() for rung in self.rungs],
            "quirks": [quirk.to_json() for quirk in self.quirks],
        }


def account(
    table: Table,
    options: Options,
    *,
    name: str,
    created: str,
    bars: Bars,
    prepared: Prepared,
    done: Callable[[Outcome], None] = lambda _: None,
) -> Account:
    """Run the protocol on what was prepared, then its ledger and its quirks.

    Args:
        table: The table.
        options: What was chosen.
        name: Name of the file.
        created: When, as ISO 8601.
        bars: Opens a progress bar for each fit.
        prepared: Steps 1 to 7 on this table.
        done: Called once the protocol is done and before the ledger begins.
    """
    outcome = run(prepared, options, bars=bars)
    done(outcome)

    def again(cut: Cut, title: str) -> Run:
        return fit(outcome.network, cut, seed=options.seed, title=title, bars=bars)

    return Account(
        table={
            "file": name,
            "sha256": table.digest,
            "rows": len(table),
            "columns": len(table.columns),
            "recordings": table.frame["recording"].n_unique(),
        },
        created=created,
        outcome=outcome,
        rungs=ledger(prepared, outcome.first, seed=options.seed, fit=again),
        quirks=quirks(outcome),
        versions=versions(),
    )


def _prepared(prepared: Prepared) -> dict[str, Json]:
    findings, parts = prepared.findings, prepared.cut
    named = {"train": parts.train, "validation": parts.validation, "test": parts.test}
    return {
        "rows_with_missing_values": findings.incomplete,
        "constant_columns": list(findings.constant),
        "class_counts": list(steps.class_counts(prepared.label)),
        "features": list(prepared.features),
        "windows": {
            part: {"count": len(windows), "class_counts": list(steps.class_counts(windows.labels))}
            for part, windows in named.items()
            if windows is not None
        },
        "balanced_class_weights_unused": {
            str(value): weight for value, weight in steps.balanced_weights(parts.train.labels).items()
        },
    }


def _step_9(outcome: Outcome) -> dict[str, Json]:
    searched = outcome.searched
    if searched is None:
        return {"done": False, "note": NO_SEARCH}
    return {
        "done": True,
        "trials": [trial.to_json() for trial in searched.trials],
        "best": searched.best.to_json(),
        "network": searched.network.options(),
    }


def _run(run: Run) -> dict[str, Json]:
    return {
        "seed": run.seed,
        "epochs": [_epoch(epoch) for epoch in run.fitted.history],
        "test": run.scores.to_json(),
    }


def _epoch(epoch: Epoch) -> dict[str, Json]:
    return {
        "number": epoch.number,
        "loss": _finite(epoch.loss),
        "f1_mean_of_batches": epoch.f1,
        "validation_loss": _finite(epoch.validation_loss),
        "validation_f1_mean_of_batches": epoch.validation_f1,
    }


def _finite(value: float | None) -> float | None:
    """JSON knows no infinity: a loss that ran away is ``null``."""
    return value if value is not None and math.isfinite(value) else None
