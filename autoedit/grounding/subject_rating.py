"""How much a shape is like the subject of a photo, and whether the photo has one at all.

Shapes are rated by what can be measured of each as a whole, by weights that are learnt (as in
Carreira & Sminchisescu 2012): regressions over the shapes that were proposed for photos with true
masks, and for photos of nothing in particular, which are landscapes, streets and rooms.
"""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray
from autoedit.core.superpixels import Superpixels, to_lab
from autoedit.grounding.ground import ground_likeness, shade_free
from autoedit.grounding.scene import Scene

FOOT = 0.9
"""Of the height: below it a subject is often cut off."""
_COLOUR, _LIGHTNESS = 6.0, 0.8  # CIELAB: width of a colour; lightness changes with shading
_REACH = 0.25  # in diagonals: how far a colour seen in one place counts in another
_FLOOR, _CLIP = 2e-3, 3.0
_STRONG = 35.0  # CIELAB: beyond it an edge is no surer
_CENTRAL = (0.25, 0.3)
# Weights that make the expected overlap with the truth greatest.
_OUTLINE, _MATERIAL, _SALIENT, _DETAIL = 8.77, 2.4, 4.67, 3.19
_GROUND, _BACKGROUND, _SIDE = 9.39, 9.7, -2.48
_WIDE, _LOW, _SIZE = -59.5, 5.38, -0.238
# Logistic regression: is the best shape the subject, or is there none?
_ODDS, _RATED, _TEXTURED, _OWN, _EVIDENT, _SPREAD = -2.66, 0.106, -2.04, 1.12, 1.2, -10.3


def rate(scene: Scene, shapes: BoolArray) -> FloatArray:
    """How much each shape (K, N) is like a subject: float32 (K,), a logarithm of odds.

    It has a strong outline that is no shadow's, holds what stands out and the photo's detail, ends
    where ground and background begin, is not cut off at the sides, is no wide strip, and lies
    rather low.
    """
    pieces = scene.pieces
    inside = shapes.astype(np.float32)
    area = pieces.area / pieces.area.sum()
    share = inside @ area
    first, second = pieces.edges.T
    colour = shaded(pieces)
    edge = np.linalg.norm(colour[first] - colour[second], axis=1)
    material = shade_free(pieces.colour[first], pieces.colour[second])
    side = pieces.border * (pieces.centre[:, 1] < FOOT * pieces.labels.shape[0])
    detail = fine_detail(scene)[0] * area
    around = (detail.sum() - inside @ detail) / (1 - share)
    low = inside @ (area * pieces.centre[:, 1]) / share / pieces.labels.shape[0]
    value = _OUTLINE * np.log(along_outline(pieces, shapes, np.minimum(edge, _STRONG)) + 1)
    value += _MATERIAL * np.log(along_outline(pieces, shapes, np.minimum(material, _STRONG)) + 1)
    value += _SALIENT * salient(scene, shapes)
    value += _DETAIL * (np.log(inside @ detail / share + 0.1) - np.log(around + 0.1))
    value += _GROUND * _beside(pieces, shapes, ground_likeness(pieces))
    value += _BACKGROUND * _beside(pieces, shapes, scene.background)
    value += _SIDE * (inside @ side) / np.sqrt(inside @ pieces.area)
    value += _WIDE * _width(pieces, shapes) + _LOW * low + _SIZE * np.log(share) ** 2
    return value.astype(np.float32)


def sureness(scene: Scene, shape: BoolArray, value: float) -> float:
    """How surely a shape (N,) of a rating is the subject, in [0, 1].

    A thing has colours of its own and ends in a line; of a landscape or a room, parts end in
    texture.
    """
    pieces = scene.pieces
    shapes = shape[None]
    sharp, soft = fine_detail(scene)[1:]
    first, second = pieces.edges.T
    texture = sharp / (soft + 0.5)
    texture = (texture[first] + texture[second]) / 2
    textured = along_outline(pieces, shapes, texture)[0]
    textured -= float(np.average(texture, weights=pieces.length))
    near, alike = closeness(pieces)
    np.fill_diagonal(alike, 0)
    own = np.average(colour_ratio(pieces, shapes, near, alike)[0], weights=pieces.area * shape)
    odds = _ODDS + _RATED * value + _TEXTURED * textured + _OWN * own
    odds += _EVIDENT * salient(scene, shapes)[0] + _SPREAD * _width(pieces, shapes)[0]
    return float(1 / (1 + np.exp(-odds)))


def closeness(pieces: Superpixels) -> tuple[FloatArray, FloatArray]:
    """How near pieces lie, and how near and alike they are: float32 (N, N) each."""
    height, width = pieces.labels.shape
    reach = _REACH * np.hypot(height, width)
    near = np.exp(-0.5 * _squared(pieces.centre) / reach**2).astype(np.float32)
    alike = np.exp(-0.5 * _squared(shaded(pieces)) / _COLOUR**2).astype(np.float32)
    return near, alike * near


def colour_ratio(
    pieces: Superpixels, shapes: BoolArray, near: FloatArray, alike: FloatArray
) -> FloatArray:
    """Log of how much likelier a piece's colour is inside a shape than outside: (K, N)."""
    amount = pieces.area / pieces.area.mean()
    ours = shapes * amount
    theirs = amount - ours
    ratio = np.log((ours @ alike + 1e-6) / (ours @ near + 1e-6) + _FLOOR)
    ratio -= np.log((theirs @ alike + 1e-6) / (theirs @ near + 1e-6) + _FLOOR)
    return np.clip(ratio, -_CLIP, _CLIP)


def shaded(pieces: Superpixels) -> FloatArray:
    """CIELAB in which lightness counts less, since shading changes it: float32 (N, 3)."""
    return pieces.colour * np.array([_LIGHTNESS, 1, 1], np.float32)


def _squared(points: FloatArray) -> FloatArray:
    norm = (points * points).sum(axis=1)
    return np.maximum(norm[:, None] + norm[None] - 2 * points @ points.T, 0)


def along_outline(pieces: Superpixels, shapes: BoolArray, values: FloatArray) -> FloatArray:
    """Mean of values (M,) of the edges that each outline takes within the photo: (K,)."""
    first, second = pieces.edges.T
    rim = (shapes[:, first] != shapes[:, second]) * pieces.length
    return rim @ values / (rim.sum(axis=1) + 1e-6)


def salient(scene: Scene, shapes: BoolArray) -> FloatArray:
    """Logarithm of how well each shape agrees with what stands out in the middle: (K,)."""
    pieces = scene.pieces
    height, width = pieces.labels.shape
    x, y = pieces.centre[:, 0] / width, pieces.centre[:, 1] / height
    off = ((x - 0.5) / _CENTRAL[0]) ** 2 + ((y - 0.5) / _CENTRAL[1]) ** 2
    weight = scene.salience * np.exp(-0.25 * off) * pieces.area
    shared = shapes @ weight
    either = shapes @ pieces.area + float(weight.sum()) - shared
    return np.log(shared / (either + 1e-6) + 0.02)


def fine_detail(scene: Scene) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Of each piece: fine contrast in L, squared gradient, and that of the blurred photo; (N,)."""
    light = to_lab(scene.pixels)[:, :, 0]
    blurred = np.asarray(cv2.GaussianBlur(light, (0, 0), 1.0), np.float32)
    mean = scene.pieces.mean
    return mean(np.abs(light - blurred)), mean(_slope(light)), mean(_slope(blurred))


def _slope(light: FloatArray) -> FloatArray:
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0, scale=1 / 8)
    down = cv2.Sobel(light, cv2.CV_32F, 0, 1, scale=1 / 8)
    return np.asarray(across * across + down * down, np.float32)


def _width(pieces: Superpixels, shapes: BoolArray) -> FloatArray:
    """Standard deviation across, in widths of the photo: (K,)."""
    x = pieces.centre[:, 0] / pieces.labels.shape[1]
    area = shapes @ pieces.area
    mean = shapes @ (pieces.area * x) / area
    return np.sqrt(np.maximum(shapes @ (pieces.area * x * x) / area - mean**2, 0))


def _beside(pieces: Superpixels, shapes: BoolArray, values: FloatArray) -> FloatArray:
    """Mean of values (N,) just outside each outline within the photo: (K,)."""
    first, second = pieces.edges.T
    rim = (shapes[:, first] != shapes[:, second]) * pieces.length
    outer = np.where(shapes[:, first], values[second], values[first])
    return (rim * outer).sum(axis=1) / (rim.sum(axis=1) + 1e-6)
