"""Fill the holes of a photo window by window, and again until the result passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np

from autoedit.compositing.edges import carry_edges
from autoedit.compositing.stitch import stitch
from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.result import Verdict
from autoedit.core.window import hole_groups, window_with_sources
from autoedit.errors import InpaintingError
from autoedit.inpainting import FillRequest, Inpainter
from autoedit.pipeline import VerificationSettings
from autoedit.run import Run

_BEYOND = np.ones((15, 15), np.uint8)  # wider than a patch to either side
_NEXT_SEED = 7919  # so that another attempt's candidates repeat none of the first's


@dataclass(frozen=True, slots=True, eq=False)
class Behind:
    """What the hole hides of another thing, which is filled from that thing alone.

    Attributes:
        part: float32 (H, W) in [0, 1], of the hole.
        seen: bool (H, W), the thing outside the hole.
    """

    part: FloatArray
    seen: BoolArray


@dataclass(frozen=True, slots=True)
class Job:
    """A hole to be filled and how the result is judged.

    Attributes:
        matte: what is composited at attempt 0, 1, ...: above 0 is the hole.
        request: its `forbidden` is over the whole photo; seed and count are set for each attempt.
        judge: the edited photo and its matte to a verdict.
        behind: the other things that go on behind a matte.
        relit: where the photo to be filled differs from what it was already.
    """

    matte: Callable[[int], Mask]
    request: FillRequest
    judge: Callable[[Photo, Mask], Verdict]
    behind: Callable[[Mask], Sequence[Behind]] = lambda _: ()
    relit: Mask | None = None


@dataclass(frozen=True, slots=True)
class Filled:
    """One result: the photo, what was composited, its verdict and at which attempt it came."""

    photo: Photo
    matte: Mask
    verdict: Verdict
    attempts: int


def fill_until_good(
    inpainter: Inpainter,
    photo: Photo,
    job: Job,
    settings: VerificationSettings,
    run: Run,
    count: int = 1,
) -> list[Filled]:
    """Fill, judge, and try again with another seed and matte while no result passes.

    Args:
        inpainter: what fills.
        photo: as it is.
        job: what to fill, with what, and how to judge it.
        settings: how many attempts, and how many candidates each.
        run: its seed is the first candidate's.
        count: how many results are wanted.

    Returns:
        `count` results, the best verdict first.
    """
    tried: list[Filled] = []
    for attempt in range(settings.attempts):
        with run.stage("masking"):
            matte = job.matte(attempt)
        seed = run.seed + _NEXT_SEED * attempt
        request = replace(job.request, seed=seed, count=max(count, settings.candidates))
        with run.stage("inpainting"):
            fills = fill_holes(inpainter, photo, matte, request, run)
            if inpainter.needs.copies:
                for thing in job.behind(matte):
                    for number, pixels in enumerate(fills):
                        one = replace(request, seed=seed + number, count=1)
                        complete(inpainter, photo, pixels, thing, one)
                        carry_edges(pixels, thing.seen, thing.part, matte.array > 0)
        with run.stage("verification"):
            for pixels in fills:
                edited = photo.with_pixels(pixels)
                changed = matte if job.relit is None else matte | job.relit
                tried.append(Filled(edited, changed, job.judge(edited, matte), attempt + 1))
        if any(each.verdict.passed for each in tried):
            break
    if not tried:  # the settings ask for one attempt at least
        raise InpaintingError("No fill was tried.")
    total = tried[-1].attempts
    tried.sort(key=lambda each: each.verdict.penalty)
    return [replace(each, attempts=total) for each in tried[:count]]


def fill_holes(
    inpainter: Inpainter, photo: Photo, matte: Mask, request: FillRequest, run: Run
) -> list[PixelArray]:
    """Inpaint each group of holes in its own window and stitch it back.

    Args:
        inpainter: what fills.
        photo: as it is.
        matte: above 0 is the hole.
        request: its `forbidden` is over the whole photo here.
        run: told of the progress.

    Returns:
        `request.count` times RGB uint8 (H, W, 3), bit-identical to the photo's wherever the matte
        is 0.
    """
    results = [photo.pixels.copy() for _ in range(request.count)]
    needs = inpainter.needs
    hole = matte.array > 0
    groups = hole_groups(hole)
    forbidden = hole if request.forbidden is None else hole | request.forbidden
    for number, box in enumerate(groups):
        window = window_with_sources(
            box,
            hole,
            ~forbidden if needs.copies else np.ones_like(hole),
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

        fills = inpainter.fill(
            results[0][window.slices],
            ours,
            replace(request, forbidden=forbidden[window.slices] & ~ours, progress=report),
        )
        for result, filled in zip(results, fills, strict=True):
            pixels = np.repeat(filled[:, :, 1:2], 3, axis=2) if photo.grey else filled
            stitch(result, pixels, np.where(ours, matte.array[window.slices], 0.0), window)
    return results


def complete(
    inpainter: Inpainter, photo: Photo, pixels: PixelArray, thing: Behind, request: FillRequest
) -> None:
    """Fill what was hidden of a thing from what is seen of it, over what was filled, in place.

    Args:
        inpainter: one that copies from the photo.
        photo: as it is.
        pixels: RGB uint8 (H, W, 3), filled as if the thing were not there.
        thing: which goes on behind.
        request: with a count of 1.
    """
    rows, columns = (np.flatnonzero((thing.part > 0).any(axis=axis)) for axis in (1, 0))
    box = int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    # What lies just beyond the thing's edge is unknown too: it must not be matched there.
    wide = cv2.dilate((thing.part > 0).astype(np.uint8), _BEYOND) > 0
    hole = wide & ~thing.seen
    needs = inpainter.needs
    window = window_with_sources(
        box, hole, thing.seen, context=needs.context, minimum=needs.minimum, multiple=needs.multiple
    )
    place = window.slices
    own = replace(request, forbidden=~thing.seen[place] & ~hole[place])
    (filled,) = inpainter.fill(pixels[place], hole[place], own)
    if photo.grey:
        filled = np.repeat(filled[:, :, 1:2], 3, axis=2)
    stitch(pixels, filled, thing.part[place], window)
