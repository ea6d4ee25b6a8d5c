"""``yawstring benchmark``: what detectors are worth on real data and on simulated flights, measured anew."""

import json
import os
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from yawstring.app.console import err, note_runtime, out, progress
from yawstring.errors import OptionError

if TYPE_CHECKING:
    from yawstring.app.benchmark.flights import Flying

FORMAT = 1
TITS = Path("tits") / "three_attack_cyber.csv"
TLM = Path("tlm_uav") / "Fusion_Data.csv"
CAPTURES = Path("captures")


class Only(StrEnum):
    """One part of the benchmark."""

    TITS = "tits"
    TLM = "tlm"
    FLIGHTS = "flights"
    AIRCRACK = "aircrack"


def command(
    data: Annotated[
        Path | None,
        typer.Option("--data", metavar="DIR", help="Folder with tits/, tlm_uav/ and captures/.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="MD", help="Also write the page.", show_default=False)
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help="Seeds of folds and detectors, from 1 (tits, tlm).")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Seed of flights and detectors (flights, aircrack).")] = 1,
    only: Annotated[Only | None, typer.Option(help="One part alone.", show_default=False)] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes that fly; one a core if not given.", show_default=False)
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Keep signals and figures here; do nothing twice.", show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of the page.")] = False,
) -> None:
    """Measure the detectors anew: on the T-ITS corpus, TLM:UAV telemetry, simulated flights and real captures.

    Examples:
    `yawstring benchmark --data ../shared/data -o benchmarks/detection.md`;
    `yawstring benchmark --only flights --keep flown/`;
    `yawstring benchmark --data ../shared/data --only aircrack`
    """
    from yawstring.edge.files import write_octets
    from yawstring.edge.runtime import ready_loops

    ready_loops()
    told: dict[str, Any] = {"format": FORMAT}
    page = _head(only, seeds, seed)
    if only in (None, Only.TITS):
        lines, told["tits"] = _tits(data, seeds)
        page += lines
    if only in (None, Only.TLM):
        lines, told["tlm"] = _tlm(data, seeds)
        page += lines
    if only in (None, Only.FLIGHTS):
        lines, told["flights"] = _flights(_flying(seed, workers, keep))
        page += lines
    if only in (None, Only.AIRCRACK):
        lines, told["aircrack"] = _aircrack(data, _flying(seed, workers, keep))
        page += lines
    text = "\n".join(page)
    if output is not None:
        write_octets(text.encode(), output)
        err.print(f"written: {output}", markup=False)
    if as_json:
        print(json.dumps(told, indent=2))
    else:
        out.print(text, markup=False)


def _tits(data: Path | None, seeds: int) -> tuple[list[str], dict[str, Any]]:
    """Lines of the page and JSON of the part on real data."""
    from yawstring.app.benchmark.tits import results, steps
    from yawstring.app.benchmark.tits_page import section
    from yawstring.edge.files import read_table

    table = read_table(_there(data, TITS, "the T-ITS table"))
    with progress("measuring", steps(seeds)) as advance:
        found = list(results(table, range(1, seeds + 1), advance))
    told = {"digest": table.digest, "seeds": seeds, "results": [asdict(one) for one in found]}
    return section(found, file=TITS.name, digest=table.digest, seeds=seeds), told


def _tlm(data: Path | None, seeds: int) -> tuple[list[str], dict[str, Any]]:
    """Lines of the page and JSON of the part on telemetry within its episodes."""
    from yawstring.app.benchmark.tlm import CONTENDERS, results
    from yawstring.app.benchmark.tlm_page import section
    from yawstring.edge.files import read_table

    note_runtime()
    table = read_table(_there(data, TLM, "TLM:UAV telemetry"))
    with progress("measuring", len(CONTENDERS)) as advance:
        found = list(results(table, range(1, seeds + 1), advance))
    told = {"digest": table.digest, "seeds": seeds, "results": [asdict(one) for one in found]}
    return section(found, file=TLM.name, digest=table.digest, seeds=seeds), told


def _there(data: Path | None, path: Path, what: str) -> Path:
    """Where a part of the data is.

    Raises:
        OptionError: No folder was given, or the part is not in it.
    """
    if data is None:
        raise OptionError(f"{what} is read from a folder of data: give --data DIR, or --only flights")
    if not (data / path).exists():
        raise OptionError(f"{data / path}: expected {what}, found no such file")
    return data / path


def _flying(seed: int, workers: int | None, keep: Path | None) -> "Flying":
    from yawstring.app.benchmark.flights import Flying
    from yawstring.edge.report import make_folder

    if keep is not None:
        make_folder(keep)
    return Flying(seed=seed, workers=workers or os.cpu_count() or 1, keep=keep)


def _flights(how: "Flying") -> tuple[list[str], dict[str, Any]]:
    """Lines of the page and JSON of the part on simulated flights."""
    from yawstring.app.benchmark.campaigns import STRENGTHS
    from yawstring.app.benchmark.flights import CONTENDERS, PARTS, UNSEEN, by_strength, flown, results, trained
    from yawstring.app.benchmark.flights_page import section

    note_runtime()
    with progress("flying", sum(one.attacked + one.benign for one in PARTS.values())) as advance:
        table = flown(how, advance)
    with progress("measuring", len(CONTENDERS) + len(UNSEEN) + len(STRENGTHS)) as advance:
        first, *others = results(table, how, advance)
        unseen = tuple(results(table, how, advance, UNSEEN))
        strengths = by_strength(first.trained or trained(table, CONTENDERS[0], how.seed), how, advance)
    told = {
        "digest": table.digest,
        "seed": how.seed,
        "results": {one.name: one.incidents for one in (first, *others)},
        "unseen": {one.name: one.incidents for one in unseen},
        "strengths": strengths,
    }
    return section((first, *others), unseen, strengths, seed=how.seed, digest=table.digest), told


def _aircrack(data: Path | None, how: "Flying") -> tuple[list[str], dict[str, Any]]:
    """Lines of the page and JSON of the part on real captures."""
    from yawstring.app.benchmark.aircrack import PARTS, captures, learnt, listen
    from yawstring.app.benchmark.aircrack_page import section

    heard = captures(_there(data, CAPTURES, "a folder of captures"))
    with progress("flying", sum(one.attacked + one.benign for one in PARTS.values())) as advance:
        made = learnt(how, advance)
    with progress("listening", len(heard)) as advance:
        found = listen(made, heard, advance)
    return section(found, seed=how.seed), {"seed": how.seed, **found.to_json()}


def _head(only: Only | None, seeds: int, seed: int) -> list[str]:
    """Title, and the command that makes the page again."""
    from yawstring.learn.train import versions

    made = ", ".join(f"{name} {version}" for name, version in versions().items())
    words = [] if only is Only.FLIGHTS else ["--data DIR"]
    words += [f"--seeds {seeds}"] if only in (None, Only.TITS, Only.TLM) else []
    words += [f"--seed {seed}"] if only in (None, Only.FLIGHTS, Only.AIRCRACK) else []
    words += [] if only is None else [f"--only {only.value}"]
    told = f"`yawstring benchmark {' '.join(words)} -o benchmarks/detection.md`"
    return ["# Detection", "", f"{told} · {datetime.now(UTC):%Y-%m-%d} · {made}", ""]
