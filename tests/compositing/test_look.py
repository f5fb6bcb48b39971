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


def shaded(colour: tuple[int, int, int], height: int, width: int) -> np.ndarray:
    """A patch that is lit from the right."""
    shade = np.linspace(0.55, 1.1, width)[None, :, None]
    return np.clip(np.array(colour) * shade, 0, 255).repeat(height, 0).astype(np.uint8)


def test_only_what_has_the_things_own_hue_is_painted() -> None:
    pixels = np.full((90, 120, 3), 128, np.uint8)
    pixels[10:80, 10:110] = shaded((190, 40, 40), 70, 100)
    parts = {
        "yellow": (slice(20, 35), slice(20, 40), (230, 200, 40)),
        "green": (slice(20, 35), slice(50, 70), (60, 160, 60)),
        "black": (slice(50, 65), slice(20, 40), (18, 18, 18)),
        "grey": (slice(50, 65), slice(50, 70), (120, 120, 122)),
        "white": (slice(50, 65), slice(80, 100), (250, 250, 250)),
    }
    for rows, columns, colour in parts.values():
        pixels[rows, columns] = colour
    mask = Mask.of(square(120, 10)[15:105])
    result = recolour(pixels, mask, (38, 84, 172))
    body = result[70:78, 20:100].reshape(-1, 3).astype(int)
    assert (body[:, 2] > body[:, 0] + 15).all(), "in light and in shade"
    for name, (rows, columns, colour) in parts.items():
        inner = result[rows, columns][4:-4, 4:-4].astype(int)
        assert np.abs(inner - colour).max() < 16, name


def test_the_named_colour_is_painted_of_a_thing_of_two() -> None:
    pixels = np.zeros((80, 80, 3), np.uint8)
    pixels[:, :55], pixels[:, 55:] = (220, 190, 40), (190, 40, 40)
    mask = Mask.of(np.ones((80, 80), bool))
    usual = recolour(pixels, mask, (30, 60, 200)).astype(int)
    named = recolour(pixels, mask, (30, 60, 200), (190, 32, 38)).astype(int)
    assert usual[40, 20, 2] > usual[40, 20, 0] + 40
    assert np.abs(usual[40, 70] - (190, 40, 40)).max() < 16
    assert named[40, 70, 2] > named[40, 70, 0] + 40
    assert np.abs(named[40, 20] - (220, 190, 40)).max() < 16


@pytest.mark.parametrize("grey", [40, 128, 235])
def test_a_grey_thing_is_painted_whole(grey: int) -> None:
    pixels = np.repeat(shaded((grey, grey, grey), 60, 60)[:, :, :1], 3, axis=2)
    result = recolour(pixels, Mask.of(np.ones((60, 60), bool)), (190, 32, 38)).astype(int)
    assert (result[:, 5:55, 0] > result[:, 5:55, 2] + 20).all()


def test_white_paint_compresses_the_shading_and_keeps_its_order() -> None:
    pixels = shaded((190, 40, 40), 60, 120)
    result = recolour(pixels, Mask.of(np.ones((60, 120), bool)), (255, 255, 255))
    before = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[30, :, 0].astype(int)
    after = cv2.cvtColor(result, cv2.COLOR_RGB2LAB)[30, :, 0].astype(int)
    assert (np.diff(after) >= 0).all()
    assert 10 < np.ptp(after) < 2.0 * np.ptp(before)
    assert after.min() > 130


def test_a_highlight_stays_and_no_speckle_appears() -> None:
    rng = np.random.default_rng(3)
    pixels = shaded((190, 40, 40), 80, 80).astype(float) + rng.normal(0, 5, (80, 80, 3))
    pixels[30:50, 30:50] = 250
    pixels = np.clip(pixels, 0, 255).astype(np.uint8)
    result = recolour(pixels, Mask.of(np.ones((80, 80), bool)), (38, 84, 172)).astype(int)
    assert result[34:46, 34:46].min() > 225
    hue = np.arctan2(result[60:, :, 1] - result[60:, :, 2], result[60:, :, 0] - result[60:, :, 2])
    assert np.isfinite(hue).all()
    reddish = result[60:, :, 0] > result[60:, :, 2]
    assert reddish.mean() < 0.002


@pytest.mark.parametrize("manner", ["blur", "pixelate", "solid"])
@pytest.mark.parametrize("size", [(24, 80), (180, 160)], ids=["plate", "face"])
def test_letters_of_a_plate_and_features_of_a_face_are_gone(
    manner: str, size: tuple[int, int]
) -> None:
    height, width = size
    pixels = np.full((height + 40, width + 40, 3), 230, np.uint8)
    inside = np.zeros(pixels.shape[:2], bool)
    inside[20:-20, 20:-20] = True
    rng = np.random.default_rng(1)
    cells = rng.integers(0, 2, (4, 8)).astype(np.uint8) * 220  # as coarse as letters or eyes
    pixels[20:-20, 20:-20] = cv2.resize(cells, (width, height), interpolation=0)[:, :, None]
    result = obscure(pixels, Mask.of(inside), manner)
    before, after = pixels[inside][:, 0].astype(float), result[inside][:, 0].astype(float)
    kept = 0.0 if after.std() < 1 else float(np.corrcoef(before, after)[0, 1]) * after.std()
    assert kept < 0.45 * before.std()
