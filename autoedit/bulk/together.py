"""Several photos at a time in one process, so that their holes go through the model together.

Each photo is edited in a thread of its own, but one thread runs at a time: not all libraries can be
used by several at once, and whatever goes wrong is then the fault of the photo that ran. One that
comes to a hole waits; when all wait, their holes are filled at once.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

from autoedit.bulk.editing import EDITORS, Station
from autoedit.bulk.jobs import Job, Outcome
from autoedit.core.mask import BoolArray, PixelArray
from autoedit.editor import Editor
from autoedit.inpainting import BatchInpainter, Fill, FillRequest, Inpainter, WindowNeeds
from autoedit.pipeline import Pipeline
from autoedit.stages import Stages

if TYPE_CHECKING:
    from autoedit.grounding.text import TextGrounder

_PATIENCE = 0.3  # seconds to wait for another photo before a batch goes without it
_ATTRIBUTES = {
    "planning": "planner", "grounding": "grounder", "segmentation": "segmenter",
    "inpainting": "inpainter",
}  # fmt: skip

Wait = Callable[[BatchInpainter, Fill], list[PixelArray]]


@dataclass(frozen=True, slots=True, eq=False)
class _Wish:
    """A hole that a thread waits for."""

    inpainter: BatchInpainter
    fill: Fill


@dataclass(slots=True, eq=False)
class _Desk:
    """A thread and the photo that it edits.

    Attributes:
        inbox: a job, and then what its holes are filled with, or why they are not.
        job: the photo; of no meaning when there is none.
        seconds: how long it was worked at; of what was done for several, its share.
    """

    inbox: queue.SimpleQueue[Any] = field(default_factory=queue.SimpleQueue)
    job: Job | None = None
    seconds: float = 0.0

    @property
    def id(self) -> int:
        return -1 if self.job is None else self.job.id


class Together:
    """Edits several photos at a time, one thread at a time.

    Args:
        size: how many photos.
        running: told the ids of the jobs that are worked at from now on; none while it waits for
            jobs.
    """

    def __init__(self, size: int, running: Callable[[tuple[int, ...]], None]) -> None:
        self._running = running
        self._first = lru_cache(EDITORS)(_stages_for)
        self._said: queue.SimpleQueue[Outcome | _Wish] = queue.SimpleQueue()
        self._idle: list[_Desk] = []
        self._ready: deque[tuple[_Desk, Any]] = deque()
        self._waiting: list[tuple[_Desk, _Wish]] = []
        for _ in range(size):
            desk = _Desk()
            threading.Thread(target=self._work, args=(desk,), daemon=True).start()
            self._idle.append(desk)

    def outcomes(self, jobs: queue.Queue[Job]) -> Iterator[Outcome]:
        """Do jobs as they come, for ever.

        Yields:
            An outcome for each, in the order in which they finish.
        """
        while True:
            self._take(jobs)
            if not self._ready:
                self._fill()
                continue
            desk, answer = self._ready.popleft()
            outcome = self._run(desk, answer)
            if outcome is not None:
                yield outcome

    def _take(self, jobs: queue.Queue[Job]) -> None:
        """Begin photos while there are threads for them."""
        while self._idle:
            try:
                if self._ready:
                    job = jobs.get_nowait()
                elif self._waiting:
                    job = jobs.get(timeout=_PATIENCE)
                else:
                    self._running(())
                    job = jobs.get()
            except queue.Empty:
                return
            desk = self._idle.pop()
            desk.job, desk.seconds = job, 0.0
            self._ready.append((desk, job))

    def _run(self, desk: _Desk, answer: Any) -> Outcome | None:
        """Let a thread go on until it is done, or waits for a hole."""
        self._running((desk.id,))
        start = time.perf_counter()
        desk.inbox.put(answer)
        said = self._said.get()
        desk.seconds += time.perf_counter() - start
        if isinstance(said, _Wish):
            self._waiting.append((desk, said))
            return None
        self._idle.append(desk)
        return replace(said, seconds=desk.seconds)

    def _fill(self) -> None:
        """Fill the holes that are waited for."""
        groups: dict[int, list[tuple[_Desk, _Wish]]] = {}
        for desk, wish in self._waiting:
            groups.setdefault(id(wish.inpainter), []).append((desk, wish))
        self._waiting = []
        for group in groups.values():
            answers = self._filled(group)
            if isinstance(answers, Exception) and len(group) > 1:
                # One that cannot be filled must not cost the others theirs.
                answers = [self._filled([each]) for each in group]
                answers = [each if isinstance(each, Exception) else each[0] for each in answers]
            elif isinstance(answers, Exception):
                answers = [answers]
            self._ready.extend(
                (desk, answer) for (desk, _), answer in zip(group, answers, strict=True)
            )

    def _filled(self, group: Sequence[tuple[_Desk, _Wish]]) -> list[Any] | Exception:
        self._running(tuple(desk.id for desk, _ in group))
        start = time.perf_counter()
        try:
            return list(group[0][1].inpainter.fill_many([wish.fill for _, wish in group]))
        except Exception as error:
            return error
        finally:
            for desk, _ in group:
                desk.seconds += (time.perf_counter() - start) / len(group)

    # In a thread ---------------------------------------------------------------------------------

    def _work(self, desk: _Desk) -> None:
        def wait(inpainter: BatchInpainter, fill: Fill) -> list[PixelArray]:
            self._said.put(_Wish(inpainter, fill))
            answer = desk.inbox.get()
            if isinstance(answer, Exception):
                raise answer
            return answer

        station = Station(lambda pipeline: Editor(_Beside(self._first(pipeline), wait)))
        while True:
            self._said.put(station.do(desk.inbox.get()))


class _Beside(Stages):
    """A photo's own stages, which share what is loaded with the others'."""

    def __init__(self, first: Stages, wait: Wait) -> None:
        super().__init__(first.pipeline)
        self._first = first
        self._wait = wait

    def _create(self, stage: str) -> Any:
        loaded = getattr(self._first, _ATTRIBUTES[stage])
        if stage == "inpainting" and isinstance(loaded, BatchInpainter):
            return _Waiting(loaded, self._wait)
        return loaded

    @cached_property
    def text_grounder(self) -> TextGrounder:
        return self._first.text_grounder


class _Waiting(Inpainter):
    """An inpainter whose fills wait for those of other photos."""

    def __init__(self, inpainter: BatchInpainter, wait: Wait) -> None:
        self._inpainter = inpainter
        self._wait = wait

    @property
    def needs(self) -> WindowNeeds:
        return self._inpainter.needs

    def fill(self, pixels: PixelArray, hole: BoolArray, request: FillRequest) -> list[PixelArray]:
        return self._wait(self._inpainter, Fill(pixels, hole, request))


def _stages_for(pipeline: str) -> Stages:
    return Stages(Pipeline.model_validate_json(pipeline))
