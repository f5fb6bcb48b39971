from __future__ import annotations

import numpy as np

from autoedit.compositing.bokeh import out_of_focus
from autoedit.core.mask import Mask
from tests.testing import noise


def subject(height: int, width: int, *place: slice) -> Mask:
    inside = np.zeros((height, width), bool)
    inside[place] = True
    return Mask.of(inside)


def test_a_blurred_background_takes_nothing_from_the_subject() -> None:
    alpha = subject(200, 200, slice(60, 140), slice(60, 140))
    pixels = np.where(alpha.binary[:, :, None], [255, 0, 0], [40, 90, 160]).astype(np.uint8)
    for foot in (None, 140.0):
        result = out_of_focus(pixels, alpha, radius=12, foot=foot)
        assert np.abs(result.astype(int) - [40, 90, 160]).max() <= 2


def test_a_lamp_becomes_an_even_disc() -> None:
    pixels = np.zeros((120, 120, 3), np.uint8)
    pixels[59:62, 59:62] = 255
    alpha = subject(120, 120, slice(0, 6), slice(0, 6))
    light = (out_of_focus(pixels, alpha, radius=10, foot=None)[:, :, 0] / 255.0) ** 2.2
    away = np.hypot(*(np.mgrid[:120, :120] - 60))
    within, beyond = light[away < 7], light[away > 15]
    assert within.min() > 0.7 * within.max()
    assert beyond.max() < 0.02 * within.max()


def test_the_blur_grows_with_the_distance_from_the_feet() -> None:
    pixels = noise(300, 600)
    alpha = subject(300, 600, slice(180, 240), slice(550, 580))
    result = out_of_focus(pixels, alpha, radius=12, foot=240).astype(float)
    spread = [result[row : row + 20, :500].std() for row in (230, 170, 20)]
    assert spread[0] > 1.3 * spread[1] > 1.3 * 1.3 * spread[2]
    even = out_of_focus(pixels, alpha, radius=12, foot=None).astype(float)
    assert abs(even[230:250, :500].std() / even[20:40, :500].std() - 1) < 0.2


def test_a_subject_that_fills_nearly_all_leaves_a_finite_background() -> None:
    alpha = subject(60, 60, slice(2, 58), slice(2, 58))
    pixels = np.full((60, 60, 3), 77, np.uint8)
    result = out_of_focus(pixels, alpha, radius=3, foot=None)
    assert np.abs(result.astype(int) - 77).max() <= 1
