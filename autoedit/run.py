"""One edit under way."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from autoedit.core.progress import Progress, silent
from autoedit.errors import CancelledError

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Run:
    """One edit under way: its seed, its clock, its progress."""

    seed: int = 0
    progress: Progress = silent
    timings: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a stage and report its beginning and end."""
        self.report(name, 0.0)
        start = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - start
            self.timings[name] = self.timings.get(name, 0.0) + seconds
            _LOG.info("%s: %.2f s", name, seconds)
        self.report(name, 1.0)

    def report(self, name: str, fraction: float) -> None:
        """Tell the caller how far a stage is.

        Raises:
            CancelledError: when the caller's callback returned False.
        """
        if self.progress(name, fraction) is False:
            raise CancelledError(f"The edit was cancelled during {name}; nothing was written.")
