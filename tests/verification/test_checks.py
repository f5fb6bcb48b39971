from __future__ import annotations

import cv2
import numpy as np

from autoedit.core.mask import Mask
from autoedit.core.region import Region, Regions
from autoedit.verification import coverage, drawn, outside_untouched, seam, target_gone


def block(shape: tuple[int, int], x0: int, y0: int, x1: int, y1: int) -> np.ndarray:
    inside = np.zeros(shape, bool)
    inside[y0:y1, x0:x1] = True
    return inside


def test_one_changed_pixel_outside_fails() -> None:
    before = np.zeros((20, 20, 3), np.uint8)
    matte = Mask.of(block((20, 20), 5, 5, 10, 10))
    inside = before.copy()
    inside[7, 7] = 9
    assert outside_untouched(before, inside, matte).passed
    outside = inside.copy()
    outside[0, 0, 2] = 1
    check = outside_untouched(before, outside, matte)
    assert not check.passed
    assert check.value == 1


def test_coverage_counts_what_is_left() -> None:
    mask = Mask.of(block((20, 20), 0, 0, 10, 10))
    assert coverage(mask, Mask.of(block((20, 20), 0, 0, 10, 10)), bound=0.98).passed
    check = coverage(mask, Mask.of(block((20, 20), 0, 0, 10, 9)), bound=0.98)
    assert not check.passed
    assert check.value == 0.1


def test_the_target_is_gone_unless_it_is_found_where_it_was() -> None:
    shape = (40, 40)
    mask = Mask.of(block(shape, 10, 10, 20, 20))
    assert target_gone(Regions(), mask, bound=0.25).passed
    elsewhere = Region((25, 25, 30, 30), 0.9, "another", Mask.of(block(shape, 25, 25, 30, 30)))
    assert target_gone(Regions((elsewhere,)), mask, bound=0.25).passed
    again = Region((10, 10, 20, 16), 0.9, "it", Mask.of(block(shape, 10, 10, 20, 16)))
    check = target_gone(Regions((elsewhere, again)), mask, bound=0.25)
    assert not check.passed
    assert check.value == 0.6
    rim = Region((20, 10, 21, 18), 0.9, "a rim", Mask.of(block(shape, 20, 10, 21, 18)))
    assert target_gone(Regions((rim,)), mask, bound=0.25).value == 0.08
    by_box = Region((10.0, 10.0, 20.0, 20.0), 0.9, "it")
    assert target_gone(Regions((by_box,)), mask, bound=0.25).value == 1.0


def test_what_was_pointed_at_cannot_be_looked_up() -> None:
    check = target_gone(None, Mask.of(np.ones((3, 3), bool)), bound=0.25)
    assert check.passed
    assert check.value is None


def test_a_tone_step_at_the_border_is_a_seam_and_texture_is_not() -> None:
    rng = np.random.default_rng(0)
    grain = rng.normal(128, 12, (120, 120, 1)).repeat(3, 2)
    texture = np.clip(cv2.GaussianBlur(grain, (0, 0), 1.0), 0, 255).astype(np.uint8)
    hole = block((120, 120), 40, 40, 80, 80)
    assert seam(texture, Mask.of(hole), bound=2.0).passed
    stepped = texture.copy()
    stepped[hole] = np.clip(stepped[hole].astype(int) + 40, 0, 255).astype(np.uint8)
    check = seam(stepped, Mask.of(hole), bound=2.0)
    assert not check.passed
    assert check.value is not None
    assert check.value > 2


def test_the_edge_of_another_thing_is_no_seam() -> None:
    photo = np.full((120, 120, 3), 120, np.uint8)
    photo[:, 80:] = (240, 60, 20)
    hole, other = block((120, 120), 40, 40, 80, 80), block((120, 120), 80, 0, 120, 120)
    with_it = seam(photo, Mask.of(hole), Mask.of(other), bound=2.0).value
    without = seam(photo, Mask.of(hole), bound=2.0).value
    assert with_it is not None
    assert without is not None
    assert with_it < 1 < without


def test_a_smooth_wall_without_a_step_has_no_seam() -> None:
    wall = np.full((100, 100, 3), 180, np.uint8)
    assert seam(wall, Mask.of(block((100, 100), 30, 30, 60, 60)), bound=2.0).value == 1.0


def test_no_border_no_seam() -> None:
    photo = np.zeros((10, 10, 3), np.uint8)
    assert seam(photo, Mask.of(np.zeros((10, 10), bool)), bound=2.0).value is None
    assert seam(photo, Mask.of(np.ones((10, 10), bool)), bound=2.0).value is None


def test_what_was_drawn_must_be_found_inside_the_matte() -> None:
    array = np.zeros((60, 80), np.float32)
    array[10:40, 10:40] = 1
    matte = Mask(array)
    inside = Regions((Region((12, 12, 38, 38), 0.9, "blue star"),))
    outside = Regions((Region((45, 12, 75, 38), 0.9, "blue star"),))
    assert drawn(inside, matte, bound=0.5).passed
    assert not drawn(outside, matte, bound=0.5).passed
    assert not drawn(Regions(), matte, bound=0.5).passed
    unknown = drawn(None, matte, bound=0.5)
    assert unknown.passed
    assert unknown.value is None
