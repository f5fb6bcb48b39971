"""Planning: an instruction becomes an `EditPlan`."""

from __future__ import annotations

from typing import Protocol

from autoedit.core.plan import EditPlan


class Planner(Protocol):
    """Turns a sentence into a plan. Back ends are listed in `autoedit.backends`."""

    def plan(self, instruction: str) -> EditPlan:
        """Parse one instruction.

        Raises:
            InstructionError: when it is empty, too long, or says nothing that can be done.
            UnsupportedInstructionError: when it asks for what AutoEdit does not do.
        """
        ...
