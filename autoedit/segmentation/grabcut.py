"""Box, points or a coarse mask to an outline without weights."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Box
from autoedit.core.superpixels import Superpixels, cut_superpixels, to_lab
from autoedit.segmentation import Prompt
from autoedit.segmentation.band_cut import cut_band
from autoedit.segmentation.colour_models import LocalColours
from autoedit.segmentation.cues import box_cues
from autoedit.segmentation.object_cut import ObjectCut, nearer
from autoedit.segmentation.points import grow_from_points
from autoedit.segmentation.refine import refine_edge
from autoedit.segmentation.window import Window

_BAND_SIDE = 500
_EDGE = 0.055  # how far the edge may still move, as a share of the object's side
_HOLD, _FINE = 2.0, 1  # how firmly it is held there, and the filter's radius in pixels
_PIECES = 60  # across the longer side of the window
_RIM, _TRUST, _WALLS = 0.07, 1.0, 1.0
_DOUBT, _DOUBT_WIDTH = 0.95, 0.08
_SMOOTH_MASK, _SMOOTH_BOX = 5.0, 6.0
_TIGHT = 0.93
_LEAST_GAP, _LARGEST_GAP = 0.005, 0.25  # of the thing with it
_SHOWN = 1.0  # log of how much likelier the colours of a gap are outside than on the thing
_BIASES = (0.4, 0.8, 1.3)


class GrabCutSegmenter:
    """Cuts superpixels in a window round the prompt, then pixels near the outline of those."""

    def __init__(self, working_side: int = 320, refine_side: int = 1000) -> None:
        """Choose the sizes.

        Args:
            working_side: longer side in pixels of the window in which the object is found.
            refine_side: longer side in pixels of the window in which its edge is placed.
        """
        self.working_side = working_side
        self.refine_side = refine_side

    def prepare(self, photo: Photo) -> PreparedGrabCut:
        """Everything is done round the prompt; nothing is computed for the photo as a whole."""
        return PreparedGrabCut(photo, self.working_side, self.refine_side)


@dataclass(frozen=True, slots=True)
class PreparedGrabCut:
    """One photo, ready for many prompts."""

    photo: Photo
    working_side: int
    refine_side: int

    def outline(self, prompt: Prompt) -> Mask:
        """The thing at the prompt: float32 (H, W), soft over about two pixels at its edge.

        A mask counts before a box, a box before points; points correct a mask or a box. Empty
        when nothing stands out from its surroundings.
        """
        shape = self.photo.shape
        coarse = prompt.mask
        if coarse is None and prompt.box is None:
            coarse = grow_from_points(self.photo, prompt.points, prompt.negative_points)
        box = _clip(coarse.box if coarse is not None else prompt.box, shape)
        if box is None:
            return Mask(np.zeros(shape, np.float32), "grabcut")
        window = Window.around(box, shape, 0.3 if coarse is None else 0.25, self.working_side)
        lab = to_lab(window.take(self.photo.pixels))
        step = min(8, max(4, round(max(window.size) / _PIECES)))
        pieces = cut_superpixels(lab, step)
        sure = self._sure(pieces, window, prompt)
        if coarse is None:
            inside = _within_box(pieces, step, window.box(box), sure)
        else:
            inside = _near_mask(pieces, step, window, coarse, sure)
            inside &= ~_gaps(pieces, step, inside, sure)
        labels = inside[pieces.labels]
        rough = window.put_map(labels.astype(np.float32), shape)
        if not labels.any():
            return Mask(rough, "grabcut")
        limits = box if coarse is None else (0.0, 0.0, float(shape[1]), float(shape[0]))
        return Mask(self._at_full_size(self._cut_band(rough, box, limits), window, box), "grabcut")

    def _sure(self, pieces: Superpixels, window: Window, prompt: Prompt) -> FloatArray:
        """What the points say of each piece: 1 on the thing, -1 on another, 0 nothing; (N,).

        A negative point beside a box or mask refuses all of what it lies on, not one spot of it.
        """
        sure = np.zeros(pieces.count, np.float32)
        if prompt.negative_points and (prompt.box is not None or prompt.mask is not None):
            refused = grow_from_points(self.photo, prompt.negative_points, prompt.points)
            sure[pieces.mean(window.take_map(refused.array)) > 0.5] = -1
        for points, value in ((prompt.points, 1.0), (prompt.negative_points, -1.0)):
            for point in points:
                x, y = window.point(point)
                sure[pieces.labels[y, x]] = value
        return sure

    def _cut_band(self, rough: FloatArray, box: Box, limits: Box) -> FloatArray:
        """Pixels instead of superpixels near the outline; nothing outside the limits."""
        shape = self.photo.shape
        window = Window.around(box, shape, 0.3, _BAND_SIDE)
        inside = window.take_map(rough) > 0.5
        x0, y0, x1, y1 = (round(edge) for edge in window.box(limits))
        allowed = np.zeros(inside.shape, bool)
        allowed[max(0, y0) : y1, max(0, x0) : x1] = True
        cut = _largest_parts(cut_band(window.take(self.photo.pixels), inside, allowed))
        return window.put_map(cut.astype(np.float32), shape)

    def _at_full_size(self, rough: FloatArray, window: Window, box: Box) -> FloatArray:
        shape = self.photo.shape
        fine = Window.around(box, shape, 0.25, self.refine_side)
        inside = fine.take_map(rough) > 0.5
        radius = min(6, round(_EDGE * float(np.sqrt(inside.sum()))))
        radius = max(2, radius, round(2.5 * fine.scale / window.scale))
        lab = to_lab(fine.take(self.photo.pixels))
        edge = inside.astype(np.float32)
        for reach in (radius, max(2, radius // 2)):  # nearer, the colours beside it are its own
            edge = refine_edge(lab, edge > 0.5, reach, trust=_HOLD, smooth=_FINE)
        return np.clip(fine.put_map(edge, shape), 0, 1)


def _clip(box: Box | None, shape: tuple[int, int]) -> Box | None:
    if box is None:
        return None
    x0, x1 = max(0.0, min(box[0], box[2])), min(float(shape[1]), max(box[0], box[2]))
    y0, y1 = max(0.0, min(box[1], box[3])), min(float(shape[0]), max(box[1], box[3]))
    return (x0, y0, x1, y1) if x1 - x0 >= 1 and y1 - y0 >= 1 else None


def _within_box(pieces: Superpixels, step: int, box: Box, sure: FloatArray) -> BoolArray:
    """Outside the box is background; a box that a person draws touches its thing on each side."""
    x0, y0, x1, y1 = box
    filled = np.zeros(pieces.labels.shape, np.float32)
    filled[round(y0) : max(round(y0) + 1, round(y1)), round(x0) : max(round(x0) + 1, round(x1))] = 1
    outside = pieces.mean(filled) < 0.5
    if outside.all() or not outside.any():
        return ~outside
    sure = np.where(outside & (sure == 0), np.float32(-1), sure)
    cut = ObjectCut(pieces, step, 0.2 * float(np.hypot(x1 - x0, y1 - y0)), sure, _SMOOTH_BOX)
    cues = box_cues(pieces, cut.colours, box, outside)
    best = cut.from_cues(cues)
    tightness = _tightness(best, pieces, box)
    for bias in _BIASES:  # an empty rim means that part of the thing was lost
        if tightness >= _TIGHT:
            break
        larger = cut.from_cues(cues + np.float32(bias))
        reached = _tightness(larger, pieces, box)
        if reached > tightness + 0.03:
            best, tightness = larger, reached
    return best


def _tightness(inside: BoolArray, pieces: Superpixels, box: Box) -> float:
    """How close the object comes to the side of the box that it is farthest from, in [0, 1]."""
    mask = inside[pieces.labels]
    if not mask.any():
        return 0.0
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    width, height = box[2] - box[0], box[3] - box[1]
    gaps = (
        abs(columns[0] - box[0]) / width, abs(box[2] - 1 - columns[-1]) / width,
        abs(rows[0] - box[1]) / height, abs(box[3] - 1 - rows[-1]) / height,
    )  # fmt: skip
    return float(1 - max(gaps))


def _near_mask(
    pieces: Superpixels, step: int, window: Window, coarse: Mask, sure: FloatArray
) -> BoolArray:
    """A coarse mask is right in its middle and roughly right at its rim."""
    soft = window.take_map(coarse.array)
    first = pieces.mean(soft > 0.5) > 0.5
    if (soft > 0.5).all():
        return first
    mask = (soft > 0.5).astype(np.uint8)
    size = float(np.sqrt(max(1, mask.sum())))
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(
        1 - mask, cv2.DIST_L2, 5
    )
    depth = pieces.mean(distance) / size
    sure = np.where((depth < -0.3) & (sure == 0), np.float32(-1), sure)
    if not first.any() and not (sure > 0).any():
        return first
    cut = ObjectCut(pieces, step, 0.5 * size, sure, _SMOOTH_MASK)
    prior = np.where(first, _TRUST, np.clip(depth / _RIM, -2 * _TRUST, -0.2)).astype(np.float32)
    if (sure < 0).any() and first.any():
        core = first & (depth > min(0.08, 0.5 * float(depth.max())))
        prior += _WALLS * nearer(pieces, core if core.any() else first, sure < 0)
    doubt = _DOUBT * np.exp(-np.abs(depth) / _DOUBT_WIDTH).astype(np.float32)
    return cut.from_labels(first | (sure > 0), prior, doubt)


def _gaps(pieces: Superpixels, step: int, inside: BoolArray, sure: FloatArray) -> BoolArray:
    """The gap of a handle, which a coarse mask covers: bool (N,).

    What a cut of the thing's box alone leaves out, if the thing goes all round it and it has the
    colours of the surroundings: a dark fold or a patch within the thing has its own.
    """
    mask = inside[pieces.labels].astype(np.uint8)
    x, y, wide, high = cv2.boundingRect(mask)
    if not wide or inside.all():
        return np.zeros_like(inside)
    out = inside & ~_within_box(pieces, step, (x, y, x + wide, y + high), sure)
    if not out.any():
        return out
    colours = LocalColours.of(pieces, 0.2 * float(np.hypot(wide, high)))
    outside = colours.likelihood((~inside).astype(np.float32))
    own = colours.likelihood((inside & ~out).astype(np.float32))
    shown = colours.log_ratio(outside, own)[pieces.labels]
    count, parts, stats, _ = cv2.connectedComponentsWithStats(out[pieces.labels].astype(np.uint8))
    around = cv2.dilate(1 - mask, np.ones((3, 3), np.uint8)) > 0
    gaps = np.zeros(mask.shape, np.float32)
    for number in range(1, count):
        part = parts == number
        share = stats[number, cv2.CC_STAT_AREA] / mask.sum()
        enclosed = not (part & around).any()
        if _LEAST_GAP < share < _LARGEST_GAP and enclosed and shown[part].mean() > _SHOWN:
            gaps[part] = 1
    return pieces.mean(gaps) > 0.5


def _largest_parts(mask: BoolArray) -> BoolArray:
    """Without parts smaller than a fiftieth of the largest."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8))
    if count <= 2:
        return mask
    areas = stats[1:, cv2.CC_STAT_AREA]
    keep = np.concatenate([[False], areas >= 0.02 * areas.max()])
    return keep[np.asarray(labels, np.intp)]
