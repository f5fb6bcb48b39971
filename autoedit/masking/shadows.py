"""The shadow that a thing casts on the ground beside it."""

from __future__ import annotations

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import dijkstra

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.superpixels import Superpixels
from autoedit.masking.ground import Ground, ground_round, illumination, lower_part
from autoedit.masking.view import view_round

_GAMMA = 1.25  # from L + 16, a cube root of light, to the photo's own values, a 2.4th root
# Of 255, that a shadow must take away to be worth taking along; and more by so much of the ground's
# own roughness, which hides a shadow, is easily taken for one, and is not filled without error.
_SEEN, _ROUGH = 8.0, 1.0
_LIT, _DIM, _SHADED = 0.5, 0.08, 0.02  # way through shade costs its length times the first;
_CROSSING = 10.0  # and through light, so much more
_OTHER, _TINTED = 0.4, 8.0  # sizes, that another hue is away; CIELAB units, surely another
_BLOCKED, _FARTHEST = 1000.0, 3.0
# What the clues of `_clues` and `_predicted` say for shadow, by logistic regression on rendered
# scenes with and without the thing. With the constant seven tenths of what is found are right: a
# fill copes with the end of a shadow, but not with a hole that eats other things.
_WEIGHTS, _CONSTANT = (0.24, -0.11, -0.44, 1.1), 1.5
_KNOWN = 0.01  # how far its probabilities stay from 0 and 1
_HEIGHT = 0.3  # sizes above the thing's lowest row: what is higher may be no ground
# Log lightness; areas of the thing that must be so dark, or it is noise.
_DARK, _NEEDED = 0.03, 0.05
_LARGEST = 1.5  # areas of the thing: beyond, the least likely is dark ground
_TOUCHING = 0.08  # sizes from the thing where a shadow must begin
_SMALLEST = 0.004


def shadow_mask(pixels: PixelArray, mask: Mask, others: Mask | None = None) -> Mask:
    """Find the cast and contact shadow of the thing under a mask.

    The light on the ground is told from the ground's own pattern (`illumination`). A piece of
    ground is in the thing's shadow the likelier, the more light is taken from it and the shorter
    the way is to it from where the thing stands, where light is long to cross and shade is short:
    a shadow begins at the foot, and what lies behind a lit gap is another's. What is high above
    the foot in the photo may be no ground. The network has the most to say, which knows how shadows
    and mirror images lie, and tells each pixel from the next.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing, (H, W).
        others: other things in the photo, (H, W), which take no shadow and are no ground.

    Returns:
        float32 (H, W) in [0, 1], 0 on the thing itself; empty when there is no shadow.
    """
    result = np.zeros(mask.shape, np.float32)
    ground = ground_round(pixels, mask, others)
    if ground is None:
        return Mask(result, "shadow")
    darkening = illumination(ground)
    likely = _likely(ground, darkening, _predicted(pixels, mask, ground))
    if likely.any():
        soft = _region(ground, likely)
        x0, y0, x1, y1 = ground.box
        result[y0:y1, x0:x1] = cv2.resize(soft, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
        result[mask.array > 0.5] = 0
        if others is not None:
            result[others.array > 0.5] = 0
    return Mask(np.clip(result, 0, 1), "shadow")


def _predicted(pixels: PixelArray, mask: Mask, ground: Ground) -> FloatArray:
    """The log odds that each pixel of the ground shows an effect of the thing: (h, w).

    As the network has it, which looks at more of the photo than this ground, where other things
    stand.
    """
    view = view_round(pixels, mask)
    if view is None:
        return np.full(ground.inside.shape, np.log(_KNOWN), np.float32)
    (x0, y0, x1, y1), (left, top, right, bottom) = ground.box, view.box
    height, width = view.inside.shape
    across, down = width / (right - left), height / (bottom - top)
    # From the ground's window to the view's: a pixel's middle to where it is seen.
    wide, high = (x1 - x0) / ground.inside.shape[1], (y1 - y0) / ground.inside.shape[0]
    rows, columns = np.indices(ground.inside.shape, np.float32)
    seen_x = ((columns + 0.5) * wide + x0 - left) * across - 0.5
    seen_y = ((rows + 0.5) * high + y0 - top) * down - 0.5
    part = cv2.remap(view.seen.effect, seen_x.astype(np.float32), seen_y.astype(np.float32),
                     cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)  # fmt: skip
    return np.log((part + _KNOWN) / (1 + _KNOWN - part)).astype(np.float32)


def _likely(ground: Ground, darkening: FloatArray, predicted: FloatArray) -> BoolArray:
    """What is in shadow, bool (h, w): nothing when it is not dark enough to be told from noise."""
    *of_clues, of_network = _WEIGHTS
    by_piece = (_clues(ground, darkening) * np.array(of_clues, np.float32)).sum(axis=1)
    likelihood = by_piece[ground.pieces.labels] + np.float32(of_network) * predicted
    free = ~(ground.thing | ground.other)[ground.pieces.labels]
    likely = (likelihood > -_CONSTANT) & free
    unit = ground.size * ground.size
    dark = (darkening < -_DARK)[ground.pieces.labels]
    if np.count_nonzero(likely & dark) < _NEEDED * unit:
        return np.zeros(likely.shape, np.bool_)
    most = round(_LARGEST * unit)
    if np.count_nonzero(likely) > most:
        likely &= likelihood > np.partition(likelihood[likely], -most)[-most]
    return likely


def _clues(ground: Ground, darkening: FloatArray) -> FloatArray:
    """What tells shadow from ground in the photo's light, float32 (N, 3), as in `_WEIGHTS`."""
    brightest = ground.pixels.max(axis=2).astype(np.float32)
    level = ground.pieces.mean(brightest)
    taken = level * (np.exp(-_GAMMA * darkening) - 1)
    least = _SEEN + _ROUGH * _roughness(ground, brightest, level)
    seen = np.clip(np.log(np.maximum(taken, 0.5) / least), -2.5, 2.5)
    way = _way(ground, darkening)
    bottom = np.flatnonzero(ground.inside.any(axis=1))[-1]
    height = np.clip((bottom - ground.pieces.centre[:, 1]) / ground.size - _HEIGHT, 0, 2)
    return np.stack([seen, way, height], axis=1).astype(np.float32)


def _roughness(ground: Ground, brightest: FloatArray, level: FloatArray) -> float:
    """How much the ground round the thing varies within its pieces, of 255."""
    near = ~(ground.thing | ground.other) & (ground.distance(ground.inside) < 1)
    if not near.any():
        return 0.0
    variance = ground.pieces.mean(brightest * brightest) - level * level
    return float(np.median(np.sqrt(np.maximum(variance[near], 0))))


def _way(ground: Ground, darkening: FloatArray) -> FloatArray:
    """The shortest way from the thing's foot over the ground, in sizes, float32 (N,).

    Light is much longer to cross than shade, and to get on to ground of another hue is a way as
    well: a shadow may fall on it, but a dark thing beside begins there.
    """
    pieces, blocked = ground.pieces, ground.thing | ground.other
    lower = lower_part(ground.inside).astype(np.uint8)
    rim = cv2.dilate(lower, np.ones((5, 5), np.uint8)) > 0
    start = np.flatnonzero((pieces.mean(rim) > 0.1) & ~blocked)
    if not start.size:
        return np.full(pieces.count, _FARTHEST, np.float32)
    first, second = pieces.edges[:, 0], pieces.edges[:, 1]
    light = np.clip((darkening + _DIM) / (_DIM - _SHADED), 0, 1)
    length = np.hypot(*(pieces.centre[first] - pieces.centre[second]).T) / ground.size
    cost = length * (_LIT + _CROSSING * 0.5 * (light[first] + light[second]))
    cost += _OTHER * np.clip(_apart(pieces) / _TINTED - 0.4, 0, 1)
    cost = np.where(blocked[first] | blocked[second], _BLOCKED, cost + 1e-6)
    graph = sparse.csr_matrix((cost, (first, second)), shape=(pieces.count, pieces.count))
    way = dijkstra(graph, directed=False, indices=start, min_only=True)
    return np.minimum(way, _FARTHEST).astype(np.float32)


def _apart(pieces: Superpixels) -> FloatArray:
    """How neighbours differ in hue, in CIELAB units of the darker one, float32 (M,)."""
    level = np.maximum(pieces.colour[:, 0], 0) + 16  # light scales this, a and b by one factor
    first, second = pieces.edges[:, 0], pieces.edges[:, 1]
    hue = pieces.colour[:, 1:] / level[:, None]
    step = np.linalg.norm(hue[first] - hue[second], axis=1)
    return step * np.minimum(level[first], level[second])


def _region(ground: Ground, likely: BoolArray) -> FloatArray:
    """What is likely as smooth regions that begin at the thing, without specks and pinholes."""
    size, inside = ground.size, ground.inside
    width = 2 * max(1, round(0.025 * size)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    region = (likely & ~inside).astype(np.uint8)
    both = cv2.morphologyEx(region | inside, cv2.MORPH_CLOSE, kernel)
    region = np.asarray(cv2.morphologyEx(both, cv2.MORPH_OPEN, kernel), np.uint8)
    region[inside | ground.others] = 0
    _, found, stats, _ = cv2.connectedComponentsWithStats(region, connectivity=4)
    labels = np.asarray(found, np.intp)
    away = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    touching = np.unique(labels[(away < _TOUCHING * size) & (region > 0)])
    kept = touching[stats[touching, cv2.CC_STAT_AREA] > _SMALLEST * size * size]
    chosen = np.isin(labels, kept[kept > 0]).astype(np.float32)
    return np.where(inside, 0, cv2.GaussianBlur(chosen, (0, 0), 2)).astype(np.float32)
