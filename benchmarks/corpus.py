"""Does a detector hold outside its recording? The T-ITS cyber table under one split after another.

    python benchmarks/corpus.py three_attack_cyber.csv

First the figures that are known of this table: a forest on random rows with every column, and by time without identity
columns. Then four folds grouped by recording, with the rows whose label is in doubt and without, three classes and two:
LSTM, forest and majority on the same windows. Every window is tested once; the figures are those of the four test parts
together, with intervals over recordings. The folds are drawn more than once, for with so few recordings it matters
which of them fall together.
"""

import argparse
import json
import platform
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from yawstring.edge.files import read_table
from yawstring.learn.bootstrap import difference, measure
from yawstring.learn.evaluate import outcomes, test_part
from yawstring.learn.metrics import Outcome
from yawstring.learn.train import TrainOptions, train, versions
from yawstring.models.recurrent import LSTM
from yawstring.models.trees import Forest
from yawstring.table.corpora import Table
from yawstring.table.splits import SplitSpec
from yawstring.table.windows import WindowSpec

FOLDS = 4
SEED = 10
RESULTS = Path(__file__).parent / "results" / "corpus.json"


def known(table: Table) -> dict[str, Any]:
    """The forest on single rows, as data sheets of this table report it."""
    by_time = TrainOptions(
        detector=Forest(),
        split=SplitSpec(policy="time", validation=0, seed=SEED),
        window=WindowSpec(length=1),
        seed=SEED,
    )
    at_random = replace(by_time, split=replace(by_time.split, policy="random"), identity=True, time=True)
    questions = {
        "random rows, all columns": at_random,
        "random rows, without identity": replace(at_random, identity=False, time=False),
        "by time, all columns": replace(by_time, identity=True, time=True),
        "by time, without identity": by_time,
    }
    return {question: dict(train(table, options).record)["metrics"] for question, options in questions.items()}


def grouped(table: Table, *, labels: str, target: str, draw: int = 0) -> dict[str, Any]:
    """LSTM, forest and majority over four folds of recordings; ``draw`` shares the recordings out anew."""
    folds: list[Mapping[str, Outcome]] = []
    for fold in range(FOLDS):
        options = TrainOptions(
            detector=LSTM(), split=SplitSpec(folds=FOLDS, fold=fold, seed=SEED + draw), labels=labels, target=target,
            resamples=2, seed=SEED,
        )  # fmt: skip
        trained = train(table, options)
        print(f"  fold {fold + 1} of {FOLDS}: {len(trained.detector.history)} epochs", file=sys.stderr, flush=True)
        folds.append(outcomes(trained, test_part(trained, table)))
    pooled = {family: pool([fold[family] for fold in folds]) for family in folds[0]}
    metrics = {family: measure(outcome, seed=SEED) for family, outcome in pooled.items()}
    for family in ("forest", "majority"):
        metrics["lstm"][f"macro_f1 less {family}"] = difference(pooled["lstm"], pooled[family], seed=SEED).to_json()
    for family in metrics:
        for figures in (metrics[family], *metrics[family]["per_class"].values()):
            del figures["roc_auc"], figures["pr_auc"]  # scores of four detectors have no common rank
        metrics[family]["folds"] = [
            measure(fold[family], seed=SEED, resamples=2)["macro_f1"]["value"] for fold in folds
        ]
    return metrics


def pool(outcomes: Sequence[Outcome]) -> Outcome:
    """The test parts of all folds as one; recordings stay what they are, for each is tested in one fold."""
    return Outcome(
        classes=outcomes[0].classes,
        truth=np.concatenate([outcome.truth for outcome in outcomes]),
        probabilities=np.concatenate([outcome.probabilities for outcome in outcomes]),
        group=np.concatenate([outcome.group for outcome in outcomes]),
    )


def cell(metrics: Mapping[str, Any], family: str, name: str = "macro_f1") -> str:
    figure = metrics.get(family, {}).get(name)
    if figure is None:
        return "–"
    interval = "" if figure["low"] is None else f" [{figure['low']:.3f}, {figure['high']:.3f}]"
    return f"{figure['value']:.3f}{interval}"


def show(results: Mapping[str, Mapping[str, Any]]) -> None:
    print("\nmacro-F1 [95 % over recordings]\n")
    print("| split | LSTM | forest, single rows | majority | LSTM less forest | LSTM; forest in other draws |")
    print("|---|---|---|---|---|---|")
    for question, metrics in results.items():
        cells = [cell(metrics, family) for family in ("lstm", "forest", "majority")]
        cells += [cell(metrics, "lstm", "macro_f1 less forest"), "; ".join(others(metrics)) or "–"]
        print(f"| {question} | {' | '.join(cells)} |")


def others(metrics: Mapping[str, Any]) -> list[str]:
    return [
        ", ".join(f"{value:.3f}" for value in metrics.get(family, {}).get("other draws", ()))
        for family in ("lstm", "forest")
        if metrics.get(family, {}).get("other draws")
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path, help="three_attack_cyber.csv of the T-ITS corpus")
    parser.add_argument("--json", type=Path, default=RESULTS, help=f"where to write, {RESULTS} by default")
    parser.add_argument("--draws", type=int, default=3, help="how often the folds are drawn, 3 by default")
    arguments = parser.parse_args()
    table, began = read_table(arguments.table), time.perf_counter()
    results = known(table)
    for target, words in (("class", "three classes"), ("binary", "attack or benign")):
        for labels, doubt in (("undisputed", "disputed rows out"), ("given", "as labelled")):
            question = f"four folds by recording, {doubt}, {words}"
            print(question, file=sys.stderr, flush=True)
            results[question] = grouped(table, labels=labels, target=target)
            again = [grouped(table, labels=labels, target=target, draw=draw) for draw in range(1, arguments.draws)]
            for family, metrics in results[question].items():
                metrics["other draws"] = [draw[family]["macro_f1"]["value"] for draw in again]
    show(results)
    about = {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": platform.processor() or platform.machine(),
        "seconds": round(time.perf_counter() - began, 1),
        "seed": SEED,
        "digest": table.digest,
        "versions": versions(),
    }
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(json.dumps({"about": about, "results": results}, indent=1) + "\n")
    print(f"\n{about['seconds']} s; written: {arguments.json}")


if __name__ == "__main__":
    main()
