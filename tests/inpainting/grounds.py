"""Grounds seen aslant, of which every pixel is known."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

HORIZON = -110.0  # its row: above the photo


def aslant(
    ground: Callable[[np.ndarray, np.ndarray], np.ndarray], shape: tuple[int, int]
) -> np.ndarray:
    """A ground, values of places on it, as a camera sees it: float32 (H, W, 3), of 255."""
    height, width = 3 * shape[0], 3 * shape[1]
    y, x = np.mgrid[:height, :width] / 3.0
    depth = (y - HORIZON) / (shape[0] / 2 - HORIZON)
    seen = ground(-220 / depth, (x - shape[1] / 2) / depth)
    small = cv2.resize(seen.astype(np.float32), shape[::-1], interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32)


def checks(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """A checked cloth of three tones."""
    across, down = (x // 16) % 2, (y // 16) % 2
    tone = 230 - 80 * (across + down)
    return np.stack([tone, 0.5 * tone + 90, 0 * tone + 150], axis=-1)


def noise(shape: tuple[int, int]) -> np.ndarray:
    """Cloudy, without any repeat: float32 (H, W, 3), of 255."""
    grain = np.random.default_rng(5).normal(0, 1, (*shape, 3)).astype(np.float32)
    return np.asarray(128 + 250 * cv2.GaussianBlur(grain, (0, 0), 3), np.float32)
