"""A thing's flat face, and a picture laid onto it: in its perspective and its light."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.compositing.placing import Piece, resized
from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray

Quad = FloatArray
"""float32 (4, 2), corners (x, y) in pixels: top left, top right, bottom right, bottom left."""

_SIDE = 320  # longer side at which faces are looked for
_GROUPS = 4  # colours that a thing's faces are told apart by
_FITS, _SHARE = 0.88, 0.33  # of a quadrilateral that its face fills; of the thing that it is
_BOX = 0.95  # of a hexagon, that a box fills
_SLANT = 0.35  # of its longer side: a narrower face is turned too far away
_LEAST = 200  # pixels of a thing, or nothing can be told of its faces
_GRID = 48
_FOLDS = 0.03  # of a face's side: finer changes of its light are its print and grain
_DARKEST, _BRIGHTEST = 0.35, 1.6
_OVERSAMPLED = 2


def face_of(pixels: PixelArray, mask: Mask) -> tuple[Quad, bool]:
    """The face of a thing that a flat picture goes onto.

    It is the thing itself where its outline is a quadrilateral (a sign, a screen); else the largest
    of the sides of a box that shows three of them, whose outline is a hexagon, and of the parts of
    one colour that are quadrilaterals; else the largest upright rectangle within the thing.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing.

    Returns:
        The quadrilateral, and whether it is a face's own rather than the rectangle.
    """
    box = mask.box or (0.0, 0.0, float(mask.shape[1]), float(mask.shape[0]))
    x0, y0, x1, y1 = (int(value) for value in box)
    scale = min(1.0, _SIDE / max(x1 - x0, y1 - y0))
    size = max(4, round((x1 - x0) * scale)), max(4, round((y1 - y0) * scale))
    small = cv2.resize(pixels[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA)
    part = cv2.resize(mask.array[y0:y1, x0:x1], size, interpolation=cv2.INTER_AREA)
    inside = np.pad(part > 0.5, 2)
    quad = _fitted(inside)
    if quad is None:
        coloured = np.pad(np.asarray(small), ((2, 2), (2, 2), (0, 0)), mode="edge")
        found = [*_sides(inside), *_parts(coloured, inside)]
        seen = [each for each in found if min(size_of(each)) > _SLANT * max(size_of(each))]
        quad = max(seen, key=_area, default=None)
    own = quad is not None
    if quad is None:
        quad = _rectangle(inside)
    factor = np.array([(x1 - x0) / size[0], (y1 - y0) / size[1]], np.float32)
    return ((quad - 2) * factor + np.array([x0, y0], np.float32)).astype(np.float32), own


def _parts(pixels: PixelArray, inside: BoolArray) -> list[Quad]:
    """The quadrilaterals among the parts of one colour."""
    smooth = cv2.medianBlur(np.asarray(pixels, np.uint8), 7)
    lab = cv2.cvtColor(smooth.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)
    values = lab[inside]
    if len(values) < _LEAST:
        return []
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 0.5)
    quads: list[Quad] = []
    for groups in range(2, _GROUPS + 1):
        cv2.setRNGSeed(0)
        _, found, _ = cv2.kmeans(values, groups, np.empty(0), stop, 2, cv2.KMEANS_PP_CENTERS)
        for group in range(groups):
            part = np.zeros(inside.shape, np.uint8)
            part[inside] = found.ravel() == group
            for way in (cv2.MORPH_CLOSE, cv2.MORPH_OPEN):  # print on it; spurs along its edges
                part = cv2.morphologyEx(part, way, np.ones((9, 9), np.uint8))
            _, labels, stats, _ = cv2.connectedComponentsWithStats(part)
            number = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])) if len(stats) > 1 else 0
            face = labels == number
            if number and face.sum() > _SHARE * inside.sum():
                quad = _fitted(face)
                quads += [] if quad is None else [quad]
    return quads


def _sides(inside: BoolArray) -> list[Quad]:
    """The two upright sides of a box that is seen at a corner from above; else none.

    Its outline is a hexagon, whose lowest corner is the foot of the nearest edge; where that edge
    ends, each side's fourth corner, follows from the sides being parallelograms, nearly.
    """
    corners = _polygon(inside, 6, _BOX)
    if corners is None:
        return []
    corners = np.roll(corners, -int(np.argmax(corners[:, 1])), axis=0)
    foot, one, beside, _, opposite, other = corners
    top = (foot + beside - one + foot + opposite - other) / 2
    if not top[1] < foot[1]:
        return []
    return [_ordered(np.stack([foot, one, beside, top])),
            _ordered(np.stack([foot, other, opposite, top]))]  # fmt: skip


def _fitted(inside: BoolArray) -> Quad | None:
    """The quadrilateral that an outline is; None when it is none."""
    corners = _polygon(inside, 4)
    return None if corners is None else _ordered(corners)


def _polygon(inside: BoolArray, count: int, fits: float = _FITS) -> FloatArray | None:
    """The corners of an outline that is a convex polygon of so many, float32 (N, 2); else None."""
    outlines, _ = cv2.findContours(
        inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    if not outlines:
        return None
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    length = cv2.arcLength(hull, True)
    for share in np.arange(0.008, 0.12, 0.004):
        corners = cv2.approxPolyDP(hull, share * length, True)[:, 0].astype(np.float32)
        if len(corners) <= count:
            break
    else:
        return None
    if len(corners) != count:
        return None
    drawn = np.zeros(inside.shape, np.uint8)
    cv2.fillConvexPoly(drawn, np.rint(corners).astype(np.int32), (1,))
    shared = (inside & (drawn > 0)).sum() / max((inside | (drawn > 0)).sum(), 1)
    return corners + np.float32(0.5) if shared > fits else None


def _area(quad: Quad) -> float:
    return float(cv2.contourArea(quad))


def _ordered(corners: FloatArray) -> Quad:
    """Clockwise from the corner at the top left, for a quadrilateral that stands more or less."""
    around = corners - corners.mean(axis=0)
    turn = np.argsort(np.arctan2(around[:, 1], around[:, 0]))
    corners = corners[turn]
    return np.roll(corners, -int(np.argmin(corners.sum(axis=1))), axis=0).astype(np.float32)


def _rectangle(inside: BoolArray) -> Quad:
    """The largest upright rectangle in a shape, on a coarse grid."""
    height, width = inside.shape
    grid = cv2.resize(inside.astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    free = grid > 0.9
    best, found = 0, (0, 0, _GRID, _GRID)
    above = np.zeros(_GRID, np.int64)
    for row in range(_GRID):
        above = np.where(free[row], above + 1, 0)
        for left in range(_GRID):
            tall = np.minimum.accumulate(above[left:])
            areas = tall * np.arange(1, len(tall) + 1)
            at = int(areas.argmax())
            if areas[at] > best:
                best = int(areas[at])
                found = left, row + 1 - int(tall[at]), left + at + 1, row + 1
    x0, y0, x1, y1 = found
    corners = np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float32)
    return corners * np.array([width / _GRID, height / _GRID], np.float32)


def size_of(quad: Quad) -> tuple[float, float]:
    """(width, height) of a face as it is seen, in pixels."""
    across = np.linalg.norm(quad[1] - quad[0]) + np.linalg.norm(quad[2] - quad[3])
    down = np.linalg.norm(quad[3] - quad[0]) + np.linalg.norm(quad[2] - quad[1])
    return float(across / 2), float(down / 2)


def laid(
    piece: Piece, quad: Quad, shape: tuple[int, int], *, share: float, covers: bool = False
) -> tuple[PixelArray, Mask]:
    """A flat picture on a face, in the middle, its aspect kept.

    Args:
        piece: the picture.
        quad: the face.
        shape: (height, width) of the photo in pixels.
        share: of the face's width or height, whichever it fills first.
        covers: it fills the face instead, and what is too much is cut off evenly.

    Returns:
        Its colours RGB uint8 (H, W, 3) and its alpha.
    """
    width, height = size_of(quad)
    rows, columns = piece.alpha.shape
    if covers:
        factor = max(width / columns, height / rows)
    else:
        factor = share * min(width / columns, height / rows)
    # The picture is reduced to twice its size there, so that the warp has no more to leave out.
    reduced = resized(piece, min(1.0, _OVERSAMPLED * factor))
    weighted = np.dstack([reduced.colours * reduced.alpha[:, :, None], reduced.alpha])
    size = columns * factor, rows * factor
    onto = _onto(quad, size, (reduced.alpha.shape[1], reduced.alpha.shape[0]))
    x0, y0 = np.floor(np.maximum(quad.min(axis=0) - 2, 0)).astype(int)
    x1, y1 = np.ceil(np.minimum(quad.max(axis=0) + 2, np.array(shape[::-1]))).astype(int)
    # With a rim of nothing, so that its edges are smooth.
    rimmed = cv2.copyMakeBorder(weighted.astype(np.float32), 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    onto = _moved(-x0, -y0) @ onto @ _moved(-1, -1)
    warped = cv2.warpPerspective(rimmed, onto, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    opacity = warped[:, :, 3]
    if covers:
        kept = np.zeros(opacity.shape, np.uint8)
        corners = np.rint((quad - np.array([x0, y0])) * 16).astype(np.int32)
        cv2.fillConvexPoly(kept, corners, (255,), cv2.LINE_AA, 4)
        opacity = opacity * (kept.astype(np.float32) / np.float32(255))
    colours, alpha = np.zeros((*shape, 3), np.uint8), np.zeros(shape, np.float32)
    shown = warped[:, :, :3] / np.maximum(warped[:, :, 3:], 1e-3)
    colours[y0:y1, x0:x1] = np.rint(np.clip(shown, 0, 255))
    alpha[y0:y1, x0:x1] = np.clip(opacity, 0, 1)
    return colours, Mask(alpha, "picture")


def _onto(quad: Quad, size: tuple[float, float], pixels: tuple[int, int]) -> FloatArray:
    """From a picture of (columns, rows) pixels to a photo: it has a size in the face's middle."""
    width, height = size_of(quad)
    face = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    onto = cv2.getPerspectiveTransform(face, quad)
    place = _moved((width - size[0]) / 2, (height - size[1]) / 2)
    place = place @ np.diag([size[0] / pixels[0], size[1] / pixels[1], 1])
    return _moved(-0.5, -0.5) @ onto @ place @ _moved(0.5, 0.5)  # pixels have their middles at .5


def _moved(x: float, y: float) -> FloatArray:
    return np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)


def in_light_of(pixels: PixelArray, colours: PixelArray, alpha: Mask, quad: Quad) -> PixelArray:
    """A picture on a face with the face's shading: the light there over the usual light there.

    Args:
        pixels: RGB uint8 (H, W, 3), the photo.
        colours: RGB uint8 (H, W, 3), of the picture.
        alpha: where it lies.
        quad: the face.
    """
    if alpha.box is None:
        return colours
    side = min(size_of(quad))
    margin = int(4 * _FOLDS * side) + 2
    x0, y0, x1, y1 = (int(value) for value in alpha.box)
    y0, x0 = max(0, y0 - margin), max(0, x0 - margin)
    place = slice(y0, y1 + margin), slice(x0, x1 + margin)
    light = cv2.cvtColor(pixels[place], cv2.COLOR_RGB2GRAY).astype(np.float32) + 4
    face = np.zeros(light.shape, np.uint8)
    cv2.fillConvexPoly(face, np.rint(quad - np.array([x0, y0])).astype(np.int32), (1,))
    weight = face.astype(np.float32)
    sigma = max(_FOLDS * side, 1.0)
    total = cv2.GaussianBlur(np.log(light) * weight, (0, 0), sigma)
    smooth = total / np.maximum(cv2.GaussianBlur(weight, (0, 0), sigma), 1e-3)
    covered = face.astype(bool)
    if not covered.any():
        return colours
    ratio = np.exp(smooth - np.median(smooth[covered]))
    ratio = np.where(covered, np.clip(ratio, _DARKEST, _BRIGHTEST), 1)[:, :, None]
    result = colours.copy()
    result[place] = np.rint(np.clip(colours[place] * ratio, 0, 255))
    return result
