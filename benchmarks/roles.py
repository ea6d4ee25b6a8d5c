"""Is the right network watched, how soon, and is it ever lost again?

    python benchmarks/roles.py [--flights 8] [--seconds 30] [--json benchmarks/results/roles.json]

Every ready scenario is simulated with several seeds; the truth says who sent each frame. A flight is right when the
first frame judged to be the drone's is, no honest frame of anybody else is ever judged so, no honest frame of the drone
is judged otherwise afterwards, and likewise for the controller. Delay counts from the drone's tenth frame of
data that is not a retry: handshake and address are about eight, and before telemetry there is nothing to learn from.
A scenario that says how long it takes is left as it is.
"""

import argparse
import io
import json
import statistics
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from yawstring.simulate.run import simulate
from yawstring.simulate.scenario import parse_scenario
from yawstring.table.frames import frames_table
from yawstring.table.signals.inputs import Inputs
from yawstring.table.signals.roles import CONTROLLER, DRONE, roles_start, roles_step
from yawstring.wire.decoder import decode

SOON_S = 2.0
FRAMES = 10


def scenarios() -> list[str]:
    folder = resources.files("yawstring.simulate").joinpath("scenarios")
    return sorted(path.name.removesuffix(".toml") for path in folder.iterdir() if path.name.endswith(".toml"))


def flight(name: str, seed: int, seconds: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Frames as decoded, and the truth of each."""
    path = resources.files("yawstring.simulate").joinpath("scenarios", f"{name}.toml")
    text = path.read_text(encoding="utf-8")
    changes = () if "duration_s" in text else (f"duration_s={seconds:g}",)
    made = simulate(parse_scenario(text, file=path.name, changes=changes), seed)
    schema = {"technique": pl.String, "episode": pl.Int64, "transmitter": pl.String}
    return frames_table(decode(made.capture)), pl.read_csv(io.BytesIO(made.truth), schema_overrides=schema)


def judged(frame: pl.DataFrame, truth: pl.DataFrame) -> tuple[float | None, bool]:
    """Seconds until the drone was found, ``None`` for never; and whether all was right from then on."""
    times = frame["time_ns"].to_numpy()
    _, roles = roles_step(roles_start(None), Inputs(frame=frame, time_ns=np.maximum.accumulate(times)))
    honest = (truth["forged"] == 0).to_numpy() & frame["wlan.ta"].is_not_null().to_numpy()
    who = truth["role"].to_numpy()
    drone, pilot = honest & (who == "drone"), honest & (who == "controller")
    others = honest & (who == "neighbour")
    data = frame.select((pl.col("wlan.fc.type") == 2) & (pl.col("wlan.fc.retry") == 0)).to_series().to_numpy()
    found = np.flatnonzero(drone & (roles.sender == DRONE))
    begun = np.flatnonzero(drone & data)
    if not len(found) or len(begun) < FRAMES:
        return None, False
    after = np.arange(len(frame)) >= found[0]
    wrong = (roles.sender == DRONE) & (others | pilot)
    wrong |= (roles.sender == CONTROLLER) & (others | drone)
    wrong |= after & drone & (roles.sender != DRONE)
    wrong |= after & pilot & (roles.sender != CONTROLLER)
    return float(times[found[0]] - times[begun[FRAMES - 1]]) / 1e9, not wrong.any()


def measure(name: str, first_seed: int, flights: int, seconds: float) -> dict[str, Any]:
    found = [judged(*flight(name, first_seed + one, seconds)) for one in range(flights)]
    delays = [delay for delay, _ in found if delay is not None]
    return {
        "scenario": name,
        "flights": flights,
        "right": sum(right for _, right in found),
        "soon": sum(delay <= SOON_S for delay in delays),
        "median_s": statistics.median(delays) if delays else None,
        "worst_s": max(delays, default=None),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--flights", type=int, default=8, help="flights of each scenario")
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each")
    parser.add_argument("--json", type=Path, help="write the figures there, too")
    options = parser.parse_args()
    print(f"| scenario | flights | right throughout | found within {SOON_S:g} s | median, s | worst, s |")
    print("|---|---|---|---|---|---|")
    lines = []
    for place, name in enumerate(scenarios()):
        line = measure(name, place * options.flights, options.flights, options.seconds)
        lines.append(line)
        delay = "– | –" if line["median_s"] is None else f"{line['median_s']:.2f} | {line['worst_s']:.2f}"
        print(f"| {name} | {line['flights']} | {line['right']} | {line['soon']} | {delay} |", flush=True)
    total = {key: sum(line[key] for line in lines) for key in ("flights", "right", "soon")}
    print(f"| all | {total['flights']} | {total['right']} | {total['soon']} | | |")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps({"seconds": options.seconds, "scenarios": lines, "all": total}, indent=1))


if __name__ == "__main__":
    main()
