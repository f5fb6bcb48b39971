from __future__ import annotations

import cv2
import numpy as np
import pytest

from autoedit.inpainting.patch_diffusion.lines import directions, planes, segments


def known_but(shape: tuple[int, int], x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    known = np.ones(shape, bool)
    known[y0:y1, x0:x1] = False
    return known


def floor(horizon: float, height: int = 240, width: int = 320) -> np.ndarray:
    """A chequered floor whose vanishing line is y = horizon, above the picture."""
    y, x = np.mgrid[:height, :width].astype(float)
    depth = 300.0 / (y - horizon)
    across = (x - width / 2) * depth / 300
    squares = (np.floor(across * 6) + np.floor(depth * 6)) % 2
    return cv2.GaussianBlur((60 + 130 * squares).astype(np.float32), (0, 0), 0.8)


@pytest.mark.parametrize("angle", [0, 30, 90, 140])
def test_the_direction_of_the_lines_round_the_hole_is_found(angle: int) -> None:
    y, x = np.mgrid[:200, :200]
    turned = np.radians(angle)
    across = y * np.cos(turned) - x * np.sin(turned)
    image = (128 + 100 * np.sign(np.sin(across / 6))).astype(np.float32)
    known = known_but((200, 200), 70, 70, 130, 130)
    found = directions(segments(image, known), known, 2)
    off = abs((np.degrees(found[0]) - angle + 90) % 180 - 90)
    assert off < 4


def test_the_holes_own_outline_is_no_line() -> None:
    image = np.full((160, 160), 200, np.float32)
    known = known_but((160, 160), 50, 50, 110, 110)
    image[~known] = 20
    assert len(segments(image, known)) == 0
    assert directions(segments(image, known), known, 3) == []


def test_a_floors_vanishing_line_is_found() -> None:
    horizon = -150.0
    image = floor(horizon)
    known = known_but(image.shape, 120, 90, 200, 150)
    (found, *_) = planes(segments(image, known), known, 2, np.random.default_rng(0))
    # From the hole's middle (159.5, 119.5) the line y = horizon is ly (y - 119.5) + 1 = 0.
    assert found[1] == pytest.approx(1 / (119.5 - horizon), rel=0.15)
    assert abs(found[0]) < 0.15 * abs(found[1])


def test_a_wall_seen_from_the_front_is_no_plane_aslant() -> None:
    y, x = np.mgrid[:200, :240]
    image = (60 + 130 * ((x // 20 + y // 20) % 2)).astype(np.float32)
    known = known_but((200, 240), 90, 70, 150, 130)
    assert planes(segments(image, known), known, 2, np.random.default_rng(0)) == []


def test_few_lines_make_no_plane() -> None:
    known = known_but((60, 60), 20, 20, 40, 40)
    assert planes(np.zeros((0, 4)), known, 2, np.random.default_rng(0)) == []
    assert planes(np.array([[0.0, 0, 9, 9]]), known, 2, np.random.default_rng(0)) == []
