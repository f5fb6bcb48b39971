"""The local engine: worker processes that load their models once and are replaced when they die."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, cast

from autoedit.bulk import worker
from autoedit.bulk.jobs import Job, Outcome
from autoedit.errors import BackendUnavailableError

_TICK = 0.2
_FAILED_STARTS = 3
_MEMORY = 1.0  # gigabytes that a worker without weights takes
_THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS", "OPENCV_FOR_THREADS_NUM",
)  # fmt: skip
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv[1]); "
    "from autoedit.bulk.worker import main; main(float(sys.argv[2]), *map(int, sys.argv[3:]))"
)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpus() -> list[str]:
    """NVIDIA GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in visible.split(",") if name and name != "-1"]
    try:
        return [str(number) for number, _ in enumerate(os.listdir("/proc/driver/nvidia/gpus"))]  # noqa: PTH208
    except OSError:
        return []


def usual_workers(*, weights: bool) -> int:
    """One a core as far as memory goes; with weights one a GPU, and one without."""
    if weights:
        return max(1, len(gpus()))
    try:
        free = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES") / 2**30
    except (AttributeError, ValueError, OSError):
        free = cores() * _MEMORY
    return max(1, min(cores(), int(free / _MEMORY)))


def thread_caps(threads: int) -> dict[str, str]:
    """The environment that holds the libraries of one worker to so many threads."""
    return dict.fromkeys(_THREADS, str(threads))


@dataclass(slots=True, eq=False)
class _Worker:
    number: int
    process: subprocess.Popen[bytes]
    jobs: BinaryIO
    outcomes: BinaryIO
    log: Path
    ready: bool = False
    held: dict[int, Job] = field(default_factory=dict[int, Job])
    running: tuple[int, ...] = ()
    since: float = field(default_factory=time.monotonic)

    def suspects(self) -> list[Job]:
        """The jobs that were worked at, as far as is known."""
        return [self.held[id] for id in self.running if id in self.held] or [*self.held.values()]


class LocalEngine:
    """Worker processes on this machine.

    A photo that crashes, hangs or runs out of memory costs itself alone. Where a process works at
    several and it is not known which it was, each of them is done again by itself.

    Args:
        workers: how many processes.
        threads: that each may use.
        timeout: seconds after which a photo is given up and its process replaced.
        logs: folder for what the libraries print.
        together: how many photos a process edits at a time.
    """

    def __init__(
        self, workers: int, threads: int, timeout: float, logs: Path, together: int = 1
    ) -> None:
        self._wanted = workers
        self._threads = threads
        self._timeout = timeout
        self._logs = logs
        self._together = together
        self._again: deque[Job] = deque()
        self._alone: set[int] = set()
        self._workers: list[_Worker] = []
        self._events: queue.SimpleQueue[tuple[_Worker, Any]] = queue.SimpleQueue()
        self._failed_starts = 0
        self._started = 0

    @property
    def workers(self) -> int:
        """How many processes are ready or at work."""
        return sum(each.ready for each in self._workers)

    def run(self, jobs: Iterator[Job]) -> Iterator[Outcome | None]:
        """Do the jobs; see `Engine.run`."""
        waiting = None
        while (waiting := waiting or self._next(jobs)) or any(each.held for each in self._workers):
            while waiting is not None and len(self._workers) < self._wanted:
                self._start()
            for each in self._workers:
                while waiting is not None and self._has_room(each, waiting):
                    self._give(each, waiting)
                    waiting = self._next(jobs)
            try:
                outcome = self._happened(*self._events.get(timeout=_TICK))
            except queue.Empty:
                outcome = None
            yield outcome
            for each in self._late():
                yield self._give_up(each)

    def _next(self, jobs: Iterator[Job]) -> Job | None:
        """A job that must be done again, else the next."""
        return self._again.popleft() if self._again else next(jobs, None)

    def _has_room(self, each: _Worker, job: Job) -> bool:
        single = job.id in self._alone or not self._alone.isdisjoint(each.held)
        return each.ready and len(each.held) < (1 if single else self._together)

    def close(self) -> None:
        """End all processes now."""
        for each in list(self._workers):
            self._end(each)

    # Processes -----------------------------------------------------------------------------------

    def _start(self) -> None:
        number = self._started
        self._started += 1
        log = self._logs / f"worker-{number}.log"
        own = {**os.environ, **thread_caps(self._threads)}
        if len(visible := gpus()) > 1:
            own["CUDA_VISIBLE_DEVICES"] = visible[number % len(visible)]
        # Linux ends the worker with the thread that starts it; only the main one lives on.
        parent = os.getpid() if threading.current_thread() is threading.main_thread() else 0
        with log.open("ab") as errors:
            process = subprocess.Popen(
                [sys.executable, "-c", _START, json.dumps(sys.path), str(self._timeout),
                 str(parent), str(self._together)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, env=own,
                start_new_session=True,  # a Ctrl-C is for the parent to answer
            )  # fmt: skip
        started = _Worker(number, process, cast(BinaryIO, process.stdin),
                          cast(BinaryIO, process.stdout), log)  # fmt: skip
        self._workers.append(started)
        threading.Thread(target=self._listen, args=(started,), daemon=True).start()

    def _listen(self, source: _Worker) -> None:
        """Bring what a worker says, and at last that it is gone, into the queue."""
        try:
            while True:
                self._events.put((source, worker.receive(source.outcomes)))
        except (EOFError, OSError, ValueError):
            self._events.put((source, None))

    def _give(self, each: _Worker, job: Job) -> None:
        if not each.held:
            each.since = time.monotonic()
        each.held[job.id] = job
        try:
            worker.send(each.jobs, job)
        except OSError:
            return  # it has died, which its pipe will tell

    def _end(self, each: _Worker) -> None:
        """End a process if it has not ended."""
        if each in self._workers:
            self._workers.remove(each)
        each.process.kill()
        each.process.wait()
        for stream in (each.jobs, each.outcomes):
            with suppress(OSError):  # of what could not be sent any more
                stream.close()

    # Events --------------------------------------------------------------------------------------

    def _happened(self, each: _Worker, message: Any) -> Outcome | None:
        if each not in self._workers:
            return None
        if message == "ready":
            each.ready, self._failed_starts = True, 0
            return None
        if message is None:
            return self._died(each)
        each.since = time.monotonic()
        if not isinstance(message, Outcome):
            each.running = message
            return None
        each.running = ()
        del each.held[message.id]
        if message.spent:
            self._again.extend(each.held.values())
            self._end(each)
        return message

    def _died(self, each: _Worker) -> Outcome | None:
        code, job = each.process.wait(), self._blamed(each)
        self._end(each)
        reason = _reason(code, _last_words(each.log))
        if not each.ready:
            self._failed_starts += 1
            if self._failed_starts >= _FAILED_STARTS:
                raise BackendUnavailableError(f"No worker process can be started: {reason}.")
        if job is None:
            return None
        seconds = time.monotonic() - each.since
        return Outcome(job.id, "failed", "Crash", f"The process that edited it {reason}.",
                       seconds=seconds)  # fmt: skip

    def _late(self) -> list[_Worker]:
        now = time.monotonic()
        return [each for each in self._workers if each.held and now - each.since > self._timeout]

    def _blamed(self, each: _Worker) -> Job | None:
        """The job that a process died or hung of, if it is known; the others are done again."""
        suspects = each.suspects()
        blamed = suspects[0] if len(suspects) == 1 else None
        if blamed is None:
            self._alone.update(job.id for job in suspects)
        self._again.extend(job for job in each.held.values() if job is not blamed)
        return blamed

    def _give_up(self, each: _Worker) -> Outcome | None:
        job = self._blamed(each)
        self._end(each)
        if job is None:
            return None
        seconds = time.monotonic() - each.since
        return Outcome(
            job.id, "failed", "Timeout",
            f"It took longer than {self._timeout:g} seconds; give --timeout more.",
            seconds=seconds,
        )  # fmt: skip


def _reason(code: int, words: str) -> str:
    """Why a process ended, as the end of a sentence."""
    if code >= 0:
        return f"ended with code {code}{f' ({words})' if words else ''}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    if name == "SIGKILL":
        return "was killed (SIGKILL): most likely memory ran out; use fewer workers"
    return f"crashed ({name}{f': {words}' if words else ''})"


def _last_words(log: Path) -> str:
    """The line of a worker's log that tells most."""
    try:
        lines = log.read_text("utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    fatal = [line for line in lines if line.startswith("Fatal Python error")]
    return " ".join((fatal or lines or [""])[-1].split())[:200]
