"""The Ray engine: actors that hold an editor each, on a cluster or on this machine.

Actors and not Ray Data: an actor that dies must cost its photo and no batch of them, and the
outcomes must come back one by one to the process that keeps the ledger. A photo is handed out only
to an actor that is free, which is all the back-pressure that is needed.
"""

from __future__ import annotations

import importlib
import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from autoedit.bulk.jobs import Job, Outcome
from autoedit.bulk.local import cores, thread_caps
from autoedit.bulk.settings import Settings
from autoedit.errors import BackendUnavailableError
from autoedit.pipeline import Pipeline

_TICK = 0.2
_MEMORY = re.compile(r"(?<=CPU with )([\d.]+) ?GB|^([\d.]+) ?GB(?! of weights)")
_FAILED_STARTS = 3
_DEATHS = 2
"""Actors that a photo may cost before it is held to be the photo's fault: a node may die too."""
_START_TIMEOUT = 900.0  # a cluster may have to make a machine first


def resources(pipelines: list[Pipeline], threads: int, *, gpus: bool) -> dict[str, Any]:
    """What an actor asks Ray for, as options of `ray.remote`.

    Args:
        pipelines: a GPU each when one has weights; the memory that the largest says it needs.
        threads: processor cores.
        gpus: whether the cluster has any.
    """
    asked: dict[str, Any] = {"num_cpus": threads}
    if gpus and any(pipeline.references() for pipeline in pipelines):
        asked["num_gpus"] = 1  # what the pipeline says of memory is of the GPU's then
        return asked
    said = [_MEMORY.search(pipeline.memory) for pipeline in pipelines]
    largest = max((float(each[1] or each[2]) for each in said if each), default=0.0)
    if largest:
        asked["memory"] = int(largest * 2**30)
    return asked


class _Actor:
    """What runs on the cluster."""

    def __init__(self) -> None:
        from autoedit.bulk.editing import Station

        self._station = Station()

    def ready(self) -> str:
        return "ready"

    def do(self, job: Job) -> Outcome:
        return self._station.do(job)


@dataclass(slots=True, eq=False)
class _Hand:
    """An actor, what it was asked last, and for which job."""

    actor: Any
    reference: Any
    ready: bool = False
    job: Job | None = None
    since: float = field(default_factory=time.monotonic)


class RayEngine:
    """Actors on a Ray cluster; every file but those at URLs goes through the ledger's process.

    Args:
        settings: engine, address, workers, threads and timeout.
        pipelines: what they need decides on an actor's resources.

    Raises:
        BackendUnavailableError: when Ray is not installed, or there is no cluster at the address.
    """

    def __init__(self, settings: Settings, pipelines: list[Pipeline]) -> None:
        try:
            ray: Any = importlib.import_module("ray")
        except ImportError as error:
            raise BackendUnavailableError(
                "The engine ray needs Ray, which is not installed. Run: pip install 'autoedit[ray]'"
            ) from error
        self._ray = ray
        self._timeout = settings.timeout
        self._threads = settings.threads or 1
        self._ours = not ray.is_initialized()
        if self._ours:
            _connect(ray, settings, self._threads)
        gpus = ray.cluster_resources().get("GPU", 0) > 0
        self._asked = resources(pipelines, self._threads, gpus=gpus)
        self._wanted = settings.workers or self._room()
        self._hands: list[_Hand] = []
        self._again: list[Job] = []
        self._deaths: dict[int, int] = {}
        self._failed_starts = 0
        self._class = ray.remote(_Actor)

    @property
    def workers(self) -> int:
        """How many actors are ready or at work."""
        return sum(hand.ready for hand in self._hands)

    def _room(self) -> int:
        """How many actors the cluster has resources for."""
        whole = self._ray.cluster_resources()
        names = {"num_cpus": "CPU", "num_gpus": "GPU", "memory": "memory"}
        rooms = [whole.get(names[key], 0) / value for key, value in self._asked.items() if value]
        return max(1, int(min(rooms)))

    def run(self, jobs: Iterator[Job]) -> Iterator[Outcome | None]:
        """Do the jobs; see `Engine.run`."""
        waiting = self._next(jobs)
        while waiting is not None or any(hand.job for hand in self._hands):
            while waiting is not None and len(self._hands) < self._wanted:
                self._start()
            waiting = self._hand_out(waiting, jobs)
            outcome = self._wait()
            waiting = waiting or (self._next(iter(())) if self._again else None)
            # Before the outcome is written down: no actor shall wait for a disk.
            waiting = self._hand_out(waiting, jobs)
            yield outcome
            for hand in self._late():
                yield self._give_up(hand)

    def _hand_out(self, waiting: Job | None, jobs: Iterator[Job]) -> Job | None:
        """Give every free actor a job; the next one that waits."""
        for hand in self._hands:
            if waiting is not None and hand.ready and hand.job is None:
                hand.job, hand.since = waiting, time.monotonic()
                hand.reference = hand.actor.do.remote(waiting)
                waiting = self._next(jobs)
        return waiting

    def _next(self, jobs: Iterator[Job]) -> Job | None:
        """A job whose actor died, else the next."""
        return self._again.pop() if self._again else next(jobs, None)

    def close(self) -> None:
        """End all actors now, and the cluster if it was started here."""
        for hand in self._hands:
            self._ray.kill(hand.actor)
        self._hands.clear()
        if self._ours and self._ray.is_initialized():
            self._ray.shutdown()

    # Actors --------------------------------------------------------------------------------------

    def _start(self) -> None:
        environment = {"env_vars": thread_caps(self._threads)}
        actor = self._class.options(**self._asked, runtime_env=environment).remote()
        self._hands.append(_Hand(actor, actor.ready.remote()))

    def _end(self, hand: _Hand) -> None:
        self._hands.remove(hand)
        self._ray.kill(hand.actor)

    def _wait(self) -> Outcome | None:
        asked = {hand.reference: hand for hand in self._hands if hand.job or not hand.ready}
        if not asked:
            time.sleep(_TICK)
            return None
        if not self.workers:
            waited = time.monotonic() - min(hand.since for hand in self._hands)
            if waited > _START_TIMEOUT:
                raise BackendUnavailableError(
                    f"The Ray cluster has had no room for an actor ({self._asked}) for "
                    f"{waited / 60:.0f} minutes."
                )
        done, _ = self._ray.wait(list(asked), num_returns=1, timeout=_TICK)
        return self._happened(asked[done[0]]) if done else None

    def _happened(self, hand: _Hand) -> Outcome | None:
        try:
            message = self._ray.get(hand.reference)
        except self._ray.exceptions.RayError as error:
            return self._died(hand, error)
        if message == "ready":
            hand.ready, self._failed_starts = True, 0
            return None
        hand.job = None
        if message.spent:
            self._end(hand)
        return message

    def _died(self, hand: _Hand, error: Exception) -> Outcome | None:
        job = hand.job
        self._end(hand)
        reason = " ".join(str(error).split())[:300]
        if job is None:
            if not hand.ready:
                self._failed_starts += 1
                if self._failed_starts >= _FAILED_STARTS:
                    raise BackendUnavailableError(f"No Ray actor can be started: {reason}")
            return None
        deaths = self._deaths[job.id] = self._deaths.get(job.id, 0) + 1
        if deaths < _DEATHS:
            self._again.append(job)
            return None
        seconds = time.monotonic() - hand.since
        return Outcome(job.id, "failed", "Crash", f"The actor that edited it died: {reason}",
                       seconds=seconds)  # fmt: skip

    def _late(self) -> list[_Hand]:
        now = time.monotonic()
        return [hand for hand in self._hands if hand.job and now - hand.since > self._timeout]

    def _give_up(self, hand: _Hand) -> Outcome:
        job = hand.job
        if job is None:
            raise RuntimeError("only an actor with a job is late")
        self._end(hand)
        return Outcome(
            job.id, "failed", "Timeout",
            f"It took longer than {self._timeout:g} seconds; give --timeout more.",
            seconds=time.monotonic() - hand.since,
        )  # fmt: skip


def _connect(ray: Any, settings: Settings, threads: int) -> None:
    """Join the cluster at the address, or start one on this machine."""
    quiet = {"log_to_driver": False, "logging_level": "ERROR", "include_dashboard": False}
    if settings.address is None:
        count = max(cores(), (settings.workers or 1) * threads)
        # Ray's own default lets every other program go first.
        os.environ.setdefault("RAY_worker_niceness", "0")
        ray.init(address="local", num_cpus=count, **quiet)
        return
    quiet.pop("include_dashboard")
    try:
        ray.init(address=settings.address, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise BackendUnavailableError(
            f"There is no Ray cluster at {settings.address}: {str(error).splitlines()[0]}"
        ) from error
