"""A picture file that comes into a photo: read, judged by its size, in the photo's colours."""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from autoedit.compositing.backdrops import Fit, enlargement
from autoedit.core.files import load_photo
from autoedit.core.mask import PixelArray
from autoedit.core.photo import Photo
from autoedit.errors import PhotoError

_COARSE, _TOO_COARSE = 1.6, 4.0  # enlarged more than this it looks soft, or is nothing but pixels
_SAMPLE = "sample:"
_TINY = 12  # pixels a side: less shows no thing


def backdrop_picture(source: str, photo: Photo, *, fit: Fit, blur: float) -> PixelArray:
    """The pixels of a backdrop for a photo, RGB uint8 (h, w, 3), at the picture's own size.

    Args:
        source: a path, or sample:NAME.
        photo: what it goes behind.
        fit: how it will be laid.
        blur: standard deviation in pixels of the photo by which it will be blurred.

    Raises:
        PhotoError: when it is missing, cannot be read, or is far too small.
    """
    picture = _loaded(source)
    factor = enlargement(picture.shape, photo.shape, fit)
    if factor > _allowed(blur):
        raise PhotoError(
            f"The backdrop {source} is {picture.width}x{picture.height}, and would be enlarged "
            f"{factor:.1f} times to fill {photo.width}x{photo.height}. Give a larger picture, or "
            "lay it with the fit 'tile'."
        )
    return _flattened(in_colours_of(photo, picture))


def thing_picture(source: str) -> Photo:
    """A picture of a thing that is to be set into a photo, as it is in its file.

    Raises:
        PhotoError: when it is missing, cannot be read, or is so small that it shows nothing.
    """
    picture = _loaded(source, "picture")
    if min(picture.shape) < _TINY:
        raise PhotoError(
            f"The picture {source} is only {picture.width}x{picture.height} pixels. Give a larger "
            "one."
        )
    return picture


def changed_at(source: str) -> int:
    """When a picture's file was last written, in nanoseconds; 0 for what is no file."""
    try:
        return Path(source).expanduser().stat().st_mtime_ns
    except OSError:
        return 0  # reading it says what is wrong


def check_readable(source: str) -> None:
    """See that a picture can be used at all.

    Raises:
        PhotoError: when it is missing or cannot be read.
    """
    _loaded(source)


def coarseness(source: str, photo: Photo, *, fit: Fit, blur: float) -> str:
    """A note when a backdrop has to be enlarged so much that it shows, else ""."""
    picture = _loaded(source)
    factor = enlargement(picture.shape, photo.shape, fit)
    if factor <= max(_COARSE, blur):
        return ""
    return (
        f"The backdrop {Path(source).name} is {picture.width}x{picture.height} and was enlarged "
        f"{factor:.1f} times; it looks soft."
    )


def _allowed(blur: float) -> float:
    """How much may be enlarged what is blurred so much afterwards."""
    return max(_TOO_COARSE, 2 * blur)


def _loaded(source: str, what: str = "backdrop") -> Photo:
    path = source if source.startswith(_SAMPLE) else str(Path(source).expanduser())
    try:
        return _read(path, changed_at(source))
    except PhotoError as error:
        raise PhotoError(f"The {what} cannot be used: {error}") from error


@lru_cache(maxsize=2)  # many photos are set before one backdrop
def _read(source: str, changed: int) -> Photo:
    return load_photo(source)


def in_colours_of(photo: Photo, picture: Photo) -> Photo:
    """The picture's pixels in the photo's colour profile; sRGB where none is given."""
    theirs, ours = picture.facts.icc_profile, photo.facts.icc_profile
    if theirs == ours or picture.grey or photo.grey:
        return picture
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))  # pyright: ignore
    try:
        one, other = (
            ImageCms.ImageCmsProfile(io.BytesIO(data)) if data else srgb for data in (theirs, ours)
        )
        image = ImageCms.profileToProfile(Image.fromarray(picture.pixels), one, other)
    except (ImageCms.PyCMSError, OSError):
        return picture  # a profile that cannot be used is as good as none
    return picture if image is None else picture.with_pixels(np.array(image, np.uint8))


def _flattened(picture: Photo) -> PixelArray:
    """On white where it is transparent."""
    if picture.alpha is None:
        return picture.pixels
    weight = picture.alpha[:, :, None].astype(np.float32) / 255
    return np.rint(picture.pixels * weight + 255 * (1 - weight)).astype(np.uint8)
