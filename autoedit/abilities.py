"""What a pipeline can do of what a plan asks for."""

from __future__ import annotations

from autoedit.compositing.backdrop import colour_rgb
from autoedit.core.plan import EditPlan
from autoedit.errors import InstructionError, UnsupportedInstructionError
from autoedit.pipeline import Pipeline
from autoedit.pointing import Pointer


def check(plan: EditPlan, pointer: Pointer, pipeline: Pipeline) -> None:
    """Refuse before any work what a pipeline cannot do.

    Raises:
        InstructionError: when one thing is pointed at but several steps are asked for, or a colour
            is not known.
        UnsupportedInstructionError: when a step needs a model that the pipeline has not.
    """
    if len(plan.steps) > 1 and (pointer.given or pointer.pick is not None):
        raise InstructionError(
            f"A box, point, mask or pick goes with an instruction of one step; this one has "
            f"{len(plan.steps)}. Give one step at a time."
        )
    for step in plan.steps:
        asked = step.replacement
        what = step.target.phrase
        if step.operation in ("replace", "add"):
            verb = "Replacing" if step.operation == "replace" else "Adding"
            raise needs_generation(pipeline, f"{verb} {what!r}")
        if step.operation == "background":
            if asked is not None and asked.image:
                raise UnsupportedInstructionError(
                    "A picture as background is not built in yet; a colour, transparent and "
                    "blur are."
                )
            if asked is not None and asked.phrase:
                raise needs_generation(pipeline, f"The background {asked.phrase!r}")
        if step.operation == "modify" and (asked is None or not asked.colour):
            raise needs_generation(pipeline, f"Changing {what!r} in another way than its colour")
        if asked is not None and asked.colour:
            colour_rgb(asked.colour)


def needs_generation(pipeline: Pipeline, what: str) -> UnsupportedInstructionError:
    """The error that says what a pipeline without a generative model can do instead."""
    return UnsupportedInstructionError(
        f"{what} needs a generative model, and the pipeline {pipeline.name!r} has none. "
        "It can remove, recolour, blur or pixelate, cut out, and set a colour, transparent or "
        "blurred background."
    )
