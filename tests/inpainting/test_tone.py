from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.inpainting.tone import continued, match_tone
from tests.drawing import ball, ground
from tests.testing import smooth


def disc(height: int, width: int, radius: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width]
    return (y - height / 2) ** 2 + (x - width / 2) ** 2 <= radius**2


@pytest.mark.parametrize("shift", [(6, -4, 3), (-12, -12, -12), (15, 0, -15)])
def test_even_shift_is_taken_back(shift: tuple[int, int, int]) -> None:
    photo = ground(200, 260)
    hole = disc(200, 260, 60)
    result = match_tone(photo.astype(np.float32) + np.float32(shift), photo, hole)
    assert np.abs(result.astype(int) - photo)[hole].max() <= 1


def test_shift_that_varies_leaves_no_step_at_the_seam() -> None:
    photo = smooth(200, 260)
    hole = disc(200, 260, 50)
    y, x = np.mgrid[:200, :260]
    shift = (6 * np.sin(x / 90) + 5 * np.cos(y / 70))[:, :, None].astype(np.float32)
    drawn = np.clip(photo.astype(np.float32) + shift, 0, 255)
    result = match_tone(drawn, photo, hole).astype(int)
    rim = hole & ~disc(200, 260, 47)
    before = np.abs(drawn - photo)[rim].mean()
    assert before > 4
    assert np.abs(result - photo)[rim].mean() < 0.15 * before


def test_real_detail_is_kept() -> None:
    # An autoencoder loses grain evenly: the correction must not print any into the hole.
    photo = ground(160, 160, grain=12)
    hole = disc(160, 160, 40)
    flat = np.full(photo.shape, photo.mean(axis=(0, 1)), np.float32)
    inner = disc(160, 160, 25)
    grain = photo[inner].std(axis=0)
    assert grain.min() > 6
    assert (match_tone(flat, photo, hole)[inner].std(axis=0) < 0.4 * grain).all()


def test_drawn_object_is_not_bleached() -> None:
    photo = ground(200, 200)
    drawn = photo.copy()
    inside = ball(drawn, 100, 100, 45, (180, 30, 30))  # reaches 15 pixels beyond the hole
    hole = disc(200, 200, 30)
    result = match_tone(drawn.astype(np.float32), photo, hole)
    assert np.abs(result.astype(int) - drawn)[hole & inside].max() <= 3


def test_correction_has_a_limit() -> None:
    photo = np.full((64, 64, 3), 200, np.uint8)
    hole = disc(64, 64, 15)
    drawn = np.full((64, 64, 3), 20, np.float32)
    assert np.array_equal(match_tone(drawn, photo, hole), drawn.astype(np.uint8))
    drawn[:] = 170
    assert match_tone(drawn, photo, hole, limit=40.0)[hole].mean() == 200


def test_what_the_photo_hides_in_the_hole_does_not_matter() -> None:
    photo = ground(120, 120)
    hole = disc(120, 120, 30)
    drawn = photo.astype(np.float32) + 8
    other = photo.copy()
    other[hole] = 0
    assert np.array_equal(match_tone(drawn, photo, hole), match_tone(drawn, other, hole))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 2**32 - 1), st.floats(0.02, 0.98))
def test_membrane_keeps_what_is_known_and_stays_within_it(
    height: int, width: int, seed: int, share: float
) -> None:
    rng = np.random.default_rng(seed)
    values = rng.uniform(-50, 50, (height, width, 3)).astype(np.float32)
    known = rng.random((height, width)) < share
    known[rng.integers(height), rng.integers(width)] = True
    filled = continued(values, known)
    assert np.array_equal(filled[known], values[known])
    low, high = values[known].min(axis=0), values[known].max(axis=0)
    assert (filled >= low - 1e-3).all() and (filled <= high + 1e-3).all()


def test_membrane_continues_a_slope() -> None:
    y, x = np.mgrid[:120, :150].astype(np.float32)
    slope = np.dstack([0.3 * x - 0.2 * y, 0.1 * y, -0.4 * x])
    hole = disc(120, 150, 40)
    blank = np.where(hole[:, :, None], np.float32(1e6), slope)
    assert np.abs(continued(blank, ~hole) - slope).max() < 1.5
