"""Masks in: from a path, bytes, a PIL image or an array."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autoedit.core.files.colour import to_plain
from autoedit.core.files.opening import clear_errors, open_image, read_file, refuse_size
from autoedit.core.files.reading import Source, resolve_path
from autoedit.core.mask import Mask
from autoedit.errors import MaskError, PhotoError


def load_mask(source: Source | Mask, shape: tuple[int, int] | None = None) -> Mask:
    """Read a mask: bright is inside, dark is outside, and above half counts as inside.

    A coloured mask counts by its brightest channel, so red on black is inside. A picture of one
    colour throughout, with transparency, is read by its alpha. Whole numbers that go no higher
    than 1 count as 0 and 1. An EXIF orientation is not applied.

    Args:
        source: a path, the bytes of a file, a PIL image, a mask, or an array (H, W) or (H, W, C):
            bool, uint8 (0..255), uint16 (0..65535), other whole numbers (0..255), or floating
            point (0..1).
        shape: (height, width) of the photo that it has to fit; None for any.

    Raises:
        MaskError: when it cannot be read, or is of another size than the photo.
    """
    mask = source if isinstance(source, Mask) else Mask.of(_brightness(_values(source)), "given")
    if shape is not None and mask.shape != tuple(shape):
        raise MaskError(
            f"The mask is {mask.shape[1]}x{mask.shape[0]} pixels and the photo is "
            f"{shape[1]}x{shape[0]}; give a mask of the photo's size."
        )
    return mask


def _values(source: Source) -> NDArray[Any]:
    if isinstance(source, np.ndarray):
        return source
    try:
        if isinstance(source, Image.Image):
            with clear_errors("it"):
                return _plain_values(source, "it")
        if isinstance(source, bytes | bytearray | memoryview):
            name, data = "it", bytes(source)
        elif isinstance(source, str | os.PathLike):  # pyright: ignore[reportUnnecessaryIsInstance]
            path = resolve_path(source)
            name, data = str(path), read_file(path)
        else:
            raise MaskError(
                "A mask is a path, bytes, a PIL image or an array; this is "
                f"{type(source).__name__}."
            )
        with clear_errors(name), open_image(data, name) as image:
            return _plain_values(image, name)
    except PhotoError as error:
        raise MaskError(f"The mask cannot be used: {error}") from error


def _plain_values(image: Image.Image, name: str) -> NDArray[Any]:
    refuse_size(image.width, image.height, name)
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        return np.asarray(image)
    return np.asarray(to_plain(image, name)[0])


def _brightness(values: NDArray[Any]) -> NDArray[Any]:
    """(H, W) of any of the array kinds of `load_mask`."""
    if values.ndim not in (2, 3) or (values.ndim == 3 and values.shape[2] not in (1, 2, 3, 4)):
        raise MaskError(f"A mask is an array (height, width); this one is {values.shape}.")
    if not values.size:
        raise MaskError(f"The mask has no pixels: {values.shape}.")
    if values.ndim == 3:
        values = _one_channel(values)
    kind = values.dtype.kind
    if kind == "b":
        return values
    if kind == "f":
        if not np.isfinite(values).all():
            raise MaskError("The mask holds values that are not finite.")
        if values.min() < 0 or values.max() > 1:
            raise MaskError("A floating-point mask holds 0 to 1; divide this one by its maximum.")
        return values
    if kind not in "iu":
        raise MaskError(f"A mask is bool, whole numbers or floating point; got {values.dtype}.")
    top = 65535 if values.dtype == np.uint16 else 255
    if values.min() < 0 or values.max() > top:
        raise MaskError(f"A mask of {values.dtype} holds 0 to {top}; this one goes beyond.")
    if values.max() <= 1:
        return values > 0
    return values.astype(np.float32) / np.float32(top)


def _one_channel(values: NDArray[Any]) -> NDArray[Any]:
    channels = values.shape[2]
    colours = values[:, :, : channels if channels in (1, 3) else channels - 1]
    alpha = values[:, :, -1] if channels in (2, 4) else None
    if alpha is not None and (colours == colours[0, 0]).all() and alpha.min() != alpha.max():
        return alpha
    return colours.max(axis=2)
