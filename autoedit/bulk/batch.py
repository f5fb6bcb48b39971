"""A run: photos into the ledger, through an engine, to their places, and into the ledger again."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

from autoedit import backends
from autoedit.bulk import storage
from autoedit.bulk.delivery import Delivery, discard
from autoedit.bulk.folders import Folder, ledger_folder
from autoedit.bulk.inputs import Inputs, Source
from autoedit.bulk.intake import Intake, Taken
from autoedit.bulk.jobs import Engine, Job, Outcome, State
from autoedit.bulk.ledger import Counts, Ledger
from autoedit.bulk.local import LocalEngine, cores, usual_workers
from autoedit.bulk.settings import Settings
from autoedit.errors import OutputError, PhotoError
from autoedit.pipeline import Pipeline
from autoedit.stages import Stages

_COMMIT = 0.5  # seconds between commits at most
_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one photo.

    Attributes:
        photo: its path or URL.
        output: where the edited photo is; None when there is none.
        state: "done", "failed" or "refused".
        verdict: whether the checks passed; None when nothing was made.
        kind, error: the error's class and one line; "" when done.
        findings: what the checks found fault with.
        notes: one-line remarks.
        seconds: how long the edit took.
        output_hash: SHA-256 of the edited file, hexadecimal.
        memory: resident bytes of the worker afterwards; 0 when not known.
    """

    photo: str
    output: str | None
    state: State
    verdict: bool | None = None
    kind: str = ""
    error: str = ""
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    output_hash: str = ""
    memory: int = 0


class Batch:
    """One run on one output folder; a context, which holds the folder's lock.

    Args:
        photos: see `autoedit.bulk.inputs.Inputs`.
        settings: everything else.
        stdin: what "-" reads.
        dry: plan only, and leave nothing behind.

    Attributes:
        taken: what taking the photos in came to; after `prepare`.
        sample: the first row that is to be done; None when nothing is.
        stopped: why the run ended before its time, one line; "" when it did not.
        interrupted: whether `interrupt` was called.

    Raises:
        OutputError: when another run holds the folder, or it cannot be written.
    """

    def __init__(
        self,
        photos: Source | Iterable[Source],
        settings: Settings,
        *,
        stdin: TextIO | None = None,
        dry: bool = False,
    ) -> None:
        self.settings = settings
        self.taken = Taken()
        self.stopped = ""
        several = not isinstance(photos, str | Path | dict)
        self._inputs = Inputs(photos if several else [photos], settings.out, stdin)  # pyright: ignore[reportArgumentType]
        self._dry = dry
        self._path = ledger_folder(settings.out, settings.ledger)
        self._folder: Folder | None = None
        self._engine: Engine | None = None
        self.sample: sqlite3.Row | None = None
        self.interrupted = False
        self._draining = False
        self._pipelines: list[Pipeline] = []
        self._under_way: dict[int, Job] = {}
        self._begun: list[int] = []
        self._committed = 0.0
        file = self._path / "ledger.sqlite"
        if not dry:
            self._folder = Folder(self._path, settings.out)
        try:
            self.ledger = Ledger.copy_of(file) if dry else Ledger(file)
            self.run = int(self.ledger.fact("run") or 0) + 1
        except BaseException:
            self._release()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self.close()

    def close(self) -> None:
        """End the processes, put back what was under way, release the folder."""
        if self._engine is not None:
            self._engine.close()
            self._engine = None
        with suppress(OutputError):  # else the next run does it
            self.ledger.recover()
        self.ledger.close()
        self._release()

    def _release(self) -> None:
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    # Planning ------------------------------------------------------------------------------------

    def prepare(self) -> Taken:
        """Take the photos into the ledger: instructions planned, names settled.

        Raises:
            AutoEditError: when an input, instruction or pipeline cannot be used; the ledger is
                then as it was.
        """
        intake = Intake(self.ledger, self.settings, self.run)
        self.ledger.recover()
        self.taken = intake.taken
        with self.ledger.transaction():
            intake.take(self._inputs)
            self.ledger.set_fact("run", str(self.run))
            self.ledger.set_fact("out", self.settings.out)
            self.sample = next(self.ledger.to_do(self.run), None)
        self.taken.skipped = self._inputs.skipped
        self._pipelines = intake.pipelines
        if self.settings.gpu_batch > 1 and not self._batches:
            names = ", ".join(repr(pipeline.name) for pipeline in self._pipelines)
            self.taken.notes[f"--gpu-batch has no effect: {names} has no diffusion model."] = None
        if self.settings.limit is not None:
            self.taken.to_do = min(self.taken.to_do, self.settings.limit)
        return self.taken

    def counts(self) -> Counts:
        """The photos of this run by state, as committed."""
        return self.ledger.counts(self.run)

    @property
    def workers(self) -> int:
        """How many processes are ready or at work."""
        return 0 if self._engine is None else self._engine.workers

    # Work ----------------------------------------------------------------------------------------

    def interrupt(self) -> None:
        """Begin no further photo; what is under way is finished."""
        self._draining = self.interrupted = True
        self.stopped = self.stopped or "It was interrupted."

    def results(self) -> Iterator[Result | None]:
        """Edit what is to be done, after `prepare`.

        Yields:
            A result for each photo when it is recorded, in the order in which they finish; None
            now and then while there is none.

        Raises:
            WeightsError: when a pipeline lacks weights, before any work.
            OutputError: when the disk is full; what was done is kept.
            BackendUnavailableError: when no worker can be started.
        """
        if not self.taken.to_do:
            return
        for pipeline in self._pipelines:
            _require(pipeline, self.settings.pull)
        self._engine = self._make_engine()
        delivery = Delivery(self._path / "unfinished")
        finished: list[Outcome] = []
        try:
            for outcome in self._engine.run(self._jobs(delivery)):
                if outcome is not None:
                    self._look(outcome)
                    finished.append(outcome)
                if len(finished) >= _TOGETHER or time.monotonic() - self._committed > _COMMIT:
                    batch, finished = finished, []
                    yield from self._record(batch, delivery)
                    yield None
            batch, finished = finished, []
            yield from self._record(batch, delivery)
        finally:
            # Also when the caller goes away: what is finished counts.
            self._engine.close()
            for _ in self._record(finished, delivery):
                pass

    def _look(self, outcome: Outcome) -> None:
        if outcome.stop:
            self._draining = True
            self.stopped = outcome.stop

    def _jobs(self, delivery: Delivery) -> Iterator[Job]:
        """The jobs to be done, one whenever the engine has room for it."""
        for number, row in enumerate(self.ledger.to_do(self.run)):
            if self._draining or number == self.settings.limit:
                return
            job = self._job(row, delivery)
            self._under_way[job.id] = job
            self._begun.append(job.id)
            yield job

    def _job(self, row: sqlite3.Row, delivery: Delivery) -> Job:
        pointing: dict[str, Any] = json.loads(row["pointing"] or "{}")
        output = storage.joined(self.settings.out, row["output"])
        away = self.settings.engine == "ray"  # a worker may not see this machine's files
        local = not storage.is_url(output)
        give_back = storage.is_of_this_process(output) or (local and away)
        return Job(
            row["id"], row["photo"], output,
            delivery.place_for(row["id"], output) if local and not away else "",
            row["plan"], row["pipeline"], tuple(pointing["box"]) if "box" in pointing else None,
            _carried(pointing.get("mask"), away) or pointing.get("mask"), pointing.get("pick"),
            row["seed"], _carried(row["photo"], away), give_back,
        )  # fmt: skip

    def _record(self, finished: list[Outcome], delivery: Delivery) -> Iterator[Result]:
        """Deliver what is done, then commit it with what was begun, then tell."""
        jobs = {each.id: self._under_way.pop(each.id) for each in finished}
        begun, self._begun = self._begun, []
        self._committed = time.monotonic()
        if not finished and not begun:
            return
        delivery.deliver(
            (jobs[each.id].temporary or delivery.place_for(each.id, jobs[each.id].output),
             jobs[each.id].output, each.data)
            for each in finished if each.state == "done"
        )  # fmt: skip
        for each in finished:
            if each.state != "done":
                discard(jobs[each.id].temporary)
        with self.ledger.transaction():
            self.ledger.started(begun)
            self.ledger.finished(finished)
        for each in finished:
            if each.state != "pending":
                yield _result(jobs[each.id], each)

    def _make_engine(self) -> Engine:
        settings = self.settings
        if settings.engine == "ray":
            from autoedit.bulk.ray_engine import RayEngine

            return RayEngine(settings, self._pipelines)
        workers = self.local_workers
        threads = settings.threads or max(1, cores() // workers)
        together = settings.gpu_batch if self._batches else 1
        return LocalEngine(workers, threads, settings.timeout, self._path / "logs", together)

    @property
    def _batches(self) -> bool:
        """Whether a pipeline fills the holes of several photos at once."""
        named = (pipeline.inpainting.backend for pipeline in self._pipelines)
        return any(backends.find("inpainting", name).batches for name in named)

    @property
    def local_workers(self) -> int:
        """How many processes the local engine takes for what is to be done."""
        weights = any(pipeline.references() for pipeline in self._pipelines)
        workers = self.settings.workers or usual_workers(weights=weights)
        return max(1, min(workers, self.taken.to_do))


def _carried(place: str | None, away: bool) -> bytes | None:
    """The bytes of a file that a worker cannot read itself.

    One that cannot be read here either is left to the worker, which says why.
    """
    if place is None:
        return None
    if storage.is_of_this_process(place) or (away and not storage.is_url(place)):
        with suppress(PhotoError):
            return storage.read(place)
    return None


def _require(pipeline: Pipeline, pull: bool) -> None:
    """See that a pipeline's weights are here, once and not in every worker."""
    references = pipeline.references()
    if pull:
        from autoedit.core.progress import silent
        from autoedit.models import download

        for reference in dict.fromkeys(one for named in references.values() for one in named):
            download.ensure(reference, silent)
    else:
        Stages(pipeline).require(list(references))


def _result(job: Job, outcome: Outcome) -> Result:
    return Result(
        job.photo,
        job.output if outcome.state == "done" else None,
        outcome.state,
        outcome.verdict,
        outcome.kind,
        outcome.error,
        outcome.findings,
        outcome.notes,
        outcome.seconds,
        outcome.output_hash,
        outcome.memory,
    )


def run(
    photos: Source | Iterable[Source],
    instruction: str,
    out: str | Path,
    *,
    engine: Any = "local",
    workers: int | None = None,
    **more: Any,
) -> Iterator[Result]:
    """Edit many photos by one instruction; run it again and it goes on where it ended.

        for result in autoedit.bulk.run("photos/", "remove the red mug", "out"):
            print(result.photo, result.state, result.output)

    Args:
        photos: a file, folder, glob, manifest (.csv, .jsonl) or URL; or several of these, and
            mappings with a manifest's keys.
        instruction: for every photo that has none of its own.
        out: the output folder or URL; the ledger is in it.
        engine: "local" processes, or "ray".
        workers: how many; None takes what the machine or the cluster has.
        more: see `Settings`.

    Yields:
        A result for each photo that was to be done, when it is recorded.

    Raises:
        AutoEditError: before the first result when an input, instruction, pipeline or folder
            cannot be used; later when the run cannot go on, its disk being full for example. What
            was done is kept in any case.
    """
    settings = Settings(str(out), instruction, engine=engine, workers=workers, **more)
    with Batch(photos, settings) as batch:
        batch.prepare()
        for result in batch.results():
            if result is not None:
                yield result
        if batch.stopped:
            raise OutputError(f"{batch.stopped} Run the same again to go on; what is done is kept.")
