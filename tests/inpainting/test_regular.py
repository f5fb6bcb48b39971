from __future__ import annotations

import numpy as np

from autoedit.inpainting import FillRequest
from autoedit.inpainting.patch_diffusion import PatchDiffusion
from autoedit.inpainting.patch_diffusion.regular import laid
from tests.inpainting.grounds import aslant, checks, noise

SHAPE = (300, 360)


def ground() -> np.ndarray:
    return np.clip(aslant(checks, SHAPE), 0, 255).astype(np.uint8)


def disc() -> np.ndarray:
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.hypot(y - 170, x - 190) < 40


def damaged(truth: np.ndarray, hole: np.ndarray) -> np.ndarray:
    return np.where(hole[:, :, None], np.uint8([255, 0, 255]), truth)


def test_checks_go_on_through_a_hole_in_their_places() -> None:
    truth, hole = ground(), disc()
    given = damaged(truth, hole)
    made = laid(given, hole, ~hole, 3000)
    assert made is not None
    pixels, part = made
    assert part[hole].mean() > 0.95
    assert not part[~hole].any()
    assert (pixels[~part] == given[~part]).all()
    assert np.abs(pixels.astype(int) - truth)[part].mean() < 6


def test_light_that_falls_off_goes_on_as_well() -> None:
    truth, hole = ground().astype(float), disc()
    truth *= np.linspace(0.55, 1, SHAPE[1])[None, :, None]
    truth = truth.astype(np.uint8)
    made = laid(damaged(truth, hole), hole, ~hole, 3000)
    assert made is not None
    assert np.abs(made[0].astype(int) - truth)[made[1]].mean() < 7


def test_nothing_is_taken_from_what_may_be_no_source() -> None:
    truth, hole = ground(), disc()
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    thing = np.hypot(y - 190, x - 275) < 35
    given = damaged(truth, hole)
    given[thing] = (255, 40, 0)
    made = laid(given, hole, ~hole & ~thing, 3000)
    assert made is not None
    red = made[0][made[1]][:, 0].astype(int) - made[0][made[1]][:, 1]
    assert red.max() < 60


def test_without_a_lattice_nothing_is_laid() -> None:
    hole = disc()
    cloudy = np.clip(noise(SHAPE), 0, 255).astype(np.uint8)
    assert laid(damaged(cloudy, hole), hole, ~hole, 3000) is None
    assert laid(ground(), ~disc(), np.zeros(SHAPE, bool), 3000) is None


def test_patch_diffusion_fills_what_is_left() -> None:
    truth, hole = ground(), disc()
    truth[:110] = (200, 190, 170)  # a wall, and the hole reaches up to it
    hole[95:150, 175:205] = True
    given = damaged(truth, hole)
    (filled,) = PatchDiffusion().fill(given, hole, FillRequest(seed=1))
    assert (filled[~hole] == truth[~hole]).all()
    assert np.abs(filled.astype(int) - truth)[hole].mean() < 12
    (again,) = PatchDiffusion().fill(given, hole, FillRequest(seed=1))
    assert (filled == again).all()
