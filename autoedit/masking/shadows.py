"""The shadow that a thing casts on the ground beside it."""

from __future__ import annotations

import cv2
import numpy as np
from scipy.special import expit

from autoedit.core.mask import BoolArray, FloatArray, Mask, PixelArray
from autoedit.masking.light import changed_by
from autoedit.masking.view import View, view_round

# What stands in `evidence` says for an effect, by logistic regression on rendered scenes with and
# without the thing: `scripts/fit_shadows.py`.
_BIAS = 0.328
_WEIGHTS = (0.712, 0.979, 0.080)
_SEEN = 8.0  # of 255: a change that a person sees
_KNOWN = 0.002  # how far probabilities stay from 0 and 1
# How much a share of what is found counts that is right, beside a share of what there is that is
# found; and between which probabilities the line is drawn, so that much doubt does not take all.
# So seven tenths of what is found are right: what is taken for shadow is relit, or filled, and both
# cope with the end of a shadow, but not with a hole that eats other things.
_RIGHT = 0.72
_LEAST, _MOST = 0.15, 0.6
_LITTLE, _SHOWN = 0.15, 0.03  # areas of the thing; log of light that so little must differ by
_RIM = 2  # pixels in which a thing's edge is soft
_SMALLEST = 0.004  # areas of the thing
_TOUCHING = 0.08  # sizes from the thing where a shadow must begin


def shadow_mask(
    pixels: PixelArray, mask: Mask, others: Mask | None = None, view: View | None = None
) -> Mask:
    """Find the cast and contact shadow of the thing under a mask.

    The network tells it, which was taught how things change the light on the ground round them,
    and knows each thing's own shadow from the others'. What does not begin at the thing is another
    thing's, or the ground's own.

    Args:
        pixels: RGB uint8 (H, W, 3).
        mask: the thing, (H, W).
        others: other things in the photo, (H, W), which take no shadow.
        view: what `view_round` says of both, when it is known already.

    Returns:
        float32 (H, W) in [0, 1], 0 on the thing itself; empty when there is no shadow.
    """
    result = np.zeros(mask.shape, np.float32)
    view = view or view_round(pixels, mask)
    if view is not None:
        x0, y0, x1, y1 = view.box
        soft = _region(view, _likely(view))
        result[y0:y1, x0:x1] = cv2.resize(soft, (x1 - x0, y1 - y0), interpolation=cv2.INTER_LINEAR)
        result[mask.array > 0.5] = 0
        if others is not None:
            result[others.array > 0.5] = 0
    return Mask(np.clip(result, 0, 1), "shadow")


def evidence(view: View) -> FloatArray:
    """What says that a pixel is in shadow, or lit by the thing: float32 (h, w, 3).

    The log odds that the network gives it, and those of being of a thing, on which it sees less;
    and the log of how much the gain changes.
    """
    change = np.abs(changed_by(view.pixels.astype(np.float32), view.gain)).max(axis=2)
    effect, thing = (
        np.log(part / (1 - part))
        for part in (np.clip(p, _KNOWN, 1 - _KNOWN) for p in (view.seen.effect, view.seen.thing))
    )
    return np.stack([effect, np.log((change + 1) / (_SEEN + 1)), thing], axis=2)


def how_likely(view: View) -> FloatArray:
    """How likely each pixel shows an effect of the thing, float32 (h, w) in [0, 1]; 0 on it."""
    odds = _BIAS + evidence(view) @ np.array(_WEIGHTS, np.float32)
    return np.where(view.inside, 0, expit(odds)).astype(np.float32)


def _likely(view: View) -> BoolArray:
    """What is in shadow, bool (h, w)."""
    probability = how_likely(view)
    likely = probability >= line_of(probability[~view.inside])
    little = np.count_nonzero(likely) < _LITTLE * np.count_nonzero(view.inside)
    return np.zeros_like(likely) if little and not _shows(view, likely) else likely


def line_of(probability: FloatArray) -> float:
    """From which probability on, of (N,), the mask is expected to be the best.

    Of all lines the one by which most is expected of recall and of precision together (as Jansche
    2007, "A maximum expected utility framework for binary sequence labeling", does for the
    F-measure): beside a clear shadow what is doubtful is none; where all is doubtful, it is taken.
    """
    falling = np.sort(probability)[::-1].astype(np.float64)
    right = np.cumsum(falling)
    worth = right / max(right[-1], 1e-9) + _RIGHT * right / np.arange(1, right.size + 1)
    allowed = (falling >= _LEAST) & (falling <= _MOST)
    worth[~allowed] = -1
    return float(falling[worth.argmax()]) if allowed.any() else _LEAST


def _shows(view: View, likely: BoolArray) -> bool:
    """Whether the light is another there than just beyond: at a thing's foot some is expected."""
    light = np.log(view.pixels.max(axis=2).astype(np.float32) + 12)
    taken = (likely | view.inside).astype(np.uint8)
    away = cv2.distanceTransform(1 - view.inside.astype(np.uint8), cv2.DIST_L2, 5)
    ours = likely & (away > _RIM)
    beyond = (cv2.dilate(taken, np.ones((9, 9), np.uint8)) > taken) & (away > _RIM)
    if not ours.any() or not beyond.any():
        return False
    return abs(float(light[ours].mean() - light[beyond].mean())) > _SHOWN


def _region(view: View, likely: BoolArray) -> FloatArray:
    """What is likely as smooth regions that begin at the thing, without specks and pinholes."""
    inside, size = view.inside, view.size * view.scale
    width = 2 * max(1, round(0.025 * size)) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (width, width))
    region = (likely & ~inside).astype(np.uint8)
    both = cv2.morphologyEx(region | inside, cv2.MORPH_CLOSE, kernel)
    region = np.asarray(cv2.morphologyEx(both, cv2.MORPH_OPEN, kernel), np.uint8)
    region[inside] = 0
    _, found, stats, _ = cv2.connectedComponentsWithStats(region, connectivity=4)
    labels = np.asarray(found, np.intp)
    away = cv2.distanceTransform((~inside).astype(np.uint8), cv2.DIST_L2, 5)
    touching = np.unique(labels[(away < max(2.0, _TOUCHING * size)) & (region > 0)])
    kept = touching[stats[touching, cv2.CC_STAT_AREA] > _SMALLEST * size * size]
    chosen = np.isin(labels, kept[kept > 0]).astype(np.float32)
    return np.where(inside, 0, cv2.GaussianBlur(chosen, (0, 0), 1)).astype(np.float32)
