"""Photos in: from a path, bytes, a PIL image or an array."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autoedit.core.files import png, tiff
from autoedit.core.files.colour import to_plain
from autoedit.core.files.facts import facts_of_image, facts_of_tiff
from autoedit.core.files.opening import (
    clear_errors,
    format_of,
    open_image,
    read_file,
    refuse_size,
    refuse_unknown,
)
from autoedit.core.files.pixels import narrow, split, upright, upright_pixels
from autoedit.core.files.samples import PREFIX, sample_path
from autoedit.core.photo import FileFacts, Photo
from autoedit.errors import PhotoError

Source = str | os.PathLike[str] | bytes | Image.Image | NDArray[Any]


def load_photo(source: Source) -> Photo:
    """Read a photo, turned upright.

    What the content is decides the format, not the suffix. An EXIF orientation is applied to the
    pixels, of files and PIL images alike. A PIL image is taken at its current frame.

    Args:
        source: a path; `sample:NAME` for a photo that comes with scikit-image; the bytes of a
            file; a PIL image; or an array, uint8 or uint16 with the full range, (H, W), or
            (H, W, C) with C of 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha).

    Raises:
        PhotoError: when it is missing, empty, damaged, too large, animated, or of another kind.
    """
    if isinstance(source, Image.Image):
        return _from_image(source)
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, bytes | bytearray | memoryview):
        return _decode(bytes(source), "the photo (bytes)")
    if isinstance(source, str | os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance]
        path = resolve_path(source)
        return replace(_decode(read_file(path), str(path)), name=path.name)
    raise PhotoError(
        f"A photo is a path, bytes, a PIL image or an array; this is {type(source).__name__}."
    )


def resolve_path(source: str | os.PathLike[str]) -> Path:
    """The file that a path or `sample:NAME` means.

    Raises:
        PhotoError: for an unknown sample.
    """
    if isinstance(source, str) and source.startswith(PREFIX):
        return sample_path(source)
    return Path(source)


def _decode(data: bytes, name: str) -> Photo:
    """The photo in a file's bytes; `name` is for messages."""
    refuse_unknown(data, name)
    kind = format_of(data)
    with clear_errors(name):
        if kind == "TIFF":
            return _decode_tiff(data, name)
        if kind == "PNG":
            return _decode_png(data, name)
        with open_image(data, name) as image:
            return _from_pillow(image, name, data)


def _decode_png(data: bytes, name: str) -> Photo:
    blocks = png.kept_blocks(data)  # looks at every checksum
    with open_image(data, name) as image:
        if not png.is_deep(data):
            photo = _from_pillow(image, name, data)
            return replace(photo, facts=replace(photo.facts, blocks=blocks))
        image.load()  # EXIF and XMP may stand behind the pixels
        facts, orientation = facts_of_image(image, data)
        samples = upright(png.decode_deep(data), orientation)
        return _from_deep(samples, name, replace(facts, blocks=blocks))


def _decode_tiff(data: bytes, name: str) -> Photo:
    tags = tiff.read_facts(data, name)
    refuse_size(*tags.size, name)
    facts = facts_of_tiff(data, tags)
    if tags.deep:
        samples, notes = tiff.decode_deep(data, tags)
        photo = _from_deep(upright(samples, tags.orientation), name, facts, *notes)
    else:
        with open_image(data, name) as image:
            photo = _from_pillow(image, name, data)  # Pillow turns a TIFF upright itself
        # The profile is that of sRGB after CMYK; all else is as the tags say.
        facts = replace(facts, icc_profile=photo.facts.icc_profile)
    return replace(photo, facts=facts, notes=(*photo.notes, *tags.notes))


def _from_image(image: Image.Image) -> Photo:
    name = Path(str(getattr(image, "filename", "") or "image")).name
    with clear_errors(name):
        refuse_size(image.width, image.height, name)
        if not image.mode.startswith("I;16"):
            return _from_pillow(image, name, b"")
        facts, orientation = facts_of_image(image, b"")
        samples = np.array(image.convert("I;16"), np.uint16)[:, :, None]
        return _from_deep(upright(samples, orientation), name, facts)


def _from_array(array: NDArray[Any]) -> Photo:
    channels = array.shape[2] if array.ndim == 3 else 1
    fits = array.ndim in (2, 3) and channels in (1, 2, 3, 4)
    if not fits or array.dtype.name not in ("uint8", "uint16"):
        raise PhotoError(
            f"A photo's array is uint8 (height, width, 3), or with 1, 2 or 4 channels; this one is "
            f"{array.dtype} {array.shape}. Scale it to 0..255 and pass array.astype('uint8')."
        )
    height, width = array.shape[:2]
    refuse_size(width, height, "the array")
    samples = np.array(array.reshape(height, width, channels), order="C")
    if samples.dtype == np.uint16:
        return _from_deep(samples, "array", FileFacts())
    return Photo(*split(samples), grey=channels < 3)


def _from_pillow(image: Image.Image, name: str, data: bytes) -> Photo:
    """The photo in a PIL image of 8-bit samples; `data` is its file, or empty."""
    image.load()
    facts, orientation = facts_of_image(image, data)
    notes: list[str] = []
    if "mp" in image.info:
        notes.append("A second picture (gain map, preview or stereo) was left out.")
    if image.info.get("bit_depth", 8) > 8:
        notes.append(f"{image.info['bit_depth']} bits a sample were read as 8.")
    plain, note = to_plain(image, name)
    if note:
        notes.append(note)
        facts = replace(facts, icc_profile=plain.info.get("icc_profile"))
    return Photo(
        *upright_pixels(plain, orientation),
        grey=plain.mode in ("L", "LA"),
        name=Path(name).name,
        facts=facts,
        notes=tuple(notes),
    )


def _from_deep(samples: NDArray[np.uint16], name: str, facts: FileFacts, *notes: str) -> Photo:
    """The photo of 16-bit samples (H, W, C), already upright."""
    pixels, alpha = split(narrow(samples))
    return Photo(
        pixels, alpha, samples, samples.shape[2] < 3, Path(name).name, facts, notes=tuple(notes)
    )
