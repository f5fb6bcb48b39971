"""What a colour word means on a screen."""

from __future__ import annotations

import re
from typing import NamedTuple

from PIL import ImageColor

from autoedit.errors import InstructionError


class RGB(NamedTuple):
    """A colour, 0..255 each."""

    red: int
    green: int
    blue: int


# Colour words that PIL's CSS names lack or mean differently in everyday English.
_EVERYDAY = {
    "off-white": RGB(250, 249, 246),
    "cream": RGB(255, 253, 208),
    "ivory": RGB(255, 255, 240),
    "eggshell": RGB(240, 234, 214),
    "pearl": RGB(234, 224, 200),
    "pure white": RGB(255, 255, 255),
    "pure black": RGB(0, 0, 0),
    "green": RGB(0, 128, 0),
    "chroma green": RGB(0, 177, 64),
    "navy blue": RGB(0, 0, 128),
    "sky blue": RGB(135, 206, 235),
    "light blue": RGB(173, 216, 230),
    "baby blue": RGB(137, 207, 240),
    "powder blue": RGB(176, 224, 230),
    "mustard": RGB(225, 173, 1),
    "charcoal": RGB(54, 69, 79),
    "anthracite": RGB(56, 62, 66),
    "slate": RGB(112, 128, 144),
    "taupe": RGB(139, 133, 137),
    "sand": RGB(214, 197, 160),
    "rose": RGB(255, 0, 127),
    "blush": RGB(222, 93, 131),
    "peach": RGB(255, 203, 164),
    "apricot": RGB(251, 206, 177),
    "terracotta": RGB(204, 102, 75),
    "rust": RGB(168, 60, 9),
    "burgundy": RGB(110, 0, 35),
    "mint": RGB(189, 247, 208),
    "sage": RGB(178, 190, 160),
    "emerald": RGB(0, 155, 95),
    "lilac": RGB(200, 162, 200),
    "mauve": RGB(204, 153, 204),
}
_SHADES = {
    "dark": 0.55, "deep": 0.7, "darker": 0.55, "bright": 1.0, "light": 1.5, "lighter": 1.5,
    "pale": 1.7, "pastel": 1.65, "soft": 1.5,
}  # fmt: skip
"""Below 1 the share that is left on the way to black; above, 1 and the share of white."""


def colour_rgb(name: str) -> RGB:
    """The RGB of a colour name ("white", "dark blue", "off-white") or "#rrggbb".

    Raises:
        InstructionError: when it is not a colour that is known.
    """
    plain = " ".join(name.lower().split())
    joined = plain.replace(" ", "").replace("-", "")
    for known, rgb in _EVERYDAY.items():
        if joined == known.replace(" ", "").replace("-", ""):
            return rgb
    for form in (plain, joined):
        try:
            red, green, blue, *_ = ImageColor.getrgb(form)
        except ValueError:
            continue
        return RGB(red, green, blue)
    word, _, rest = plain.partition(" ")
    if word in _SHADES and rest:
        return shaded(colour_rgb(rest), _SHADES[word])
    raise InstructionError(
        f"{name!r} is not a colour that is known here. Use a CSS colour name or #rrggbb."
    )


def colours_rgb(names: str) -> list[RGB]:
    """The colours of a list: "white and grey", "white to grey", "#fff, #ccc".

    Raises:
        InstructionError: when one of them is not known.
    """
    parts = re.split(r"\s*,\s*(?:and\s+)?|\s+(?:and|to|into)\s+", names.strip())
    return [colour_rgb(part) for part in parts]


def shaded(rgb: RGB, factor: float) -> RGB:
    """Towards black below 1, towards white above, up to 2."""
    if factor <= 1:
        return RGB(*(round(value * factor) for value in rgb))
    return RGB(*(round(value + (255 - value) * (factor - 1)) for value in rgb))
