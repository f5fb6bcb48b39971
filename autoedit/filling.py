"""Holes of a whole photo, filled window by window."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from autoedit.compositing.stitch import stitch
from autoedit.compositing.window import hole_groups, window_round
from autoedit.core.mask import Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep
from autoedit.inpainting import FillRequest, Inpainter
from autoedit.pipeline import prompt_template
from autoedit.run import Run


def fill_holes(
    inpainter: Inpainter, photo: Photo, matte: Mask, request: FillRequest, run: Run
) -> PixelArray:
    """Inpaint each group of holes in its own window and stitch it back.

    Args:
        inpainter: what fills.
        photo: as it is.
        matte: above 0 is the hole.
        request: its `forbidden` is over the whole photo here.
        run: told of the progress.

    Returns:
        RGB uint8 (H, W, 3), bit-identical to the photo's wherever the matte is 0.
    """
    result = photo.pixels.copy()
    needs = inpainter.needs
    hole = matte.array > 0
    groups = hole_groups(hole)
    forbidden = hole if request.forbidden is None else hole | request.forbidden
    for number, box in enumerate(groups):
        window = window_round(
            box,
            matte.shape,
            context=needs.context,
            minimum=needs.minimum,
            multiple=needs.multiple,
        )
        ours = np.zeros(hole[window.slices].shape, np.bool_)
        inner = (slice(box[1] - window.y0, box[3] - window.y0),
                 slice(box[0] - window.x0, box[2] - window.x0))  # fmt: skip
        ours[inner] = hole[window.slices][inner]

        def report(_: str, fraction: float, done: int = number) -> None:
            run.report("inpainting", (done + fraction) / len(groups))

        filled = inpainter.fill(
            result[window.slices],
            ours,
            replace(request, forbidden=forbidden[window.slices] & ~ours, progress=report),
        )
        if photo.grey:
            filled = np.repeat(filled[:, :, 1:2], 3, axis=2)
        stitch(result, filled, np.where(ours, matte.array[window.slices], 0.0), window)
    return result


def removal_request(inpainter: Inpainter, step: EditStep, others: Mask, seed: int) -> FillRequest:
    """What to ask for where a target was: the surroundings, and not the target."""
    if not inpainter.needs.follows_prompt:
        return FillRequest(seed=seed, forbidden=others.binary)
    words = {"target": step.target.phrase, "surroundings": "the surroundings"}
    return FillRequest(
        prompt=prompt_template("remove.txt").format(**words).strip(),
        negative_prompt=prompt_template("negative.txt").format(**words).strip(),
        seed=seed,
    )
