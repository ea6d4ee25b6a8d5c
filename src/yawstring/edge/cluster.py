"""Detection over recordings on a cluster of Ray: each capture is a task of its own, wherever there is a free processor.

Ray Data (https://docs.ray.io/en/latest/data/data.html) hands the captures out, starts a task again where its worker or
node dies, and gives results back in the order of the captures. A task calls the same function as a worker of this
machine, and so finds the same. Ray moves options and results between its own processes with pickle, and whoever reaches
a cluster can run code on it: it belongs in a network that is trusted. One that is started here listens on the loopback
interface only.
"""

import importlib
import logging
import os
import socket
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from yawstring.edge.detecting import Detected, Recording, detect
from yawstring.edge.plans import Plan
from yawstring.errors import CaptureError, InputError, MissingExtraError, OptionError
from yawstring.version import __version__

LOCAL, AUTO = "local", "auto"
"""Start a Ray here for the time; take the one that Ray itself finds."""

BEGUN_MOST = 5
"""How often a capture is begun at most: Ray Data itself would go on for ever with one that kills every worker."""

REACH_S = 5.0
"""Patience with an address: Ray itself tries for minutes."""

_ENVIRONMENT = {"RAY_USAGE_STATS_ENABLED": "0"}
_LOOPBACK = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"}
"""Without, Ray puts the outward address in the place of a loopback one. The name is that of systems where it is so."""


def detect_on_cluster(
    recordings: Sequence[Recording], plan: Plan, *, address: str, workers: int | None = None
) -> Iterator[Detected]:
    """What is found in captures, in their order.

    Args:
        recordings: The captures. Each node must see them, their logs and the plan's files under the same path.
        plan: What watches.
        address: ``"local"``, ``"auto"``, or ``HOST:PORT`` of the head of a cluster that this machine has joined.
        workers: Captures at a time at most; ``None``: as many as there are processors.

    Raises:
        InputError: A file cannot be read, or a node does not have it.
        MissingExtraError: Ray is not installed.
        CaptureError: Worker after worker died that read a capture.
        OptionError: There is no such cluster.
    """
    _reach(address)
    with _connected(address, workers) as ray:
        yield from _detected(ray, recordings, plan, address, workers)


def _detected(
    ray: ModuleType, recordings: Sequence[Recording], plan: Plan, address: str, workers: int | None
) -> Iterator[Detected]:
    begun = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Begun).remote()
    rows = [{"place": place, "recording": recording} for place, recording in enumerate(recordings)]
    job = Job(plan=plan, folder=str(Path.cwd()), version=__version__, begun=begun)
    with ray.data.DataContext.current(_context(ray)):
        captures = ray.data.from_items(rows, override_num_blocks=max(1, len(rows)))
        pool = ray.data.TaskPoolStrategy(size=workers)
        tasks = captures.map(task, fn_args=(job,), compute=pool, num_cpus=1)
    results = _results(ray, iter(tasks.iter_rows()), address)
    for expected, (place, found) in zip(range(len(rows)), results, strict=True):
        if place != expected:
            raise RuntimeError(f"Ray gave capture {place} back in the place of {expected}")
        if isinstance(found, InputError):
            raise found
        yield found


@dataclass(frozen=True, kw_only=True)
class Job:
    """What all tasks share.

    Attributes:
        plan: What watches.
        folder: Where names of files that are not absolute begin.
        version: That of the program that asks.
        begun: The actor :class:`Begun`.
    """

    plan: Plan
    folder: str
    version: str
    begun: Any


class Begun:
    """Counts how often each capture was begun; an actor of Ray, for a task does not know which attempt it is."""

    def __init__(self) -> None:
        self._times: Counter[int] = Counter()

    def again(self, place: int) -> int:
        """The capture at ``place`` is begun: how often by now?"""
        self._times[place] += 1
        return self._times[place]


def task(row: Mapping[str, Any], job: Job) -> dict[str, Any]:
    """Read one capture; called in a worker, with the capture and its place.

    What a user can put right is a result like any other, so that the first error is that of the first capture at fault,
    whichever was read first.

    Args:
        row: ``place`` and ``recording``.
        job: What all tasks share.

    Returns:
        ``place``, and ``found``: what was found, or what is wrong.
    """
    recording: Recording = row["recording"]
    try:
        if _ray().get(job.begun.again.remote(row["place"])) > BEGUN_MOST:
            raise CaptureError(f"{recording.capture}: {BEGUN_MOST} workers died reading it: was memory short?")
        agree(recording, job)
        return {"place": row["place"], "found": detect(recording, job.plan)}
    except InputError as error:
        return {"place": row["place"], "found": error}


def agree(recording: Recording, job: Job) -> None:
    """The node runs the same program, and has the files."""
    node, plan = socket.gethostname(), job.plan
    if job.version != __version__:
        raise OptionError(
            f"--cluster: node {node} has yawstring {__version__}, here is {job.version}: install the same"
        )
    needed = [path for path in (recording.capture, recording.telemetry, plan.bundle, plan.rules, plan.allow) if path]
    if str(Path.cwd()) != job.folder and not all(path.is_absolute() for path in needed):
        try:
            os.chdir(job.folder)
        except OSError as error:
            raise CaptureError(
                f"{job.folder}: {error.strerror} on node {node}: name files by their full path"
            ) from error
    for path in needed:
        if not path.exists():
            raise CaptureError(f"{path}: is not on node {node}: every node needs it under the same path")


def _results(
    ray: ModuleType, rows: Iterator[Mapping[str, Any]], address: str
) -> Iterator[tuple[int, Detected | InputError]]:
    try:
        for row in rows:
            yield int(row["place"]), row["found"]
    except ray.exceptions.RayTaskError:
        raise  # a fault of the code, which its own lines tell best
    except ray.exceptions.RayError as error:
        raise OptionError(f"--cluster {address}: Ray gave up: {' '.join(str(error).split())}") from error


def _reach(address: str) -> None:
    """A line for an address where nobody answers."""
    if address in (LOCAL, AUTO):
        return
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or "/" in host:
        raise OptionError(f"--cluster: expected local, auto or HOST:PORT, found {address!r}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=REACH_S).close()
    except (OSError, OverflowError) as error:
        raise OptionError(f"--cluster {address}: nobody answers there: {error}") from error


def _stays_here(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    return address == LOCAL or host in ("localhost", "::1") or host.startswith("127.")


@contextmanager
def _connected(address: str, workers: int | None) -> Iterator[ModuleType]:
    """Ray, connected; left again at the end, which ends one that was started here."""
    os.environ.update(_ENVIRONMENT | (_LOOPBACK if _stays_here(address) else {}))
    ray = _ray()
    more: dict[str, Any] = {"include_dashboard": False, "num_cpus": workers} if address == LOCAL else {}
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.ERROR, **more)
    except ConnectionError as error:
        raise OptionError(f"--cluster {address}: {' '.join(str(error).split())}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _ray() -> ModuleType:
    try:
        ray = importlib.import_module("ray")
        importlib.import_module("ray.data")
    except ModuleNotFoundError as error:
        raise MissingExtraError(error.name or "ray", extra="cluster", needed_for="detecting on a cluster") from error
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    return ray


def _context(ray: ModuleType) -> object:
    context = ray.data.DataContext.get_current().copy()
    context.execution_options.preserve_order = True
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.execution_no_progress_timeout_s = -1  # a long capture is progress that Ray cannot see
    return context
