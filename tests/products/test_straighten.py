from typing import Any

import cv2
import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.products.straighten import tilt


def leaning(draw: Any, angle: float) -> tuple[Any, Mask]:
    """What `draw` puts on grey, turned clockwise by degrees."""
    pixels = np.full((420, 420, 3), 235, np.uint8)
    draw(pixels)
    matrix = cv2.getRotationMatrix2D((210, 210), -angle, 1)
    pixels = cv2.warpAffine(pixels, matrix, (420, 420), borderValue=(235, 235, 235))
    return pixels, Mask((pixels[:, :, 2] < 200).astype(np.float32))


def bottle(pixels: Any) -> None:
    outline = [(170, 340), (170, 190), (198, 150), (198, 90), (222, 90), (222, 150), (250, 190),
               (250, 340)]  # fmt: skip
    cv2.fillPoly(pixels, [np.array(outline, np.int32)], (40, 90, 60))


def book(pixels: Any) -> None:
    outline = [(110, 120), (290, 120), (330, 150), (330, 330), (110, 330)]
    cv2.fillPoly(pixels, [np.array(outline, np.int32)], (30, 60, 150))
    cv2.line(pixels, (290, 120), (290, 330), (10, 20, 90), 3)


def plate(pixels: Any) -> None:
    cv2.circle(pixels, (210, 210), 120, (60, 60, 160), -1)


def star(pixels: Any) -> None:
    rng = np.random.default_rng(4)
    turns = np.sort(rng.random(17)) * 2 * np.pi
    reach = rng.uniform(40, 150, 17)
    corners = 210 + np.stack([reach * np.cos(turns), reach * np.sin(turns)], axis=1)
    cv2.fillPoly(pixels, [corners.astype(np.int32)], (60, 60, 160))


@pytest.mark.parametrize("draw", [bottle, book])
@pytest.mark.parametrize("angle", [-8.0, -3.0, 2.0, 6.5])
def test_a_small_tilt_is_found(draw: Any, angle: float) -> None:
    found, remark = tilt(*leaning(draw, angle))
    assert found == pytest.approx(-angle, abs=0.6)
    assert "Turned" in remark


@pytest.mark.parametrize("draw", [bottle, book])
def test_what_stands_upright_is_left(draw: Any) -> None:
    assert tilt(*leaning(draw, 0.0)) == (0.0, "")


@pytest.mark.parametrize("draw", [plate, star])
def test_without_evidence_nothing_is_turned(draw: Any) -> None:
    found, remark = tilt(*leaning(draw, 5.0))
    assert found == 0.0
    assert remark.startswith("Not straightened")


def test_more_than_a_small_tilt_is_taken_for_the_pose() -> None:
    assert tilt(*leaning(bottle, 35.0))[0] == 0.0
