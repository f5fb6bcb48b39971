"""What a photo's things stand on and before: its ground, table or wall, in light and in shadow."""

from __future__ import annotations

import numpy as np

from autoedit.core.mask import FloatArray
from autoedit.core.superpixels import Superpixels

_WINDOW = 0.4  # of the photo's longer side: how far along its border a material is looked for
_ENOUGH = 0.16  # of the border in that window: a material that takes so much may be the ground
_ALIKE = 5.0  # CIELAB units
_SHADES = (1.0, 0.9, 0.8, 0.7, 0.6, 0.5)
_DOUBT = 0.45  # how much less a colour in deep shadow speaks for the ground than a lit one


def ground_likeness(pieces: Superpixels) -> FloatArray:
    """How much each piece looks like what reaches the photo's border: float32 (N,) in [0, 1].

    A tile, a brick or a check of a cloth does not touch the border, but its like does (the
    boundary prior of Wei, Wen, Zhu & Sun 2012, without the way there). In CIELAB a shadow scales
    (L + 16, a, b) by one factor, so a ground in shadow is known by the colour that it would have
    in the light.
    """
    rim = np.flatnonzero(pieces.border)
    light = pieces.colour + np.array([16, 0, 0], np.float32)
    lit = light[rim]
    dots, own, theirs = light @ lit.T, (light**2).sum(axis=1)[:, None], (lit**2).sum(axis=1)
    alike = np.zeros((pieces.count, rim.size), np.float32)
    for shade in _SHADES:
        squared = np.maximum(own - 2 * shade * dots + shade**2 * theirs, 0)
        sure = 1 - _DOUBT * min(1.0, 2 * abs(1 - shade))
        np.maximum(alike, sure * np.exp(-0.5 * squared / _ALIKE**2), out=alike)
    reach = _WINDOW * max(pieces.labels.shape)
    away = np.linalg.norm(pieces.centre[:, None] - pieces.centre[None, rim], axis=2)
    weight = np.exp(-0.5 * (away / reach) ** 2) * pieces.border[rim]
    share = (alike * weight).sum(axis=1) / (weight.sum(axis=1) + 1e-6)
    return (share**2 / (share**2 + _ENOUGH**2)).astype(np.float32)


def shade_free(first: FloatArray, second: FloatArray) -> FloatArray:
    """How far colours are apart but for one being the other in shade: (M, 3) x 2 -> (M,)."""
    light = np.array([16, 0, 0], np.float32)
    one, two = first + light, second + light
    level = np.minimum(one[:, 0], two[:, 0]) / np.maximum(one[:, 0], two[:, 0])
    darker = np.where((one[:, 0] < two[:, 0])[:, None], one, two)
    lighter = np.where((one[:, 0] < two[:, 0])[:, None], two, one)
    return np.linalg.norm(darker[:, 1:] - level[:, None] * lighter[:, 1:], axis=1)
