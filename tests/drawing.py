"""Drawn scenes with known outlines, for grounding, segmentation and shadows."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np

GROUND = (196, 178, 150)


def ground(height: int = 360, width: int = 480, colour: Any = GROUND, grain: float = 4.0) -> Any:
    """A plain ground with fine grain and light that falls off to the right; uint8 (H, W, 3)."""
    rng = np.random.default_rng(7)
    light = np.linspace(1.04, 0.94, width)[None, :, None]
    speckle = cv2.GaussianBlur(rng.normal(0, 3 * grain, (height, width)), (0, 0), 1.2)[:, :, None]
    return np.clip(np.array(colour)[None, None] * light + speckle, 0, 255).astype(np.uint8)


def ball(photo: Any, x: int, y: int, radius: int, colour: Any) -> Any:
    """Draw a shaded ball with a highlight; returns its outline, bool (H, W)."""
    height, width = photo.shape[:2]
    rows, columns = np.mgrid[:height, :width]
    inside = (columns - x) ** 2 + (rows - y) ** 2 <= radius**2
    shade = 1.1 - 0.5 * ((columns - x) + (rows - y) + 2 * radius) / (4 * radius)
    away = np.hypot(columns - x + 0.4 * radius, rows - y + 0.4 * radius) / radius
    shine = 120 * np.exp(-((away / 0.15) ** 2))
    painted = np.array(colour)[None, None] * shade[:, :, None] + shine[:, :, None]
    photo[inside] = np.clip(painted[inside], 0, 255)
    return inside


def block(photo: Any, x0: int, y0: int, x1: int, y1: int, colour: Any) -> Any:
    """Draw a box with a lighter top; returns its outline, bool (H, W)."""
    inside = np.zeros(photo.shape[:2], bool)
    inside[y0:y1, x0:x1] = True
    photo[y0:y1, x0:x1] = colour
    third = y0 + (y1 - y0) // 3
    photo[y0:third, x0:x1] = np.clip(np.array(colour) * 1.15, 0, 255)
    return inside


def cast_shadow(photo: Any, x: int, y: int, axes: tuple[int, int], depth: float = 0.45) -> Any:
    """Darken a soft ellipse; returns where it takes more than 8 of 255, bool (H, W)."""
    before = photo.astype(np.float32)
    soft = np.zeros(photo.shape[:2], np.float32)
    cv2.ellipse(soft, (x, y), axes, 0, 0, 360, (1.0,), -1)
    soft = cv2.GaussianBlur(soft, (0, 0), 5)
    after = before * (1 - depth * soft[:, :, None])
    photo[:] = after.astype(np.uint8)
    return (before - after).max(axis=2) > 8


def overlap(first: Any, second: Any) -> float:
    """Intersection over union of two bool masks."""
    return float((first & second).sum() / max(1, (first | second).sum()))
