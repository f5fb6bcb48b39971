"""From a mask to a soft alpha, and the subject's own colours under it."""

from __future__ import annotations

import logging
import math
from typing import NamedTuple

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.masking.matting.colours import foreground
from autoedit.masking.matting.levels import COARSE, REACH, refine

_LOG = logging.getLogger(__name__)
_FEATHER = 1.0  # pixels, standard deviation
_ALPHA_WIDTH = 4.0  # pixels of softness across its outline that make a given mask an alpha


class Cutout(NamedTuple):
    """A subject freed of its background.

    Attributes:
        alpha: 1 in the subject's solid part, 0 outside the band round its edge.
        colours: RGB uint8 (H, W, 3), inside the band the subject's alone.
        notes: one-line remarks for a person ("The edge could not be matted ...").
    """

    alpha: Mask
    colours: PixelArray
    notes: tuple[str, ...] = ()


def alpha_matte(pixels: PixelArray, mask: Mask) -> Cutout:
    """A subject's alpha and its colours freed of the old background.

    The alpha is closed-form matting's (Levin, Lischinski & Weiss 2008, by PyMatting), solved in a
    band that is as wide as the photo's edge is soft, coarse to fine and in tiles, so that time and
    memory follow the outline and not the photo. A given mask that is an alpha already, soft over
    more than an outline's few pixels, stays as it is.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the subject, (H, W); its outline may be some pixels off.

    Returns:
        alpha and colours, outside the subject's surroundings 0 and the photo's own; where the edge
        cannot be matted, the feathered mask with a note.
    """
    box = mask.box
    if box is None:
        return Cutout(Mask(np.zeros(mask.shape, np.float32), "matting"), pixels)
    notes: tuple[str, ...] = ()
    if mask.origin in ("given", "alpha") and _is_alpha(mask):
        alpha = mask.array
    else:
        alpha = np.zeros(mask.shape, np.float32)
        place = _surroundings(box, mask.shape)
        try:
            alpha[place] = refine(pixels[place], mask.array[place])
        except (ValueError, ArithmeticError, RuntimeError, ImportError, MemoryError) as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            notes = (
                f"The edge could not be matted ({reason}); a feathered outline is used instead.",
            )
            _LOG.warning(notes[0])
            alpha[place] = _feathered(mask.binary[place])
    return Cutout(Mask(alpha, "matting"), foreground(pixels, alpha), notes)


def _surroundings(
    box: tuple[float, float, float, float], shape: tuple[int, int]
) -> tuple[slice, slice]:
    """The subject with all that its edge's band may reach."""
    x0, y0, x1, y1 = (int(side) for side in box)
    margin = math.ceil(REACH * max(1.0, 2 * math.sqrt((x1 - x0) * (y1 - y0) / COARSE)))
    return (
        slice(max(0, y0 - margin), min(shape[0], y1 + margin)),
        slice(max(0, x0 - margin), min(shape[1], x1 + margin)),
    )


def _is_alpha(mask: Mask) -> bool:
    """Whether it is softer than a drawn or resized outline is."""
    inside: BoolArray = mask.binary
    outline = np.count_nonzero(inside[1:] != inside[:-1])
    outline += np.count_nonzero(inside[:, 1:] != inside[:, :-1])
    soft = np.count_nonzero((mask.array > 0.05) & (mask.array < 0.95))
    return bool(soft > _ALPHA_WIDTH * max(1, outline))


def _feathered(inside: BoolArray) -> FloatArray:
    return cv2.GaussianBlur(inside.astype(np.float32), (0, 0), _FEATHER)
