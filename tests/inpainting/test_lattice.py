from __future__ import annotations

import cv2
import numpy as np
import pytest

from autoedit.inpainting.patch_diffusion.lattice import (
    Lattice,
    expected,
    lattice_of,
    sharpened,
)
from tests.inpainting.grounds import HORIZON, aslant, checks, noise

SHAPE = (200, 240)


def hole_in(y0: int, y1: int, x0: int, x1: int) -> np.ndarray:
    hole = np.zeros(SHAPE, bool)
    hole[y0:y1, x0:x1] = True
    return hole


HOLE = hole_in(90, 140, 100, 140)


def line_of(hole: np.ndarray) -> tuple[float, float]:
    """The ground's vanishing line from the middle of the hole."""
    y, _ = np.nonzero(hole)
    return 0.0, 1 / (float(y.mean()) - HORIZON)


def test_checked_ground_seen_aslant_says_what_is_in_a_hole() -> None:
    truth = aslant(checks, SHAPE)
    image = np.where(HOLE[:, :, None], 0, truth)
    lattice = lattice_of(image, ~HOLE, HOLE, [line_of(HOLE)])
    assert lattice is not None
    told = expected(lattice, image, ~HOLE, HOLE)
    assert told is not None
    assert told.holds.mean() > 0.95
    off = np.abs(told.values - truth[HOLE])[told.holds]
    assert off.mean() < 0.15 * np.abs(truth - truth.mean((0, 1))).mean()
    assert (told.trust >= 0).all()
    assert (told.trust <= 1).all()


def held(truth: np.ndarray) -> np.ndarray:
    """Where in the hole the lattice of checks holds on a ground, bool (N,)."""
    image = np.where(HOLE[:, :, None], 0, aslant(checks, SHAPE))
    lattice = lattice_of(image, ~HOLE, HOLE, [line_of(HOLE)])
    assert lattice is not None
    told = expected(lattice, np.where(HOLE[:, :, None], 0, truth), ~HOLE, HOLE)
    assert told is not None
    return told.holds


def test_checks_go_on_where_a_sheen_changes_their_tones() -> None:
    truth = aslant(checks, SHAPE)
    sheen = 0.7 * np.clip((150 - np.arange(SHAPE[1])) / 60, 0, 1)
    truth += sheen[None, :, None].astype(np.float32) * (200 - truth)
    assert held(truth).mean() > 0.95


def test_checks_do_not_go_on_up_a_wall() -> None:
    truth = aslant(checks, SHAPE)
    truth[:115] = noise((115, SHAPE[1]))
    y, _ = np.nonzero(HOLE)
    assert held(truth)[y < 105].mean() < 0.1
    assert held(truth)[y > 125].mean() > 0.7


def test_another_size_of_the_photo_has_the_same_lattice() -> None:
    image = np.where(HOLE[:, :, None], 0, aslant(checks, SHAPE))
    lattice = lattice_of(image, ~HOLE, HOLE, [line_of(HOLE)])
    assert lattice is not None
    twice = lattice.scaled(2)
    y, x = np.float32([70, 150]), np.float32([60, 170])
    once, large = lattice.shift(1, -1).at(y, x), twice.shift(1, -1).at(2 * y, 2 * x)
    assert np.allclose(2 * np.stack(once), np.stack(large), atol=0.01)
    assert twice.cell == pytest.approx(4 * lattice.cell)


def stripes(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    tone = np.where((x // 14) % 2 == 0, 60.0, 190.0) + 0 * y
    return np.stack([tone, tone, tone], axis=-1)


def test_stripes_and_a_horizon_are_no_lattice() -> None:
    for picture in (aslant(stripes, SHAPE), stripes(*np.mgrid[:200, :240].astype(float)[::-1])):
        image = np.where(HOLE[:, :, None], 0, picture).astype(np.float32)
        assert lattice_of(image, ~HOLE, HOLE, [line_of(HOLE)]) is None
    above = np.where(np.arange(200)[:, None, None] < 120, 200.0, 90.0)
    image = np.broadcast_to(above, (200, 240, 3)).astype(np.float32)
    assert lattice_of(image, ~HOLE, HOLE, []) is None


def test_neither_noise_nor_plain_ground_is_a_lattice() -> None:
    plain = np.full((*SHAPE, 3), 128, np.float32)
    for image in (noise(SHAPE), plain):
        assert lattice_of(image, ~HOLE, HOLE, [(0.0, 0.0)]) is None


LARGE, CELL = (480, 640), 80.0  # a photo, and how large the squares of a floor are
TURNED = np.array([[np.cos(0.5), np.sin(0.5)], [-np.sin(0.5), np.cos(0.5)]])


def floor(y: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Chequered, turned, and cloudy within the squares."""
    grain = np.random.default_rng(1).normal(0, 1, (1024, 1024)).astype(np.float32)
    cloud = cv2.GaussianBlur(grain, (0, 0), 3)
    cloud *= 20 / cloud.std()
    down, across = np.tensordot(TURNED.T, np.stack([y, x]), 1)
    tone = np.where((across // CELL + down // CELL) % 2 == 0, 70, 200)
    there = np.float32(1.5) * np.float32([across, down]) + 512
    tone = tone + cv2.remap(cloud, *there, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    return np.stack([tone, tone, tone], axis=-1)


def test_periods_that_are_pixels_off_are_made_exact_in_the_larger_picture() -> None:
    hole = np.zeros(LARGE, bool)
    hole[166:335, 236:405] = True
    (cy, cx), reach = (250.0, 320.0), LARGE[0] / 2 - HORIZON
    steps = np.array([[CELL, CELL], [CELL, -CELL]]) @ TURNED.T
    deep, wide = (cy - HORIZON) ** 2 / (220 * reach), (cy - HORIZON) / reach
    line = 1 / (cy - HORIZON)
    true = Lattice((0.0, line), (cy, cx), steps * [deep, wide])
    off = np.array([[3, -1.5], [-2.1, 3]])
    begun = Lattice((5e-5, 1.05 * line), (cy, cx), true.periods + off)
    image = np.where(hole[:, :, None], 0, aslant(floor, LARGE))
    exact = sharpened(begun, image, ~hole, hole)
    assert exact is not None
    places = np.float32([250, 300, 320, 320]), np.float32([320, 320, 260, 380])
    for count in ((0.5, 0.5), (0.5, -0.5), (-0.5, 0.5)):
        found, wanted = (np.stack(one.shift(*count).at(*places)) for one in (exact, true))
        assert np.abs(found - wanted).max() < 0.7
