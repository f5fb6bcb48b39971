"""Where the light on a thing comes from, as its shading or its shadow tells."""

from __future__ import annotations

import cv2
import numpy as np

from autoedit.compositing.standing import FORESHORTENED, Stand
from autoedit.core.mask import FloatArray, Mask, PixelArray

_SIDE = 320
_RIM = 0.04  # sizes inside the outline where the surface still turns away
_BANDS = 2  # depths at which the rim is sampled
_SEEN = 0.12  # of the brightness: a shading weaker than this, from side to side, tells nothing
_FRONT = 270.0  # where the light comes from when it is from neither side
_ASIDE = 55.0  # degrees: how far to a side a shading can say the light is
_LEAST, _ROUND = 0.03, 0.2  # of its area and size: a smaller shadow, or offset, tells nothing
_USUAL = 240.0  # from the camera and a little to the left, as a studio's main light


def light_of_shading(pixels: PixelArray, alpha: Mask) -> float | None:
    """The light's direction from the brightness along a thing's outline.

    On the outline a surface's normal lies in the picture, so that the brightness there is the
    light's direction times the normal, and least squares give the direction (Nillius & Eklundh
    2001, "Automatic estimation of the projected light source direction"). Of the two signs that
    "from above" may have, from the camera's side is taken.

    Args:
        pixels: RGB uint8 (H, W, 3).
        alpha: the thing's.

    Returns:
        Degrees as `contact_shade` takes them, from 215 to 325; None when the shading says nothing.
    """
    box = alpha.box
    if box is None:
        return None
    x0, y0, x1, y1 = (int(value) for value in box)
    scale = min(1.0, _SIDE / max(x1 - x0, y1 - y0))
    shape = max(8, round((x1 - x0) * scale)), max(8, round((y1 - y0) * scale))
    part = pixels[y0:y1, x0:x1]
    small = np.asarray(cv2.resize(part, shape, interpolation=cv2.INTER_AREA), np.uint8)
    solid = cv2.resize(alpha.array[y0:y1, x0:x1], shape, interpolation=cv2.INTER_AREA) > 0.9
    if solid.sum() < 100:
        return None
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    away = cv2.distanceTransform(np.pad(solid, 1).astype(np.uint8), cv2.DIST_L2, 5)[1:-1, 1:-1]
    smooth = cv2.GaussianBlur(away, (0, 0), 2)
    normal = -np.stack([cv2.Sobel(smooth, cv2.CV_32F, 1, 0), cv2.Sobel(smooth, cv2.CV_32F, 0, 1)])
    normal /= np.maximum(np.hypot(*normal), 1e-3)
    depth = max(2.0, _RIM * float(np.sqrt(solid.sum())))
    rim = solid & (away > 1) & (away < _BANDS * depth)
    if rim.sum() < 50:
        return None
    across, down = _fitted(grey[rim], normal[:, rim])
    if abs(across) < _SEEN and abs(down) < _SEEN:
        return None
    turn = np.clip(across / max(float(np.hypot(across, down)), 1e-6), -1, 1)
    return float(_FRONT + _ASIDE * turn)


def light_of_shadow(stand: Stand, shade: FloatArray) -> float | None:
    """The light's direction from a shadow that lies beside the thing.

    Args:
        stand: the thing where it stands.
        shade: float32 (H, W) in [0, 1], what is left of the light in the shadow it throws.

    Returns:
        Degrees as `contact_shade` takes them; None when there is hardly any shadow, or it lies all
        round the thing.
    """
    size = stand.size / stand.scale
    taken = 1 - shade
    total = float(taken.sum())
    if total < _LEAST * size * size:
        return None
    x, y = stand.at(*stand.foot)
    rows, columns = np.arange(shade.shape[0]), np.arange(shade.shape[1])
    across = (float(taken.sum(axis=0) @ columns) / total - x) / size
    back = (y - float(taken.sum(axis=1) @ rows) / total) / size / FORESHORTENED
    if np.hypot(across, back) < _ROUND:
        return None
    return float(np.rad2deg(np.arctan2(-back, -across)) % 360)


def usual_light() -> float:
    """What is taken when nothing tells: from the camera and a little from the left."""
    return _USUAL


def _fitted(brightness: FloatArray, normal: FloatArray) -> tuple[float, float]:
    """(across, down) of the light, in shares of the mean brightness; a print counts for less."""
    terms = np.concatenate([normal, np.ones((1, brightness.size))]).T
    weight = np.ones(brightness.size)
    light = np.zeros(3)
    spread = max(float(brightness.std()), 1.0)
    for _ in range(5):
        weighted = terms * weight[:, None]
        normal_matrix = weighted.T @ terms + 1e-3 * brightness.size * np.eye(3)
        light = np.linalg.solve(normal_matrix, weighted.T @ brightness)
        weight = 1 / (1 + ((brightness - terms @ light) / spread) ** 2)
    mean = max(float(light[2]), 8.0)
    return float(light[0]) / mean, float(light[1]) / mean
