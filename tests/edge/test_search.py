"""Searches as a study holds them: any number of workers, killed and gone on, several processes, a database server."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from wsgiref.util import setup_testing_defaults

import numpy as np
import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from yawstring.edge import study_opening
from yawstring.edge.runtime import ready_training
from yawstring.edge.searching import Watchers, search
from yawstring.edge.studies import LostError, Study
from yawstring.edge.study_opening import open_study
from yawstring.errors import LeakError, OptionError
from yawstring.learn.search.material import Material
from yawstring.learn.search.schedule import Schedule
from yawstring.learn.search.space import read_space
from yawstring.learn.search.trial import TrialOptions
from yawstring.models.base import Windows

SPACE = read_space(
    """
    units = {choices = [4, 8]}
    layers = {low = 1, high = 2}
    dense_units = {choices = [4, 8]}
    dropout = {low = 0.0, high = 0.2, step = 0.1}
    learning_rate = {low = 1e-3, high = 1e-2, log = true}
    """,
    "small",
)
HERE = Path(__file__)
OPENED: list[Study] = []
"""Studies that a test has opened; closed after it."""


def materials() -> dict[int, Material]:
    rng = np.random.default_rng(4)
    rows = rng.normal(size=(405, 3)).astype(np.float32)
    labels = (rows[4:404, 0] + rows[3:403, 1] > 0).astype(np.int64)
    train, validation = (
        Windows(rows=rows, starts=np.arange(400)[part], length=5, labels=labels[part])
        for part in (slice(300), slice(300, None))
    )
    return {5: Material(train=train, validation=validation, classes=2)}


def opened(url: str, schedule: Schedule | None = None, *, alone: bool = True, grace_s: float = 60.0, **asked) -> Study:
    schedule = schedule or Schedule(max_epochs=4, factor=2)
    study = open_study(url, name="s", schedule=schedule, space=SPACE, seed=3, asked=asked, alone=alone, grace_s=grace_s)
    OPENED.append(study)
    return study


@contextmanager
def children(count: int, what: str, where: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes of their own that search; see :func:`main`."""
    with ExitStack() as stack:
        command = [sys.executable, str(HERE), what, where]
        yield [stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE, text=True)) for _ in range(count)]


def url(folder: Path) -> str:
    return f"sqlite:///{folder}/study.db"


def run(study: Study, *, workers: int = 1, watch: Watchers | None = None, **options) -> dict[str, tuple]:
    """Search; score, options and epochs of each place."""
    search(study, materials(), TrialOptions(space=SPACE, seed=3, **options), workers=workers, watch=watch)
    return found(study)


def found(study: Study) -> dict[str, tuple]:
    done = [one for one in study.records() if one.state == "complete"]
    assert max(Counter(one.slot for one in done).values()) == 1
    return {str(one.slot): (one.score, dict(one.values), str(one.parent), one.history) for one in done}


@pytest.fixture(scope="module", autouse=True)
def _computing() -> None:
    """Threads of ours compute at once, as in the command; settled before the first test touches JAX.

    Processes of their own find compiled what this one has compiled.
    """
    ready_training(workers=True)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while OPENED:
        OPENED.pop().close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple]:
    """The search of the defaults, by one worker and never disturbed."""
    return run(opened(url(tmp_path_factory.mktemp("whole"))))


def test_every_place_of_the_schedule_is_run_once(whole: dict[str, tuple]) -> None:
    rounds = Schedule(max_epochs=4, factor=2).rounds()
    assert set(whole) == {str(one.slot(place)) for one in rounds for place in range(one.size)}
    for score, _, parent, history in whole.values():
        assert score == max(epoch["validation_score"] for epoch in history)
        assert parent == "None" or parent in whole


def test_a_promoted_trial_goes_on_from_its_parents_best_epoch(whole: dict[str, tuple]) -> None:
    """Its first epoch starts where the parent was, so its loss is below that of a fresh start."""
    promoted = {slot: one for slot, one in whole.items() if one[2] != "None"}
    assert promoted
    for _, values, parent, history in promoted.values():
        assert values == whole[parent][1]
        assert history[0]["number"] == whole[parent][3][-1]["number"] + 1
    better = [history[0]["loss"] < whole[parent][3][0]["loss"] for _, _, parent, history in promoted.values()]
    assert np.mean(better) > 0.8


def test_any_number_of_workers_comes_to_the_same_bits(whole: dict[str, tuple], tmp_path: Path) -> None:
    assert run(opened(url(tmp_path)), workers=3) == whole


def test_keeping_adam_changes_promoted_trials_alone(whole: dict[str, tuple], tmp_path: Path) -> None:
    kept = run(opened(url(tmp_path)), workers=2, keep_adam=True)
    fresh = {slot for slot, one in whole.items() if one[2] == "None"}
    assert {slot: one for slot, one in kept.items() if slot in fresh} == {slot: whole[slot] for slot in fresh}
    assert any(kept[slot] != whole[slot] for slot in whole if slot not in fresh)


def test_killed_again_and_again_it_comes_to_the_same(whole: dict[str, tuple], tmp_path: Path) -> None:
    """``kill -9`` after two trials, then after five; what was done by then is never run again."""
    for after in (2, 5):
        with children(1, "child", url(tmp_path)) as (child,):
            for _ in range(after):
                assert child.stdout.readline().startswith("done")
            os.kill(child.pid, signal.SIGKILL)
    before = {one.number: one for one in opened(url(tmp_path)).records() if one.state == "complete"}
    assert len(before) >= 7
    study = opened(url(tmp_path))
    assert run(study, workers=2) == whole
    after_all = {one.number: one for one in study.records()}
    assert {number: after_all[number] for number in before} == before
    failed = [one for one in after_all.values() if one.state == "fail"]
    assert len(failed) <= 4  # two workers were killed twice


def test_two_processes_share_a_study(whole: dict[str, tuple], tmp_path: Path) -> None:
    with children(2, "shared", url(tmp_path)) as running:
        ran = [[line for line in child.communicate(timeout=300)[0].splitlines() if line] for child in running]
    assert [child.returncode for child in running] == [0, 0]
    assert len(ran[0]) + len(ran[1]) == len(whole)
    assert found(opened(url(tmp_path), alone=False)) == whole


@pytest.mark.parametrize("raised", [IntegrityError, OperationalError])
def test_a_machine_that_comes_second_finds_the_tables_made(
    raised: type[DBAPIError], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempted, tries = study_opening._attempted, []

    def beaten_once(where: str, name: str, *, seed: int | None) -> object:
        tries.append(where)
        if len(tries) == 1:
            raise raised("CREATE TABLE", {}, Exception("table already exists, or the database is locked"))
        return attempted(where, name, seed=seed)

    monkeypatch.setattr(study_opening, "_attempted", beaten_once)
    opened(url(tmp_path), alone=False)
    assert len(tries) == 2


def test_a_silent_process_loses_its_trial_and_no_more(tmp_path: Path) -> None:
    """A paused process finds its trial gone when it wakes; the other one ran it."""
    asleep, awake = (opened(url(tmp_path), alone=False, grace_s=60.0) for _ in range(2))
    claim = asleep.claim()
    awake.clock = lambda: 0.0
    assert awake.claim().job.slot != claim.job.slot
    awake.clock = lambda: 60.5
    again = awake.claim()
    assert again.job.slot == claim.job.slot
    assert again.trial != claim.trial
    with pytest.raises(LostError):
        asleep.finish(claim, 0.5, best_epoch=1, history=[], weights=None)


def test_a_beating_process_keeps_its_trial(tmp_path: Path) -> None:
    slow, other = (opened(url(tmp_path), alone=False, grace_s=60.0) for _ in range(2))
    claim = slow.claim()
    for beat in range(5):
        other.clock = lambda now=50.0 * beat: now
        slow.beat()
        other.is_over()
    slow.finish(claim, 0.5, best_epoch=1, history=[], weights=None)


def test_optunas_dashboard_opens_the_study(whole: dict[str, tuple], tmp_path: Path) -> None:
    """Its web application, asked without a socket for the studies and for the trials of ours."""
    dashboard = pytest.importorskip("optuna_dashboard", reason="not installed: pip install 'yawstring[studies]'")
    study = opened(url(tmp_path))
    study.finish(study.claim(), 0.75, best_epoch=1, history=[], weights=None)
    web = dashboard.wsgi(study._storage)

    def asked(path: str) -> dict:
        environ: dict = {}
        setup_testing_defaults(environ)
        status: list[str] = []
        body = web({**environ, "PATH_INFO": path}, lambda said, *_: status.append(said))
        assert status[0].startswith("200"), b"".join(body)
        return json.loads(b"".join(body))

    (summary,) = asked("/api/studies")["study_summaries"]
    assert summary["study_name"] == "s"
    (trial,) = asked(f"/api/studies/{summary['study_id']}")["trials"]
    assert (trial["state"], trial["values"]) == ("Complete", [0.75])


@pytest.mark.parametrize("method", ["asha", "tpe", "random"])
def test_other_methods_run_their_trials(method: str, tmp_path: Path) -> None:
    schedule = Schedule(method=method, max_epochs=4, factor=2, trials=6)
    done = run(opened(url(tmp_path), schedule), workers=2)
    fresh = [one for one in done.values() if one[2] == "None"]
    assert len(fresh) == 6
    assert (len(done) > 6) == (method == "asha")


def test_random_search_is_the_same_for_any_number_of_workers(tmp_path: Path) -> None:
    schedule = Schedule(method="random", max_epochs=2, trials=4)
    results = []
    for workers in (1, 3):
        folder = tmp_path / str(workers)
        folder.mkdir()
        results.append(run(opened(url(folder), schedule), workers=workers))
    assert results[0] == results[1]


def test_another_search_is_refused(tmp_path: Path) -> None:
    opened(url(tmp_path), table="a")
    with pytest.raises(OptionError, match="table differ"):
        opened(url(tmp_path), table="b")


@pytest.mark.parametrize(
    "bad",
    [
        "nonsense",
        "sqlite:////nowhere/at/all.db",
        "oracle://x",
        "postgresql+pg8000://127.0.0.1/x",
        "postgresql+pg8000://me@127.0.0.1:1/x",
    ],
)
def test_a_database_that_cannot_be_opened_is_one_line(bad: str) -> None:
    with pytest.raises(OptionError, match="cannot be opened") as refused:
        opened(bad)
    assert "\n" not in str(refused.value)


def test_an_error_in_a_trial_stops_the_search_and_gives_trials_back(tmp_path: Path) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    study = opened(url(tmp_path))
    with pytest.raises(RuntimeError, match="broken"):
        run(study, workers=2, watch=Watchers(passed=broken))
    assert {one.state for one in study.records()} == {"fail"}


def test_the_test_part_cannot_be_handed_in() -> None:
    """A leak planted: the test part in the place of the validation part."""
    import polars as pl

    from yawstring.table.parts import TestPart, TrainPart
    from yawstring.table.windows import WindowSpec

    held = {
        "frame": pl.DataFrame({"frame.len": [1.0, 2.0, 3.0, 4.0]}),
        "rows": np.arange(4),
        "window": WindowSpec(length=2),
        "starts": np.arange(3),
        "truth": np.array(["benign", "dos", "dos"]),
        "group": np.zeros(3, np.int64),
    }
    train, test = TrainPart(**held), TestPart(**held)
    for pair in ((train, test), (test, test), (test, train)):
        with pytest.raises(LeakError):
            Material.of(*pair, target="class", identity=False, time=False)


@pytest.fixture
def server(tmp_path: Path):
    """A PostgreSQL server of the test's own, on a socket in its folder, as a user without privileges."""
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin")) if Path("/usr/lib/postgresql").exists() else []
    if not places:
        pytest.skip("PostgreSQL not found (Debian: apt install postgresql)")
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # a socket's path has 107 characters at most, pytest's are longer
    as_other: dict = {}
    if os.getuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
        as_other = {"user": "postgres", "group": "postgres", "extra_groups": []}
    data = folder / "data"
    port = 5433

    def call(*command: object) -> None:
        subprocess.run(
            [*map(str, command)], check=True, capture_output=True, cwd=folder, env={"LC_ALL": "C"}, **as_other
        )

    try:
        call(places[-1] / "initdb", "-D", data, "-U", "tester", "-A", "trust", "--no-sync")
        call(
            places[-1] / "pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o",
            f"-k {folder} -p {port} -c listen_addresses= -c fsync=off", "start",
        )  # fmt: skip
        try:
            yield f"postgresql+pg8000://tester@/postgres?unix_sock={folder}/.s.PGSQL.{port}"
        finally:
            call(places[-1] / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def test_machines_share_a_study_on_a_server_and_one_is_lost(whole: dict[str, tuple], server: str) -> None:
    """Three processes; one is killed midway and costs its running trials only."""
    with children(3, "shared", server) as running:
        assert running[0].stdout.readline().startswith("done")
        os.kill(running[0].pid, signal.SIGKILL)
        for child in running[1:]:
            child.communicate(timeout=300)
    assert [child.returncode for child in running] == [-signal.SIGKILL, 0, 0]
    study = opened(server, alone=False)
    assert found(study) == whole
    lost = [one for one in study.records() if one.state == "fail"]
    assert len(lost) <= 1  # each process runs one trial at a time


def main(what: str, where: str) -> None:
    """A process of its own, for tests that kill it: a line a trial that is done."""
    watch = Watchers(done=lambda claim, ended: print("done", json.dumps(str(claim.job.slot)), flush=True))
    if what == "child":
        run(opened(where), workers=2, watch=watch)
    else:
        run(opened(where, alone=False, grace_s=5.0), watch=watch)


if __name__ == "__main__":
    ready_training(workers=True)
    main(*sys.argv[1:])
