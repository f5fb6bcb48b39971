"""Photos in sRGB, whatever profile they came with."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageCms

from autoedit.core.files.colour import srgb_profile
from autoedit.core.photo import Photo

_NAMES = ("srgb", "iec61966-2.1", "iec61966-2-1")


def in_srgb(photo: Photo) -> Photo:
    """A photo converted to sRGB through its profile, 8 bits a sample, the profile embedded.

    One without a profile is taken for sRGB, as every browser does. Nothing is converted, and not a
    pixel changes, where the profile is sRGB.
    """
    embedded = photo.facts.icc_profile
    notes = photo.notes
    pixels = photo.pixels
    if embedded and not photo.grey and not is_srgb(photo):
        try:
            converted = ImageCms.profileToProfile(
                Image.fromarray(pixels),
                ImageCms.ImageCmsProfile(io.BytesIO(embedded)),
                ImageCms.ImageCmsProfile(io.BytesIO(srgb_profile())),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted is None:
            notes = (*notes, "Its colour profile is damaged; its colours were taken for sRGB.")
        else:
            pixels = np.asarray(converted).copy()
            notes = (*notes, "Its colours were converted to sRGB through its profile.")
    facts = replace(photo.facts, icc_profile=srgb_profile())
    return replace(photo, pixels=pixels, deep=None, grey=False, facts=facts, notes=notes)


def is_srgb(photo: Photo) -> bool:
    """Whether a photo's colours are sRGB: by its profile, or for want of any."""
    embedded = photo.facts.icc_profile
    if not embedded:
        return True
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        name = ImageCms.getProfileDescription(profile).lower()
    except (ImageCms.PyCMSError, OSError):
        return False
    return any(known in name for known in _NAMES)
