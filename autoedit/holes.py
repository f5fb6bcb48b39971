"""What a step leaves to be filled, with what, and how the result is judged."""

from __future__ import annotations

import numpy as np

from autoedit import drawing, judging, masking, selecting
from autoedit.backgrounds import cut_out
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep
from autoedit.core.region import Region
from autoedit.core.result import Verdict
from autoedit.errors import MaskError, TargetNotFoundError
from autoedit.filling import Behind, Job
from autoedit.masking import Relit, View
from autoedit.pipeline import Pipeline
from autoedit.pointing import Pointer
from autoedit.run import Run
from autoedit.stages import Stages

_ALL_OVER = 0.9  # of what may be a thing
_CLOSE = 1.0  # pixels: what of a thing before the target may be its rim


def removal(
    stages: Stages, photo: Photo, step: EditStep, regions: tuple[Region, ...], mask: Mask,
    pointer: Pointer, run: Run,
) -> tuple[Photo, Job]:  # fmt: skip
    """Fill where the target was, on ground without its shadow; more growth at each attempt.

    Args:
        stages: of the pipeline.
        photo: as it is.
        step: what was asked.
        regions, mask: what was selected.
        pointer: what was pointed at.
        run: told of the stages.

    Returns:
        The photo to fill in, and the job.

    Raises:
        TargetNotFoundError: when only an effect is meant and none shows.
        MaskError: when nothing is left to fill from.
    """
    relit: Relit | None = None
    view: View | None = None
    things: list[Mask] = []
    target = mask.array > 0
    if any(region.exact for region in regions):  # flat on a thing, from which it is filled
        hole, others = mask, selecting.elsewhere(photo, regions)
    else:
        with run.stage("masking"):
            hole, relit, view = _cleared(stages, photo, mask, step)
        taken = hole if relit is None else hole | relit.ground
        things = selecting.others(stages, photo, mask, run, hole=hole, taken=taken, view=view)
        if relit is not None:
            # A tray lies in the shadow in part; what is lit anew all over is the shadow.
            lit = relit.mask.array > 0
            things = [one for one in things if np.mean(lit[one.binary]) < _ALL_OVER]
        kept = things
        if relit is not None:
            cleared = hole.array > 0
            kept = [masking.but_completed(one, cleared, target, relit.lost) for one in things]
        others = selecting.joined(kept, mask.shape)
    ahead = [one for one in things if masking.stands_before(one, target)]
    before = masking.up_to(selecting.joined(ahead, mask.shape), target)
    others = others | before
    spared, spared_from, margin = others, mask, stages.pipeline.masking.grow_minimum
    if step.settled_effects == "only":  # then the thing itself is one that stays
        spared, spared_from, margin = others | mask, hole, 0.0
    more = stages.pipeline.verification.grow_more

    def matte_at(attempt: int) -> Mask:
        matte = masking.spare(grown(stages.pipeline, hole, more**attempt), spared, spared_from,
                              margin=margin)  # fmt: skip
        return masking.spare(matte, before, mask, margin=_CLOSE, coarse=False)

    def judge(after: Photo, matte: Mask) -> Verdict:
        return judging.judge_removal(
            stages, photo, after, step, mask, matte, spared, relit, pointed=pointer.given
        )

    def behind(matte: Mask) -> list[Behind]:
        hole = matte.array > 0
        parts = [(thing, masking.hidden_part(thing, hole, target)) for thing in things]
        return [Behind(part, thing.binary & ~hole) for thing, part in parts if part is not None]

    request = drawing.request_for(stages.pipeline, step, spared)
    lit = photo if relit is None else photo.with_pixels(relit.pixels)
    return lit, Job(matte_at, request, judge, behind, None if relit is None else relit.mask)


def drawn(
    stages: Stages, photo: Photo, step: EditStep, mask: Mask, run: Run
) -> tuple[Photo, Job, tuple[str, ...]]:
    """Draw what the prompt says: in a thing's place, over it, or all round it.

    Returns:
        The photo to be drawn in, the job, and notes.
    """
    before, wanted, notes = photo, None, ()
    others = Mask(np.zeros(photo.shape, np.float32), "none")
    with run.stage("masking"):
        if step.operation == "background":
            alpha, colours, notes = cut_out(photo, mask)
            solid = alpha.array[:, :, None] == 1
            photo = photo.with_pixels(np.where(solid, photo.pixels, colours))
            matte = Mask(np.float32(1.0) - alpha.array, "background")
        elif step.operation == "modify":
            matte = grown(stages.pipeline, mask)
        else:
            room = mask
            if step.operation == "replace":
                room = drawing.room_for(mask, stages.pipeline.masking.room)
                room = room | _with_effects(stages, photo, mask, step)
            matte = grown(stages.pipeline, room)
    if step.operation in ("replace", "add"):
        others = selecting.joined(selecting.others(stages, photo, mask, run), mask.shape)
        matte = masking.spare(matte, others, mask, margin=stages.pipeline.masking.grow_minimum)
        wanted = stages.target(step.replacement.phrase if step.replacement else "")

    def judge(after: Photo, matte: Mask) -> Verdict:
        return judging.judge_drawing(stages, before, after, wanted, matte, others)

    request = drawing.request_for(stages.pipeline, step, others)
    return photo, Job(lambda _: matte, request, judge), notes


def _cleared(
    stages: Stages, photo: Photo, mask: Mask, step: EditStep
) -> tuple[Mask, Relit, View | None]:
    """What is to be filled, the photo with the target's light and shadow taken off, and its view.

    The ground below a shadow is there to be seen, if darker; what a mirror image hides is not.
    """
    settings = stages.pipeline.masking
    nothing = Mask(np.zeros(mask.shape, np.float32), "nothing")
    mirrored, lit = nothing, masking.Relit(photo.pixels, nothing, nothing, nothing)
    takes_shadow = settings.shadows and step.takes("shadow")
    view = masking.view_round(photo.pixels, mask) if settings.reflections or takes_shadow else None
    if settings.reflections:
        mirrored = masking.reflection_mask(photo.pixels, mask, view=view)
    if takes_shadow:
        shadow = masking.shadow_mask(photo.pixels, mask, view=view)
        lit = masking.relit(photo.pixels, mask, shadow, mirrored, view, grey=photo.grey)
    if not step.takes("reflection"):
        mirrored = nothing
    effects = mirrored | lit.lost
    if step.settled_effects != "only":
        return mask | effects, lit, view
    if effects.box is None and lit.mask.box is None:
        raise TargetNotFoundError(
            f"{step.target.phrase!r} has no shadow and no reflection that shows."
        )
    return effects, lit, view


def _with_effects(stages: Stages, photo: Photo, mask: Mask, step: EditStep) -> Mask:
    """The target with its shadow and mirror image, or without them."""
    settings = stages.pipeline.masking
    if settings.shadows and step.takes("shadow"):
        mask = mask | masking.shadow_mask(photo.pixels, mask)
    if settings.reflections and step.takes("reflection"):
        mask = mask | masking.reflection_mask(photo.pixels, mask)
    return mask


def grown(pipeline: Pipeline, mask: Mask, factor: float = 1.0) -> Mask:
    """A mask grown by the pipeline's settings, times a factor, and feathered inward.

    Raises:
        MaskError: when it covers the whole photo.
    """
    settings = pipeline.masking
    radius = masking.grow_radius(
        mask,
        fraction=settings.grow,
        minimum=settings.grow_minimum,
        maximum=settings.grow_maximum,
    )
    matte = masking.matte_for(mask, radius * factor, feather=settings.feather)
    if (matte.array > 0).all():
        raise MaskError(
            "The target covers the whole photo: nothing is left to fill from. "
            "Point at a smaller thing with --box or --mask."
        )
    return matte
