from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoedit.inpainting.patch_diffusion.guidance import PlaneShift, Shift, sources
from autoedit.inpainting.patch_diffusion.pyramid import Level

small = st.floats(-0.004, 0.004)


@given(small, small, st.floats(-12, 12), st.floats(-12, 12), st.integers(0, 60), st.integers(0, 60))
def test_there_and_back_on_a_plane_is_where_one_was(
    lx: float, ly: float, dy: float, dx: float, y: int, x: int
) -> None:
    there = PlaneShift((lx, ly), (30, 30), dy, dx)
    back = PlaneShift((lx, ly), (30, 30), -dy, -dx)
    end_y, end_x = back.at(*there.at(np.float32([y]), np.float32([x])))
    assert abs(end_y[0] - y) < 0.05
    assert abs(end_x[0] - x) < 0.05


def test_a_plane_seen_from_the_front_is_the_image() -> None:
    y, x = np.float32([3, 40]), np.float32([5, 20])
    flat, plane = Shift(4, -7).at(y, x), PlaneShift((0, 0), (30, 30), 4, -7).at(y, x)
    assert np.allclose(flat, plane)


def test_steps_on_a_plane_shrink_towards_its_vanishing_line() -> None:
    step = PlaneShift((0, 0.01), (0, 0), 0, 10)  # the vanishing line is y = -100
    y = np.float32([-50, 0, 60])
    _, x = step.at(y, np.zeros(3, np.float32))
    assert np.allclose(x, 10 * (1 + 0.01 * y), atol=1e-3)


def test_nothing_comes_from_beyond_the_vanishing_line() -> None:
    step = PlaneShift((0, 0.01), (0, 0), -10, 0)
    sy, _ = step.at(np.float32([-99, -150]), np.float32([0, 0]))
    assert (sy < -1000).all()


def test_a_hole_is_offered_the_periods_and_its_own_extent_level_and_upright() -> None:
    rng = np.random.default_rng(3)
    tile = rng.uniform(0, 255, (13, 10))
    image = np.zeros((80, 90, 4), np.float32)
    image[:, :, 0] = np.tile(tile, (7, 9))[:80, :90]
    known = np.ones((80, 90), bool)
    known[30:50, 30:60] = False
    level = Level(image, known, known)
    found, rarity = sources(level, level, np.random.default_rng(0))
    shifts = {(s.dy, s.dx) for s in found if isinstance(s, Shift)}
    assert (0, 0) not in shifts
    assert any(dy % 13 == 0 and dx % 10 == 0 for dy, dx in shifts)
    assert any(dy == 0 and abs(dx) > 30 for dy, dx in shifts)
    assert any(dx == 0 and abs(dy) > 20 for dy, dx in shifts)
    assert rarity.shape == known.shape
