"""A picture of the regions that a phrase fits, numbered as `--pick` counts them.

When nothing fits, what nearly does is drawn thin and grey, with the letters under which it is
listed.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from string import ascii_lowercase

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from autoedit.cli import console
from autoedit.core.files import save_photo
from autoedit.core.mask import PixelArray
from autoedit.core.photo import Photo
from autoedit.core.region import Box, Region, Regions

Colour = tuple[int, int, int]

_GREY: Colour = (190, 190, 190)
# The palette of Okabe & Ito (2008), which colour-blind readers can tell apart, without its black.
_COLOURS: tuple[Colour, ...] = (
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0),
    (204, 121, 167),
)  # fmt: skip


def write_regions(photo: Photo, regions: Regions, path: Path) -> Path:
    """Write the picture of `draw_regions`; gives the path back.

    Raises:
        OutputError: when it cannot be written.

    """
    return save_photo(Photo(draw_regions(photo.pixels, regions)), path)


def draw_regions(pixels: PixelArray, regions: Regions) -> PixelArray:
    """Draw each region's outline, or its box when it has no mask, with its number.

    Args:
        pixels: RGB uint8 (H, W, 3); not changed.
        regions: what to draw.

    Returns:
        RGB uint8 (H, W, 3).

    """
    picture = pixels.copy()
    line = max(2, round(max(pixels.shape) / 400))
    misses = () if len(regions) else regions.near_misses[: console.NEAR_MISSES]
    for region in misses:
        for colour, width in (((0, 0, 0), 2 * line), (_GREY, max(1, line // 2))):
            _draw_region(picture, replace(region, mask=None), colour, width)
    # Last first, so that the best fits lie on top.
    for index, region in reversed(list(enumerate(regions))):
        for colour, width in (((0, 0, 0), 3 * line), (_COLOURS[index % len(_COLOURS)], line)):
            _draw_region(picture, region, colour, width)
    image = Image.fromarray(picture)
    labels = [
        (str(index + 1), region.box, _COLOURS[index % len(_COLOURS)])
        for index, region in enumerate(regions)
    ]
    labels += [
        (letter, region.box, _GREY) for letter, region in zip(ascii_lowercase, misses, strict=False)
    ]
    _draw_labels(image, labels, line)
    return np.asarray(image)


def _draw_region(picture: PixelArray, region: Region, colour: Colour, width: int) -> None:
    if region.mask is not None and region.mask.box is not None:
        inside = region.mask.binary.astype(np.uint8)
        contours, _ = cv2.findContours(inside, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(picture, contours, -1, colour, width, cv2.LINE_AA)
    else:
        x0, y0, x1, y1 = (round(value) for value in region.box)
        cv2.rectangle(picture, (x0, y0), (x1 - 1, y1 - 1), colour, width)


def _draw_labels(image: Image.Image, labels: list[tuple[str, Box, Colour]], line: int) -> None:
    draw = ImageDraw.Draw(image)
    size = max(14.0, min(image.size) / 24)
    font = ImageFont.load_default(size)
    taken: list[Box] = []
    for text, box, colour in labels:
        height, width = size * 1.3, size * max(1.3, 0.7 * len(text) + 0.4)
        label = _free_place(box, width, height, image.size, taken)
        taken.append(label)
        draw.rounded_rectangle(label, height / 5, fill="black", outline=colour, width=line)
        centre = (label[0] + label[2]) / 2, (label[1] + label[3]) / 2
        draw.text(centre, text, fill="white", font=font, anchor="mm")


def _free_place(
    box: Box, width: float, height: float, size: tuple[int, int], taken: list[Box]
) -> Box:
    """A label at a corner of its box, inside the picture, where no other label is yet."""
    x0, y0, x1, y1 = box
    places: list[Box] = []
    for x, y in ((x0, y0), (x1, y0), (x0, y1), (x1, y1), ((x0 + x1) / 2, (y0 + y1) / 2)):
        left = min(max(x - width / 2, 0.0), max(0.0, size[0] - width - 1))
        top = min(max(y - height / 2, 0.0), max(0.0, size[1] - height - 1))
        places.append((left, top, left + width, top + height))
    free = (place for place in places if not any(_overlap(place, other) for other in taken))
    return next(free, places[0])


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
