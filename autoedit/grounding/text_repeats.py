"""A mark that is repeated over a photo, found also where it cannot be read.

What several copies of a mark have in common is the mark: over their mean, the photo beneath
averages out (Dekel et al. 2017, "On the effectiveness of visible watermarks").
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, PixelArray
from autoedit.grounding.text_reading import Line
from autoedit.grounding.text_wording import alike, plain

_WORKING_SIDE = 1600  # pixels: what a photo is reduced to
_SAME_TEXT = 0.75  # likeness of two readings of one mark
_SAME_SIZE = 0.15  # of the width: copies are of one size
_LIKE = 0.4  # normalised correlation with the mark: other places stay below 0.3
_FEWEST_LETTERS = 4


def unread_copies(pixels: PixelArray, lines: Sequence[Line]) -> list[Line]:
    """Further copies of the lines that stand at two places or more.

    Args:
        pixels: RGB uint8 (H, W, 3).
        lines: what was read.

    Returns:
        Those that are not among `lines`, with what their like read. Where a part of one was read,
        it is told whole.
    """
    scale = min(1.0, _WORKING_SIDE / max(pixels.shape[:2]))
    reduced = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found: list[Line] = []
    for copies in _groups(lines):
        relief = _relief(reduced, scale * copies[0].height)
        width, height = (round(scale * side) for side in _size(copies[0]))
        if min(width, height) < 4 or width >= relief.shape[1] or height >= relief.shape[0]:
            continue
        cuts = [
            cv2.getRectSubPix(relief, (width, height), tuple(scale * _centre(copy)))
            for copy in copies
        ]
        common = np.stack([_aligned(cut, cuts[0]) for cut in cuts]).mean(axis=0)
        likeness = cv2.matchTemplate(relief, common, cv2.TM_CCOEFF_NORMED)
        known = [*copies, *found]
        for x, y in _peaks(likeness, width, height):
            centre = np.array([x + (width - 1) / 2, y + (height - 1) / 2], np.float32) / scale
            if all(not _within(centre, line) for line in known):
                moved = copies[0].corners + (centre - _centre(copies[0]))
                found.append(replace(copies[0], corners=moved.astype(np.float32)))
    return found


def _groups(lines: Sequence[Line]) -> Iterator[list[Line]]:
    """Lines that read alike and are of one size, the best read of each group first."""
    left = sorted(lines, key=lambda line: -line.score)
    while left:
        first = left.pop(0)
        if len(plain(first.text)) < _FEWEST_LETTERS:
            continue
        same = [line for line in left if _copies(first, line)]
        left = [line for line in left if not any(line is one for one in same)]
        if same:
            yield [first, *same]


def _copies(first: Line, second: Line) -> bool:
    sizes = np.array([_size(first), _size(second)])
    width = float(sizes[:, 0].max())
    same_size = float(np.abs(sizes[0] - sizes[1]).max()) <= _SAME_SIZE * width
    return same_size and alike(first.text, second.text) >= _SAME_TEXT


def _size(line: Line) -> tuple[float, float]:
    x0, y0, x1, y1 = line.box
    return x1 - x0, y1 - y0


def _centre(line: Line) -> FloatArray:
    x0, y0, x1, y1 = line.box
    return np.array([(x0 + x1) / 2, (y0 + y1) / 2], np.float32)


def _relief(pixels: PixelArray, height: float) -> FloatArray:
    """How far each pixel is off its surroundings, by how much these vary; float32 (h, w)."""
    darkest = pixels.min(axis=2).astype(np.float32)
    off = darkest - cv2.GaussianBlur(darkest, (0, 0), max(1.0, 0.2 * height))
    spread = np.sqrt(cv2.GaussianBlur(off * off, (0, 0), max(1.0, 0.3 * height))) + 4
    return np.clip(off / spread, -3, 3)


def _aligned(cut: FloatArray, model: FloatArray) -> FloatArray:
    """A cut moved to where it is most like the model: readers box one text now so, now so."""
    down, across = (max(2, side // 6) for side in cut.shape)
    wide = cv2.copyMakeBorder(cut, down, down, across, across, cv2.BORDER_REPLICATE)
    _, _, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(wide, model, cv2.TM_CCOEFF_NORMED))
    return wide[y : y + cut.shape[0], x : x + cut.shape[1]]


def _peaks(likeness: FloatArray, width: int, height: int) -> Iterator[tuple[int, int]]:
    """Where the likeness is highest, xy of the top left corner, a mark's size apart."""
    left = likeness.copy()
    while True:
        _, value, _, (x, y) = cv2.minMaxLoc(left)
        if value < _LIKE:
            return
        yield x, y
        left[max(0, y - height) : y + height, max(0, x - width // 2) : x + width // 2 + 1] = -1


def _within(point: FloatArray, line: Line) -> bool:
    at = (float(point[0]), float(point[1]))
    return cv2.pointPolygonTest(line.corners.astype(np.float32), at, False) >= 0
