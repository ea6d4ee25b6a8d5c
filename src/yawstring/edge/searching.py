"""Runs the trials of a study: a few threads of this process, each with one trial after another.

JAX computes outside Python's lock, and every thread here computes its own program, so that threads use cores as well as
processes would, and share what is compiled.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from yawstring.edge.studies import Claim, LostError, Study
from yawstring.edge.study_weights import from_octets, to_octets
from yawstring.learn.search.material import Material
from yawstring.learn.search.trial import Ended, Start, TrialOptions, history_to_json, run_trial, weight_shapes
from yawstring.models.base import Epoch

WAIT_S = 0.2
"""Pause before another look where there is nothing to run for now."""

BEAT_S = 2.0
"""A process says so often that it lives; the least silence that loses it trials is several times as long."""

Begun = Callable[[Claim], None]
Passed = Callable[[Claim, Epoch, float], None]
Done = Callable[[Claim, Ended], None]


class StoppedError(Exception):
    """The search is to stop; the trial is given back."""


@dataclass(frozen=True, kw_only=True)
class Watchers:
    """Called from the threads of the workers, one at a time.

    Attributes:
        begun: A trial begins.
        passed: An epoch of it is over.
        done: It has ended.
    """

    begun: Begun = field(default=lambda *_: None)
    passed: Passed = field(default=lambda *_: None)
    done: Done = field(default=lambda *_: None)


def search(
    study: Study,
    materials: Mapping[int, Material],
    options: TrialOptions,
    *,
    workers: int,
    watch: Watchers | None = None,
) -> None:
    """Run trials until the study is over, here or elsewhere.

    Args:
        study: What is to be run.
        materials: Windows by their length.
        options: What all trials share.
        workers: Trials at once.
        watch: Told how it goes.

    Raises:
        Exception: Whatever a trial raised; the trials that ran are given back.
    """
    crew = _Crew(study=study, materials=materials, options=options, watch=watch or Watchers())
    threads = [threading.Thread(target=crew.work, name=f"worker {number}", daemon=True) for number in range(workers)]
    for thread in threads:
        thread.start()
    try:
        while any(thread.is_alive() for thread in threads):
            study.beat()
            for thread in threads:
                thread.join(BEAT_S / len(threads))
    finally:
        crew.stop.set()
        for thread in threads:
            thread.join()
    if crew.errors:
        raise crew.errors[0]


@dataclass
class _Crew:
    study: Study
    materials: Mapping[int, Material]
    options: TrialOptions
    watch: Watchers
    stop: threading.Event = field(default_factory=threading.Event)
    errors: list[BaseException] = field(default_factory=list)
    _speaks: threading.Lock = field(default_factory=threading.Lock)

    def work(self) -> None:
        """Run one trial after another until there are none; an error stops all workers."""
        try:
            while not self.stop.is_set():
                claim = self.study.claim()
                if claim is not None:
                    self._run(claim)
                elif self.study.is_over():
                    return
                else:
                    self.stop.wait(WAIT_S)
        except BaseException as error:  # a thread has nobody to raise to: the caller raises it
            self.errors.append(error)
            self.stop.set()

    def _run(self, claim: Claim) -> None:
        with self._speaks:
            self.watch.begun(claim)

        def passed(epoch: Epoch, score: float) -> None:
            if self.stop.is_set():
                raise StoppedError
            self.study.report(claim, epoch.number, score)
            with self._speaks:
                self.watch.passed(claim, epoch, score)

        try:
            ended = run_trial(
                self.materials, claim.job, claim.values, self._start(claim), self.options, root=claim.root, watch=passed
            )
            self.study.finish(
                claim,
                ended.score,
                best_epoch=ended.best_epoch,
                history=history_to_json(ended.history),
                weights=to_octets(ended.start) if self.study.schedule.promotes else None,
            )
        except LostError:
            return
        except BaseException as error:
            self.study.give_up(claim)
            if isinstance(error, StoppedError):
                return
            raise
        with self._speaks:
            self.watch.done(claim, ended)

    def _start(self, claim: Claim) -> Start | None:
        if claim.job.parent is None:
            return None
        material = self.materials[int(claim.values["window"])]
        shapes = weight_shapes(material, claim.values, self.options)
        return from_octets(self.study.weights(claim.job.parent), shapes=shapes)
