"""A worker process of the local engine: jobs come in on standard input, outcomes go out.

It is a program of its own and not a fork, so that the models' threads and locks are its own, and
not multiprocessing's child, which would import the caller's script again.
"""

from __future__ import annotations

import faulthandler
import os
import pickle
import queue
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from autoedit.bulk.jobs import Outcome

Running = Callable[[tuple[int, ...]], None]
_LENGTH = struct.Struct(">Q")


def send(stream: BinaryIO, value: Any) -> None:
    """Write one value; may raise OSError when nobody reads any more."""
    content = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def receive(stream: BinaryIO) -> Any:
    """Read one value.

    Raises:
        EOFError: when the other side is gone.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return pickle.loads(content)


def main(timeout: float, die_with: int, together: int = 1) -> None:
    """Do jobs until standard input ends.

    Args:
        timeout: seconds after which a job's process ends itself with a trace of where it hung,
            in case the parent, who ends it sooner, is not there any more.
        die_with: process id of the parent, with which the system is to end this one; 0 for none.
        together: how many photos are edited at a time; with several, the ids of those that are
            worked at go out, too, whenever they change.
    """
    source, sink = _own_streams()
    faulthandler.enable()
    if die_with:
        _die_with(die_with)
    _offer_to_the_memory_killer()
    jobs: queue.Queue[Any] = queue.Queue()
    # Not a daemon's work alone: a parent that is gone must end this process in mid job.
    threading.Thread(target=_read_jobs, args=(source, jobs), daemon=True).start()

    def running(ids: tuple[int, ...]) -> None:
        faulthandler.cancel_dump_traceback_later()
        if ids:
            os.ftruncate(2, 0)  # the log is of what runs
            faulthandler.dump_traceback_later(timeout + 60, exit=True)
        if together > 1:
            send(sink, ids)

    outcomes = _side_by_side(jobs, together, running) if together > 1 else _singly(jobs, running)
    send(sink, "ready")
    for outcome in outcomes:
        send(sink, outcome)
        if outcome.spent:
            return


def _singly(jobs: queue.Queue[Any], running: Running) -> Iterator[Outcome]:
    from autoedit.bulk.editing import Station

    station = Station()
    while True:
        job = jobs.get()
        running((job.id,))
        outcome = station.do(job)
        running(())
        yield outcome


def _side_by_side(jobs: queue.Queue[Any], together: int, running: Running) -> Iterator[Outcome]:
    from autoedit.bulk.together import Together

    return Together(together, running).outcomes(jobs)


def _own_streams() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, out of reach of libraries that print; those write to the log."""
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    return source, sink


def _read_jobs(source: BinaryIO, jobs: queue.Queue[Any]) -> None:
    try:
        while True:
            jobs.put(receive(source))
    except (EOFError, OSError):
        os._exit(0)


def _die_with(parent: int) -> None:
    """Linux: have the system end this process when the thread that started it ends."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes
    import signal

    set_death_signal = 1
    ctypes.CDLL(None, use_errno=True).prctl(set_death_signal, signal.SIGKILL)
    if os.getppid() != parent:  # it died before
        os._exit(0)


def _offer_to_the_memory_killer() -> None:
    """Linux: when memory runs out, a worker goes and not the process that keeps the ledger."""
    try:
        Path("/proc/self/oom_score_adj").write_text("500", "ascii")
    except OSError:
        return
