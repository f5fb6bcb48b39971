"""From a mask to a soft alpha, and the subject's own colours under it.

Closed-form matting (Levin, Lischinski & Weiss 2008) and multi-level foreground estimation
(Germer et al. 2020), both by PyMatting.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, Mask, PixelArray

_LOG = logging.getLogger(__name__)
_WORKING_PIXELS = 700_000  # the closed-form system is solved at no more than this many


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


def alpha_matte(pixels: PixelArray, mask: Mask, *, band: float = 0.012) -> Cutout:
    """A subject's alpha and its colours freed of the old background.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the subject.
        band: half width of the unknown band as a fraction of the square root of the mask's area.

    """
    box = mask.box
    if box is None:
        return Cutout(mask, pixels)
    radius = float(np.clip(band * np.sqrt(mask.binary.sum()), 2.0, 40.0))
    margin = int(np.ceil(3 * radius)) + 2
    height, width = mask.shape
    place = (
        slice(max(0, int(box[1]) - margin), min(height, int(box[3]) + margin)),
        slice(max(0, int(box[0]) - margin), min(width, int(box[2]) + margin)),
    )
    crop, inside = pixels[place], mask.binary[place]
    known_in, known_out = _trimap(inside, radius)
    alpha = _solve(crop, known_in, known_out)
    alpha[known_in] = 1.0
    alpha[known_out] = 0.0
    whole = np.zeros(mask.shape, np.float32)
    whole[place] = alpha
    colours = pixels.copy()
    colours[place] = _foreground(crop, alpha)
    return Cutout(Mask(whole, "matting"), colours)


def _trimap(inside: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Surely inside and surely outside, bool (h, w) each."""
    inner = cv2.distanceTransform(
        np.pad(inside, 1, mode="edge").astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE
    )[1:-1, 1:-1]
    outer = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return inner > radius, outer > radius


def _solve(crop: PixelArray, known_in: np.ndarray, known_out: np.ndarray) -> FloatArray:
    _announce_compilation()
    from pymatting import estimate_alpha_cf

    scale = min(1.0, float(np.sqrt(_WORKING_PIXELS / known_in.size)))
    size = (max(8, round(crop.shape[1] * scale)), max(8, round(crop.shape[0] * scale)))
    small = cv2.resize(crop, size, interpolation=cv2.INTER_AREA) / 255.0
    trimap = np.full(known_in.shape, 0.5, np.float64)
    trimap[known_in], trimap[known_out] = 1.0, 0.0
    trimap = cv2.resize(trimap, size, interpolation=cv2.INTER_NEAREST)
    hard = (trimap > 0.25).astype(np.float32)
    if not (trimap == 1).any() or not (trimap == 0).any():
        alpha = hard
    else:
        try:
            alpha = estimate_alpha_cf(small, trimap).astype(np.float32)
        except (ValueError, RuntimeError) as error:
            _LOG.warning("Matting failed (%s); a feathered edge is used instead.", error)
            alpha = cv2.GaussianBlur(hard, (0, 0), 1.0)
    full = cv2.resize(alpha, crop.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    return np.clip(full, 0.0, 1.0).astype(np.float32)


def _foreground(crop: PixelArray, alpha: FloatArray) -> PixelArray:
    from pymatting import estimate_foreground_ml

    colours = estimate_foreground_ml(crop.astype(np.float32) / 255.0, alpha)
    estimated = np.rint(np.clip(colours, 0, 1) * 255).astype(np.uint8)
    soft = (alpha > 0) & (alpha < 1)
    return np.where(soft[:, :, None], estimated, crop)


def _announce_compilation() -> None:
    """Say why the first matte on a machine takes so long: PyMatting compiles itself on import."""
    found = importlib.util.find_spec("pymatting")
    if "pymatting" in sys.modules or found is None or found.origin is None:
        return
    if not any(Path(found.origin).parent.rglob("*.nbi")):
        _LOG.warning("Matting is being compiled; this happens once and takes about half a minute.")
