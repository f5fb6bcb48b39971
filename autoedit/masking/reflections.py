"""The mirror image of a thing on glossy ground or water."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.ndimage import correlate1d

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.superpixels import IntArray, to_lab
from autoedit.masking.shadows import how_likely
from autoedit.masking.view import View, view_round

_SIDE = 128  # the thing's longer side where the search is made
_BANDS = 16  # of rows, over the height of a mirror image
_BESIDE = 3.0  # of the ground to either side that is compared, in widths of the thing
_GAP, _FLANK = 0.08, 0.2  # widths: between a mirror image and the ground that it is compared with
_INNER = 0.4  # of its width, from either edge, that is compared
_LINES = (0.0, 0.06, 0.12, 0.2, 0.3)  # where it is mirrored, in widths above the thing's lowest row
_LEAST = 0.8  # CIELAB units, on the most even ground
_SURE, _FAINT = 2.5, 1.2  # times what differs by chance: somewhere, and everywhere
_APART = 0.35  # heights: so far above the thing's lowest row its image may begin
_BELOW = 0.9  # and so far below it: a bird's legs may be missing from its outline
_NEEDED = 0.6  # of the height, that must be seen again
_ASIDE = 0.04  # widths
_OUTLINE = 0.1  # widths: so much round the thing is compared with it
_ALIKE, _ALIKE_MORE = 0.35, 0.3  # correlation, and by how much more than anywhere else
_SHORTEST, _TOGETHER = 3, 4  # bands
_GREYS = np.linspace(0, 1.2, 13)  # light of what else may be mirrored; 1 is the photo's white
_GLOSS = 0.01, 0.5  # share of the light that ground mirrors
_UNEXPLAINED, _SHADE = 0.6, 0.07  # of the squared difference: at most, and at least by shade alone
_BEYOND = 0.25  # of what an image covers of a thing: so much more of that shows beside the image
_FREE = 0.8  # of what is seen again: less off other things, and it is one of those
_NO_EFFECT, _NEAR = 0.12, 0.04  # how likely there is none; about so near, in sizes of the thing
_RISE = 1.5  # a mirror image fades: it ends where the difference grows so much


def reflection_mask(
    pixels: PixelArray, mask: Mask, others: Mask | None = None, view: View | None = None
) -> Mask:
    """Find the mirror image of the thing under a mask on the ground below it.

    A mirror image of what stands upright is its silhouette flipped about the line where it
    stands. Glossy ground blurs, dims and tints it, so that no pattern need be left; but in each
    row the mirror image differs in colour from the ground on both sides of it. By how much the
    ground differs from itself, moved along the row, says what is chance. The image is followed
    down from the thing as long as it differs. In calm water, where the thing can be seen again, it
    is taken whole.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing, (H, W).
        others: other things in the photo, (H, W).
        view: what `view_round` says of both, when it is known already.

    Returns:
        float32 (H, W) in [0, 1], 0 on the thing itself; empty when there is no mirror image.
    """
    none = np.zeros(mask.shape, np.float32)
    box = mask.box
    if box is None:
        return Mask(none, "reflection")
    left, top, right, bottom = (round(side) for side in box)
    wide, high = right - left, bottom - top
    x0, x1 = max(0, left - int(_BESIDE * wide)), min(mask.shape[1], right + int(_BESIDE * wide))
    y1 = min(mask.shape[0], bottom + int((1 + _BELOW) * high))
    scale = min(1.0, _SIDE / max(wide, high))
    shape = max(1, round((x1 - x0) * scale)), max(1, round((y1 - top) * scale))

    def reduced(values: np.ndarray) -> np.ndarray:
        return cv2.resize(values[top:y1, x0:x1], shape, interpolation=cv2.INTER_AREA)

    def whole(image: BoolArray) -> FloatArray:
        soft = cv2.GaussianBlur(image.astype(np.float32), (0, 0), 1)
        result = none.copy()
        result[top:y1, x0:x1] = cv2.resize(
            soft, (x1 - x0, y1 - top), interpolation=cv2.INTER_LINEAR
        )
        result[mask.array > 0.5] = 0
        if others is not None:
            result[others.array > 0.5] = 0
        return np.clip(result, 0, 1)

    inside = reduced(mask.array) > 0.5
    taken = inside if others is None else inside | (reduced(others.array) > 0.5)
    if not inside.any():
        return Mask(none, "reflection")
    lab = to_lab(np.asarray(reduced(pixels), np.uint8))
    image = _matched(lab, inside, taken)
    if image.any():
        result = whole(image)
        view = view or view_round(pixels, mask)
        free = result if view is None else _off_things(result, mask, view)
        if np.count_nonzero(free) > _FREE * np.count_nonzero(result):
            return Mask(result, "reflection")
    result = whole(_differing(lab, inside, taken))
    if result.any():
        view = view or view_round(pixels, mask)
        if view is not None:
            result = _with_effects(_off_things(result, mask, view), view)
    return Mask(result, "reflection")


def _off_things(result: FloatArray, mask: Mask, view: View) -> FloatArray:
    """What does not lie on a larger thing: a book that the thing stands on is no image of it."""
    x0, y0, x1, y1 = view.box
    part, own = result[y0:y1, x0:x1], mask.array[y0:y1, x0:x1] > 0
    likely = cv2.resize(view.seen.thing, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    things = ((likely > 0.5) & ~own).astype(np.uint8)
    count, found = cv2.connectedComponents(things)
    labels = np.asarray(found, np.intp)
    area = np.bincount(labels.ravel(), minlength=count)
    within = np.bincount(labels[part > 0.5], minlength=count)
    larger = area > (1 + _BEYOND) * within
    larger[0] = False
    free = result.copy()
    free[y0:y1, x0:x1][larger[labels]] = 0
    return free


def _with_effects(result: FloatArray, view: View) -> FloatArray:
    """What lies not on ground of which the network is all but sure that it shows no effect."""
    x0, y0, x1, y1 = view.box
    near = max(1.0, _NEAR * view.size * view.scale)
    likely, thing = (
        cv2.resize(each, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
        for each in (cv2.GaussianBlur(how_likely(view), (0, 0), near), view.seen.thing)
    )
    free = result.copy()
    free[y0:y1, x0:x1][(likely < _NO_EFFECT) & (thing < 0.5)] = 0
    return free


def _differing(lab: FloatArray, inside: BoolArray, taken: BoolArray) -> BoolArray:
    """The flipped silhouette, so far down as it shows, about the line where it shows best."""
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    best, found = 0.0, np.zeros(inside.shape, np.bool_)
    width = columns[-1] + 1 - columns[0]
    for up in _LINES:
        image = np.zeros(inside.shape, np.bool_)
        foot = rows[-1] + 1 - round(up * width)
        length = min(foot - rows[0], inside.shape[0] - foot)
        if length <= 0:
            continue
        image[foot : foot + length] = inside[foot - length : foot][::-1]
        image &= ~taken
        evidence, ends = _evidence(lab, image, taken, width)
        if not evidence.any():
            continue
        shown = first = int(evidence.argmax() if evidence[0] == 0 else 0)
        most = _RISE * evidence[first : first + _SHORTEST].max()
        while shown < evidence.size and most > evidence[shown : shown + 2].max() > _FAINT:
            shown += 1
        score = float(evidence[:shown].sum())
        if shown >= first + _SHORTEST and evidence[:shown].max() > _SURE and score > best:
            image[ends[shown - 1] :] = False
            if _mirrors(lab, image, inside, taken, foot):
                best, found = score, image
    return found


def _mirrors(
    lab: FloatArray, image: BoolArray, inside: BoolArray, taken: BoolArray, foot: int
) -> bool:
    """Whether the image's difference from the ground is the thing's light, and not lack of light.

    What mirrors a share F of what stands on it differs from the ground beside it by F times what
    the thing's light differs from the surroundings' that is mirrored there: linear RGB, the same F
    and the same grey surroundings in all rows. Other ground, a thing that lies there and a shadow's
    edge differ otherwise, and a shadow by a share of the ground's own light.
    """
    light = np.asarray(cv2.cvtColor(lab, cv2.COLOR_Lab2LRGB), np.float32)
    rows = np.flatnonzero(image.any(axis=1))
    columns = np.flatnonzero(inside.any(axis=0))
    gap, flank = (max(2, round(part * columns.size)) for part in (_GAP, _FLANK))
    known: list[tuple[FloatArray, FloatArray, FloatArray, float]] = []
    for part in np.array_split(rows, min(_BANDS, rows.size)):
        free, here = ~(taken | image)[part], image[part]
        across = np.flatnonzero(here.any(axis=0))
        first, last = int(across[0]), int(across[-1]) + 1
        ours = light[part][here].mean(axis=0)
        beside = [slice(max(0, first - gap - flank), max(0, first - gap)),
                  slice(last + gap, last + gap + flank)]  # fmt: skip
        sides = [light[part][:, side][free[:, side]].mean(axis=0) for side in beside
                 if free[:, side].size and free[:, side].mean() > 0.5]  # fmt: skip
        above = 2 * foot - 1 - part
        thing = inside[above]
        if sides and thing.any():
            ground = min(sides, key=lambda side: float(np.abs(ours - side).sum()))
            share = float(np.sqrt(here.sum()))
            known.append((share * (ours - ground), light[above][thing].mean(axis=0), ground, share))
    if len(known) < 2:
        return False
    change, thing, ground = (np.array([band[i] for band in known]) for i in range(3))
    share = np.array([band[3] for band in known])[:, None]
    total = float((change**2).sum())
    dimmed = share * ground
    lack = np.clip(-(change * dimmed).sum(axis=1) / (dimmed**2).sum(axis=1), 0, 1)[:, None]
    shade = float(((change + lack * dimmed) ** 2).sum())
    left = []
    for grey in _GREYS:
        mirrored = share * (thing - grey)
        part = (change * mirrored).sum() / max(float((mirrored**2).sum()), 1e-9)
        left.append(float(((change - np.clip(part, *_GLOSS) * mirrored) ** 2).sum()))
    return min(left) < _UNEXPLAINED * total and shade > _SHADE * total


def _matched(lab: FloatArray, inside: BoolArray, taken: BoolArray) -> BoolArray:
    """The flipped silhouette where the flipped thing itself is seen, as in calm water.

    By normalised cross-correlation (Lewis 1995), against the best elsewhere to either side.
    """
    nothing = np.zeros(inside.shape, np.bool_)
    rows, columns = np.flatnonzero(inside.any(axis=1)), np.flatnonzero(inside.any(axis=0))
    left, right, foot = int(columns[0]), int(columns[-1]) + 1, int(rows[-1]) + 1
    height, width = foot - int(rows[0]), right - left
    part = min(height, max(inside.shape[0] - foot, round(_NEEDED * height)))
    top = max(0, foot - round(_APART * height))
    smooth = cv2.GaussianBlur(lab, (0, 0), 1)
    template = smooth[foot - part : foot, left:right][::-1]
    about = max(3, 2 * round(_OUTLINE * width) + 1)
    whole = cv2.dilate(inside.astype(np.uint8), np.ones((about, about), np.uint8)) > 0
    shape = whole[foot - part : foot, left:right][::-1]  # an outline says more than an even body
    searched = smooth[top:]
    if searched.shape[0] < part or part < _BANDS:
        return nothing
    weight = np.repeat(shape[:, :, None].astype(np.float32), 3, axis=2)
    likeness = cv2.matchTemplate(searched, template.copy(), cv2.TM_CCOEFF_NORMED, mask=weight)
    likeness = np.where(np.isfinite(likeness), likeness, 0)
    off = max(1, round(_ASIDE * width))
    own = likeness[:, max(0, left - off) : left + off + 1]
    elsewhere = np.abs(np.arange(likeness.shape[1]) - left) > width // 2
    chance = float(likeness[:, elsewhere].max()) if elsewhere.any() else 1.0
    if own.max() < _ALIKE or own.max() - max(chance, 0) < _ALIKE_MORE:
        return nothing
    row, column = np.unravel_index(int(own.argmax()), own.shape)
    start, first = top + int(row), max(0, left - off) + int(column)
    seen = smooth[start : start + part, first : first + width]
    free = shape & ~taken[start : start + part, first : first + width]
    if _correlation(template, seen, free) < _ALIKE:  # alike is only the thing to itself
        return nothing
    stop = min(start + height, inside.shape[0])
    nothing[start:stop] = inside[foot - (stop - start) : foot][::-1]
    return nothing & ~taken


def _correlation(first: FloatArray, second: FloatArray, where: BoolArray) -> float:
    """Normalised cross-correlation of two pictures over some of their pixels, in [-1, 1]."""
    one, other = (part[where] for part in (first, second))
    if len(one) < 2:
        return 0.0
    one, other = one - one.mean(axis=0), other - other.mean(axis=0)
    scale = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum()) / scale if scale > 0 else 0.0


def _evidence(
    lab: FloatArray, image: BoolArray, taken: BoolArray, width: int
) -> tuple[FloatArray, list[int]]:
    """How much the image differs from both its sides, in what differs by chance; and bands' ends.

    Over a few bands together, since a mirror image is off by much the same tint in all of them
    where the ground's own pattern changes.
    """
    rows = np.flatnonzero(image.any(axis=1))
    if rows.size < _BANDS:
        return np.zeros(0, np.float32), []
    edges = np.linspace(rows[0], rows[-1] + 1, _BANDS + 1).round().astype(int)
    gap, flank = max(1, round(_GAP * width)), max(2, round(_FLANK * width))
    offset = np.zeros((_BANDS, 2 * lab.shape[1], 3))  # from where the image is, to either side
    known = np.zeros(offset.shape[:2], np.bool_)
    for band in range(_BANDS):
        part = slice(edges[band], edges[band + 1])
        columns = np.flatnonzero(image[part].any(axis=0))
        if columns.size < 2:
            continue
        span = int(columns[-1] + 1 - columns[0])
        apart, usable = _apart(lab[part], ~taken[part], span, gap, flank)
        start = lab.shape[1] - columns[0]
        offset[band, start : start + lab.shape[1]] = apart
        known[band, start : start + lab.shape[1]] = usable
    total = correlate1d(offset, np.ones(_TOGETHER), axis=0, mode="constant")
    count = correlate1d(known.astype(np.float64), np.ones(_TOGETHER), axis=0, mode="constant")
    apart = np.sqrt((total**2).sum(axis=2)) / np.maximum(count, 1)
    here = lab.shape[1]
    away = count > _TOGETHER / 2
    away[:, here - width // 2 : here + width // 2] = False
    chance = [float(np.median(row[on])) if on.sum() > width else np.nan
              for row, on in zip(apart, away, strict=True)]  # fmt: skip
    typical = np.nanmedian(chance) if np.isfinite(chance).any() else np.inf
    chance = np.fmax(chance, typical)
    return (apart[:, here] / (_LEAST + chance)).astype(np.float32), [int(end) for end in edges[1:]]


def _apart(
    lab: FloatArray, free: BoolArray, span: int, gap: int, flank: int
) -> tuple[FloatArray, BoolArray]:
    """How the edges of a stretch from each column on differ from what lies beside: the less."""
    width = lab.shape[1]
    sums = np.zeros((width + 1, 4))
    sums[1:, :3] = np.cumsum((lab * free[:, :, None]).sum(axis=0), axis=0)
    sums[1:, 3] = np.cumsum(free.sum(axis=0))
    start = np.arange(width)

    def mean(first: IntArray, length: int) -> tuple[FloatArray, FloatArray]:
        last = np.clip(first + length, 0, width)
        total = sums[last] - sums[np.clip(first, 0, width)]
        share = total[:, 3] / (lab.shape[0] * length)
        return total[:, :3] / np.maximum(total[:, 3:], 1), share

    inner, shift = max(1, round(_INNER * span)), span - max(1, round(_INNER * span))
    sides = ((start, start - gap - flank), (start + shift, start + span + gap))
    best, nearest = np.zeros((width, 3)), np.full(width, np.inf)
    known = np.ones(width, np.bool_)
    for within, beside in sides:
        (ours, our_share), (ground, ground_share) = mean(within, inner), mean(beside, flank)
        known &= (our_share > 0.3) & (ground_share > 0.5)
        away = np.sqrt(((ours - ground) ** 2).sum(axis=1))
        best = np.where((away < nearest)[:, None], ours - ground, best)
        nearest = np.minimum(nearest, away)
    return np.where(known[:, None], best, 0), known
