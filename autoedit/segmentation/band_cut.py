"""From superpixels to pixels: GrabCut in a band round the outline."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, PixelArray

_BAND = 0.1  # half its width, as a share of the side of a square as large as the object


def cut_band(pixels: PixelArray, inside: BoolArray, allowed: BoolArray) -> BoolArray:
    """Decide the pixels near an outline by colours and edges (Rother et al. 2004, "GrabCut").

    The pixels deeper inside and outside stay as they are and teach the colour models, in CIELAB,
    where lightness and hue are apart.

    Args:
        pixels: RGB uint8 (H, W, 3).
        inside: bool (H, W), the mask so far.
        allowed: bool (H, W), where the object may be.

    Returns:
        bool (H, W), `inside` itself where there is nothing to tell apart.
    """
    byte = inside.astype(np.uint8)
    depth = cv2.distanceTransform(byte, cv2.DIST_L2, 5)
    height = cv2.distanceTransform(1 - byte, cv2.DIST_L2, 5)
    radius = _BAND * float(np.sqrt(byte.sum()))
    labels = np.where(inside, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[depth > radius] = cv2.GC_FGD
    labels[(height > radius) | ~allowed] = cv2.GC_BGD
    object_ = (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
    if min(object_.sum(), (~object_).sum()) < 10:  # each side has five colours at least
        return inside
    cv2.setRNGSeed(0)  # the first guess at the colour models is drawn
    models = np.zeros((1, 65)), np.zeros((1, 65))
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    cv2.grabCut(lab, labels, (0, 0, 1, 1), *models, 1, cv2.GC_INIT_WITH_MASK)  # no rectangle counts
    return (labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)
