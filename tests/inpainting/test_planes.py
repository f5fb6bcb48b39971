from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoedit.inpainting.patch_diffusion.guidance import Shift
from autoedit.inpainting.patch_diffusion.planes import PlaneShift, from_the_front, sampled

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


def test_what_is_taken_from_farther_off_is_smaller() -> None:
    y = np.float32([20, 40])
    for dy in (-25, 0, 25):
        step = PlaneShift((0, 0.01), (30, 30), dy, 4)
        left, right = (step.at(y, np.full(2, x, np.float32))[1] for x in (30, 31))
        assert np.allclose(step.size(y, np.full(2, 30, np.float32)), right - left, atol=1e-4)
        assert (np.sign(np.round(right - left - 1, 3)) == np.sign(dy)).all()
    beyond = PlaneShift((0, 0.01), (0, 0), -10, 0)
    assert not beyond.size(np.float32([-99, -150]), np.float32([0, 0])).any()


def test_nothing_comes_from_beyond_the_vanishing_line() -> None:
    step = PlaneShift((0, 0.01), (0, 0), -10, 0)
    sy, _ = step.at(np.float32([-99, -150]), np.float32([0, 0]))
    assert (sy < -1000).all()


def test_a_plane_is_seen_from_the_front_with_its_far_part_larger() -> None:
    # Rows of a plane whose vanishing line is y = -60: they lie the closer, the farther up.
    height, width = 120, 100
    depth = 1 + (np.arange(height) - 60) / 120
    row = (np.arange(height) - 60) / depth
    image = np.repeat(np.sin(row / 4)[:, None], width, axis=1).astype(np.float32)
    there = from_the_front(image, np.ones((height, width), bool), (0, 1 / 120), (60, 50), 40)
    assert there is not None
    front, seen, (y, x) = there
    assert seen[y, x]
    flat = np.sin((np.arange(len(front)) - y) / 4)
    middle = slice(y - 25, y + 25)
    assert np.abs(front[middle, x] - flat[middle])[seen[middle, x]].max() < 0.15


def test_of_a_plane_that_is_not_in_the_photo_nothing_is_seen() -> None:
    image = np.zeros((40, 50, 3), np.float32)
    assert from_the_front(image, np.ones((40, 50), bool), (0, 0), (400, 400), 20) is None


@given(st.integers(1, 3000))
def test_as_many_pixels_are_sampled_as_are_asked_for(count: int) -> None:
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    y, x = np.full(count, 1, np.float32), np.full(count, 2.5, np.float32)
    found = sampled(image, y, x)
    assert found.shape == (count,)
    assert (found == 6.5).all()
    assert sampled(np.dstack([image, image]), y, x).shape == (count, 2)
