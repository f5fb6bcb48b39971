from __future__ import annotations

import numpy as np
import pytest

from autoedit.compositing.harmonize import harmonized
from autoedit.compositing.light import light_of_shading, light_of_shadow
from autoedit.compositing.shadows import contact_shade
from autoedit.compositing.standing import stands_of
from autoedit.core.mask import Mask


def lit_ball(across: float, down: float) -> tuple[np.ndarray, Mask]:
    """A grey ball under a light whose direction in the picture is (across, down)."""
    rows, columns = np.mgrid[:200, :200]
    x, y = (columns - 100) / 80, (rows - 100) / 80
    inside = x**2 + y**2 <= 1
    depth = np.sqrt(np.clip(1 - x**2 - y**2, 0, None))
    shading = 120 + 90 * np.clip(across * x + down * y + 0.3 * depth, -1, 1)
    pixels = np.where(inside[:, :, None], shading[:, :, None], 30)
    return np.repeat(pixels, 3, axis=2).astype(np.uint8), Mask.of(inside)


@pytest.mark.parametrize(("across", "side"), [(-0.9, -1), (0.9, 1), (-0.5, -1), (0.5, 1)])
def test_shading_tells_the_side_of_the_light(across: float, side: int) -> None:
    pixels, alpha = lit_ball(across, -0.4)
    found = light_of_shading(pixels, alpha)
    assert found is not None
    assert np.sign(np.cos(np.deg2rad(found))) == side
    assert abs(np.cos(np.deg2rad(found))) > 0.3


def test_light_from_above_is_from_neither_side_and_a_flat_thing_tells_nothing() -> None:
    found = light_of_shading(*lit_ball(0, -0.9))
    assert found is not None
    assert abs(found - 270) < 8
    _, alpha = lit_ball(0, 0)
    assert light_of_shading(np.full((200, 200, 3), 120, np.uint8), alpha) is None
    assert light_of_shading(np.zeros((9, 9, 3), np.uint8), Mask.of(np.zeros((9, 9), bool))) is None


@pytest.mark.parametrize("light", [180, 210, 240, 300, 350])
def test_a_shadow_tells_the_light_that_threw_it(light: float) -> None:
    inside = np.zeros((300, 400), bool)
    inside[80:200, 180:220] = True
    stands = stands_of(Mask.of(inside))
    shade = contact_shade(stands, (300, 400), light=light, softness=0.2)
    found = light_of_shadow(stands[0], np.where(inside, 1, shade).astype(np.float32))
    assert found is not None
    assert abs((found - light + 180) % 360 - 180) < 30


def test_no_shadow_tells_nothing() -> None:
    inside = np.zeros((300, 400), bool)
    inside[80:200, 180:220] = True
    (stand,) = stands_of(Mask.of(inside))
    assert light_of_shadow(stand, np.ones((300, 400), np.float32)) is None


def test_a_subject_takes_on_the_tint_and_the_level_of_its_backdrop_part_of_the_way() -> None:
    rng = np.random.default_rng(2)
    subject = np.repeat(rng.integers(60, 200, (80, 80, 1)), 3, axis=2).astype(np.uint8)
    subject[40, 40] = 255
    inside = np.zeros((80, 80), bool)
    inside[20:60, 20:60] = True
    dusk = np.clip(rng.normal((110, 60, 35), 12, (80, 80, 3)), 0, 255).astype(np.uint8)
    result = harmonized(subject, Mask.of(inside), dusk)
    before, after = subject[inside].mean(axis=0), result[inside].astype(float).mean(axis=0)
    assert after[0] - after[2] > 10, "warmer"
    assert after[0] - after[2] < 75, "but not the backdrop's colour"
    assert after.mean() < before.mean() - 5, "darker"
    assert (result[40, 40] == 255).all(), "white stays white"
    assert (result[~inside] == subject[~inside]).all()
    order = np.argsort(subject[:, :, 0][inside], kind="stable")
    assert (np.diff(result[:, :, 0][inside][order].astype(int)) >= 0).all()


def test_what_fits_already_stays() -> None:
    grey = np.repeat(np.random.default_rng(4).integers(40, 220, (60, 60, 1)), 3, 2).astype(np.uint8)
    result = harmonized(grey, Mask.of(np.ones((60, 60), bool)), grey)
    assert np.abs(result.astype(int) - grey).max() <= 3
