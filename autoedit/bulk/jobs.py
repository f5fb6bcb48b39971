"""What travels between the process that keeps the ledger and those that edit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

from autoedit.core.region import Box

State = Literal["pending", "running", "done", "failed", "refused"]
STATES: tuple[State, ...] = ("pending", "running", "done", "failed", "refused")
"""In the order in which the ledger numbers them."""


@dataclass(frozen=True, slots=True)
class Job:
    """One photo to be edited.

    Attributes:
        id: its row in the ledger.
        photo: an absolute path or a URL.
        output: the absolute path or URL that the result will have in the end.
        temporary: the local file to write it to, which the ledger's process moves to its place;
            "" when the editing process is to put it to its place, or give it back as `data`.
        plan: an `EditPlan` as JSON.
        pipeline: a `Pipeline` as JSON.
        box: xyxy in pixels, round the target.
        mask: path, URL or bytes of the target's mask.
        pick: which of several fitting things, from 1, or "all".
        seed: same seed, same bits.
        data: the photo's bytes, where the editing process cannot read them itself.
        give_back: whether the result's bytes come back as `Outcome.data`.
    """

    id: int
    photo: str
    output: str
    temporary: str
    plan: str
    pipeline: str
    box: Box | None = None
    mask: str | bytes | None = None
    pick: int | Literal["all"] | None = None
    seed: int = 0
    data: bytes | None = None
    give_back: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a job.

    Attributes:
        id: the job's.
        state: "done", "failed", "refused", or "pending" when it was not the photo's fault and the
            job is to be done again.
        kind: the error's class, "" when done.
        error: one line.
        verdict: whether the checks passed; None when nothing was made.
        findings: what the checks found fault with, a line each.
        notes: one-line remarks.
        seconds: how long the edit took, reading and writing included.
        content: SHA-256 of the photo's file, hexadecimal; "" when it could not be read.
        output_hash: SHA-256 of the result's file, hexadecimal.
        data: the result's bytes, when the job asked for them.
        stop: why the whole run must stop, one line; "" when it need not.
        spent: whether the process that did it must be replaced.
        memory: resident bytes of that process afterwards; 0 when not known.
    """

    id: int
    state: State
    kind: str = ""
    error: str = ""
    verdict: bool | None = None
    findings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    content: str = ""
    output_hash: str = ""
    data: bytes | None = None
    stop: str = ""
    spent: bool = False
    memory: int = 0


class Engine(Protocol):
    """Edits photos in other processes."""

    @property
    def workers(self) -> int:
        """How many processes are ready or at work."""
        ...

    def run(self, jobs: Iterator[Job]) -> Iterator[Outcome | None]:
        """Do the jobs, taking each only when a process is free for it.

        Yields:
            An outcome for every job taken, in the order in which they finish; None at least twice
            a second when there is none, so that the caller can look after other things.

        Raises:
            BackendUnavailableError: when no process can be started.
        """
        ...

    def close(self) -> None:
        """End all processes now. Jobs under way have no outcome then. May be called twice."""
        ...
