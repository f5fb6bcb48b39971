"""The shadow that a thing casts on the ground beside it."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import spsolve

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.superpixels import IntArray, Superpixels, cut_superpixels, to_lab

_SIDE = 400  # longer side of the window that is worked on
_STEP = 7
_CLEAR = 0.25  # ground nearer than this, in sizes of the thing, may be in shadow
_REACH = 1.2  # how far a shadow is looked for, in sizes of the thing
_PAIRED = 220  # of these, for how the light falls off
_LOCAL = 1.4  # width of what counts as the ground nearby, in sizes of the thing
_REFERENCES = 700  # pieces of ground at most that each piece is compared with
_DARKEST, _FAINTEST = 0.35, 0.973  # of the ground's own L + 16
_SURE = 0.93
_LOWER = 0.4  # a shadow starts where a thing stands: below this share of its height
_RANK = 0.4  # where in the ground's range of lightness, from the dark end, a piece is held against
_NOISE = 0.015  # of the factor, from texture
_NEARNESS = 2.0  # how much a size of distance counts against a piece
_USUAL = (0.5, 0.25, 0.0)  # the distance where it counts nothing, tried in turn
_LARGEST = 1.2  # area of a shadow, in areas of the thing, above which the next is tried
_RIVAL, _THING = 5.0, 0.01  # against what lies nearer to another thing, of this area at least
# A wrong shadow takes more away than a missed one leaves. A deep shadow is sure of itself, a faint
# one that is large is texture or the light's own fall-off: above these areas, in areas of the
# thing, only the contact shadow is believed, which reaches so far, in sizes of the thing.
_DEEP, _DEEP_AREA, _FAINT_AREA, _CONTACT = 0.82, 1.6, 0.8, 0.12
_BRIGHTER = 1.15
_AGREE = 0.5  # of neighbours, against a piece's own evidence
_THIN, _GAP = 0.025, 0.06  # sizes: narrower is no shadow; it may start this far off the outline
_BLEED = 1.0
_TINT = 5.0  # CIELAB units that a shadow may differ from the ground's own hue


def shadow_mask(pixels: PixelArray, mask: Mask) -> Mask:
    """Find the cast and contact shadow of the thing under a mask.

    A shadow scales the light that the ground sends back and leaves its colour (the ratio image of
    Finlayson et al. 2006); in CIELAB it scales (L + 16, a, b) by one factor. Each piece near the
    thing is compared with pieces of ground of its colour farther out: it is in shadow when it is
    darker than nearly all of them, and belongs to the thing when a chain of such pieces leads to
    its outline. Texture raises the bar by itself: where the ground has dark streaks of its own,
    nothing is darker than nearly all.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing, (H, W).

    Returns:
        float32 (H, W) in [0, 1], 0 on the thing itself; empty when there is no shadow.
    """
    empty = Mask(np.zeros(mask.shape, np.float32), "shadow")
    box = mask.box
    if box is None:
        return empty
    size = float(np.sqrt(mask.binary.sum()))
    x0, y0, x1, y1 = _window(box, _REACH * size + 8, mask.shape)
    scale = min(1.0, _SIDE / max(x1 - x0, y1 - y0))
    shape = max(1, round((y1 - y0) * scale)), max(1, round((x1 - x0) * scale))
    crop = cv2.resize(pixels[y0:y1, x0:x1], shape[::-1], interpolation=cv2.INTER_AREA)
    inside = cv2.resize(mask.array[y0:y1, x0:x1], shape[::-1], interpolation=cv2.INTER_AREA)
    soft = _in_window(crop, inside > 0.5, size * scale)
    if not soft.any():
        return empty
    result = np.zeros(mask.shape, np.float32)
    result[y0:y1, x0:x1] = cv2.resize(soft, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    result[mask.array > 0.5] = 0
    return Mask(np.clip(result, 0, 1), "shadow")


def _window(
    box: tuple[float, float, float, float], margin: float, shape: tuple[int, int]
) -> tuple[int, int, int, int]:
    return (
        max(0, int(box[0] - margin)), max(0, int(box[1] - margin)),
        min(shape[1], int(np.ceil(box[2] + margin))), min(shape[0], int(np.ceil(box[3] + margin))),
    )  # fmt: skip


def _in_window(pixels: PixelArray, inside: BoolArray, size: float) -> FloatArray:
    lab = to_lab(pixels)
    lab[inside] = (0, 100, -100)  # no piece shall straddle the outline
    pieces = cut_superpixels(lab, _STEP)
    thing = pieces.mean(inside) > 0.5
    distance = pieces.mean(cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5))
    ground = ~thing & (distance > _CLEAR * size)
    factor = np.ones(pieces.count, np.float32)
    shadow = np.zeros(pieces.count, bool)
    for _ in range(2):
        factor = _darkening(pieces, ~thing, ground & ~shadow, distance, size)
        nearer = distance - _distance_to_others(pieces, factor, thing, distance, size)
        for usual in _USUAL:  # what reaches too far is dark ground, not the shadow
            belief = _belief(pieces, factor, thing, distance / size - usual, nearer / size)
            shadow = _chained(pieces, belief, factor, inside, size)
            if pieces.area[shadow].sum() <= _LARGEST * size * size:
                break
    soft = _softened(pieces, shadow, inside)
    deep = shadow.any() and float(np.median(factor[shadow])) < _DEEP
    if (soft > 0.5).sum() > (_DEEP_AREA if deep else _FAINT_AREA) * size * size:
        soft *= _contact(inside, size)
    return soft


def _contact(inside: BoolArray, size: float) -> BoolArray:
    """Close by the thing's lower half: all that is taken of a shadow too large to be believed."""
    distance = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    rows = np.flatnonzero(inside.any(axis=1))
    near = distance < _CONTACT * size
    near[: int(rows[0] + 0.5 * (rows[-1] - rows[0]))] = False
    return near


def _darkening(
    pieces: Superpixels, asked: BoolArray, ground: BoolArray, distance: FloatArray, size: float
) -> FloatArray:
    """How dark each asked piece is beside the darker ones of its own ground: float32 (N,).

    1 is as light, more is lighter; 0 is not of this ground at all.
    """
    factor = np.ones(pieces.count, np.float32)
    reference = np.flatnonzero(ground).astype(np.int32)
    if reference.size < 12:
        return factor
    reference = reference[:: max(1, reference.size // _REFERENCES)]
    index = np.flatnonzero(asked).astype(np.int32)
    ratio, tint, away = _compared(pieces, index, reference)
    light = _light(pieces, reference, size)
    ratio = ratio * np.exp(light[reference][None] - light[index][:, None])
    bleed = np.exp(-distance[index] / (0.2 * size))  # a thing tints the shadow at its foot
    allowed = (_TINT * (1 + _BLEED * bleed))[:, None]
    weight = np.exp(-away / (2 * (_LOCAL * size) ** 2)) * (tint < allowed**2) * (ratio > _DARKEST)
    order = np.argsort(ratio, axis=1)[:, ::-1]
    sorted_weight = np.take_along_axis(weight, order, axis=1)
    running = np.cumsum(sorted_weight, axis=1)
    total = running[:, -1:]
    quantile = (running < _RANK * total).sum(axis=1)
    rows = np.arange(index.size)
    chosen = order[rows, np.minimum(quantile, reference.size - 1)]
    values = ratio[rows, chosen]
    factor[index] = np.where(total[:, 0] > 0.02 * weight.shape[1] * weight.mean(), values, 0)
    return factor


def _compared(
    pieces: Superpixels, index: IntArray, reference: IntArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Ratio of L + 16, squared difference in tint, and squared distance, of each to each."""
    colour, centre = pieces.colour, pieces.centre
    level = colour[:, 0] + 16
    ratio = level[index][:, None] / level[reference][None]
    tint, away = np.zeros(ratio.shape, np.float32), np.zeros(ratio.shape, np.float32)
    for channel in (1, 2):
        tint += (colour[index, channel][:, None] - ratio * colour[reference, channel][None]) ** 2
    for axis in (0, 1):
        away += (centre[index, axis][:, None] - centre[reference, axis][None]) ** 2
    return ratio, tint, away


def _light(pieces: Superpixels, reference: IntArray, size: float) -> FloatArray:
    """How the light falls off over the ground, log(L + 16) up to a constant: float32 (N,).

    A quadratic in x and y, from pairs of pieces of the same ground by least squares in which pairs
    that fit badly are let go: a lamp's pool of light or a window's slope, not the shadow.
    """
    x, y = ((pieces.centre - pieces.centre[reference].mean(axis=0)) / size).T
    terms = np.stack([x, y, x * x, x * y, y * y], axis=1)
    some = reference[:: max(1, reference.size // _PAIRED)]
    ratio, tint, away = _compared(pieces, some, some)
    first, second = np.nonzero((tint < _TINT**2) & (np.abs(np.log(ratio)) < 0.3) & (away > 9))
    if first.size < 200:
        return np.zeros(pieces.count, np.float32)
    offsets = terms[some[first]] - terms[some[second]]
    change = np.log(ratio[first, second])
    weight = np.ones(change.size, np.float32)
    slope = np.zeros(terms.shape[1])
    for _ in range(4):
        weighted = offsets * weight[:, None]
        normal = weighted.T @ offsets + 0.002 * change.size * np.eye(terms.shape[1])
        slope = np.linalg.solve(normal, weighted.T @ change)
        weight = 1 / (1 + ((change - offsets @ slope) / 0.04) ** 2)
    return np.asarray(terms @ slope, np.float32)


def _distance_to_others(
    pieces: Superpixels, factor: FloatArray, thing: BoolArray, distance: FloatArray, size: float
) -> FloatArray:
    """Distance in pixels to the nearest other thing, which casts a shadow of its own; (N,)."""
    strange = ((factor == 0) | (factor > _BRIGHTER)) & ~thing
    region = cv2.erode(strange[pieces.labels].astype(np.uint8), np.ones((3, 3), np.uint8))
    _, found, stats, _ = cv2.connectedComponentsWithStats(region)
    labels = np.asarray(found, np.intp)
    areas = stats[:, cv2.CC_STAT_AREA]
    near_thing = (distance < 0.12 * size)[pieces.labels]
    touching = np.bincount(labels.ravel(), near_thing.ravel(), areas.size) > 0.3 * areas
    other = (areas > _THING * size * size) & ~touching
    other[0] = False
    mask = other[labels]
    if not mask.any():
        return np.full(pieces.count, 10 * size, np.float32)
    return pieces.mean(cv2.distanceTransform((~mask).astype(np.uint8), cv2.DIST_L2, 5))


def _belief(
    pieces: Superpixels, factor: FloatArray, thing: BoolArray, away: FloatArray, nearer: FloatArray
) -> FloatArray:
    """How likely each piece is in the thing's shadow, in [0, 1], float32 (N,).

    The darkening and the distance (`away`, and `nearer` by how much another thing is nearer; in
    sizes of the thing) speak for a piece alone; neighbours across faint edges then
    agree by least squares (Grady 2005 with priors), since a shadow is smooth and texture is not.
    """
    evidence = (_FAINTEST - factor) / _NOISE
    evidence = np.where(factor > _DARKEST, np.clip(evidence, -3, 3), -4)
    evidence = evidence - _NEARNESS * away
    evidence = evidence - _RIVAL * np.clip(nearer / 0.2, 0, 1)
    alone = 1 / (1 + np.exp(-evidence))
    alone[thing] = 0
    first, second = pieces.edges[:, 0], pieces.edges[:, 1]
    bond = _AGREE * pieces.length / _STEP * np.exp(-pieces.contrast / 6)
    bond = np.where(thing[first] | thing[second], 0, bond)
    graph = sparse.csr_matrix((bond, (first, second)), shape=(pieces.count, pieces.count))
    system = csgraph.laplacian(graph + graph.T) + sparse.eye(pieces.count)
    return np.asarray(spsolve(sparse.csc_matrix(system), alone), np.float32)


def _chained(
    pieces: Superpixels, belief: FloatArray, factor: FloatArray, inside: BoolArray, size: float
) -> BoolArray:
    """Likely pieces in groups that reach the thing's lower part and are surely dark somewhere."""
    likely = (belief > 0.5)[pieces.labels] & ~inside
    width = 2 * max(1, round(_THIN * size)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    wide = cv2.morphologyEx((likely | inside).astype(np.uint8), cv2.MORPH_OPEN, kernel)
    region = ((wide > 0) & ~inside & likely).astype(np.uint8)
    rows = np.flatnonzero(inside.any(axis=1))
    lower = inside.astype(np.uint8)
    lower[: int(rows[0] + _LOWER * (rows[-1] - rows[0]))] = 0
    gap = 2 * max(3, round(_GAP * size)) + 1
    near = cv2.dilate(lower, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (gap, gap)))
    _, labels = cv2.connectedComponents(region, connectivity=4)
    sure = (factor < _SURE)[pieces.labels] & (region > 0)
    groups = np.intersect1d(labels[(near > 0) & (region > 0)], labels[sure])
    chosen = np.isin(labels, groups[groups > 0])
    if chosen.sum() < 0.004 * size * size:
        return np.zeros(pieces.count, bool)
    return (pieces.mean(chosen) > 0.3) & (belief > 0.5)


def _softened(pieces: Superpixels, shadow: BoolArray, inside: BoolArray) -> FloatArray:
    """The pieces as a smooth region, without specks and pinholes, up to the thing's outline."""
    region = shadow[pieces.labels].astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _STEP + 1, 2 * _STEP + 1))
    closed = cv2.morphologyEx(region | inside, cv2.MORPH_CLOSE, kernel) & ~inside
    region = np.where(cv2.dilate(region, kernel) > 0, closed, region).astype(np.float32)
    return np.where(inside, 0, cv2.GaussianBlur(region, (0, 0), 2)).astype(np.float32)
