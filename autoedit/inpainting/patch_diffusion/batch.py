"""What a call of the pipeline has to fill: photos, their holes, and what may serve as a source."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from diffusers.image_processor import VaeImageProcessor  # noqa: TID253 - see pipeline.py
from PIL import Image

from autoedit.core.mask import BoolArray
from autoedit.core.window import Window, hole_groups, window_with_sources
from autoedit.errors import InpaintingError
from autoedit.inpainting import WindowNeeds
from autoedit.inpainting.patch_diffusion import pictures

Size = tuple[int | None, int | None]


@dataclass(frozen=True, slots=True)
class Job:
    """One photo to be filled.

    Attributes:
        photo: uint8 or float32 (H, W, 3) in [0, 1].
        hole: bool (H, W).
        source: bool (H, W), what may serve as a source; never the hole.
    """

    photo: np.ndarray
    hole: BoolArray
    source: BoolArray

    def windows(self, needs: WindowNeeds) -> Iterator[tuple[Window, BoolArray]]:
        """The windows to be filled one after another, each with its part of the hole (h, w)."""
        for box in hole_groups(self.hole):
            window = window_with_sources(
                box, self.hole, self.source, context=needs.context, minimum=needs.minimum,
                multiple=needs.multiple,
            )  # fmt: skip
            hole = np.zeros_like(self.hole[window.slices])
            inner = (slice(box[1] - window.y0, box[3] - window.y0),
                     slice(box[0] - window.x0, box[2] - window.x0))  # fmt: skip
            hole[inner] = self.hole[window.slices][inner]
            yield window, hole


def jobs(
    image: Any,
    mask_image: Any,
    source_mask: Any,
    size: Size,
    margin: int | None,
) -> list[Job]:
    """The photos, each with its hole; a single photo or mask goes with all of the others.

    Args:
        image, mask_image, source_mask: as `pictures.photos` and `pictures.masks` take them; all
            may be a source when `source_mask` is None.
        size: (height, width) that photos are resized to, or that `margin` is measured with.
        margin: pixels round the hole's box that may be a source; None for all. Nothing is resized
            when it is given.

    Raises:
        ValueError: for what does not fit together.
        InpaintingError: when nothing that is known may be a source.
    """
    if image is None or mask_image is None:
        raise ValueError("`image` and `mask_image` are both needed.")
    if any(side is not None and side < 1 for side in size):
        raise ValueError(f"`height` and `width` must be at least 1; they are {size}.")
    photos = pictures.photos(image, *((None, None) if margin is not None else size))
    shapes = {photo.shape[:2] for photo in photos}
    shape = shapes.pop() if len(shapes) == 1 else (None, None)
    holes = pictures.masks(mask_image, "mask_image", *shape)
    sources = [] if source_mask is None else pictures.masks(source_mask, "source_mask", *shape)
    count = max(len(photos), len(holes), len(sources))
    photos, holes = repeated(photos, count, "image"), repeated(holes, count, "mask_image")
    sources = repeated(sources or [np.True_], count, "source_mask")
    found: list[Job] = []
    for photo, hole, allowed in zip(photos, holes, sources, strict=True):
        if any(mask.shape not in ((), photo.shape[:2]) for mask in (hole, allowed)):
            raise ValueError(
                f"A mask of {hole.shape} does not fit a photo of {photo.shape[:2]}: photos of "
                "different sizes need masks of their own sizes, or `height` and `width`."
            )
        source = ~hole & allowed
        if margin is not None and hole.any():
            source &= _crop_region(hole, size, margin)
        if hole.any() and not source.any() and not hole.all():
            raise InpaintingError(
                "Nothing may serve as a source: allow more by source_mask or padding_mask_crop."
            )
        found.append(Job(photo, hole, source))
    return found


def _crop_region(hole: BoolArray, size: Size, margin: int) -> BoolArray:
    """Diffusers' crop for `padding_mask_crop`, bool (H, W)."""
    height, width = size[0] or hole.shape[0], size[1] or hole.shape[1]
    mask = Image.fromarray(hole)
    x0, y0, x1, y1 = VaeImageProcessor.get_crop_region(mask, width, height, pad=margin)
    region = np.zeros_like(hole)
    region[y0:y1, x0:x1] = True
    return region


def repeated(values: list[Any], count: int, name: str) -> list[Any]:
    """As many values as the batch is large; a single one goes with all.

    Raises:
        ValueError: when there are fewer or more, by the argument's name.
    """
    if len(values) == count:
        return values
    if len(values) != 1:
        raise ValueError(f"`{name}` has {len(values)} for a batch of {count}.")
    return values * count
