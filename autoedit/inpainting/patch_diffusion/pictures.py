"""The pictures that callers of diffusers pass, as arrays, and back again.

Photos keep the samples that they came with: uint8 (H, W, 3), or float32 (H, W, 3) in [0, 1].
Nothing is rounded that is not filled.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch  # noqa: TID253 - imported with the pipeline, when that is asked for
from diffusers.image_processor import VaeImageProcessor  # noqa: TID253
from PIL import Image

from autoedit.core.mask import BoolArray, PixelArray

_RESIZER = VaeImageProcessor(vae_scale_factor=1)
_DEEP_MODES = ("I", "F")  # of Pillow, whose conversion to 8 bits clips


def photos(image: Any, height: int | None, width: int | None) -> list[np.ndarray]:
    """Photos as arrays.

    Args:
        image: a PIL image; an array (H, W), (H, W, C) or (B, H, W, C); a tensor (H, W), (C, H, W)
            or (B, C, H, W); or a list of them. C is 1 or 3. uint8 in [0, 255]; floats in [0, 1],
            or in [-1, 1] when one of them is negative.
        height, width: resized to these, as diffusers does; None keeps the photo's own.

    Returns:
        uint8 or float32 (H, W, 3) each.

    Raises:
        ValueError: for any other type, shape, or range.
    """
    found = [
        _resized(array, height, width)
        for each in _several(image)
        for array in _photo_arrays(each, height, width)
    ]
    if any(array.dtype != np.uint8 and array.min() < 0 for array in found):
        found = [array if array.dtype == np.uint8 else (array + 1) / 2 for array in found]
    return [array if array.dtype == np.uint8 else array.clip(0, 1) for array in found]


def _photo_arrays(image: Any, height: int | None, width: int | None) -> Iterator[np.ndarray]:
    if isinstance(image, Image.Image):
        yield np.array(_prepared(image, "image", height, width).convert("RGB"))
        return
    array = _array(image, "image")
    if array.ndim == 2:
        array = array[:, :, None] if isinstance(image, np.ndarray) else array[None]
    if array.ndim not in (3, 4):
        raise ValueError(f"`image` must have 2 to 4 dimensions; it has the shape {array.shape}.")
    if isinstance(image, torch.Tensor):
        array = np.moveaxis(array, -3, -1)
    if array.shape[-1] not in (1, 3):
        raise ValueError(
            f"`image` must have 1 or 3 channels; it has {array.shape[-1]}. Neither latents nor an "
            "alpha channel can be filled."
        )
    if array.dtype != np.uint8:
        if not np.issubdtype(array.dtype, np.floating):
            raise ValueError(f"`image` must be uint8 or floating point; it is {array.dtype}.")
        array = array.astype(np.float32)
        # A resampler may overshoot a little; 0 to 255, or a value that is no number, is a mistake.
        if array.size and not -2 < array.min() <= array.max() < 2:
            raise ValueError("Floating point values of `image` must lie in [0, 1].")
    array = np.repeat(array, 3, axis=-1) if array.shape[-1] == 1 else array
    yield from array if array.ndim == 4 else [array]


def masks(mask: Any, name: str, height: int | None, width: int | None) -> list[BoolArray]:
    """Masks as arrays: white, that is 0.5 or more, is True.

    Args:
        mask: a PIL image; an array (H, W), (H, W, C), (B, H, W) or (B, H, W, C); a tensor (H, W),
            (B, H, W) or (B, C, H, W); or a list of them. C is 1 or 3. bool, floats in [0, 1], or
            integers in [0, 255] or of 0 and 1 only.
        name: of the argument, for errors.
        height, width: resized to these; None keeps the mask's own.

    Returns:
        bool (H, W) each.

    Raises:
        ValueError: for any other type or shape.
    """
    found: list[BoolArray] = []
    for each in _several(mask):
        if isinstance(each, Image.Image):
            grey = _prepared(each, name, height, width).convert("L")
            found.append(np.asarray(grey) >= 128)
        else:
            found += [_resized(one, height, width) for one in _mask_arrays(each, name)]
    return found


def _mask_arrays(mask: Any, name: str) -> Iterator[BoolArray]:
    array = _array(mask, name)
    channels_last = array.ndim == 4 or (array.ndim == 3 and array.shape[-1] in (1, 3))
    if isinstance(mask, torch.Tensor):
        channels_last = array.ndim == 4
        array = np.moveaxis(array, 1, -1) if channels_last else array
    if array.ndim not in (2, 3, 4) or (channels_last and array.shape[-1] not in (1, 3)):
        raise ValueError(f"`{name}` must be (H, W) or a batch of it; its shape is {array.shape}.")
    if channels_last:
        array = array.mean(axis=-1) if array.shape[-1] == 3 else array[..., 0]
    # By what it holds, not by its type: 0 and 1 come as integers, 0 to 255 as floats, too.
    array = array >= (128 if array.max(initial=0) > 1.5 else 0.5)
    yield from array if array.ndim == 3 else [array]


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _array(value: Any, name: str) -> np.ndarray:
    if isinstance(value, torch.Tensor):
        value = value.detach().cpu()
        return (value.float() if value.is_floating_point() else value).numpy()
    if isinstance(value, np.ndarray):
        return value
    raise ValueError(
        f"`{name}` must be a PIL image, an array, a tensor, or a list of them; it is a "
        f"{type(value).__name__}."
    )


def _prepared(image: Image.Image, name: str, height: int | None, width: int | None) -> Image.Image:
    """A PIL image, resized."""
    if image.mode.startswith(_DEEP_MODES):
        raise ValueError(f"`{name}` has the mode {image.mode}; convert it to RGB or L first.")
    size = (height or image.height, width or image.width)
    if size == (image.height, image.width):
        return image
    resized = _RESIZER.resize(image, *size)
    return resized if isinstance(resized, Image.Image) else image


def _resized(array: np.ndarray, height: int | None, width: int | None) -> np.ndarray:
    """An array (H, W) or (H, W, C) at another size: its nearest samples, as in diffusers."""
    size = (height or array.shape[0], width or array.shape[1])
    if size == array.shape[:2]:
        return array
    rows, columns = (
        np.arange(new) * old // new for new, old in zip(size, array.shape[:2], strict=True)
    )
    return array[rows[:, None], columns]


def as_bytes(photo: np.ndarray) -> PixelArray:
    """A photo, or a part of it, as uint8 of the same shape."""
    return photo if photo.dtype == np.uint8 else np.rint(photo * 255).astype(np.uint8)


def as_output(found: list[np.ndarray], output_type: str, device: torch.device) -> Any:
    """Photos in the form that the caller asks for.

    Args:
        found: uint8 or float32 (H, W, 3) in [0, 1] each; of one size, but for "pil".
        output_type: "pil": a list of RGB images; "np": float32 (B, H, W, 3) in [0, 1]; "pt": a
            float32 tensor (B, 3, H, W) in [0, 1].
        device: where the tensor goes.
    """
    if output_type == "pil":
        return [Image.fromarray(as_bytes(each)) for each in found]
    stacked = np.stack(
        [each / np.float32(255) if each.dtype == np.uint8 else each for each in found]
    )
    if output_type == "np":
        return stacked
    return torch.from_numpy(np.ascontiguousarray(stacked.transpose(0, 3, 1, 2))).to(device)
