"""Planning: an instruction becomes an `EditPlan`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from autoedit.core.plan import EditPlan

if TYPE_CHECKING:
    from autoedit.core.photo import Photo


class Planner(Protocol):
    """Turns a sentence into a plan. Back ends are listed in `autoedit.backends`."""

    sees: bool
    """Whether the photo makes a difference; it is not loaded for a planner that does not look."""

    def plan(self, instruction: str, photo: Photo | None = None) -> EditPlan:
        """Parse one instruction, for a photo where there is one.

        Raises:
            InstructionError: when it is empty, too long, or says nothing that can be done.
            UnsupportedInstructionError: when it asks for what AutoEdit does not do.
        """
        ...
