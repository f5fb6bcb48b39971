"""Match a subject's colour and light to another backdrop's."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import FloatArray, Mask, PixelArray

_SIDE = 256
_TINT, _LEVEL, _SPREAD = 0.5, 0.35, 0.3  # of the way that tint, brightness and contrast go
_MOST_TINT, _MOST_LEVEL = 0.35, 0.7  # natural logarithms: no farther, or it is another thing
_MODEST = 0.1, 0.15, 0.1  # most tint, most brightness, and of the way that contrast goes
_POWER = 6  # of the mean that takes a scene's light: between its mean and its brightest
_GAMMA = 2.2
_STRIP = 256


def harmonized(
    colours: PixelArray, alpha: Mask, backdrop: PixelArray, *, modest: bool = False
) -> PixelArray:
    """A subject in the light of a backdrop, part of the way.

    The light's tint of each is a Minkowski mean in linear light (shades of grey: Finlayson &
    Trezzi 2004) and the subject's channels are scaled from the one towards the other (von Kries);
    brightness and contrast of its logarithms move towards the backdrop's (the statistics by which
    people judge a composite: Xue et al. 2012), white and black staying where they are.

    Args:
        colours: RGB uint8 (H, W, 3), the subject's own.
        alpha: the subject's.
        backdrop: RGB uint8 (H, W, 3).
        modest: the subject's tint is taken for its paint, and only a little of the backdrop's light
            is put on it: what two cameras see differently, and not what two things are.

    Returns:
        RGB uint8 (H, W, 3), changed wherever alpha is above 0.
    """
    inside = alpha.binary
    if not inside.any():
        return colours
    step = max(1, int(max(inside.shape) / _SIDE / 2))
    ours = _linear(colours[::step, ::step][inside[::step, ::step]])
    theirs = _linear(_small(backdrop).reshape(-1, 3))
    if not ours.size:
        return colours
    most_tint, most_level, spread = _MODEST if modest else (_MOST_TINT, _MOST_LEVEL, _SPREAD)
    own = np.ones(3) if modest else _tint(ours)
    tint = np.clip(_TINT * np.log(_tint(theirs) / own), -most_tint, most_tint)
    tint -= tint.mean()
    ours_level, theirs_level = _level(ours), _level(theirs)
    lift = float(np.clip(_LEVEL * (theirs_level[0] - ours_level[0]), -most_level, most_level))
    ratio = np.clip(theirs_level[1] / max(ours_level[1], 0.05), 0.6, 1.5)
    power = float(1 + spread * (ratio - 1))
    table = _table(tint, lift, power, ours_level[0])
    result = colours.copy()
    for top in range(0, colours.shape[0], _STRIP):
        rows = slice(top, top + _STRIP)
        changed = np.stack(
            [table[channel][colours[rows, :, channel]] for channel in range(3)], axis=2
        )
        touched = alpha.array[rows] > 0
        result[rows][touched] = changed[touched]
    return result


def _small(pixels: PixelArray) -> PixelArray:
    scale = min(1.0, _SIDE / max(pixels.shape[:2]))
    size = max(1, round(pixels.shape[1] * scale)), max(1, round(pixels.shape[0] * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)


def _linear(pixels: PixelArray) -> FloatArray:
    return (pixels.astype(np.float64) / 255) ** _GAMMA


def _tint(light: FloatArray) -> FloatArray:
    mean = ((light**_POWER).mean(axis=0) + 1e-9) ** (1 / _POWER)
    return mean / mean.mean()


def _level(light: FloatArray) -> tuple[float, float]:
    """Mean and spread of the logarithm of the brightness."""
    brightness = np.log(light @ np.array([0.2126, 0.7152, 0.0722]) + 0.01)
    return float(brightness.mean()), float(brightness.std())


def _table(tint: FloatArray, lift: float, power: float, level: float) -> PixelArray:
    """What each value of each channel becomes, uint8 (3, 256).

    The curve t / (t + (1 - t) / gain), a gain in the dark that fades out towards white.
    """
    light = (np.arange(256) / 255) ** _GAMMA
    middle = np.exp(level)
    contrasted = middle * (light / middle) ** power
    contrasted = light + (contrasted - light) * (1 - light)  # white stays white
    tables: list[FloatArray] = []
    for channel in range(3):
        gain = np.exp(lift + tint[channel])
        curved = np.clip(contrasted, 0, 1)
        curved = curved / (curved + (1 - curved) / gain)
        tables.append(np.rint(255 * np.clip(curved, 0, 1) ** (1 / _GAMMA)))
    return np.stack(tables).astype(np.uint8)
