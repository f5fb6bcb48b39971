from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import cv2
import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.errors import CancelledError, InpaintingError, SettingError
from autoedit.inpainting import FillRequest
from autoedit.inpainting.patch_diffusion import PatchDiffusion, sampler
from autoedit.inpainting.patch_diffusion.pyramid import Level


def stripes(height: int = 96, width: int = 128) -> np.ndarray:
    x = np.mgrid[:height, :width][1]
    tone = 128 + 90 * np.sign(np.sin(2 * np.pi * (x + 0.5) / 12))
    return np.dstack([tone, tone * 0.8, 255 - tone]).astype(np.uint8)


def hole_in(shape: tuple[int, int], x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    hole = np.zeros(shape, bool)
    hole[y0:y1, x0:x1] = True
    return hole


def fill(pixels: np.ndarray, hole: np.ndarray, **request: object) -> np.ndarray:
    (filled,) = PatchDiffusion().fill(pixels, hole, FillRequest(**request))  # type: ignore[arg-type]
    return filled


def test_so_many_fills_as_are_asked_for_each_from_a_seed_of_its_own() -> None:
    photo = stripes()
    hole = hole_in(photo.shape[:2], 45, 30, 80, 66)
    fills = PatchDiffusion().fill(photo, hole, FillRequest(seed=3, count=2))
    assert len(fills) == 2
    assert (fills[0] == fill(photo, hole, seed=3)).all()
    assert (fills[1] == fill(photo, hole, seed=4)).all()


def error_in(result: np.ndarray, truth: np.ndarray, hole: np.ndarray) -> float:
    return float(np.abs(result[hole].astype(int) - truth[hole]).mean())


def test_stripes_go_on_through_the_hole_where_smoothing_cannot() -> None:
    truth = stripes()
    hole = hole_in(truth.shape[:2], 45, 30, 80, 66)
    damaged = truth.copy()
    damaged[hole] = (255, 0, 255)
    smooth = cv2.inpaint(damaged, hole.astype(np.uint8) * 255, 5, cv2.INPAINT_TELEA)
    result = fill(damaged, hole)
    assert error_in(result, truth, hole) < 0.25 * error_in(smooth, truth, hole)
    assert (result[~hole] == damaged[~hole]).all()


def test_a_gradient_goes_on_without_a_step() -> None:
    y, x = np.mgrid[:120, :160]
    truth = np.dstack([60 + x, 40 + y, 200 - x]).astype(np.uint8)
    hole = hole_in((120, 160), 50, 40, 110, 80)
    result = fill(np.where(hole[:, :, None], 0, truth).astype(np.uint8), hole)
    assert error_in(result, truth, hole) < 4
    step = np.abs(result[60, 50].astype(int) - result[60, 49])
    assert step.max() <= 6


def test_what_was_in_the_hole_does_not_matter() -> None:
    truth = stripes()
    hole = hole_in(truth.shape[:2], 40, 20, 70, 60)
    red, green = truth.copy(), truth.copy()
    red[hole], green[hole] = (255, 0, 0), (0, 255, 0)
    assert (fill(red, hole)[hole] == fill(green, hole)[hole]).all()


def test_same_seed_same_bits_on_any_number_of_threads() -> None:
    rng = np.random.default_rng(5)
    photo = cv2.GaussianBlur(rng.integers(0, 256, (100, 120, 3)).astype(np.uint8), (0, 0), 2)
    hole = hole_in((100, 120), 40, 30, 80, 60)
    available = numba.get_num_threads()
    results = []
    for threads in {1, available}:
        numba.set_num_threads(threads)
        results.append(fill(photo, hole, seed=3))
    numba.set_num_threads(available)
    results.append(fill(photo, hole, seed=3))
    assert all((result == results[0]).all() for result in results)
    assert (fill(photo, hole, seed=4) != results[0]).any()


def test_forbidden_pixels_are_never_a_source() -> None:
    photo = np.full((90, 120, 3), 90, np.uint8)
    photo[:, 60:] = (250, 30, 30)
    hole = hole_in((90, 120), 10, 30, 40, 60)
    result = fill(photo, hole, forbidden=hole_in((90, 120), 60, 0, 120, 90))
    assert np.abs(result[hole].astype(int) - 90).max() <= 1


@pytest.mark.parametrize(
    ("shape", "box"),
    [
        ((80, 80), (0, 20, 30, 50)),  # at one border
        ((80, 80), (0, 0, 40, 40)),  # at two
        ((80, 80), (0, 0, 80, 40)),  # at three
        ((80, 80), (30, 0, 33, 80)),  # three pixels wide, right through
        ((6, 7), (2, 2, 4, 4)),  # smaller than a patch
        ((1, 9), (3, 0, 5, 1)),
        ((3, 3), (1, 1, 2, 2)),
        ((2, 1), (0, 0, 1, 1)),
        ((200, 40), (5, 10, 35, 190)),  # most of the photo
        ((160, 160), (30, 40, 118, 128)),  # 30 % of it
    ],
)
def test_every_hole_is_filled(shape: tuple[int, int], box: tuple[int, int, int, int]) -> None:
    hole = hole_in(shape, *box)
    photo = np.full((*shape, 3), (120, 140, 60), np.uint8)
    photo[hole] = (255, 0, 255)
    result = fill(photo, hole)
    assert np.abs(result.astype(int) - (120, 140, 60)).max() <= 2


@settings(max_examples=15, deadline=None)
@given(st.data())
def test_random_holes_change_nothing_outside(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(2, 40)), data.draw(st.integers(2, 40))
    rng = np.random.default_rng(data.draw(st.integers(0, 99)))
    photo = rng.integers(0, 256, (height, width, 3)).astype(np.uint8)
    hole = rng.random((height, width)) < data.draw(st.sampled_from([0.05, 0.5, 0.95]))
    hole[0, 0] = False
    result = fill(photo, hole)
    assert (result[~hole] == photo[~hole]).all()


def test_many_holes_at_once() -> None:
    truth = stripes(160, 160)
    hole = np.zeros((160, 160), bool)
    for corner in range(10, 140, 40):
        hole[corner : corner + 14, corner : corner + 14] = True
        hole[corner : corner + 3, 150 - corner : 155 - corner] = True
    result = fill(np.where(hole[:, :, None], 7, truth).astype(np.uint8), hole)
    assert error_in(result, truth, hole) < 20


def test_no_hole_changes_nothing_and_no_photo_is_an_error() -> None:
    photo = stripes()
    assert (fill(photo, np.zeros(photo.shape[:2], bool)) == photo).all()
    with pytest.raises(InpaintingError, match="Nothing is known"):
        fill(photo, np.ones(photo.shape[:2], bool))


def test_progress_rises_to_one_and_can_cancel() -> None:
    photo = stripes()
    hole = hole_in(photo.shape[:2], 45, 30, 80, 66)
    seen: list[float] = []
    fill(photo, hole, progress=lambda stage, fraction: seen.append(fraction))
    assert seen == sorted(seen)
    assert seen[-1] == pytest.approx(1.0)
    with pytest.raises(CancelledError):
        fill(photo, hole, progress=lambda stage, fraction: False)


@pytest.mark.parametrize(
    "setting",
    [{"patch": 4}, {"patch": 1}, {"sigma_min": 0}, {"fine_steps": 0}, {"screening": 0},
     {"confidence": 0.5}, {"context": 1.0}, {"sigma_max": 1.0}, {"structure": -1},
     {"guided_sigma": 70.0}, {"guided_sigma": 1.0}],
)  # fmt: skip
def test_settings_out_of_range_are_refused(setting: dict[str, float]) -> None:
    with pytest.raises(SettingError):
        PatchDiffusion(**setting)  # type: ignore[arg-type]


def test_a_forbidden_neighbour_does_not_bleed_into_the_hole() -> None:
    photo = np.full((90, 120, 3), 90, np.uint8)
    photo[30:60, 60:] = (250, 30, 30)
    hole = hole_in((90, 120), 30, 30, 60, 60)  # touches what is red
    result = fill(photo, hole, forbidden=hole_in((90, 120), 60, 0, 120, 90))
    assert np.abs(result[hole].astype(int) - 90).max() <= 2
    assert np.abs(fill(photo, hole)[hole].astype(int) - 90).max() > 20


def test_a_chequered_floor_goes_on_in_perspective() -> None:
    y, x = np.mgrid[:240, :320].astype(float)
    depth = 300.0 / (y + 150)
    squares = (np.floor((x - 160) * depth / 50) + np.floor(depth * 6)) % 2
    tone = cv2.GaussianBlur((60 + 130 * squares).astype(np.float32), (0, 0), 0.8)
    truth = np.dstack([tone, tone, 0.8 * tone]).astype(np.uint8)
    hole = cv2.circle(np.zeros((240, 320), np.uint8), (170, 120), 38, 1, -1) > 0
    damaged = np.where(hole[:, :, None], 0, truth).astype(np.uint8)
    guided = error_in(fill(damaged, hole), truth, hole)
    (blind,) = PatchDiffusion(structure=0).fill(damaged, hole, FillRequest())
    assert guided < 12
    assert guided < 0.5 * error_in(blind, truth, hole)


def test_a_shore_goes_on_behind_what_stood_before_it() -> None:
    """Two grounds that meet in a line, and a wide hole across it."""
    rng = np.random.default_rng(8)
    truth = np.empty((150, 260, 3), np.uint8)
    truth[:70] = rng.integers(60, 120, (70, 260, 3))
    truth[70:] = rng.integers(150, 200, (80, 260, 3))
    truth = cv2.GaussianBlur(truth, (0, 0), 1.0)
    hole = hole_in((150, 260), 80, 40, 180, 105)
    result = fill(np.where(hole[:, :, None], 0, truth).astype(np.uint8), hole)
    light = result[40:105, 80:180].mean(axis=2) > 135
    rows = np.argmax(light, axis=0) + 40
    assert np.abs(rows - 70).max() <= 3


def test_same_bits_on_any_number_of_threads_of_the_linear_algebra() -> None:
    code = (
        "import hashlib, numpy as np; from autoedit.inpainting import FillRequest; "
        "from autoedit.inpainting.patch_diffusion import PatchDiffusion; "
        "rng = np.random.default_rng(5); "
        "photo = np.kron(rng.integers(0, 256, (40, 50, 3)), np.ones((5, 5, 1))).astype(np.uint8); "
        "hole = np.zeros((200, 250), bool); hole[60:140, 80:170] = True; "
        "filled = PatchDiffusion().fill(photo, hole, FillRequest())[0]; "
        "print(hashlib.sha256(filled.tobytes()).hexdigest())"
    )
    seen = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "OPENBLAS_NUM_THREADS": threads},
            capture_output=True, text=True, check=True,
        ).stdout
        for threads in ("1", "2", "4")
    }  # fmt: skip
    assert len(seen) == 1


def test_a_long_thin_hole_costs_no_more_than_its_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """Structure compares patches with patches: a level far larger than its hole is not for it."""
    asked: list[int] = []
    real = sampler.sources

    def spy(level: Level, *others: Any) -> Any:
        asked.append(level.known.size)
        return real(level, *others)

    monkeypatch.setattr(sampler, "sources", spy)
    photo = cv2.resize(stripes(96, 128), (640, 480), interpolation=cv2.INTER_CUBIC)
    hole = np.zeros((480, 640), np.uint8)
    cv2.line(hole, (20, 20), (620, 460), 1, 14)
    fill(photo, hole > 0)
    assert all(size <= 60_000 for size in asked)
    thick = hole_in((480, 640), 250, 150, 350, 250)
    fill(photo, thick)
    assert asked
