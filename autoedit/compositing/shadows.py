"""The shadow that a cut-out thing would have on a new ground."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from autoedit.compositing.standing import FORESHORTENED, Stand
from autoedit.core.mask import FloatArray

_LENGTH = 0.55  # of a height: how far its shadow reaches; a lamp some 60 degrees up
_LAYERS = 12  # heights that are blurred alike
_DEPTH = 0.12  # of a foot's width: how far back it reaches, as seen in the picture
_CAST, _HIGHEST = 0.5, 0.3  # light that the shadow takes at the foot, and from the top
_NEAR, _FAR = 0.012, 0.11  # sizes: how soft it is at the foot and, at softness 0.5, from the top
# Contact: (light it takes, half width across and down in sizes, gap in sizes that it looks into).
_CONTACT = ((0.5, 0.008, 0.005, 0.03), (0.38, 0.03, 0.014, 0.06), (0.3, 0.09, 0.035, 0.25))


def contact_shade(
    stands: Sequence[Stand], shape: tuple[int, int], *, light: float, softness: float
) -> FloatArray:
    """What is left of the light on the ground round things that stand on it.

    Each thing is an upright sheet on its ground line, and every point of it throws its shadow
    where the light would (as height maps do: Sheng et al. 2022, "Controllable shadow generation
    using pixel height maps"), the softer and fainter the higher it is. Where it touches the ground
    or nearly, no light gets in between: the contact shadow.

    Args:
        stands: the things.
        shape: (height, width) of the photo in pixels.
        light: where the light comes from, in degrees on the ground as the photo shows it: 0 from
            the right, 90 from behind, 180 from the left, 270 from the camera.
        softness: 0 for a small hard lamp, 1 for an overcast sky.

    Returns:
        float32 (H, W) in [0, 1], 1 in full light.
    """
    shade = np.ones(shape, np.float32)
    for stand in stands:
        left = (1 - _cast(stand, light, softness)) * _contact(stand)
        left = _faded_out(left, stand, shape)
        x0, y0, x1, y1 = stand.box
        way = cv2.INTER_LINEAR if stand.scale > 0.5 else cv2.INTER_CUBIC
        large = cv2.resize(left.astype(np.float32), (x1 - x0, y1 - y0), interpolation=way)
        shade[y0:y1, x0:x1] *= np.clip(large, 0, 1)
    return shade


def _cast(stand: Stand, light: float, softness: float) -> FloatArray:
    """The light that the thing's body keeps from the ground, float32 (h, w)."""
    height, width = stand.inside.shape
    angle = np.deg2rad(light)
    across, back = -np.cos(angle) * _LENGTH, -np.sin(angle) * _LENGTH * FORESHORTENED
    rows, columns = np.nonzero(stand.inside)
    high = np.maximum(stand.line[columns] - rows, 0)
    x = np.rint(columns + high * across).astype(np.int64)
    y = np.rint(stand.line[columns] - high * back - 1).astype(np.int64)
    tallest = max(float(high.max()), 1.0)
    depth = max(1, round(_DEPTH * np.sqrt(max(stand.touch.sum(), 1) * stand.size)))
    kept = np.zeros((height, width), np.float32)
    seen = (x >= 0) & (x < width) & (y >= 0) & (y < height)
    for number in range(_LAYERS):
        share = (number + 0.5) / _LAYERS
        sigma = max((_NEAR + 2 * softness * _FAR * share) * stand.size, 0.6)
        # A layer reaches into its neighbours as far as its blur does, or its ends would show.
        reach = tallest / _LAYERS + 2 * sigma / _LENGTH
        ours = seen & (np.abs(high - share * tallest) <= reach)
        flat = np.zeros((height, width), np.uint8)
        flat[y[ours], x[ours]] = 1
        flat = cv2.morphologyEx(flat, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
        # The foot reaches back from the line: a pixel is shaded by what is up to that far below it.
        flat = cv2.dilate(flat, np.ones((depth, 1), np.uint8), anchor=(0, 0))
        soft = cv2.GaussianBlur(flat.astype(np.float32), (0, 0), sigma)
        strength = _CAST + (_HIGHEST - _CAST) * share
        kept = np.maximum(kept, soft * np.float32(strength))
    return kept


def _contact(stand: Stand) -> FloatArray:
    """What is left of the light where the thing nearly touches the ground, float32 (h, w)."""
    height, width = stand.inside.shape
    left = np.ones((height, width), np.float32)
    rows = np.clip(np.rint(stand.line - 1), 0, height - 1).astype(np.int64)
    columns = np.arange(width)
    for strength, across, down, gap in _CONTACT:
        amount = np.exp(-((stand.gap / (gap * stand.size)) ** 2)) * (stand.gap < np.inf)
        amount[stand.line >= height - 1] = 0
        marks = np.zeros((height, width), np.float32)
        marks[rows, columns] = amount
        sigma = max(across * stand.size, 0.5), max(down * stand.size, 0.5)
        soft = cv2.GaussianBlur(marks, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1])
        soft *= np.float32(np.sqrt(2 * np.pi) * sigma[1])  # 1 on a long straight line
        left *= 1 - np.float32(strength) * np.minimum(soft, 1)
    return left


def _faded_out(left: FloatArray, stand: Stand, shape: tuple[int, int]) -> FloatArray:
    """Full light at the window's sides that are not the frame's, so that no edge shows."""
    height, width = left.shape
    x0, y0, x1, y1 = stand.box
    rows, columns = np.ones(height, np.float32), np.ones(width, np.float32)
    margin = max(1, round(0.08 * max(height, width)))
    for ramp, start, end in (
        (columns, x0 > 0, x1 < shape[1]),
        (rows, y0 > 0, y1 < shape[0]),
    ):
        edge = np.linspace(0, 1, min(margin, ramp.size), dtype=np.float32)
        if start:
            ramp[: edge.size] = edge
        if end:
            ramp[-edge.size :] = np.minimum(ramp[-edge.size :], edge[::-1])
    return 1 - (1 - left) * rows[:, None] * columns[None]
