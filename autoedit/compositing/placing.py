"""Set a cut-out thing down in a photo: its size, its foot, and where on the frame it comes."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from autoedit.compositing.standing import stands_of
from autoedit.core.mask import FloatArray, Mask, PixelArray
from autoedit.core.region import Box

_SEEN = 0.02  # of alpha: less is nothing
_WIDEST = 2.0  # of the place's width: a thing as tall as the place is made no wider
_CUT = 0.4  # of a thing's width along the frame's lower edge: it goes on below


class Piece(NamedTuple):
    """A picture's thing, freed of its ground and trimmed.

    Attributes:
        colours: RGB uint8 (h, w, 3), its own also where it covers in part.
        alpha: float32 (h, w) in [0, 1].
        cut: whether the picture's lower edge cuts it off.
    """

    colours: PixelArray
    alpha: FloatArray
    cut: bool = False

    @property
    def solid(self) -> tuple[int, int, int, int]:
        """Xyxy of what covers by more than half, in pixels of the piece."""
        box = Mask(self.alpha, "piece").box or (0, 0, *self.alpha.shape[::-1])
        return int(box[0]), int(box[1]), int(box[2]), int(box[3])

    @property
    def aspect(self) -> float:
        """Width over height of what is solid."""
        x0, y0, x1, y1 = self.solid
        return (x1 - x0) / max(y1 - y0, 1)


def piece_of(colours: PixelArray, alpha: Mask) -> Piece:
    """A cut-out without the empty ground round it.

    Args:
        colours: RGB uint8 (H, W, 3), the thing's own.
        alpha: above 0 somewhere.
    """
    seen = alpha.array > _SEEN
    rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
    place = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    width = columns[-1] + 1 - columns[0]
    cut = alpha.binary[-1].sum() > _CUT * width
    return Piece(
        np.ascontiguousarray(colours[place]), np.ascontiguousarray(alpha.array[place]), bool(cut)
    )


def height_in(place: Box, piece: Piece) -> float:
    """How tall a piece is in a thing's place: as tall as the place, and at most twice as wide."""
    x0, y0, x1, y1 = place
    return min(y1 - y0, _WIDEST * (x1 - x0) / max(piece.aspect, 1e-3))


def height_beside(thing: Box, piece: Piece) -> float:
    """How tall a piece is that comes beside a thing: of its area, since nothing tells real sizes.

    At most twice as tall or wide as the thing.
    """
    x0, y0, x1, y1 = thing
    aspect = max(piece.aspect, 1e-3)
    alike = np.sqrt((x1 - x0) * (y1 - y0) / aspect)
    return float(min(alike, _WIDEST * (y1 - y0), _WIDEST * (x1 - x0) / aspect))


def resized(piece: Piece, factor: float) -> Piece:
    """A piece at another size; colours weighted by alpha, so that no ground bleeds in."""
    height, width = piece.alpha.shape
    size = max(1, round(width * factor)), max(1, round(height * factor))
    if size == (width, height):
        return piece
    way = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    weighted = np.dstack([piece.colours * piece.alpha[:, :, None], piece.alpha])
    changed = cv2.resize(weighted.astype(np.float32), size, interpolation=way)
    alpha = np.clip(changed[:, :, 3], 0, 1)
    colours = changed[:, :, :3] / np.maximum(changed[:, :, 3:], 1e-3)
    return Piece(np.rint(np.clip(colours, 0, 255)).astype(np.uint8), alpha, piece.cut)


def foot_of(piece: Piece) -> tuple[float, float]:
    """(x, y) in pixels of the piece: the middle of what it stands on, under its lowest row."""
    x0, _, x1, y1 = piece.solid
    padded = np.pad(piece.alpha, 8)
    stands = stands_of(Mask(padded, "piece"))
    x = stands[0].at(*stands[0].foot)[0] - 8 if stands else (x0 + x1) / 2
    return float(np.clip(x, x0, x1)), float(y1)


def set_down(
    piece: Piece, shape: tuple[int, int], foot: tuple[float, float]
) -> tuple[PixelArray, Mask, float]:
    """A piece on a photo's frame.

    Args:
        piece: at its size there.
        shape: (height, width) of the photo in pixels.
        foot: (x, y) in pixels of the photo, where the piece's foot comes.

    Returns:
        Its colours RGB uint8 (H, W, 3), its alpha, and the share of it that lies in the frame.
    """
    x, y = foot_of(piece)
    left, top = round(foot[0] - x), round(foot[1] - y)
    height, width = piece.alpha.shape
    y0, y1 = max(top, 0), min(top + height, shape[0])
    x0, x1 = max(left, 0), min(left + width, shape[1])
    colours, alpha = np.zeros((*shape, 3), np.uint8), np.zeros(shape, np.float32)
    if y1 > y0 and x1 > x0:
        part = slice(y0 - top, y1 - top), slice(x0 - left, x1 - left)
        colours[y0:y1, x0:x1] = piece.colours[part]
        alpha[y0:y1, x0:x1] = piece.alpha[part]
    share = float(alpha.sum() / max(float(piece.alpha.sum()), 1e-6))
    return colours, Mask(alpha, "picture"), share
