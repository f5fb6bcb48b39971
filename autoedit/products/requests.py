"""The plan of a product photo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from autoedit.core.plan import EditPlan, EditStep, Replacement, Target
from autoedit.errors import SettingError
from autoedit.planning.replacement import MAIN_SUBJECT, subject_in
from autoedit.products.settings import KEPT, ProductSettings

if TYPE_CHECKING:
    from autoedit.pipeline import Pipeline

BLEMISHES = Target(phrase="the blemishes", head="blemish")
"""Dust and scratches that are removed unasked, on a background that is kept."""


def no_rules(name: str) -> SettingError:
    """The error for a pipeline that says nothing of product photos."""
    return SettingError(
        f"The pipeline {name!r} has no product section, and so no rules; "
        "take one of the product pipelines that 'autoedit pipelines' lists."
    )


def product_plan(
    plan: Callable[[str], EditPlan], pipeline: Pipeline, *, subject: str | None = None,
    remove: tuple[str, ...] = (),
) -> EditPlan:  # fmt: skip
    """Remove what is named, then set the product on the pipeline's background.

    Args:
        plan: reads a sentence.
        pipeline: with a product section.
        subject: what the product is; None for the main subject.
        remove: phrases of what goes first.

    Raises:
        SettingError: when the pipeline has no product section.
        InstructionError: when a phrase is not understood.
    """
    if pipeline.product is None:
        raise no_rules(pipeline.name)
    read = [plan(f"remove {phrase}") for phrase in remove]
    steps = tuple(step for each in read for step in each.steps)
    target = MAIN_SUBJECT
    if subject:
        whole = plan(f"remove {subject}")
        read, target = [*read, whole], subject_in(whole)
    words = [f"remove {phrase}" for phrase in remove] + [f"make {subject or 'it'} a product photo"]
    notes = tuple(note for each in read for note in each.notes)
    asked = EditPlan(steps=steps, instruction=" and ".join(words), notes=notes)
    return completed(asked, pipeline.product, target)


def aimed(plan: EditPlan, settings: ProductSettings | None) -> tuple[EditStep, ...]:
    """The steps that a box, points, a mask or a pick are about.

    In a product photo that is the product, which its background goes round; what is removed first
    is named in words. A tidying that nobody asked for is never meant.
    """
    if settings is None:
        return plan.steps
    set_on = tuple(step for step in plan.steps if step.operation == "background")
    return set_on or tuple(step for step in plan.steps if step.target != BLEMISHES)


def completed(
    plan: EditPlan, settings: ProductSettings, subject: Target = MAIN_SUBJECT
) -> EditPlan:
    """A plan that ends in the background that the settings ask for.

    One that sets a background by itself stays as it is, and a plain colour of it is what the
    finished photo is held to.
    """
    if settings.background == KEPT or any(step.operation == "background" for step in plan.steps):
        return plan
    step = EditStep(
        operation="background", target=subject, replacement=Replacement(colour=settings.background)
    )
    return plan.model_copy(update={"steps": (*plan.steps, step)})
