"""How far a run is: bars on a terminal, lines of JSON for machines, failures alone in a pipe."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from time import monotonic
from typing import TYPE_CHECKING, Literal

from autoedit.cli import console

if TYPE_CHECKING:
    from autoedit.bulk import Batch, Result

State = Literal["pending", "running", "done", "failed", "refused"]
_ENDS: tuple[State, ...] = ("done", "failed", "refused")
_RECENT = 50  # photos that the rate is taken from


@contextmanager
def showing(batch: Batch, *, as_json: bool) -> Iterator[Callable[[Result | None], None]]:
    """A function to be called with each result, and with None now and then."""
    if as_json:
        yield _say_line
        return
    if not sys.stderr.isatty():
        yield _remark_fault
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task("", total=batch.taken.to_do)
        tally = Tally(batch.taken.to_do)

        def show(result: Result | None) -> None:
            if result is not None:
                tally.count(result.state, result.verdict)
                if result.state != "done":
                    bars.console.print(f"{result.state}: {result.photo}: {result.error}",
                                       markup=False, highlight=False)  # fmt: skip
            bars.update(task, completed=tally.ended, description=tally.words(batch.workers))

        show(None)
        yield show


@contextmanager
def counting(what: str) -> Iterator[Callable[[int, int], None]]:
    """A function to be called with how many are made, and of how many; a bar on a terminal."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(what, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


class Tally:
    """Counts results, and tells the rate and how long the rest takes.

    Args:
        total: how many results there will be.
        clock: seconds.
    """

    def __init__(self, total: int, clock: Callable[[], float] = monotonic) -> None:
        self.ended = 0
        self._total = total
        self._states = dict.fromkeys(_ENDS, 0)
        self._flawed = 0
        self._clock = clock
        self._times: deque[float] = deque(maxlen=_RECENT)

    def count(self, state: State, verdict: bool | None) -> None:
        """One more result."""
        self.ended += 1
        self._states[state] += 1
        self._flawed += verdict is False
        self._times.append(self._clock())

    @property
    def rate(self) -> float | None:
        """Photos a second, of late; None until two are done."""
        if len(self._times) < 2 or self._times[-1] <= self._times[0]:
            return None
        return (len(self._times) - 1) / (self._times[-1] - self._times[0])

    def words(self, workers: int) -> str:
        """One line for a person."""
        parts = [f"{number} {state}" for state, number in self._states.items()]
        if self._flawed:
            parts[0] += f" ({self._flawed} with faults)"
        if (rate := self.rate) is not None:
            parts.append(f"{rate:.2f}/s" if rate > 0.1 else f"{1 / rate:.0f} s each")
            parts.append(f"{duration((self._total - self.ended) / rate)} left")
        return ", ".join([*parts, f"{workers} workers" if workers else "starting"])


def duration(seconds: float) -> str:
    """Seconds as a person says them: "40 s", "12 min", "3 h 20 min", "2 d 4 h"."""
    whole = round(seconds)
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 36:
        return f"{hours} h {minutes} min"
    return f"{hours // 24} d {hours % 24} h"


def _say_line(result: Result | None) -> None:
    if result is not None:
        console.say_json_line({"event": "photo", **asdict(result)})


def _remark_fault(result: Result | None) -> None:
    if result is not None and result.state != "done":
        console.remark(f"{result.state}: {result.photo}: {result.error}")
