"""What a model is shown in the hole before it starts."""

from __future__ import annotations

import logging
from dataclasses import replace

import numpy as np

from autoedit.core.mask import BoolArray, PixelArray
from autoedit.errors import InpaintingError
from autoedit.inpainting import FillRequest
from autoedit.inpainting.patch_diffusion import PatchDiffusion
from autoedit.inpainting.resizing import Fit
from autoedit.inpainting.tone import continued

_LOG = logging.getLogger(__name__)
_LONGEST = 384  # pixels; denoising draws anew what is finer than that of a whole window


def known_image(
    pixels: PixelArray, hole: BoolArray, request: FillRequest, structure: bool
) -> PixelArray:
    """The picture that denoising starts from, or that the model sees as known.

    Args:
        pixels: RGB uint8 (H, W, 3).
        hole: bool (H, W).
        request: "change" keeps the photo's own pixels; "remove" continues the surroundings;
            "draw" keeps nothing of what is there but its tone. `forbidden` is of the size of
            `hole` here, and is no source; `progress` hears of it.
        structure: whether removal continues textures and edges by patch diffusion; else, smoothly.

    Returns:
        RGB uint8 (H, W, 3), equal to `pixels` outside the hole.

    Raises:
        CancelledError: when the progress callback returned False.
    """
    if request.intent == "change":
        return pixels
    if request.intent == "remove" and structure:
        try:
            return _structured(pixels, hole, request)
        except InpaintingError as error:
            _LOG.debug("no structural prefill: %s", error)
    return smooth(pixels, hole, request.forbidden)


def _structured(pixels: PixelArray, hole: BoolArray, request: FillRequest) -> PixelArray:
    """A hole filled by patch diffusion, at a size that keeps what survives the noise."""
    fit = Fit.of((hole.shape[0], hole.shape[1]), min(_LONGEST, max(hole.shape)), 1)
    hidden = None if request.forbidden is None else fit.shrink_mask(request.forbidden)
    part = replace(request, count=1, forbidden=hidden)
    small = PatchDiffusion().fill(fit.shrink(pixels), fit.shrink_mask(hole), part)[0]
    return np.where(hole[:, :, None], fit.enlarge(small), pixels)


def smooth(pixels: PixelArray, hole: BoolArray, forbidden: BoolArray | None = None) -> PixelArray:
    """Fill a hole with the colours at its border, without any texture.

    Args:
        pixels: RGB uint8 (H, W, 3).
        hole: bool (H, W).
        forbidden: bool (H, W), pixels whose colours are not used unless there are no others.
    """
    known = ~hole
    if forbidden is not None and (known & ~forbidden).any():
        known &= ~forbidden
    filled = continued(pixels.astype(np.float32), known)
    return np.where(hole[:, :, None], np.clip(np.rint(filled), 0, 255).astype(np.uint8), pixels)
