"""Engines without processes, for what is not about processes."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator

import pytest

from autoedit.bulk.batch import Batch
from autoedit.bulk.jobs import Job, Outcome

Deed = Callable[[Job], Outcome]


def copied(job: Job) -> Outcome:
    """A result that is the photo itself."""
    shutil.copyfile(job.photo, job.temporary)
    with open(job.photo, "rb") as file:  # noqa: PTH123
        content = hashlib.sha256(file.read()).hexdigest()
    return Outcome(job.id, "done", verdict=True, seconds=0.5, content=content, output_hash=content)


class Deeds:
    """Does each job by a function, here and now; the jobs are kept in `done`."""

    def __init__(self, deed: Deed = copied) -> None:
        self.deed = deed
        self.done: list[Job] = []
        self.workers = 1

    def run(self, jobs: Iterator[Job]) -> Iterator[Outcome | None]:
        for job in jobs:
            self.done.append(job)
            yield self.deed(job)

    def close(self) -> None:
        self.workers = 0

    def install(self, monkeypatch: pytest.MonkeyPatch) -> Deeds:
        monkeypatch.setattr(Batch, "_make_engine", lambda _: self)
        return self
