"""An outline of a thing without the shadow that was taken for a part of it."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.distance import distance
from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.masking.light import logs, reduced
from autoedit.masking.view import view_round

_SIDE = 320  # pixels of the longer side
_ROUND, _BESIDE = 0.5, 4  # sizes of the thing, in which the ground tells; pixels too near for that
_FEWEST = 200  # pixels of ground
_BIN = 0.08  # of a histogram of hues: logs of red and blue over green
_FAR, _OWN = 0.3, 0.4  # how far its own hue is from the ground's, and how much of it has that one
_DARKER = 0.2  # log of the light
_ALIKE, _AT_MOST = 0.6, 0.3  # of how far its own hue is, the ground's is from that of a shadow
_SMOOTH, _LEAST = 0.03, 0.02  # sizes of the thing; of its area
_MOSTLY, _OPEN = 0.3, 0.2  # of a part: what is like the ground; of its size: its outline's share
_EFFECT, _THING = 0.8, 0.25  # how likely, on average, the network takes it for each
_SQUARE = np.ones((3, 3), np.uint8)


def without_shadow(pixels: PixelArray, thing: Mask, beside: Mask | None = None) -> Mask:
    """The outline without a shadow that lies on the ground beside the thing.

    A hard shadow has a clear edge, and an outline may follow it. It has the ground's hue in less
    light (as in Finlayson, Hordley, Lu and Drew 2006, "On the removal of shadows from images"),
    where the thing itself has another; but so may a dark side of the thing. So the network is asked
    what it takes that part for, beside the rest of the thing.

    Args:
        pixels: RGB uint8 (H, W, 3).
        thing: its outline, (H, W).
        beside: what is no ground, (H, W).

    Returns:
        The outline as it is where no part of it is surely a shadow.
    """
    if thing.box is None:
        return thing
    size = float(np.sqrt(thing.binary.sum()))
    height, width = thing.shape
    left, top, right, bottom = (int(edge) for edge in thing.box)
    reach = round(_ROUND * size) + _BESIDE
    x0, y0, x1, y1 = (
        max(0, left - reach), max(0, top - reach),
        min(width, right + reach), min(height, bottom + reach),
    )  # fmt: skip
    place = slice(y0, y1), slice(x0, x1)
    scale = min(1.0, _SIDE / max(x1 - x0, y1 - y0))
    rows, columns = (max(1, round(side * scale)) for side in (y1 - y0, x1 - x0))
    taken = (thing if beside is None else thing | beside).array[place]
    inside, solid = (reduced(each, rows, columns) > 0.5 for each in (thing.array[place], taken))
    values = logs(cv2.GaussianBlur(reduced(pixels[place], rows, columns), (0, 0), 1.5))
    part = _like_the_ground(values, inside, solid, size * scale)
    if part is None:
        return thing
    large = cv2.resize(part.astype(np.float32), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    left_over = thing.array.copy()
    left_over[place][large > 0.5] = 0
    rest = Mask(left_over, thing.origin)
    return rest if _is_shadow(pixels, thing, rest) else thing


def _like_the_ground(
    values: FloatArray, inside: BoolArray, solid: BoolArray, size: float
) -> BoolArray | None:
    """Parts at a thing's edge that look as the ground does, but darker: bool (h, w), if any.

    Args:
        values: logs of light, (h, w, 3).
        inside: the thing.
        solid: what is no ground.
        size: of the thing, in pixels.
    """
    edge = 2 * _BESIDE + 1
    free = cv2.dilate(solid.astype(np.uint8), np.ones((edge, edge), np.uint8)) == 0
    free &= distance(~inside) < _ROUND * size
    core = cv2.erode(inside.astype(np.uint8), _SQUARE) > 0
    if np.count_nonzero(free) < _FEWEST or not core.any():
        return None
    hue = np.stack([values[..., 0] - values[..., 1], values[..., 2] - values[..., 1]], axis=2)
    light = values.max(axis=2)
    ground = np.median(hue[free], axis=0)
    own = _own_hue(hue[core], ground)
    if np.hypot(*(own - ground)) < _FAR:
        return None
    to_ground, to_own = (np.hypot(*cv2.split(hue - each)) for each in (ground, own))
    if np.count_nonzero(inside & (to_own < to_ground)) < _OWN * np.count_nonzero(inside):
        return None
    dark = inside & (light < np.median(light[free]) - _DARKER)
    width = max(3, int(_SMOOTH * size)) | 1
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))

    def opened(region: BoolArray) -> BoolArray:
        return cv2.morphologyEx(region.astype(np.uint8), cv2.MORPH_OPEN, disc) > 0

    alike = opened(dark & (to_ground < _ALIKE * to_own) & (to_ground < _AT_MOST))
    # In the shadow of a thing its own colour shines.
    parts = opened(dark & (to_ground < to_own)) | alike
    count, found = cv2.connectedComponents(parts.astype(np.uint8), connectivity=4)
    labels = np.asarray(found, np.intp)
    rim = cv2.dilate((~inside).astype(np.uint8), _SQUARE) > 0
    area, sure, open_to = (
        np.bincount(labels[parts & each], minlength=count) for each in (parts, alike, rim)
    )
    chosen = (sure >= _LEAST * np.count_nonzero(inside)) & (sure > _MOSTLY * area)
    chosen &= open_to > _OPEN * np.sqrt(area)
    chosen[0] = False
    return cv2.dilate(chosen[labels].astype(np.uint8), _SQUARE) > 0 if chosen.any() else None


def _own_hue(hues: FloatArray, ground: FloatArray) -> FloatArray:
    """The most common of hues, (N, 2), that is not the ground's, (2,)."""
    edges = np.arange(-2, 2 + _BIN, _BIN)
    count, _, _ = np.histogram2d(hues[:, 0], hues[:, 1], bins=[edges, edges])
    middle = (edges[:-1] + edges[1:]) / 2
    apart = np.hypot(middle[:, None] - ground[0], middle[None] - ground[1])
    smooth = cv2.GaussianBlur(count.astype(np.float32), (0, 0), 1) * (apart > _FAR)
    first, second = np.unravel_index(int(smooth.argmax()), smooth.shape)
    return np.array([middle[first], middle[second]], np.float32)


def _is_shadow(pixels: PixelArray, thing: Mask, rest: Mask) -> bool:
    """Whether the network takes for a shadow of the rest what the rest lacks of a thing."""
    view = view_round(pixels, rest, twice=False)  # one set is surer of itself than the mean of two
    if view is None:
        return False
    x0, y0, x1, y1 = view.box
    gone = (thing.array > 0.5) & (rest.array == 0)
    part = reduced(gone[y0:y1, x0:x1], *view.inside.shape) > 0.5
    if not part.any():
        return False
    effect, solid = view.seen.effect[part].mean(), view.seen.thing[part].mean()
    return bool(effect > _EFFECT and solid < _THING)
