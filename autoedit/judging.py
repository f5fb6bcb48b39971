"""The verdict on one step: what the checks say of its result."""

from __future__ import annotations

from autoedit import verification
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep, Target
from autoedit.core.region import Regions
from autoedit.core.result import Check, Verdict
from autoedit.grounding.text_wording import left_over
from autoedit.masking import Relit
from autoedit.stages import Stages


def judge_removal(
    stages: Stages, before: Photo, after: Photo, step: EditStep, mask: Mask, matte: Mask,
    others: Mask, relit: Relit | None, *, pointed: bool,
) -> Verdict:  # fmt: skip
    """Whether the target is gone, the seam does not show, and the rest is untouched.

    Args:
        stages: to look for the target again.
        before, after: the photo round the step.
        step: what was asked.
        mask: the target's.
        matte: what was composited.
        others: other things that the hole was kept out of.
        relit: what else was changed.
        pointed: whether the target was pointed at, so that its words may mean nothing.
    """
    settings = stages.pipeline.verification
    changed = matte if relit is None else matte | relit.mask
    checks: list[Check] = [
        verification.outside_untouched(before.pixels, after.pixels, changed),
        verification.seam(after.pixels, matte, others, bound=settings.seam),
    ]
    if step.settled_effects != "only":
        again = _found_again(stages, before, after, step.target, mask, pointed=pointed)
        checks.append(verification.coverage(mask, matte, bound=settings.coverage))
        checks.append(verification.target_gone(again, mask, bound=settings.gone))
    return Verdict(tuple(checks))


def _found_again(
    stages: Stages, before: Photo, after: Photo, target: Target, mask: Mask, *, pointed: bool
) -> Regions | None:
    """The target grounded in the result; None when its words did not find it before either."""
    if pointed:
        found = [verification.covered(each, mask.shape) for each in stages.ground(before, target)]
        overlap = [(each & mask.binary).sum() for each in found]
        if not overlap or max(overlap) < 0.3 * mask.binary.sum():
            return None
    again = stages.ground(after, left_over(target))
    return Regions() if again.guessed else again


def judge_drawing(
    stages: Stages, before: Photo, after: Photo, wanted: Target | None, matte: Mask, others: Mask
) -> Verdict:
    """Whether what was asked for can be found where it was drawn, and the rest is untouched.

    Args:
        stages: to look for the new thing.
        before, after: the photo round the step.
        wanted: the new thing's words; None when there is nothing to look up.
        matte: what was composited.
        others: other things that the hole was kept out of.
    """
    settings = stages.pipeline.verification
    found = None if wanted is None else stages.ground(after, wanted)
    return Verdict(
        (
            verification.outside_untouched(before.pixels, after.pixels, matte),
            verification.seam(after.pixels, matte, others, bound=settings.seam),
            verification.drawn(found, matte, bound=settings.missing),
        )
    )
