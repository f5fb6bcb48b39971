"""Change the look of what a mask covers: recolour it, or make it unreadable."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.core.window import Window
from autoedit.errors import InstructionError

# What people mean by a colour word on a real thing: paint, not the screen's pure primaries.
_PAINT = {
    "red": (190, 32, 38),
    "green": (46, 125, 60),
    "blue": (38, 84, 172),
    "yellow": (236, 196, 48),
    "orange": (226, 120, 36),
    "purple": (108, 58, 148),
    "pink": (232, 132, 168),
    "brown": (118, 76, 48),
    "cyan": (54, 172, 188),
    "magenta": (188, 48, 138),
    "turquoise": (54, 178, 170),
    "lime": (150, 200, 60),
}


_GREY, _DARK = 10.0, 6.0  # CIELAB chroma and lightness: less tells no hue
_COLOURED = 0.25  # of a thing, that must have a colour, or it is a grey thing
_NAMED, _FEW = 35.0, 0.1  # degrees from the hue that is named; of the most common hue
_ALIKE = 30.0  # degrees: hues that are the same paint, for its spread
_WIDTH, _FALL = (12.0, 20.0), 14.0  # degrees that are painted whole, and over which it falls off
_WASHED = (0.15, 0.5)  # of the usual saturation: below is grey or highlight, above is paint
_HIGH = 15.0  # of lightness above the usual: what is so much lighter is a highlight
_LIFT, _COMPRESSED = 50.0, 0.5  # lightness; how much of the shading a much lighter paint loses


def paint_rgb(name: str, rgb: tuple[int, int, int]) -> tuple[int, int, int]:
    """The colour that a thing is painted for a colour word; `rgb` when the word is another."""
    return _PAINT.get(" ".join(name.lower().split()), rgb)


def recolour(
    pixels: PixelArray,
    mask: Mask,
    rgb: tuple[int, int, int],
    own: tuple[int, int, int] | None = None,
) -> PixelArray:
    """Give a thing another colour and keep its shading, highlights and texture.

    What is painted is what has the thing's own hue, in light and in shade: other colours, greys,
    blacks and highlights stay, softly told apart. A thing that is grey, black or white is painted
    whole. In CIELAB the lightness is scaled like light on another paint (and compressed where the
    new paint is much lighter, for lighter things are lit by themselves), and saturation, chroma by
    lightness, follows each pixel's share of the thing's own, for a shadow leaves saturation as it
    is and a highlight washes it out (the dichromatic model: Shafer 1985, "Using color to separate
    reflection components").

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing.
        rgb: the new colour.
        own: the colour that the thing is said to have; None for its dominant one.

    Returns:
        RGB uint8 (H, W, 3); the caller blends it by the matte.
    """
    window = _window(mask)
    inside = mask.binary[window.slices]
    if not inside.any():
        return pixels.copy()
    lab = cv2.cvtColor(pixels[window.slices].astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)
    # Chroma is coarser in photos than lightness, and its noise would speckle what is painted.
    smooth = cv2.bilateralFilter(lab, 7, 14, 3)
    paint = _to_lab(rgb)
    hue = _own_hue(smooth, inside, None if own is None else _to_lab(own))
    of_hue = np.ones(inside.shape, np.float32) if hue is None else _alike(smooth, hue)
    ours = inside & (of_hue > 0.5)
    lightness = lab[:, :, 0]
    middle = float(np.median(lightness[ours]))
    goal = float(np.clip(paint[0], 8, 92))  # room for shading at both ends
    moved = _moved(lightness, middle, goal)
    if hue is None:
        strength = np.clip((100 - lightness) / max(100 - middle, 1e-3), 0, 1)
    else:
        saturation = _saturation(smooth)
        share = saturation / max(float(np.median(saturation[ours])), 1e-3)
        strength = np.clip(share, 0, 1.3)
        is_paint = _step((share - _WASHED[0]) / (_WASHED[1] - _WASHED[0]))
        if goal > middle:  # a highlight is no darker than the paint it lies on
            is_paint = np.maximum(is_paint, _step((lightness - middle) / _HIGH))
        moved = lightness + (moved - lightness) * is_paint
    strength = strength * np.clip(moved / goal, 0, 1.15)
    changed = np.dstack([moved, strength[:, :, None] * paint[1:]])
    changed = lab + (changed - lab) * of_hue[:, :, None]
    values = cv2.cvtColor(changed.astype(np.float32), cv2.COLOR_LAB2RGB)
    result = pixels.copy()
    result[window.slices] = np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)
    return result


def _to_lab(rgb: tuple[int, int, int]) -> FloatArray:
    values = np.asarray([[rgb]], np.float32) / np.float32(255)
    return cv2.cvtColor(values, cv2.COLOR_RGB2LAB)[0, 0]


def _saturation(lab: FloatArray) -> FloatArray:
    """Chroma by lightness, which shading leaves as it is; float32 (h, w)."""
    return np.hypot(lab[:, :, 1], lab[:, :, 2]) / (lab[:, :, 0] + np.float32(_DARK))


def _own_hue(
    lab: FloatArray, inside: BoolArray, own: FloatArray | None
) -> tuple[float, float] | None:
    """A thing's hue and how far it spreads, in degrees; None for a grey thing."""
    chroma = np.hypot(lab[:, :, 1], lab[:, :, 2])
    coloured = inside & (chroma > _GREY) & (lab[:, :, 0] > _DARK)
    named = own is not None and float(np.hypot(own[1], own[2])) > 2 * _GREY
    few = coloured.sum() < _COLOURED * inside.sum()
    if (own is not None and not named) or (few and not named) or not coloured.any():
        return None
    hue = _hue(lab)
    counts = np.bincount(
        (hue[coloured] % 360).astype(np.int64), np.minimum(chroma[coloured], 60), minlength=360
    )
    ring = np.concatenate([counts, counts, counts]).astype(np.float32)[None]
    counts = cv2.GaussianBlur(ring, (0, 0), 8)[0, 360:720]
    if own is not None:
        said = float(np.rad2deg(np.arctan2(own[2], own[1])))
        away = _turn(np.arange(360, dtype=np.float32), said)
        near = counts * np.exp(-((away / _NAMED) ** 2))
        counts = near if near.max() > _FEW * counts.max() else counts
    middle = float(np.argmax(counts)) + 0.5
    away = _turn(hue, middle)
    alike = coloured & (away < _ALIKE)
    return middle, float(np.sqrt(np.average(away[alike] ** 2, weights=chroma[alike])))


def _alike(lab: FloatArray, own: tuple[float, float]) -> FloatArray:
    """How much a pixel's hue is the thing's own, float32 (h, w)."""
    middle, spread = own
    wide = float(np.clip(2 * spread, *_WIDTH))
    return 1 - _step((_turn(_hue(lab), middle) - wide) / _FALL)


def _hue(lab: FloatArray) -> FloatArray:
    """In degrees, float32 (h, w)."""
    return np.rad2deg(np.arctan2(lab[:, :, 2], lab[:, :, 1]))


def _turn(hue: FloatArray, middle: float) -> FloatArray:
    """The angle between hues, 0 to 180 degrees."""
    return np.abs((hue - middle + 180) % 360 - 180)


def _step(share: FloatArray) -> FloatArray:
    share = np.clip(share, 0, 1)
    return share * share * (3 - 2 * share)


def _moved(lightness: FloatArray, middle: float, goal: float) -> FloatArray:
    """Lightness with its middle at the goal; black and white stay where they are."""
    lifted = np.clip((goal - middle) / _LIFT, 0, 1)
    power = 1 - _COMPRESSED * lifted  # lighter things are lit by themselves in their shade
    ratio = np.maximum(lightness + 16, 1e-3) / (middle + 16)
    scaled = (goal + 16) * ratio**power - 16
    ended = 100 - (100 - lightness) * ((100 - goal) / max(100 - middle, 1e-3))
    if goal >= middle:
        above = ended
    else:
        high = np.clip((lightness - middle) / max(100 - middle, 1e-3), 0, 1) ** 2
        above = scaled + (ended - scaled) * high
    # What is nearly black is no paint, and stays nearly black.
    dark = np.clip(lightness / _DARK, 0, 1)
    below = scaled * dark + np.minimum(scaled, lightness) * (1 - dark)
    return np.clip(np.where(lightness < middle, below, above), 0, 100).astype(np.float32)


def obscure(pixels: PixelArray, mask: Mask, manner: str) -> PixelArray:
    """Make what a mask covers unreadable.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: what to cover.
        manner: "blur", "pixelate" or "solid" (black).

    Returns:
        RGB uint8 (H, W, 3); the caller blends it by the matte.

    Raises:
        InstructionError: for another manner.
    """
    window = _window(mask)
    part = pixels[window.slices]
    side = _block_side(mask)
    if manner == "blur":
        # Averaging before blurring: a plain Gaussian can be sharpened back.
        covered = cv2.GaussianBlur(_blocks(part, side, cv2.INTER_LINEAR), (0, 0), side / 2)
    elif manner == "pixelate":
        covered = _blocks(part, side, cv2.INTER_NEAREST)
    elif manner == "solid":
        covered = np.zeros_like(part)
    else:
        raise InstructionError(f"{manner!r} is no way to obscure; use blur, pixelate or solid.")
    result = pixels.copy()
    result[window.slices] = covered
    return result


def _block_side(mask: Mask) -> float:
    """Pixels over which nothing may be told apart: a third of a line of text, a fifth of a face."""
    x0, y0, x1, y1 = mask.box or (0.0, 0.0, 1.0, 1.0)
    shorter, longer = sorted((x1 - x0, y1 - y0))
    return max(4.0, shorter / float(np.clip(6 * shorter / longer, 3, 5)))


def _blocks(part: PixelArray, side: float, interpolation: int) -> PixelArray:
    size = (max(1, round(part.shape[1] / side)), max(1, round(part.shape[0] / side)))
    small = cv2.resize(part, size, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, part.shape[1::-1], interpolation=interpolation), np.uint8)


def _window(mask: Mask) -> Window:
    box = mask.box or (0, 0, mask.shape[1], mask.shape[0])
    margin = 32
    return Window(
        max(0, int(box[0]) - margin),
        max(0, int(box[1]) - margin),
        min(mask.shape[1], int(box[2]) + margin),
        min(mask.shape[0], int(box[3]) + margin),
    )
