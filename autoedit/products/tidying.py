"""Dust, lint and scratches: small marks that stand alone on a smooth surface.

A mark is what a morphological top-hat takes off (Serra 1982): thinner than a small disc, lighter
or darker than what is round it. It counts only where the ring round it is smooth, so that letters,
seams, grain and weave, which stand among their like, stay: of all that differs so much near a mark,
a good part must be such marks, which no rough wall is.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.photo import Photo
from autoedit.core.plan import EditPlan, EditStep, Target
from autoedit.core.region import Region, Regions
from autoedit.products.requests import BLEMISHES
from autoedit.products.settings import KEPT, ProductSettings

Kind = Literal["specks", "lines", "all"]
NAMES: dict[str, Kind] = {
    "dust": "specks", "speck": "specks", "fluff": "specks", "lint": "all", "blemish": "all",
    "scratch": "lines", "scratche": "lines",
}  # fmt: skip
"""Head nouns by which such marks are meant, and which of them."""
_SLENDER = 4.0  # times its width that a scratch is long
_FILLED = 0.4  # of the smallest box round it that a mark fills
_SIZE = 0.004  # of the photo's diagonal: the disc's radius
_CONTRAST = 7.0  # levels of 255 by which a mark differs at least
_NOISE = 6.0  # standard deviations of the grain
_SMOOTH = 2.0  # times the grain, with _FLAT: how much the ring may vary beside its slope
_FLAT = 2.5  # levels of 255
_CLEAR = 3.0  # times the ring's own variation by which a mark differs
_AROUND, _USUAL = 24, 6.0  # radii; times what the top-hat takes off round there
_PIECE, _NEARLY = 8, 0.6  # radii; of a long mark that must stand alone, piece by piece
_MANY = 0.3  # of what differs as much within that reach: so many are marks where there is dust
_NONE = (
    "No dust, lint or scratch stands out; on rough or patterned ground none can be told from it. "
    "Point at one with --box."
)
_MOST = 4000  # marks that are looked at


def marks(pixels: PixelArray, kind: Kind = "all") -> Mask:
    """Dust and scratches, grown by two pixels; float32 (H, W), empty where there are none.

    Args:
        pixels: RGB uint8 (H, W, 3).
        kind: specks are about as wide as long, lines are slender.
    """
    light = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[:, :, 0]
    radius = max(2, round(_SIZE * float(np.hypot(*light.shape))))
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1,) * 2)
    taken = np.maximum(
        cv2.morphologyEx(light, cv2.MORPH_TOPHAT, disc),
        cv2.morphologyEx(light, cv2.MORPH_BLACKHAT, disc),
    )
    rough = np.abs(light.astype(np.float32) - cv2.medianBlur(light, 5))
    grain = 1.4826 * float(np.median(rough)) + 0.3
    least = max(_CONTRAST, _NOISE * grain)
    # Where much is taken off everywhere it is weave, wood or a rough wall.
    usual = cv2.blur(np.minimum(taken.astype(np.float32), least), (_AROUND * radius,) * 2)
    found = (taken > np.maximum(least, _USUAL * usual)).astype(np.uint8)
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(found)
    alone: list[int] = []
    kinds: dict[int, Kind] = {}
    order = np.argsort(-boxes[1:, cv2.CC_STAT_AREA], kind="stable")[:_MOST] + 1
    for number in order if count > 1 else ():
        x, y, width, height = boxes[number, :4]
        reach = _reach(radius) + 1
        place = (slice(max(0, y - reach), y + height + reach),
                 slice(max(0, x - reach), x + width + reach))  # fmt: skip
        own = labels[place] == number
        shape = _shape(own, 2 * radius + 2)
        if shape is None:
            continue
        kinds[int(number)] = shape
        if _all_along(light[place], own, found[place] > 0, radius, grain):
            alone.append(int(number))
    alone = _uncrowded(alone, labels, taken > least, _AROUND * radius)
    meant = [number for number in alone if kind in ("all", kinds[number])]
    mask = np.isin(labels, meant).astype(np.uint8)
    grown = cv2.dilate(mask, np.ones((3, 3), np.uint8), iterations=2)
    return Mask(grown.astype(np.float32), "marks")


def _uncrowded(alone: list[int], labels: np.ndarray, differs: BoolArray, window: int) -> list[int]:
    """Of the marks (numbers in `labels`) those that are many among all that differs near them."""
    _, _, _, middles = cv2.connectedComponentsWithStats(differs.astype(np.uint8))
    every = _density(middles[1:], labels.shape, window)
    places = [np.argwhere(labels == number).mean(axis=0)[::-1] for number in alone]
    own = _density(np.array(places).reshape(-1, 2), labels.shape, window)
    at = [(round(y), round(x)) for x, y in places]
    return [
        number for number, place in zip(alone, at, strict=True)
        if own[place] > _MANY * every[place]
    ]  # fmt: skip


def _density(points: np.ndarray, shape: tuple[int, ...], window: int) -> FloatArray:
    counts = np.zeros(shape, np.float32)
    x, y = np.rint(points).astype(int).T
    np.add.at(counts, (y, x), 1)
    return cv2.boxFilter(counts, -1, (window, window), normalize=False)


def _shape(own: BoolArray, widest: int) -> Kind | None:
    """Whether a mark is a speck or a line; None for a word, wide or full of gaps."""
    short, long = sorted(cv2.minAreaRect(np.argwhere(own).astype(np.float32))[1])
    if short <= widest and own.sum() >= _FILLED * (short + 1) * (long + 1):
        return "lines" if long + 1 > _SLENDER * (short + 1) else "specks"
    return "lines" if _is_hair(own, widest) else None


def _is_hair(own: BoolArray, widest: int) -> bool:
    """Whether a mark is one curved line, without a branch or a loop, as a hair or a fibre is."""
    from skimage.morphology import skeletonize

    padded = np.pad(own, 1)
    middle = skeletonize(padded)
    length = int(middle.sum())
    if length < _SLENDER * widest or own.sum() > 0.5 * widest * length:
        return False
    beside = cv2.filter2D(middle.astype(np.uint8), -1, np.ones((3, 3), np.uint8))[middle] - 1
    # Two ends, and at most a spur that the skeleton of a ragged line has.
    one = int((beside == 1).sum()) in (2, 3) and not (beside > 3).any()
    _, hierarchy = cv2.findContours(padded.astype(np.uint8), cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return one and len(hierarchy[0]) == 1


def _all_along(
    light: PixelArray, own: BoolArray, found: BoolArray, radius: int, grain: float
) -> bool:
    """Whether a mark stands alone; a long one nearly everywhere, piece by piece."""
    side = _PIECE * radius
    rows, columns = np.nonzero(own)
    cell = (rows - rows.min()) // side * own.shape[1] + (columns - columns.min()) // side
    good = 0
    for number in np.unique(cell):
        inside = cell == number
        y, x = rows[inside], columns[inside]
        reach = _reach(radius) + 1
        place = (slice(max(0, y.min() - reach), y.max() + reach + 1),
                 slice(max(0, x.min() - reach), x.max() + reach + 1))  # fmt: skip
        piece = np.zeros_like(own)
        piece[y, x] = True
        rest = own[place] & ~piece[place]
        if _stands_alone(light[place], piece[place], found[place] & ~rest, rest, radius, grain):
            good += int(inside.sum())
    return good > _NEARLY * len(rows)


def _stands_alone(
    light: PixelArray, own: BoolArray, found: BoolArray, rest: BoolArray, radius: int,
    grain: float,
) -> bool:  # fmt: skip
    """Whether the ring round a mark is smooth beside a slope, and the mark differs from it.

    Args:
        light: L of CIELAB, uint8 (h, w).
        own: the mark, or a piece of it.
        found: all that differs; without the rest of this mark.
        rest: of the same mark, which is no ground.
        radius: the disc's.
        grain: standard deviation, levels of 255.
    """
    near = cv2.dilate((own | rest).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    size = 2 * _reach(radius) + 1
    ring = (cv2.dilate(own.astype(np.uint8), np.ones((size, size), np.uint8)) > 0) & ~near
    if ring.sum() < 12 or (found & ring).sum() > 0.08 * ring.sum():
        return False
    close = 2 * max(5, radius) + 1
    beside = cv2.dilate(own.astype(np.uint8), np.ones((close, close), np.uint8)) > 0
    if (found & beside & ~own).sum() > 0.15 * own.sum() + 2:  # the next letter
        return False
    slope, spread = _plane(light, ring)
    if spread > max(_FLAT, _SMOOTH * grain):
        return False
    contrast = abs(float(np.median(light[own] - slope[own])))
    return contrast > max(0.6 * _CONTRAST, _CLEAR * spread)


def _reach(radius: int) -> int:
    """How far the ring round a mark reaches, in pixels: to the next letter of a word and beyond."""
    return max(8, 2 * radius)


def _plane(light: PixelArray, ring: BoolArray) -> tuple[FloatArray, float]:
    """The plane through the ring, of the window's size, and the deviation from it."""
    rows, columns = np.mgrid[: light.shape[0], : light.shape[1]].astype(np.float32)
    design = np.stack([np.ones(ring.sum(), np.float32), rows[ring], columns[ring]], axis=1)
    values = light[ring].astype(np.float32)
    start, down, across = np.linalg.lstsq(design, values, rcond=None)[0].tolist()
    plane = start + down * rows + across * columns
    return plane, float(np.std(values - plane[ring]))


def marks_found(photo: Photo, target: Target) -> Regions:
    """All dust, or all scratches, of a photo as one region; of length 0 when there are none."""
    mask = marks(photo.pixels, NAMES[target.head])
    if mask.box is None:
        return Regions(note=_NONE)
    region = Region(
        mask.box, 1.0, target.phrase, mask, ("small marks on smooth ground",), exact=True
    )
    return Regions((region,))


def tidied(plan: EditPlan, photo: Photo, settings: ProductSettings) -> EditPlan:
    """A plan that begins with the removal of dust, where the background stays and shows some."""
    if not settings.tidy or settings.background != KEPT or marks(photo.pixels).box is None:
        return plan
    step = EditStep(operation="remove", target=BLEMISHES)
    return plan.model_copy(update={"steps": (step, *plan.steps)})
