"""The thing that carries a text: the plate of a sign, a sticker, a label."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, PixelArray
from autoedit.grounding.text_reading import Line

_WORKING_SIDE = 480  # pixels: what a label's surroundings are reduced to
_TOLERANCES = (6.0, 9.0, 13.0, 18.0, 25.0)  # CIELAB units off the label's own ground
_COMPACT = 0.86  # area over the convex hull's: of a plate, not of a wall seen between things
_LARGEST = 0.45  # of the photo: what is larger is a wall


def label_mask(pixels: PixelArray, lines: Sequence[Line], letters: BoolArray) -> BoolArray | None:
    """The even surface that holds some lines of text, its letters filled; None where none ends.

    The surface is what connects to the ground at the text's edge within a tolerance of colour;
    of several tolerances the one with the most compact outline counts, as with maximally stable
    regions (Matas et al. 2002).

    Args:
        pixels: RGB uint8 (H, W, 3).
        lines: the text on the label.
        letters: bool (H, W), its glyphs.

    Returns:
        bool (H, W).
    """
    (x0, y0, x1, y1), scale = _window(pixels, lines)
    crop = pixels[y0:y1, x0:x1]
    size = (max(8, round(crop.shape[1] * scale)), max(8, round(crop.shape[0] * scale)))
    lab = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    lab = cv2.cvtColor(cv2.GaussianBlur(lab, (0, 0), 0.8), cv2.COLOR_RGB2LAB)
    glyphs = cv2.resize(
        letters[y0:y1, x0:x1].astype(np.float32), size, interpolation=cv2.INTER_AREA
    )
    ink = (glyphs > 0.02).astype(np.uint8)
    beside = (cv2.dilate(ink, np.ones((5, 5), np.uint8)) > 0) & (ink == 0)
    if not beside.any():
        return None
    off = np.linalg.norm(lab - np.median(lab[beside], axis=0), axis=2)
    best, best_worth = None, _COMPACT
    for tolerance in _TOLERANCES:
        surface, worth = _surface(off < tolerance, ink > 0)
        if surface is not None and worth >= best_worth - 0.01:
            best, best_worth = surface, max(worth, best_worth)
    if best is None or best.sum() / scale**2 > _LARGEST * pixels.shape[0] * pixels.shape[1]:
        return None
    whole = np.zeros(pixels.shape[:2], np.bool_)
    grown = cv2.resize(best.astype(np.float32), (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    whole[y0:y1, x0:x1] = grown > 0.1
    return whole | letters


def _window(pixels: PixelArray, lines: Sequence[Line]) -> tuple[tuple[int, int, int, int], float]:
    corners = np.concatenate([line.corners for line in lines])
    low, high = corners.min(axis=0), corners.max(axis=0)
    margin = 0.8 * (high - low) + 3 * max(line.height for line in lines)
    x0, y0 = np.maximum(low - margin, 0).astype(int)
    x1, y1 = np.minimum(high + margin, pixels.shape[1::-1]).astype(int)
    return (int(x0), int(y0), int(x1), int(y1)), min(1.0, _WORKING_SIDE / max(x1 - x0, y1 - y0))


def _surface(alike: BoolArray, ink: BoolArray) -> tuple[BoolArray | None, float]:
    """The connected surface under the text, filled, and how compact it is; None when it leaks."""
    joined = (alike | ink).astype(np.uint8)
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels = cv2.connectedComponents(joined, connectivity=4)
    if count < 2:
        return None, 0.0
    under = np.bincount(labels[ink], minlength=count)
    under[0] = 0
    piece = (labels == int(np.argmax(under))).astype(np.uint8)
    outlines, _ = cv2.findContours(piece, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outline = max(outlines, key=cv2.contourArea)
    filled = cv2.drawContours(np.zeros_like(piece), [outline], -1, (1,), cv2.FILLED) > 0
    if filled[ink].mean() < 0.85:
        return None, 0.0
    edge = np.concatenate([filled[0], filled[-1], filled[:, 0], filled[:, -1]])
    hull = cv2.contourArea(cv2.convexHull(outline))
    return filled, float(cv2.contourArea(outline) / max(hull, 1.0)) * (1.0 - float(edge.mean()))
