"""What a pipeline can do of what a plan asks for."""

from __future__ import annotations

from autoedit.compositing import pictures
from autoedit.compositing.colours import colour_rgb, colours_rgb
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan, EditStep
from autoedit.errors import InstructionError, UnsupportedInstructionError
from autoedit.inserting import has_picture
from autoedit.pipeline import Pipeline
from autoedit.pointing import Pointer
from autoedit.products.requests import aimed


def check(plan: EditPlan, photo: Photo | None, pointer: Pointer, pipeline: Pipeline) -> None:
    """Refuse before any work what a pipeline cannot do.

    Args:
        plan: what is asked for.
        photo: that it is asked of; None for what holds for any photo.
        pointer: what was pointed at.
        pipeline: that is to do it.

    Raises:
        InstructionError: when one thing is pointed at but several steps are asked for, or a colour
            is not known.
        PhotoError: when a picture that is to be the background cannot be used.
        UnsupportedInstructionError: when a step needs a model that the pipeline has not.
    """
    several = len(aimed(plan, pipeline.product)) > 1
    if several and (pointer.given or pointer.pick is not None):
        raise InstructionError(
            f"A box, point, mask or pick goes with an instruction of one step; this one has "
            f"{len(plan.steps)}. Give one step at a time."
        )
    for step in plan.steps:
        _check_what_comes(step, photo, pipeline)
        if draws(step) and not pipeline.draws:
            raise needs_generation(pipeline, _named(step))


def check_supported(plan: EditPlan) -> None:
    """Refuse a plan that leaves out a part of its instruction.

    Raises:
        UnsupportedInstructionError: says which part, and how the rest is done.
    """
    if plan.unsupported:
        raise UnsupportedInstructionError(
            f"{' '.join(plan.unsupported)} To do the rest, give --skip-unsupported."
        )


def _check_what_comes(step: EditStep, photo: Photo | None, pipeline: Pipeline) -> None:
    """The colour or picture that a step asks for."""
    asked = step.replacement
    if asked is None:
        return
    if has_picture(step):
        pictures.thing_picture(asked.image)
    elif asked.image and photo is None:
        pictures.check_readable(asked.image)
    elif asked.image and photo is not None:
        settings = pipeline.compositing
        blur = settings.blur * photo.diagonal
        pictures.backdrop_picture(asked.image, photo, fit=settings.fit, blur=blur)
    elif asked.colour and step.operation == "background":
        colours_rgb(asked.colour)
    elif asked.colour:
        colour_rgb(asked.colour)


def fills(step: EditStep) -> bool:
    """Whether a step leaves a hole that is to be filled."""
    return step.operation in ("remove", "replace") or draws(step)


def draws(step: EditStep) -> bool:
    """Whether a step needs something drawn that is not in the photo."""
    asked = step.replacement
    if step.operation in ("replace", "add"):
        return not has_picture(step)
    if step.operation == "background":
        return asked is not None and bool(asked.phrase)
    return step.operation == "modify" and (asked is None or not asked.colour)


def _named(step: EditStep) -> str:
    what = step.target.phrase
    asked = step.replacement.phrase if step.replacement else ""
    named = {
        "replace": f"Replacing {what!r}",
        "add": f"Adding {what!r}",
        "background": f"The background {asked!r}",
    }
    return named.get(step.operation, f"Changing {what!r} in another way than its colour")


def needs_generation(pipeline: Pipeline, what: str) -> UnsupportedInstructionError:
    """The error that says what a pipeline without a generative model can do instead."""
    return UnsupportedInstructionError(
        f"{what} needs a generative model, and the pipeline {pipeline.name!r} has none. "
        "It can remove, recolour, blur or pixelate, cut out, set a picture file into the photo "
        '("replace the mug with bottle.png"), and set a background: a colour, a gradient, a '
        "studio, a picture file, transparent, or blurred. 'autoedit pipelines' lists those that "
        "draw."
    )
