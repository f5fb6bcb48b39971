"""A thing's own shadow, as the share of light that it leaves: without the ground it lies on."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray

_SIDE = 400  # longer side at which it is measured
_REACH = 0.6  # sizes round the shadow: the lit ground that it is measured by
_GRAIN = 0.03  # sizes: what is finer than this is the ground's own
_FINE = 0.016  # sizes: how far the light is smoothed
_DOUBTED = 1.0  # of the lit ground's own spread: so much darker is no shadow yet
_NEARBY, _COARSE = 0.06, 4  # sizes of ground that count as near; pixels for one there
_SEEN, _APART = 0.03, 0.05  # of log light; sizes from the thing, where a shadow begins
_FEATHER = 0.03  # sizes: how softly the shadow's rim goes out
_DARKEST = 0.12  # light that any shadow leaves


def shadow_ratio(pixels: PixelArray, subject: Mask, shadow: Mask) -> FloatArray:
    """What is left of the light in a shadow: shadowed over unshadowed ground.

    The unshadowed ground is spread into the shadow from the lit ground round it, in log lightness
    (a shadow is a factor on the light: Finlayson, Hordley, Lu & Drew 2006, "On the removal of
    shadows from images"). The ratio is smoothed, so that the ground's grain, planks or grass do
    not come along, and the subject takes no part in it.

    Args:
        pixels: RGB uint8 (H, W, 3).
        subject: what throws the shadow, or its alpha.
        shadow: where its shadow lies; above half is in it.

    Returns:
        float32 (H, W) in [0.12, 1], 1 outside the shadow: a factor on the values of a new ground,
        which are as the photo's no linear light, but a ratio stays a ratio under a power law.
    """
    ratio = np.ones(subject.shape, np.float32)
    box = shadow.box
    if box is None:
        return ratio
    size = float(np.sqrt(max(subject.binary.sum(), shadow.binary.sum())))
    margin = _REACH * size + 4
    height, width = subject.shape
    x0, y0 = max(0, int(box[0] - margin)), max(0, int(box[1] - margin))
    x1, y1 = min(width, int(box[2] + margin)), min(height, int(box[3] + margin))
    scale = min(1.0, _SIDE / max(x1 - x0, y1 - y0))
    shape = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    place = slice(y0, y1), slice(x0, x1)
    small = cv2.resize(pixels[place], shape, interpolation=cv2.INTER_AREA)
    thing = cv2.resize(subject.array[place], shape, interpolation=cv2.INTER_AREA) > 0.02
    inside = cv2.resize(shadow.array[place], shape, interpolation=cv2.INTER_AREA) > 0.25
    left = _left(np.asarray(small, np.uint8), thing, inside & ~thing, size * scale)
    ratio[place] = cv2.resize(left, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
    return ratio


def _left(pixels: PixelArray, thing: BoolArray, inside: BoolArray, size: float) -> FloatArray:
    """The ratio in the reduced window, float32 (h, w)."""
    light = np.log(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32) + 4)
    kernel = _ellipse(_FEATHER * size)
    wide = cv2.dilate(inside.astype(np.uint8), kernel) > 0
    lit = ~wide & ~thing
    if not lit.any() or not inside.any():
        return np.ones(light.shape, np.float32)
    # Dark lines and specks of the ground close up; the thin line of contact holds on to the thing.
    dark = np.where(thing, light.min(), light).astype(np.float32)
    plain = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, _ellipse(_GRAIN * size))
    ground = _spread(plain, lit.astype(np.float32), size)
    smooth = _normalised(plain, (~thing).astype(np.float32), max(_FINE * size, 0.8), ground)
    taken = np.maximum(ground - smooth, 0) * wide
    taken = np.maximum(taken - _DOUBTED * float((smooth - ground)[lit].std()), 0)
    taken = cv2.GaussianBlur(taken, (0, 0), max(_FINE * size, 0.8))
    soft = cv2.GaussianBlur(_hanging_on(taken, thing, size), (0, 0), max(_FEATHER * size, 0.8))
    return np.clip(np.exp(-taken * np.minimum(2 * soft, 1)), _DARKEST, 1).astype(np.float32)


def _hanging_on(taken: FloatArray, thing: BoolArray, size: float) -> FloatArray:
    """1 where a shadow begins at the thing, for what lies apart is the ground's own; (h, w)."""
    near = cv2.dilate(thing.astype(np.uint8), _ellipse(_APART * size)) > 0
    _, found = cv2.connectedComponents(((taken > _SEEN) & ~thing).astype(np.uint8))
    labels = np.asarray(found, np.intp)
    touching = np.unique(labels[near & (labels > 0)])
    kept = np.isin(labels, touching) | thing
    return cv2.dilate(kept.astype(np.float32), _ellipse(_FEATHER * size))


def _ellipse(radius: float) -> PixelArray:
    side = 2 * max(1, round(radius)) + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _spread(values: FloatArray, weight: FloatArray, size: float) -> FloatArray:
    """Values continued from where the weight is 1 to everywhere, the nearest counting most."""
    shape = max(1, values.shape[1] // _COARSE), max(1, values.shape[0] // _COARSE)
    total = cv2.resize(values * weight, shape, interpolation=cv2.INTER_AREA)
    whole = cv2.resize(weight, shape, interpolation=cv2.INTER_AREA)
    summed, mass, share = np.zeros_like(total), np.zeros_like(whole), np.float32(1)
    sigma = (_NEARBY * size + 1) / _COARSE
    while sigma < max(shape):
        summed += share * cv2.GaussianBlur(total, (0, 0), sigma)
        mass += share * cv2.GaussianBlur(whole, (0, 0), sigma)
        sigma, share = sigma * 2, share * np.float32(0.03)
    spread = summed / np.maximum(mass, np.float32(1e-12))
    return cv2.resize(spread, values.shape[::-1], interpolation=cv2.INTER_LINEAR)


def _normalised(
    values: FloatArray, weight: FloatArray, sigma: float, elsewhere: FloatArray
) -> FloatArray:
    """A Gaussian mean of the weighted values, and `elsewhere` where there are none near."""
    total = cv2.GaussianBlur(values * weight, (0, 0), sigma)
    whole = cv2.GaussianBlur(weight, (0, 0), sigma)
    faint = np.float32(1e-4)
    return (total + faint * elsewhere) / (whole + faint)
