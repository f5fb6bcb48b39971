"""How a long stage tells how far it is, and hears that it should stop."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, float], bool | None]
"""Called with a stage's name and the fraction done in [0, 1]; returning False cancels the edit."""


def silent(stage: str, fraction: float) -> None:
    """A progress callback that does nothing."""
