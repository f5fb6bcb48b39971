"""The operations that need no fill: another colour, a blur, a cut-out, another background."""

from __future__ import annotations

from collections.abc import Callable

from autoedit.backgrounds import Changed, cut_out, extracted, set_on_background
from autoedit.compositing import look
from autoedit.compositing.colours import colour_rgb
from autoedit.compositing.stitch import blend
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep
from autoedit.errors import InstructionError
from autoedit.pipeline import Pipeline


def restyled(
    photo: Photo, step: EditStep, mask: Mask, pipeline: Pipeline, grown: Callable[[Mask], Mask]
) -> Changed:
    """Recolour, obscure, cut out, or set on another background.

    Args:
        photo: as it is.
        step: of the operation modify, obscure, extract or background.
        mask: the target; for a background the subject that stays.
        pipeline: its settings.
        grown: a mask to the same grown and feathered.

    Returns:
        The edited photo, the matte outside which it is bit-identical, and notes.
    """
    asked = step.replacement
    if step.operation == "modify" and asked is not None:
        rgb = colour_rgb(asked.colour)
        if len(set(rgb)) > 1:
            photo = photo.coloured()
        own = _said(step.target.attributes.colour)
        changed = look.recolour(photo.pixels, mask, look.paint_rgb(asked.colour, rgb), own)
        subject = cut_out(photo, mask)
        pixels = blend(photo.pixels, changed, subject.alpha.array)
        return photo.with_pixels(pixels), subject.alpha, subject.notes
    if step.operation == "obscure":
        manner = (asked.phrase if asked else "") or "blur"
        matte = grown(mask)
        changed = look.obscure(photo.pixels, mask, manner)
        return photo.with_pixels(blend(photo.pixels, changed, matte.array)), matte, ()
    if step.operation == "extract":
        return extracted(photo, step, mask, reflections=pipeline.masking.reflections)
    return set_on_background(photo, step, mask, pipeline.compositing)


def _said(colours: tuple[str, ...]) -> tuple[int, int, int] | None:
    """The colour that a thing is said to have; None when it is none, several, or not known."""
    if len(colours) != 1:
        return None
    try:
        return look.paint_rgb(colours[0], colour_rgb(colours[0]))
    except InstructionError:
        return None
