"""What an edit is about: from a target's words, or what was pointed at, to an exact mask."""

from __future__ import annotations

from dataclasses import replace

from autoedit import drawing, masking
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep, Target
from autoedit.core.region import Region
from autoedit.errors import TargetError, TargetNotFoundError
from autoedit.pointing import Pointer, near, others_than, picked
from autoedit.run import Run
from autoedit.segmentation import Prompt
from autoedit.stages import Stages

_EVERY_OBJECT = Target(phrase="all the objects", head="object", quantity="all")


def select(
    stages: Stages, photo: Photo, step: EditStep, pointer: Pointer, run: Run
) -> tuple[tuple[Region, ...], Mask]:
    """Grounding and segmentation: the regions meant, and their exact outline together.

    Raises:
        TargetError: with the photo that was looked at, which a later step's input no longer is.
    """
    try:
        return _select(stages, photo, step, pointer, run)
    except TargetError as error:
        error.photo = photo
        raise


def _select(
    stages: Stages, photo: Photo, step: EditStep, pointer: Pointer, run: Run
) -> tuple[tuple[Region, ...], Mask]:
    target = step.target
    if pointer.mask is not None:  # what a person painted is meant as it is
        box = pointer.mask.box or (0.0, 0.0, 0.0, 0.0)
        return (Region(box, 1.0, target.phrase, pointer.mask, ("mask given",)),), pointer.mask
    if step.operation == "add":
        with run.stage("grounding"):
            return drawing.place_of(stages, photo, target, pointer)
    if pointer.given:
        regions = (Region(pointer.box or (0, 0, 0, 0), 1.0, target.phrase),)
        prompts = [Prompt(pointer.box, pointer.points, pointer.negative_points)]
    else:
        with run.stage("grounding"):
            regions = picked(stages.ground(photo, target), target, pointer.pick)
        prompts = [Prompt(box=region.box, mask=region.mask) for region in regions]
    with run.stage("segmentation"):
        outlines = [
            region.mask if region.exact and region.mask is not None
            else stages.outline(photo, prompt)
            for region, prompt in zip(regions, prompts, strict=True)
        ]  # fmt: skip
    mask = outlines[0]
    for outline in outlines[1:]:
        mask = mask | outline
    if mask.box is None:
        place = "there" if pointer.given else f"where {target.phrase!r} should be"
        raise TargetNotFoundError(
            f"No outline can be made out {place}. Draw a box round the whole thing with --box, "
            "or give a mask with --mask."
        )
    if any(region.exact for region in regions):
        return regions, mask  # its small parts are no specks
    with run.stage("masking"):
        settings = stages.pipeline.masking
        mask = masking.clean(mask, speck=settings.speck, hole=settings.hole)
    if pointer.given:
        regions = (Region(mask.box or (0, 0, 0, 0), 1.0, target.phrase, mask, ("pointed at",)),)
    return regions, mask


def others(stages: Stages, photo: Photo, mask: Mask, run: Run) -> Mask:
    """The other things near a mask, which no fill may touch or take as a source."""
    with run.stage("grounding"):
        everything = stages.ground(photo, _EVERY_OBJECT)
    found = near(mask, everything, stages.pipeline.masking.spared)
    with run.stage("segmentation"):
        outlined = [
            region if region.mask is not None
            else replace(region, mask=stages.outline(photo, Prompt(box=region.box)))
            for region in found
        ]  # fmt: skip
    return others_than(mask, outlined)
