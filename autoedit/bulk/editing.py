"""One job done: the photo read, edited and written, and whatever goes wrong made an outcome."""

from __future__ import annotations

import errno
import logging
import os
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from autoedit.bulk import storage
from autoedit.bulk.jobs import Job, Outcome
from autoedit.core.files import load_photo, save_photo
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan
from autoedit.core.result import EditResult
from autoedit.editor import Editor
from autoedit.errors import (
    AutoEditError,
    BackendUnavailableError,
    InstructionError,
    OutOfMemoryError,
    OutputError,
    SettingError,
    TargetError,
)
from autoedit.pipeline import Pipeline

EDITORS = 2
"""Pipelines whose models are kept; more would hold more than a machine has room for."""
_FULL = (errno.ENOSPC, errno.EDQUOT)
_BYTES = "the photo (bytes)"


class Station:
    """Does jobs one after the other, with the models of their pipelines loaded once.

    Args:
        editor_for: gives the editor of a pipeline, as JSON; None loads and keeps them itself.
    """

    def __init__(self, editor_for: Callable[[str], Editor] | None = None) -> None:
        self._editor = editor_for or lru_cache(EDITORS)(_editor_for)
        self._plan = lru_cache(256)(EditPlan.model_validate_json)
        logging.getLogger("autoedit").setLevel(logging.WARNING)

    def do(self, job: Job) -> Outcome:
        """Do a job; every error becomes an outcome."""
        start = time.perf_counter()
        with _warnings() as notes:
            outcome = self._outcome(job, _Trace())
        return replace(
            outcome,
            notes=(*outcome.notes, *dict.fromkeys(notes)),
            seconds=time.perf_counter() - start,
            memory=resident_bytes(),
        )

    def _outcome(self, job: Job, trace: _Trace) -> Outcome:
        try:
            return self._done(job, trace)
        except (TargetError, InstructionError) as error:
            return _account(job, trace, error, "refused")
        except (BackendUnavailableError, SettingError) as error:
            return _account(job, trace, error, "pending", stop=str(error))
        except OutputError as error:
            # A folder or storage that cannot be written is not the photo's fault; what its
            # format's encoder refuses is.
            if isinstance(error, storage.StorageError) or isinstance(error.__cause__, OSError):
                return _account(job, trace, error, "pending", stop=_why_unwritable(error))
            return _account(job, trace, error, "failed")
        except (MemoryError, OutOfMemoryError) as error:
            outcome = _account(job, trace, error, "failed")
            text = outcome.error or "there is not enough memory for this photo"
            return replace(outcome, error=text, spent=True)
        except AutoEditError as error:
            return _account(job, trace, error, "failed")
        except Exception as error:
            outcome = _account(job, trace, error, "failed")
            return replace(outcome, error=f"{outcome.kind}: {outcome.error} (this is a bug)")

    def _done(self, job: Job, trace: _Trace) -> Outcome:
        photo = _read(job, trace)
        editor = self._editor(job.pipeline)
        mask: Any = job.mask
        if isinstance(mask, str) and storage.is_url(mask):
            mask = storage.read(mask)
        result = editor.edit(
            photo, self._plan(job.plan), box=job.box, mask=mask, pick=job.pick, seed=job.seed
        )
        output_hash, data = _write(job, result)
        return Outcome(
            job.id,
            "done",
            verdict=result.verdict.passed,
            findings=tuple(
                check.note or check.name for check in result.verdict.checks if not check.passed
            ),
            notes=tuple(dict.fromkeys(result.notes)),
            content=trace.content,
            output_hash=output_hash,
            data=data,
        )


def _why_unwritable(error: OutputError) -> str:
    cause = error.__cause__
    if isinstance(cause, OSError) and cause.errno in _FULL:
        return "The disk is full: free some space."
    return str(error)


@dataclass(slots=True)
class _Trace:
    """What was learnt of a job before it ended, well or not."""

    content: str = field(default="")


def _editor_for(pipeline: str) -> Editor:
    return Editor(Pipeline.model_validate_json(pipeline))


def _read(job: Job, trace: _Trace) -> Photo:
    """The job's photo; its file's hash goes to the trace as soon as it is known.

    Raises:
        PhotoError: when it cannot be read.
    """
    data = job.data
    if data is None and storage.is_url(job.photo):
        data = storage.read(job.photo)
    if data is None:
        photo = load_photo(job.photo)  # refuses pipes and devices, which would be read for ever
        trace.content = storage.digest(Path(job.photo).read_bytes())
        return photo
    trace.content = storage.digest(data)
    try:
        return replace(load_photo(data), name=job.photo.rpartition("/")[2])
    except AutoEditError as error:
        raise type(error)(str(error).replace(_BYTES, job.photo)) from error


def _write(job: Job, result: EditResult) -> tuple[str, bytes | None]:
    """Write the result to where the job says; its file's hash, and its bytes if they are asked for.

    Raises:
        OutputError: when it cannot be written; nothing is left behind then.
    """
    if job.temporary:
        path = save_photo(result.photo, job.temporary)
        return storage.digest(path.read_bytes()), None
    suffix = os.path.splitext(job.output)[1]  # noqa: PTH122  (it may be a URL)
    with tempfile.TemporaryDirectory(prefix="autoedit-") as folder:
        content = save_photo(result.photo, Path(folder, f"result{suffix}")).read_bytes()
    if not job.give_back:
        storage.write(job.output, content)
    return storage.digest(content), content if job.give_back else None


def _account(job: Job, trace: _Trace, error: BaseException, state: Any, stop: str = "") -> Outcome:
    text = " ".join(str(error).split())
    return Outcome(job.id, state, type(error).__name__, text, content=trace.content, stop=stop)


@contextmanager
def _warnings() -> Iterator[list[str]]:
    """What AutoEdit's log warns of meanwhile in this thread, a line each."""
    lines: list[str] = []
    own = threading.get_ident()

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == own:
                lines.append(record.getMessage())

    listener = Listener(logging.WARNING)
    logger = logging.getLogger("autoedit")
    logger.addHandler(listener)
    try:
        yield lines
    finally:
        logger.removeHandler(listener)


def resident_bytes() -> int:
    """Memory that this process holds, in bytes; 0 where the system does not tell."""
    try:
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0
