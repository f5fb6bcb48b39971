"""The photo as a language model looks at it."""

from __future__ import annotations

import math

from PIL import Image

from autoedit.core.photo import Photo


def shrunk(photo: Photo, max_pixels: int) -> Image.Image:
    """The photo as an RGB image, shrunk to at most so many pixels, its sides in proportion."""
    image = Image.fromarray(photo.pixels)
    share = math.sqrt(min(1.0, max_pixels / (image.width * image.height)))
    size = (max(1, int(image.width * share)), max(1, int(image.height * share)))
    return image if share == 1 else image.resize(size, Image.Resampling.LANCZOS)
