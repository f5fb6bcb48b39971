"""Grounding: a target's words become regions of the photo."""

from __future__ import annotations

from typing import Protocol

from autoedit.core.photo import Photo
from autoedit.core.plan import Target
from autoedit.core.region import Regions


class PreparedGrounding(Protocol):
    """One photo, ready to be asked about many targets."""

    def find(self, target: Target) -> Regions:
        """Everything that fits the target, best first; a length of 0 when nothing does.

        `Regions.ambiguous` is set when the target asks for fewer things than fit about equally
        well. Never raises for "not found".
        """
        ...


class Grounder(Protocol):
    """Loads once, prepares a photo once, finds many targets in it."""

    def prepare(self, photo: Photo) -> PreparedGrounding:
        """Compute what does not depend on the target."""
        ...
