"""The mirror image of a thing in a glossy ground."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from autoedit.compositing.standing import Stand
from autoedit.core.mask import FloatArray, Mask, PixelArray

_DEPTH = 0.6  # sizes: how deep under the ground's line the image is nearly gone
_ROUGH = 0.02  # sizes: how soft it is there
_SHARP, _SOFT = 0.15, 1.0  # of that softness, at the line and at the depth


def with_reflections(
    backdrop: PixelArray,
    colours: PixelArray,
    alpha: Mask,
    stands: Sequence[Stand],
    *,
    strength: float,
) -> PixelArray:
    """A backdrop that mirrors what stands on it, fading and softening with depth.

    Args:
        backdrop: RGB uint8 (H, W, 3).
        colours: RGB uint8 (H, W, 3), the subject's own.
        alpha: the subject's.
        stands: where its parts stand.
        strength: 0..1, how much of the light the ground mirrors at the line.

    Returns:
        RGB uint8 (H, W, 3), a new array.
    """
    result = backdrop.copy()
    height = alpha.shape[0]
    for stand in stands:
        x0, y0, x1, _ = stand.box
        columns = np.arange(x1 - x0, dtype=np.float32)
        known = np.arange(stand.line.size, dtype=np.float32) + np.float32(0.5)
        # The lowest ground line of the part's own columns; what lies beside it mirrors nothing.
        line = np.interp((columns + 0.5) * stand.scale, known, stand.line) / stand.scale + y0
        size = stand.size / stand.scale
        top = max(0, int(line.min()))
        bottom = min(height, int(line.max() + 2 * _DEPTH * size))
        if bottom <= top:
            continue
        rows = np.arange(top, bottom, dtype=np.float32)[:, None]
        deep = rows + 0.5 - line[None].astype(np.float32)
        across = np.broadcast_to(columns[None] + x0, deep.shape).astype(np.float32)
        up = (line[None] - deep - 0.5).astype(np.float32)
        seen = cv2.remap(alpha.array, across, up, cv2.INTER_LINEAR)  # 0 beyond the frame
        seen[deep < 0] = 0
        image = cv2.remap(colours, across, up, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        premultiplied = image.astype(np.float32) * seen[:, :, None]
        premultiplied, seen = _softened(premultiplied, seen, deep / (_DEPTH * size), size)
        fade = np.float32(strength) * np.exp(-2 * np.maximum(deep, 0) / (_DEPTH * size))
        fade = np.where(deep < -0.5, 0, fade)[:, :, None]
        place = (slice(top, bottom), slice(x0, x1))
        under = result[place].astype(np.float32)
        mixed = under * (1 - seen[:, :, None] * fade) + premultiplied * fade
        result[place] = np.rint(np.clip(mixed, 0, 255)).astype(np.uint8)
    return result


def _softened(
    premultiplied: FloatArray, seen: FloatArray, depth: FloatArray, size: float
) -> tuple[FloatArray, FloatArray]:
    """Blurred more, the deeper it is: between a nearly sharp image and a soft one."""
    both = np.dstack([premultiplied, seen])
    sharp = cv2.GaussianBlur(both, (0, 0), max(_SHARP * _ROUGH * size, 0.3))
    soft = cv2.GaussianBlur(both, (0, 0), max(_SOFT * _ROUGH * size, 0.5))
    share = np.clip(depth, 0, 1)[:, :, None]
    mixed = sharp * (1 - share) + soft * share
    return mixed[:, :, :3], mixed[:, :, 3]
