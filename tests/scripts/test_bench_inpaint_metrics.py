"""The figures by which the inpainter's bench judges a fill."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("torch")
pytest.importorskip("piq")

from inpaint_bench.metrics import psnr, scores, seam_ratio, sliced_wasserstein

from tests.drawing import ground
from tests.testing import noise, smooth


def texture(height: int = 120, width: int = 160) -> Any:
    return cv2.GaussianBlur(noise(height, width), (0, 0), 1.0)


def disc(height: int = 120, width: int = 160, radius: int = 30) -> Any:
    hole = np.zeros((height, width), np.uint8)
    cv2.circle(hole, (width // 2, height // 2), radius, (1,), -1)
    return hole > 0


def test_an_equal_fill_has_the_best_score_of_each() -> None:
    truth = smooth(120, 160)
    got = scores(truth, truth, disc())
    assert got.psnr == float("inf")
    assert (got.haarpsi, got.ssim) == pytest.approx((1, 1), abs=1e-5)
    assert (got.gmsd, got.swd, got.seam) == pytest.approx((0, 0, 1), abs=1e-4)


def test_every_score_tells_noise_and_blur_from_the_truth() -> None:
    truth, hole = texture(), disc()
    equal = scores(truth, truth, hole)
    for bad in (noise(120, 160), cv2.GaussianBlur(truth, (0, 0), 4)):
        got = scores(np.where(hole[:, :, None], bad, truth), truth, hole)
        assert got.haarpsi < 0.95 * equal.haarpsi
        assert got.gmsd > equal.gmsd + 0.02
        assert got.psnr < 35
        assert got.ssim < 0.9
        assert got.swd > 0.005


def test_decibels_are_of_the_hole_alone() -> None:
    truth, hole = smooth(120, 160), disc()
    truth = np.minimum(truth, 200)
    fill = truth + np.uint8(10)
    assert psnr(fill, truth, hole) == pytest.approx(20 * np.log10(25.5), abs=1e-6)
    fill[~hole] = 0
    assert psnr(fill, truth, hole) == pytest.approx(20 * np.log10(25.5), abs=1e-6)


def test_a_texture_moved_about_keeps_its_distribution() -> None:
    truth, hole = texture(200, 200), disc(200, 200, 60)
    moved = np.roll(truth, (31, 17), axis=(0, 1))
    blurred = cv2.GaussianBlur(truth, (0, 0), 3)
    assert psnr(moved, truth, hole) < psnr(blurred, truth, hole)
    near, far = (sliced_wasserstein(each, truth, hole) for each in (moved, blurred))
    assert 3 * near < far


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 60))
def test_the_distance_of_a_flat_change_is_that_of_its_projections(step: int) -> None:
    flat, hole = np.full((60, 60, 3), 90, np.uint8), disc(60, 60, 12)
    got = sliced_wasserstein(flat + np.uint8(step), flat, hole)
    # A unit vector's sum of 147 entries is about standard normal; its mean size is sqrt(2 / pi).
    assert got == pytest.approx(step / 255 * np.sqrt(2 / np.pi), rel=0.25)


def test_a_hole_larger_than_the_sample_is_sampled_alike() -> None:
    truth, hole = noise(220, 220), np.zeros((220, 220), bool)
    hole[10:210, 10:210] = True
    assert sliced_wasserstein(truth, truth, hole) == 0
    assert sliced_wasserstein(noise(220, 221)[:, :220], truth, hole) < 0.01


@pytest.mark.parametrize("step", [20, 60])
def test_a_planted_seam_is_seen(step: int) -> None:
    truth, hole = ground(120, 160, grain=2.0), disc()
    fill = np.where(hole[:, :, None], np.clip(truth.astype(int) - step, 0, 255), truth)
    ratio = seam_ratio(fill.astype(np.uint8), truth, hole)
    assert ratio > 1 + step / 40
    smeared = truth.copy()
    smeared[hole] = cv2.inpaint(truth, hole.astype(np.uint8), 5, cv2.INPAINT_TELEA)[hole]
    assert ratio > 2 * seam_ratio(smeared, truth, hole)


def test_a_seam_between_equal_neighbours_is_less_than_the_truths() -> None:
    truth, hole = noise(120, 160), disc()
    near = cv2.dilate((~hole).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    fill = truth.copy()
    smoothed = cv2.medianBlur(truth, 5)
    fill[hole & near] = smoothed[hole & near]
    assert seam_ratio(fill, truth, hole) < 0.95


def test_a_seam_is_weighed_by_the_texture_4_to_16_pixels_outside() -> None:
    truth, hole = texture(), disc()
    away = cv2.distanceTransform((~hole).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    flat = cv2.GaussianBlur(truth, (0, 0), 4)
    for low, high, least, most in ((4, 16, 2.0, 99.0), (18, 99, 0.99, 1.01)):
        band = (away >= low) & (away <= high)
        fill = np.where(band[:, :, None], flat, truth)
        assert least < seam_ratio(fill, truth, hole) < most


def test_similarity_is_of_the_hole_alone() -> None:
    truth, hole = texture(), disc()
    near = cv2.dilate(hole.astype(np.uint8), np.ones((9, 9), np.uint8)) > 0
    fill = np.where(near[:, :, None], truth, np.uint8(0))
    assert scores(fill, truth, hole).ssim == pytest.approx(1, abs=1e-6)


def test_a_hole_over_the_whole_photo_has_scores() -> None:
    truth = smooth(40, 50)
    got = scores(np.flip(truth, axis=1).copy(), truth, np.ones((40, 50), bool))
    assert np.isfinite([got.haarpsi, got.gmsd, got.psnr, got.ssim, got.swd, got.seam]).all()
