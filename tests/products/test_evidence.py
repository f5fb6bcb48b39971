from typing import Any

import cv2
import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.products.evidence import unfounded
from tests import drawing

BOUND = 0.2  # of the pipeline `product`


def disc(shape: tuple[int, int], x: float, y: float, radius: float) -> Any:
    rows, columns = np.indices(shape)
    return np.hypot(columns - x, rows - y) < radius


def scene(colour: int, ground: int = 240) -> tuple[Any, Any]:
    pixels = drawing.ground(240, 320, (ground,) * 3, grain=1.5)
    inside = disc((240, 320), 160, 120, 70)
    shade = np.clip(pixels.astype(int) + colour - ground, 0, 255).astype(np.uint8)
    pixels[inside] = shade[inside]
    return pixels, inside


def test_an_outline_on_an_edge_is_borne_out() -> None:
    pixels, inside = scene(200)
    assert unfounded(pixels, Mask.of(inside)) == 0


@pytest.mark.parametrize(("colour", "ground"), [(240, 240), (242, 240), (16, 15)])
def test_white_on_white_and_black_on_black_are_guesses(colour: int, ground: int) -> None:
    pixels, inside = scene(colour, ground)
    share = unfounded(pixels, Mask.of(inside))
    assert share is not None and share > 0.9


def test_the_share_is_that_of_the_outline_which_leaves_the_edge() -> None:
    pixels, inside = scene(150)
    inside[:, 160:] = False  # half of the disc: its straight side runs across one surface
    share = unfounded(pixels, Mask.of(inside))
    assert share == pytest.approx(140 / (140 + np.pi * 70), abs=0.12)  # it is blurred near the ends
    assert share > BOUND


def test_it_does_not_hang_on_size_or_softness() -> None:
    pixels, inside = scene(205)
    large = cv2.resize(pixels, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    mask = cv2.resize(inside.astype(np.float32), None, fx=4, fy=4)
    assert unfounded(large, Mask(mask)) == 0
    blurred = cv2.GaussianBlur(pixels, (0, 0), 3)
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), 2)
    assert unfounded(blurred, Mask(soft)) == pytest.approx(0, abs=0.02)


def test_the_photos_border_is_no_outline() -> None:
    pixels = drawing.ground(240, 320, (240, 240, 240))
    pixels[100:] = (90, 60, 40)
    inside = np.zeros((240, 320), bool)
    inside[100:] = True
    assert unfounded(pixels, Mask.of(inside)) == 0
    assert unfounded(pixels, Mask.of(np.ones((240, 320), bool))) is None
    assert unfounded(pixels, Mask.of(np.zeros((240, 320), bool))) is None
