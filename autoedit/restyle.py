"""The operations that need no fill: another colour, a blur, a cut-out, another background."""

from __future__ import annotations

import numpy as np

from autoedit import masking
from autoedit.compositing import backdrop, look
from autoedit.compositing.stitch import blend
from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.plan import EditStep


def restyled(photo: Photo, step: EditStep, mask: Mask, matte: Mask) -> tuple[Photo, Mask]:
    """Recolour, obscure, cut out, or set on another background.

    Args:
        photo: as it is.
        step: of the operation modify, obscure, extract or background.
        mask: the target; for a background the subject that stays.
        matte: the same grown and feathered.

    Returns:
        The edited photo, and the matte outside which it is bit-identical.
    """
    asked = step.replacement
    if asked is not None and asked.colour and len(set(backdrop.colour_rgb(asked.colour))) > 1:
        photo = photo.coloured()
    if step.operation == "modify" and asked is not None:
        rgb = look.paint_rgb(asked.colour, backdrop.colour_rgb(asked.colour))
        changed = look.recolour(photo.pixels, mask, rgb)
        alpha = masking.alpha_matte(photo.pixels, mask).alpha
        return photo.with_pixels(blend(photo.pixels, changed, alpha.array)), alpha
    if step.operation == "obscure":
        manner = (asked.phrase if asked else "") or "blur"
        changed = look.obscure(photo.pixels, mask, manner)
        return photo.with_pixels(blend(photo.pixels, changed, matte.array)), matte
    alpha, colours, _ = masking.alpha_matte(photo.pixels, mask)
    changed_matte = Mask(np.float32(1.0) - alpha.array, "background")
    if asked is not None and asked.colour:
        rgb = backdrop.colour_rgb(asked.colour)
        opaque = None if photo.alpha is None else np.full_like(photo.alpha, 255)
        return photo.with_pixels(backdrop.on_colour(colours, alpha, rgb), opaque), changed_matte
    if asked is not None and asked.blur:
        blur = photo.diagonal / 90
        pixels = backdrop.on_blur(photo.pixels, colours, alpha, blur=blur)
        return photo.with_pixels(pixels), changed_matte
    opacity = np.rint(alpha.array * 255).astype(np.uint8)
    if photo.alpha is not None:
        opacity = np.minimum(opacity, photo.alpha)
    return photo.with_pixels(colours, opacity), changed_matte
