from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.compositing.backdrops import Fit, enlargement, gradient, picture, studio
from autoedit.compositing.colours import RGB

FITS: tuple[Fit, ...] = ("cover", "contain", "tile", "stretch")


def chequered(height: int, width: int) -> np.ndarray:
    """Red at the left, green at the right, a blue row in the middle."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = 200
    pixels[:, width // 2 :, 1] = 200
    pixels[height // 2] = (0, 0, 200)
    return pixels


def test_a_gradient_goes_from_one_colour_to_the_other_without_bands() -> None:
    result = gradient((400, 30), RGB(255, 255, 255), RGB(200, 210, 220)).astype(float)
    assert (result[0] == 255).all()
    assert np.abs(result[-1] - (200, 210, 220)).max() <= 1
    rows = result.mean(axis=1)[:, 0]
    straight = np.linspace(255, 200, 400)
    assert np.abs(np.convolve(rows - straight, np.ones(9) / 9, "valid")).max() < 0.4
    assert len(np.unique(result[200])) > 1, "one row of one value is a band"


def test_a_studio_is_brightest_round_the_subject_and_its_floor_bends_softly_into_the_wall() -> None:
    result = studio((300, 300), RGB(240, 230, 220), stands=(90, 220)).astype(float)
    assert abs(result[215:225, 85:95].mean(axis=(0, 1)) - (240, 230, 220)).max() < 4
    assert result[0, 290].mean() < result[220, 90].mean() - 15
    column = result[:, 80:100].mean(axis=(1, 2))
    assert np.abs(np.diff(column)).max() < 2
    ratio = result[0, 290] / result[220, 90]
    assert np.ptp(ratio) < 0.02, "light does not change the paper's hue"


def test_without_a_foot_there_is_wall_only() -> None:
    result = studio((200, 100), RGB(255, 255, 255), stands=None).astype(float)
    assert result[150:].mean() < 252


def test_cover_fills_the_frame_and_cuts_both_sides_evenly() -> None:
    result = picture(chequered(50, 200), (100, 100), fit="cover", blur=0)
    assert result.shape == (100, 100, 3)
    assert (result[20, :40] == (200, 0, 0)).all()
    assert (result[20, 60:] == (0, 200, 0)).all()


def test_contain_shows_all_of_it() -> None:
    result = picture(chequered(50, 200), (100, 100), fit="contain", blur=0)
    shown = result[38:62]
    assert (shown[2, 2:40] == (200, 0, 0)).all()
    assert (shown[2, 60:98] == (0, 200, 0)).all()
    assert result[5].max() > 60, "what is left is not black"


def test_tile_repeats_at_its_own_size() -> None:
    tile = np.random.default_rng(1).integers(0, 256, (7, 5, 3), np.uint8)
    result = picture(tile, (20, 13), fit="tile", blur=0)
    assert (result[7:14, 5:10] == tile).all()
    assert (result[14:20, 10:13] == tile[:6, :3]).all()


def test_stretch_keeps_every_side() -> None:
    result = picture(chequered(50, 200), (100, 100), fit="stretch", blur=0)
    assert (result[10, :48] == (200, 0, 0)).all()
    assert result[50, 20, 2] > 150


@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from(FITS),
    st.sampled_from([0.0, 2.5]),
)
@settings(max_examples=60, deadline=None)
def test_any_picture_gets_any_size(
    size: tuple[int, int], shape: tuple[int, int], fit: Fit, blur: float
) -> None:
    pixels = np.full((*size, 3), (10, 120, 240), np.uint8)
    result = picture(pixels, shape, fit=fit, blur=blur)
    assert result.shape == (*shape, 3)
    assert np.abs(result.astype(int) - (10, 120, 240)).max() <= 1


@pytest.mark.parametrize(
    ("fit", "factor"), [("cover", 4.0), ("stretch", 4.0), ("contain", 2.0), ("tile", 1.0)]
)
def test_how_much_a_picture_is_enlarged(fit: Fit, factor: float) -> None:
    assert enlargement((50, 25), (100, 100), fit) == factor


def test_a_blurred_picture_has_no_edges() -> None:
    sharp = picture(chequered(100, 100), (100, 100), fit="cover", blur=0).astype(int)
    soft = picture(chequered(100, 100), (100, 100), fit="cover", blur=8).astype(int)
    assert np.abs(np.diff(sharp, axis=1)).max() == 200
    assert np.abs(np.diff(soft, axis=1)).max() < 15
