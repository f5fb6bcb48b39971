from __future__ import annotations

import cv2
import numpy as np
import pytest

from autoedit.compositing.reflections import with_reflections
from autoedit.compositing.shadows import contact_shade
from autoedit.compositing.standing import stands_of
from autoedit.core.mask import Mask

SHAPE = (240, 320)


def box(x0: int, y0: int, x1: int, y1: int, shape: tuple[int, int] = SHAPE) -> np.ndarray:
    inside = np.zeros(shape, bool)
    inside[y0:y1, x0:x1] = True
    return inside


def shade(inside: np.ndarray, light: float = 270, softness: float = 0.5) -> np.ndarray:
    return contact_shade(stands_of(Mask.of(inside)), SHAPE, light=light, softness=softness)


def test_a_box_touches_the_ground_along_its_foot() -> None:
    (stand,) = stands_of(Mask.of(box(120, 80, 180, 160)))
    x, y = stand.at(*stand.foot)
    assert abs(x - 150) < 2
    assert abs(y - 160) < 2
    columns = np.flatnonzero(stand.touch > 0.9) / stand.scale + stand.box[0]
    assert abs(columns[0] - 120) < 3
    assert abs(columns[-1] - 179) < 3


def test_a_ball_touches_the_ground_in_one_place() -> None:
    ball = np.zeros(SHAPE, np.uint8)
    cv2.circle(ball, (150, 100), 60, 1, -1)
    (stand,) = stands_of(Mask.of(ball > 0))
    columns = np.flatnonzero(stand.touch > 0.5) / stand.scale + stand.box[0]
    assert columns[-1] - columns[0] < 70, "a ball does not stand on its flanks"


@pytest.mark.parametrize("scale", [1, 6])
def test_a_subject_cut_by_the_lower_edge_does_not_stand(scale: int) -> None:
    shape = (240 * scale, 320 * scale)
    cut = box(100 * scale, 100 * scale, 200 * scale, 240 * scale, shape)
    assert stands_of(Mask.of(cut)) == ()


def test_one_cut_by_another_edge_does() -> None:
    assert len(stands_of(Mask.of(box(0, 80, 60, 160)))) == 1


def test_things_side_by_side_stand_each_on_its_own_ground_and_what_hangs_does_not() -> None:
    apart = box(40, 60, 90, 120) | box(180, 100, 240, 200)
    feet = sorted(stand.at(*stand.foot)[1] for stand in stands_of(Mask.of(apart)))
    assert np.abs(np.array(feet) - (120, 200)).max() < 3
    hanging = box(100, 20, 160, 60) | box(100, 80, 160, 160)
    assert len(stands_of(Mask.of(hanging))) == 1


def test_nothing_has_no_shadow() -> None:
    assert stands_of(Mask.of(np.zeros(SHAPE, bool))) == ()
    assert (shade(np.zeros(SHAPE, bool)) == 1).all()


@pytest.mark.parametrize(
    ("light", "right", "behind"), [(180, 1, 0), (0, -1, 0), (270, 0, 1), (90, 0, -1), (225, 1, 1)]
)
def test_the_shadow_falls_away_from_the_light(light: float, right: int, behind: int) -> None:
    inside = box(135, 60, 185, 140)
    taken = np.where(inside, 0, 1 - shade(inside, light))
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    x, y = (taken * columns).sum() / taken.sum() - 159.5, 140 - (taken * rows).sum() / taken.sum()
    assert np.sign(x) == right if right else abs(x) < 2
    if behind:
        assert np.sign(y) == behind


def test_a_shadow_is_darkest_at_the_foot_and_softer_where_it_is_told_to_be() -> None:
    inside = box(135, 60, 185, 140)
    hard, soft = shade(inside, 180, 0.0), shade(inside, 180, 1.0)
    assert hard[140:142, 160].min() < 0.72, "no light gets in where it touches"
    assert hard[138, 190] < hard[138, 225] < 0.9, "it falls to the right, fainter from the top"
    steps = [np.abs(np.diff(each[136, 200:270])).max() for each in (hard, soft)]
    assert steps[0] > 2 * steps[1]


def test_a_raised_part_throws_no_contact_shadow() -> None:
    table = box(100, 60, 220, 72) | box(100, 60, 110, 150) | box(210, 60, 220, 150)
    dark = 1 - shade(table, 270)
    assert dark[151, 104] > 2 * dark[151, 160]


def test_far_from_the_thing_there_is_full_light() -> None:
    inside = box(20, 150, 50, 200, (600, 800))
    far = contact_shade(stands_of(Mask.of(inside)), (600, 800), light=225, softness=1)
    assert (far[:, 300:] == 1).all()
    assert np.abs(np.diff(far[:, 60:], axis=1)).max() < 0.1, "no edge of a window shows"


def test_a_glossy_ground_mirrors_the_thing_and_fades() -> None:
    inside = box(120, 80, 180, 140)
    colours = np.zeros((*SHAPE, 3), np.uint8)
    colours[80:110, 120:180] = (200, 0, 0)
    colours[110:140, 120:180] = (0, 200, 0)
    white = np.full((*SHAPE, 3), 255, np.uint8)
    alpha = Mask.of(inside)
    result = with_reflections(white, colours, alpha, stands_of(alpha), strength=0.6).astype(int)
    near, far = result[144, 150], result[180, 150]
    assert near[1] - near[0] > 60, "its lower part comes first"
    assert 5 < far[0] - far[1] < near[1] - near[0], "then the upper, fainter"
    assert (result[:130] == 255).all()
    assert (result[150:, :100] == 255).all()
    nothing = with_reflections(white, colours, alpha, stands_of(alpha), strength=0.0)
    assert (nothing == 255).all()
