"""What round a hole is still in the shadow of the thing that was there.

A mask seldom holds all of a thing's shadow. What is left of it at the hole's outline would be
carried on into the hole, so it is told by comparing the outline's surroundings with what lies
deeper in the hole, once something is laid there: the same ground, only darker.
"""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import BoolArray, FloatArray

_SPREAD = 1.0  # pixels that both are averaged over first: texture is not shadow
_FAINT, _CLEAR = 6.0, 20.0  # of 255: so much darker is no shadow yet, and surely one
_TINT = 12.0  # of 255: a shadow keeps the hue about so well
_ROUGH = 50.0  # so well it keeps the ground's texture, in the unit of `with_texture`
_DEEPEST, _DEEP = 0.3, 0.45  # of the lightness: darker is another thing, and lighter can be shadow
_CHANCE, _PROOF = 0.35, 0.65  # shares of what is darker that nothing lighter makes up for
_BLACK = np.float32(40.8)  # Lab's 16 in 116, of 255: from there on lightness and colour dim alike


def shade(here: FloatArray, there: FloatArray, seen: BoolArray) -> FloatArray:
    """How surely each place is another one in shadow.

    A shadow dims every colour by one factor, which is one factor of Lab's cube roots as well, and
    of the steps between them: texture goes on in it.
    Surroundings that differ by chance or by texture are lighter as often as darker; a shadow is
    darker only. So where much is lighter by the same measure, nothing is taken for shadow.

    Args:
        here: float32 (H, W, 4), Lab and texture, of 255.
        there: float32 (H, W, 4), of the place that each is compared with.
        seen: bool (H, W), where there is something to compare with.

    Returns:
        float32 (H, W) in [0, 1], 0 where not `seen`.
    """
    here, there = _averaged(here, seen), _averaged(there, seen)
    darker = np.where(seen, _dimmed(here, there), 0).astype(np.float32)
    lighter = np.where(seen, _dimmed(there, here), 0)
    total = float(darker.sum())
    if total <= 0:
        return np.zeros_like(darker)
    proof = 1 - float(lighter.sum()) / total
    return darker * np.float32(np.clip((proof - _CHANCE) / (_PROOF - _CHANCE), 0, 1))


def _dimmed(dark: FloatArray, light: FloatArray) -> FloatArray:
    """How much the one looks like the other with less light on it, (H, W) in [0, 1]."""
    factor = (dark[:, :, 0] + _BLACK) / (light[:, :, 0] + _BLACK)
    tint = np.linalg.norm(dark[:, :, 1:3] - factor[:, :, None] * light[:, :, 1:3], axis=2)
    texture = dark[:, :, 3] - factor * light[:, :, 3]
    step = light[:, :, 0] - dark[:, :, 0]
    return (
        np.clip((step - _FAINT) / (_CLEAR - _FAINT), 0, 1)
        * np.exp(-((tint / _TINT) ** 2) - (texture / _ROUGH) ** 2)
        * np.clip((factor - _DEEPEST) / (_DEEP - _DEEPEST), 0, 1)
    )


def _averaged(values: FloatArray, seen: BoolArray) -> FloatArray:
    weight = seen.astype(np.float32)
    share = np.maximum(cv2.GaussianBlur(weight, (0, 0), _SPREAD), 1e-3)
    return cv2.GaussianBlur(values * weight[:, :, None], (0, 0), _SPREAD) / share[:, :, None]
