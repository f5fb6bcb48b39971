"""What makes a shape like a subject, one trait at a time."""

import numpy as np
import pytest

from autoedit.core.photo import Photo
from autoedit.grounding.scene import Scene
from autoedit.grounding.subject_rating import rate, sureness
from tests.drawing import ball, block, ground

RED = (180, 50, 40)


def seen(photo, *outlines):
    """The scene, and each outline as its pieces: bool (K, N)."""
    scene = Scene.of(Photo(photo))
    small = [np.asarray(outline, np.float32) for outline in outlines]
    return scene, np.array([scene.pieces.mean(one) > 0.5 for one in small])


def test_a_whole_thing_is_better_than_its_half_or_with_a_piece_of_ground():
    photo = ground()
    outline = ball(photo, 240, 180, 70, RED)
    x = np.arange(480)[None]
    half = outline & (x < 240)
    more = outline.copy()
    more[150:210, 300:380] = True
    scene, shapes = seen(photo, outline, half, more)

    assert rate(scene, shapes).argmax() == 0


def test_a_thing_is_better_than_a_shadow_as_dark():
    photo = ground()
    shadow = np.zeros(photo.shape[:2], bool)
    shadow[140:240, 60:160] = True
    photo[shadow] = (photo[shadow] * 0.6).astype(np.uint8)
    thing = block(photo, 320, 140, 420, 240, (60, 110, 140))
    scene, shapes = seen(photo, thing, shadow)
    value = rate(scene, shapes)

    assert value[0] > value[1]


def test_a_thing_in_full_view_is_better_than_one_that_the_side_cuts_off():
    values = []
    for x in (240, 0):
        photo = ground()
        scene, shapes = seen(photo, ball(photo, x, 180, 60, RED))
        values.append(rate(scene, shapes)[0])

    assert values[0] > values[1]


@pytest.mark.parametrize("colour", [RED, (40, 90, 170)])
def test_a_clear_thing_is_sure_and_a_patch_of_ground_is_not(colour):
    photo = ground()
    outline = ball(photo, 240, 180, 70, colour)
    patch = np.zeros_like(outline)
    patch[40:120, 30:140] = True
    scene, shapes = seen(photo, outline, patch)
    sure = [
        sureness(scene, shape, float(value))
        for shape, value in zip(shapes, rate(scene, shapes), strict=True)
    ]

    assert sure[0] > 0.8
    assert sure[1] < 0.3
