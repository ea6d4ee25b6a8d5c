"""The schedule against Keras Tuner's own oracle, and its promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yawstring.errors import OptionError
from yawstring.learn.search.schedule import Schedule, Slot, is_over, next_job, ranked


def run_ours(schedule: Schedule, score, workers: int = 1, seed: int = 0, effort=None) -> dict[Slot, tuple]:
    """Run everything with so many workers that end in random order: (parent, first epoch, epochs, score) by slot."""
    rng = np.random.default_rng(seed)
    done, running, found = {}, {}, {}
    while not is_over(schedule, done, running):
        while len(running) < workers and (job := next_job(schedule, done, set(running), effort)):
            assert job.slot not in done
            running[job.slot] = job
        slot = list(running)[rng.integers(len(running))]
        job = running.pop(slot)
        root = found[job.parent][4] if job.parent else job.draw
        value = score(root, job.epochs)
        found[slot] = (job.parent, job.first_epoch, job.epochs, value, root)
        done[slot] = value
    return found


@pytest.mark.parametrize(
    ("max_epochs", "factor", "iterations"), [(10, 3, 1), (10, 3, 2), (27, 3, 1), (9, 3, 1), (20, 4, 1), (1, 2, 1)]
)
def test_hyperband_is_keras_tuners(max_epochs: int, factor: int, iterations: int) -> None:
    pytest.importorskip("tensorflow", reason="TensorFlow not installed: make test REFERENCE=1")
    kt = pytest.importorskip("keras_tuner", reason="Keras Tuner not installed: make test REFERENCE=1")
    hp = kt.HyperParameters()
    hp.Float("x", 0.0, 1.0)
    oracle = kt.oracles.HyperbandOracle(
        objective=kt.Objective("f1", "max"), max_epochs=max_epochs, factor=factor, hyperband_iterations=iterations,
        seed=7, hyperparameters=hp,
    )  # fmt: skip
    oracle.verbose = False
    oracle._save_trial = lambda *_: None  # it keeps trials in files; its decisions do not need them
    oracle.save = lambda *_: None
    order, theirs = {}, []

    def score(root: int, epochs: int) -> float:
        return round(float(np.sin(root * 12.9898) * 43758.5453 % 1 + epochs / 100), 3)

    while (trial := oracle.create_trial("one")).status != "STOPPED":
        values = trial.hyperparameters.values
        root = order.setdefault(values["x"], len(order))
        value = score(root, values["tuner/epochs"])
        theirs.append((root, values["tuner/round"], values["tuner/initial_epoch"], values["tuner/epochs"], value))
        oracle.update_trial(trial.trial_id, {"f1": value})
        trial.status = "COMPLETED"
        oracle.end_trial(trial)
    ours = run_ours(Schedule(max_epochs=max_epochs, factor=factor, trials=iterations), score)
    mine = [(root, slot.round, first, epochs, value) for slot, (_, first, epochs, value, root) in ours.items()]
    assert mine == theirs


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(2, 5), st.integers(2, 6), st.integers(0, 99))
def test_any_number_of_workers_comes_to_the_same(max_epochs: int, factor: int, workers: int, seed: int) -> None:
    schedule = Schedule(max_epochs=max_epochs, factor=factor)

    def score(root: int, epochs: int) -> float:
        return (root * 7919 + seed) % 13 + epochs

    whole = run_ours(schedule, score)
    assert run_ours(schedule, score, workers, seed) == whole
    longest_first = run_ours(schedule, score, workers, seed, effort=lambda source: hash(source) * 7919 % 13)
    assert longest_first == whole


def test_the_longest_of_a_round_goes_first() -> None:
    schedule, efforts = Schedule(max_epochs=10, factor=3), {}
    order: list[int] = []
    done = {}

    def effort(source: int | Slot) -> float:
        return efforts[source] if isinstance(source, Slot) else float(source * 5 % 12)

    while (job := next_job(schedule, done, (), effort)) is not None:
        efforts[job.slot] = effort(job.parent if job.draw is None else job.draw)
        done[job.slot] = float(job.slot.place)
        if job.slot.bracket == 2 and job.slot.round < 2:
            order.append(int(efforts[job.slot]))
    assert order[:12] == list(range(11, -1, -1))
    assert order[12:] == sorted(order[12:], reverse=True)


def test_asha_promotes_the_best_of_each_rung() -> None:
    schedule = Schedule(method="asha", max_epochs=9, factor=3, trials=9)
    found = run_ours(schedule, lambda root, epochs: float(root), workers=3, seed=5)
    rungs = [[found[slot][4] for slot in found if slot.round == number] for number in range(3)]
    assert sorted(rungs[0]) == list(range(9))
    assert 3 <= len(rungs[1]) <= 9
    assert set(rungs[1]) >= {6, 7, 8}
    assert 8 in rungs[2]
    for slot, (parent, first, epochs, _, _) in found.items():
        assert (parent is None) == (slot.round == 0)
        assert parent is None or (parent in found and found[parent][2] == first < epochs)


def test_random_runs_every_draw_in_full() -> None:
    found = run_ours(Schedule(method="random", trials=5, max_epochs=4), lambda root, epochs: 0.0, workers=2)
    assert sorted(root for *_, root in found.values()) == [0, 1, 2, 3, 4]
    assert {epochs for _, _, epochs, _, _ in found.values()} == {4}


def test_equals_are_ranked_by_place_and_no_number_is_last() -> None:
    slots = [Slot(0, 0, 0, place) for place in range(4)]
    scores = dict(zip(slots, (0.5, float("nan"), 0.7, 0.5), strict=True))
    assert [slot.place for slot in ranked(slots, scores)] == [2, 0, 3, 1]
    assert [Slot.of(str(slot)) for slot in slots] == slots


@pytest.mark.parametrize("given", [{"method": "grid"}, {"max_epochs": 0}, {"factor": 1}, {"trials": 0}])
def test_what_makes_no_sense_is_refused(given: dict) -> None:
    with pytest.raises(OptionError):
        Schedule(**given)
