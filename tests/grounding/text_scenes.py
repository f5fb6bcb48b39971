"""Drawn text with known pixels, for reading, masking and removing it."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from autoedit.core.plan import Target
from autoedit.grounding.text_reading import TextReader
from autoedit.planning.grammar import GrammarPlanner
from tests.drawing import ground


@cache
def reader() -> TextReader:
    return TextReader()


def target(phrase: str) -> Target:
    return GrammarPlanner().plan(f"remove {phrase}").steps[0].target


def written(
    photo: Any, place: tuple[int, int], text: str, colour: Any = (20, 20, 20), *,
    size: int = 40, outline: int = 0, shadow: int = 0, alpha: int = 255,
) -> tuple[Any, Any]:  # fmt: skip
    """A photo with a line of text round a place: the pixels, and where they changed by over 8."""
    height, width = photo.shape[:2]
    layer = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    style: Any = {"font": ImageFont.load_default(size), "anchor": "mm"}
    if shadow:
        beneath = (place[0] + shadow, place[1] + shadow)
        ImageDraw.Draw(layer).text(beneath, text, fill=(0, 0, 0, 200), **style)
        layer = layer.filter(ImageFilter.GaussianBlur(shadow / 2))
    draw = ImageDraw.Draw(layer)
    rim = tuple(255 - c for c in colour)
    draw.text(place, text, fill=(*colour, alpha), stroke_width=outline, stroke_fill=rim, **style)
    merged = Image.alpha_composite(Image.fromarray(photo).convert("RGBA"), layer)
    pixels = np.asarray(merged.convert("RGB"))
    return pixels, np.abs(pixels.astype(int) - photo).max(axis=2) > 8


def wall(height: int = 480, width: int = 640) -> Any:
    return ground(height, width)
