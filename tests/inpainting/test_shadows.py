from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.inpainting import FillRequest
from autoedit.inpainting.patch_diffusion import PatchDiffusion, shift_map
from autoedit.inpainting.patch_diffusion.colour import to_lab, with_texture
from autoedit.inpainting.patch_diffusion.pyramid import Level
from autoedit.inpainting.patch_diffusion.shadows import shade

SIZE = 48
HALF = np.s_[:, : SIZE // 2]
ALL = np.ones((SIZE, SIZE), bool)


def ground(colour: tuple[float, ...], size: int = SIZE, seed: int = 0) -> np.ndarray:
    """Grained ground in linear light, (size, size, 3) in [0, 1]."""
    grain = np.random.default_rng(seed).normal(1, 0.06, (size, size, 1))
    return np.clip(np.array(colour) * grain, 0, 1)


def photographed(light: np.ndarray) -> np.ndarray:
    """RGB uint8 of linear light."""
    return np.rint(255 * np.clip(light, 0, 1) ** (1 / 2.2)).astype(np.uint8)


def lab(light: np.ndarray) -> np.ndarray:
    return with_texture(to_lab(photographed(light)), ALL)


@settings(max_examples=40, deadline=None)
@given(
    colour=st.tuples(*[st.floats(0.15, 0.9)] * 3),
    light=st.floats(0.3, 0.6),
)
def test_ground_with_less_light_on_it_is_in_shadow(colour: tuple[float, ...], light: float) -> None:
    lit = ground(colour)
    dim = lit.copy()
    dim[HALF] *= light
    found = shade(lab(dim), lab(lit), ALL)
    assert found[:, : SIZE // 2 - 4].min() > 0.5
    assert found[:, SIZE // 2 + 4 :].max() < 0.1


def test_another_colour_or_a_black_thing_is_no_shadow() -> None:
    lit = ground((0.6, 0.5, 0.4))
    for other in ((0.05, 0.15, 0.5), (0.4, 0.05, 0.05), (0.005, 0.005, 0.005)):
        different = lit.copy()
        different[HALF] = ground(other, seed=1)[HALF]
        assert shade(lab(different), lab(lit), ALL)[:, : SIZE // 2 - 4].max() < 0.2


def test_what_is_lighter_as_often_as_darker_is_no_shadow() -> None:
    lit = ground((0.5, 0.5, 0.5))
    mottled = lit.copy()
    mottled[HALF] *= 0.45
    mottled[:, SIZE // 2 :] /= 0.55
    assert shade(lab(mottled), lab(lit), ALL).max() == 0


def test_nothing_is_said_of_what_has_no_counterpart() -> None:
    lit = ground((0.6, 0.6, 0.6))
    seen = ALL.copy()
    seen[10:20] = False
    found = shade(lab(0.4 * lit), lab(lit), seen)
    assert (found[10:20] == 0).all()
    assert (found[30:] > 0.5).all()
    assert not shade(lab(0.4 * lit), lab(lit), ~ALL).any()


def test_a_level_takes_nothing_from_a_shadow_but_may_still_meet_it() -> None:
    known = ALL.copy()
    known[20:30, 20:30] = False
    level = Level(np.zeros((SIZE, SIZE, 4), np.float32), known, known)
    dark = np.zeros((SIZE // 2, SIZE // 2), np.float32)
    dark[:, :5] = 1  # at half the level's size
    coarse, finest = (level.without(dark, 0.5, joined=joined) for joined in (False, True))
    for changed in (coarse, finest):
        assert not changed.usable[:, :9].any()
        assert (changed.usable[:, 12:] == known[:, 12:]).all()
    assert coarse.joined is None
    assert finest.joined is not None
    assert (finest.joined == known).all()
    assert level.without(np.ones_like(dark), 0.5, joined=False) is level


def scene() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A photo with a ball's shadow, a hole that holds the ball and half of it, and the truth."""
    size = 200
    y, x = np.mgrid[:size, :size]
    planks = 1 + 0.05 * np.sign(np.sin(2 * np.pi * y / 17))
    light = ground((0.5, 0.36, 0.24), size) * planks[:, :, None]
    reach = np.clip(1.3 - np.hypot((x - 118) / 36, (y - 130) / 14), 0, 0.3) / 0.3
    hole = np.hypot(x - 100, y - 100) < 34
    photo = photographed(light * (1 - 0.62 * reach[:, :, None]))
    photo[hole] = (200, 20, 20)
    return photo, hole, photographed(light)


def test_a_shadow_left_beside_the_hole_is_not_carried_on_into_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    photo, hole, truth = scene()

    def error() -> float:
        (filled,) = PatchDiffusion().fill(photo, hole, FillRequest())
        return float(np.sqrt(np.mean((truth[hole].astype(float) - filled[hole]) ** 2)))

    told = error()
    monkeypatch.setattr(
        shift_map, "shade", lambda here, there, seen: np.zeros(seen.shape, np.float32)
    )
    assert told < 0.85 * error()
