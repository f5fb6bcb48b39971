from __future__ import annotations

from typing import Any

import cv2
import numpy as np

from autoedit.compositing.faces import face_of, in_light_of, laid, size_of
from autoedit.compositing.placing import Piece
from autoedit.core.mask import Mask
from tests.testing import noise


def drawn(*polygons: tuple[Any, tuple[int, int, int]]) -> tuple[np.ndarray, Mask]:
    pixels, inside = noise(240, 320) // 8 + 100, np.zeros((240, 320), np.uint8)
    for corners, colour in polygons:
        cv2.fillPoly(pixels, [np.array(corners, np.int32)], colour)
        cv2.fillPoly(inside, [np.array(corners, np.int32)], 1)
    return pixels, Mask(inside.astype(np.float32))


SIGN = [(60, 40), (250, 70), (240, 180), (70, 200)]


def test_a_sign_is_its_own_face() -> None:
    quad, own = face_of(*drawn((SIGN, (220, 220, 210))))
    assert own
    assert np.abs(quad - np.array(SIGN)).max() < 6


def test_of_a_box_the_larger_upright_side_is_taken() -> None:
    # Top, left and right side of a box that is seen at a corner.
    top = [(60, 90), (150, 50), (260, 80), (180, 125)]
    left = [(60, 90), (180, 125), (180, 215), (62, 170)]
    right = [(180, 125), (260, 80), (258, 160), (180, 215)]
    pixels, mask = drawn((top, (230, 140, 80)), (left, (150, 80, 40)), (right, (120, 60, 30)))
    quad, own = face_of(pixels, mask)
    assert own
    assert np.abs(quad - np.array(left)).max() < 14


def test_on_a_round_thing_a_picture_lies_upright_and_inside() -> None:
    pixels, inside = noise(200, 200) // 8 + 100, np.zeros((200, 200), np.uint8)
    cv2.circle(inside, (100, 100), 70, (1,), -1)
    pixels[inside > 0] = (60, 120, 200)
    quad, own = face_of(pixels, Mask(inside.astype(np.float32)))
    assert not own
    assert quad[0][0] == quad[3][0]
    assert quad[0][1] == quad[1][1]
    assert (np.hypot(*(quad - 100).T) < 76).all()
    assert min(size_of(quad)) > 70


def test_a_picture_is_laid_in_the_faces_perspective_with_its_aspect_kept() -> None:
    colours = np.zeros((100, 200, 3), np.uint8)
    colours[:, :100], colours[:, 100:] = (200, 0, 0), (0, 0, 200)
    piece = Piece(colours, np.ones((100, 200), np.float32))
    quad = np.array(SIGN, np.float32)
    laid_colours, alpha = laid(piece, quad, (240, 320), share=0.6)
    outline = np.zeros((240, 320), np.uint8)
    cv2.fillConvexPoly(outline, np.array(SIGN, np.int32), (1,))
    assert not (alpha.binary & (outline == 0)).any()
    middle = quad.mean(axis=0).astype(int)
    assert alpha.array[middle[1], middle[0]] == 1
    assert (laid_colours[middle[1], middle[0] - 30] == (200, 0, 0)).all()
    assert (laid_colours[middle[1], middle[0] + 30] == (0, 0, 200)).all()
    x0, y0, x1, y1 = alpha.box or (0, 0, 1, 1)
    width = size_of(quad)[0] * 0.6
    assert abs((x1 - x0) - width) < 8
    assert abs((y1 - y0) - width / 2) < 25


def test_a_covering_picture_fills_the_face_exactly() -> None:
    piece = Piece(np.full((300, 100, 3), 90, np.uint8), np.ones((300, 100), np.float32))
    _, alpha = laid(piece, np.array(SIGN, np.float32), (240, 320), share=1, covers=True)
    outline = np.zeros((240, 320), np.uint8)
    cv2.fillConvexPoly(outline, np.array(SIGN, np.int32), (1,))
    assert (alpha.binary == (outline > 0)).mean() > 0.99


def test_a_picture_takes_the_faces_light_and_not_its_colour() -> None:
    light = np.linspace(0.5, 1.0, 200)[None, :, None]
    pixels = (np.array([40, 80, 200]) * light * np.ones((100, 1, 1))).astype(np.uint8)
    quad = np.array([(0, 0), (200, 0), (200, 100), (0, 100)], np.float32)
    colours = np.full((100, 200, 3), 150, np.uint8)
    lit = in_light_of(pixels, colours, Mask(np.ones((100, 200), np.float32)), quad)
    assert lit[50, 20].mean() < 120
    assert lit[50, 180].mean() > 160
    assert np.ptp(lit[50, 100].astype(int)) == 0
