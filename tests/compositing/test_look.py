from __future__ import annotations

import cv2
import numpy as np
import pytest

from autoedit.compositing.look import obscure, recolour
from autoedit.core.mask import Mask
from autoedit.errors import InstructionError


def square(size: int = 60, margin: int = 20) -> np.ndarray:
    inside = np.zeros((size, size), bool)
    inside[margin:-margin, margin:-margin] = True
    return inside


@pytest.mark.parametrize("rgb", [(200, 20, 20), (30, 60, 200), (245, 245, 245), (15, 15, 15)])
def test_recolouring_reaches_the_colour_and_keeps_the_shading(rgb: tuple[int, int, int]) -> None:
    inside = square(80, 10)
    shade = np.linspace(0.6, 1.2, 80)[None, :, None]
    pixels = np.clip(np.array([120, 150, 60]) * shade, 0, 255).repeat(80, 0).astype(np.uint8)
    result = recolour(pixels, Mask.of(inside), rgb)
    lab = cv2.cvtColor(result.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[inside]
    goal = cv2.cvtColor(np.asarray([[rgb]], np.float32) / np.float32(255), cv2.COLOR_RGB2LAB)[0, 0]
    middle = np.median(lab, axis=0)
    assert np.hypot(*(middle[1:] - goal[1:])) < 12
    assert abs(middle[0] - np.clip(goal[0], 8, 96)) < 6
    lightness = cv2.cvtColor(result, cv2.COLOR_RGB2LAB)[40, 12:68, 0].astype(int)
    assert (np.diff(lightness) >= -2).all()
    assert lightness[-1] - lightness[0] >= 3


@pytest.mark.parametrize("manner", ["blur", "pixelate", "solid"])
def test_obscuring_leaves_nothing_to_read(manner: str) -> None:
    stripes = np.zeros((90, 90, 3), np.uint8)
    stripes[:, ::4] = stripes[:, 1::4] = 255
    inside = square(90, 0)
    result = obscure(stripes, Mask.of(inside), manner)
    across = np.abs(np.diff(result[:, :, 0].astype(int), axis=1))
    assert across.mean() < 8 < np.abs(np.diff(stripes[:, :, 0].astype(int), axis=1)).mean()


def test_an_unknown_manner_is_refused() -> None:
    with pytest.raises(InstructionError, match="blur, pixelate or solid"):
        obscure(np.zeros((4, 4, 3), np.uint8), Mask.of(np.ones((4, 4), bool)), "sparkle")
