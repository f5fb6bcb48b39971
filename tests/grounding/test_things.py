import numpy as np
import pytest

from autoedit.core.photo import Photo
from autoedit.grounding.scene import Scene
from autoedit.grounding.things import Things
from tests.drawing import ball, block, cast_shadow, ground, overlap

RED, GREEN, BLUE, YELLOW = (190, 25, 25), (30, 120, 45), (30, 60, 170), (225, 190, 30)


def things(photo):
    scene = Scene.of(Photo(photo))
    return scene, Things(scene).cut()


def best(scene, found, outline):
    return max(overlap(scene.mask(one.members).binary, outline) for one in found)


def test_all_things_are_found_and_nothing_else():
    photo = ground()
    outlines = [
        ball(photo, 90, 120, 42, RED), ball(photo, 380, 250, 40, BLUE),
        block(photo, 190, 70, 270, 160, GREEN),
    ]  # fmt: skip
    scene, found = things(photo)

    assert len(found) == 3
    assert all(best(scene, found, outline) > 0.85 for outline in outlines)
    assert sum(one.members.astype(int) for one in found).max() == 1


def test_a_shadow_is_no_thing():
    photo = ground()
    cast_shadow(photo, 290, 225, (75, 22))
    outline = ball(photo, 220, 180, 45, RED)
    scene, found = things(photo)

    assert len(found) == 1
    assert best(scene, found, outline) > 0.85


def test_a_can_with_bands_is_one_thing():
    photo = ground()
    outline = np.zeros(photo.shape[:2], bool)
    for i, colour in enumerate((RED, YELLOW, RED, YELLOW)):
        outline |= block(photo, 200, 100 + 40 * i, 280, 140 + 40 * i, colour)
    scene, found = things(photo)

    assert len(found) == 1
    assert best(scene, found, outline) > 0.85


def test_a_ball_before_a_box_is_another_thing():
    photo = ground()
    box = block(photo, 180, 90, 290, 200, GREEN)
    front = ball(photo, 320, 200, 45, RED)
    scene, found = things(photo)

    assert len(found) == 2
    assert best(scene, found, front) > 0.85
    assert best(scene, found, box & ~front) > 0.75


def test_checks_of_a_cloth_are_no_things():
    photo = ground(grain=1)
    rows, columns = np.mgrid[:360, :480]
    photo[(rows // 40 + columns // 40) % 2 == 0] = (70, 90, 160)
    outline = ball(photo, 240, 180, 60, RED)
    scene, found = things(photo)

    assert len(found) == 1
    assert best(scene, found, outline) > 0.8


def test_what_is_set_aside_is_in_no_thing():
    photo = ground()
    red, green = ball(photo, 120, 180, 50, RED), ball(photo, 340, 180, 50, GREEN)
    scene = Scene.of(Photo(photo))
    aside = scene.pieces.mean(red) > 0.5
    found = Things(scene).cut(aside=aside)

    assert len(found) == 1
    assert best(scene, found, green) > 0.85


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (3, 3), (60, 80)])
def test_an_even_photo_holds_nothing(shape):
    _, found = things(np.full((*shape, 3), 127, np.uint8))
    assert found == []
