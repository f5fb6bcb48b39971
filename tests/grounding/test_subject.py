"""The main subject: found whole, refused where there is none."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from autoedit.core.photo import Photo
from autoedit.grounding.scene import Scene
from autoedit.grounding.subject import agreed, doubt_of, main_subject, propose, rate, settled
from tests.drawing import ball, block, ground, overlap

PHOTOS = Path(__file__).resolve().parents[3] / "shared/photos/masks"


def subject_mask(pixels):
    scene = Scene.of(Photo(pixels))
    found = main_subject(scene)
    return None if found is None else scene.mask(found.members).binary


def test_a_thing_of_two_colours_is_one():
    photo = ground()
    outline = block(photo, 190, 110, 290, 190, (170, 40, 35))
    outline |= block(photo, 190, 190, 290, 270, (40, 60, 150))

    assert overlap(subject_mask(photo), outline) > 0.85


def test_the_subject_may_stand_off_the_middle_and_be_cut_off_below():
    photo = ground()
    outline = ball(photo, 320, 330, 80, (40, 90, 170))

    assert overlap(subject_mask(photo), outline) > 0.85


def test_a_strip_from_side_to_side_is_ground():
    photo = ground()
    block(photo, 0, 230, 480, 330, (60, 110, 60))
    outline = ball(photo, 240, 130, 55, (180, 50, 40))

    assert overlap(subject_mask(photo), outline) > 0.85


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (20, 7), (240, 320)])
def test_an_even_photo_is_of_nothing(shape):
    assert subject_mask(np.full((*shape, 3), 127, np.uint8)) is None


def test_grain_is_no_subject():
    assert subject_mask(ground(grain=8.0)) is None


def test_a_clearer_thing_is_surer():
    sure = []
    for colour in ((186, 168, 140), (190, 120, 100), (170, 30, 30)):
        photo = ground()
        block(photo, 190, 110, 290, 250, colour)
        found = main_subject(Scene.of(Photo(photo)))
        sure.append(0.0 if found is None else found.match)

    assert sure[0] < sure[1] < sure[2]


def test_what_many_shapes_agree_on_beats_one_lucky_rating():
    photo = ground()
    outline = ball(photo, 240, 180, 70, (180, 50, 40))
    pieces = Scene.of(Photo(photo)).pieces
    ball_shape = pieces.mean(outline) > 0.5
    bites = []
    for i in np.flatnonzero(ball_shape)[:4]:
        bites.append(ball_shape.copy())
        bites[-1][i] = False
    lone = pieces.centre[:, 0] < 120
    shapes = np.array([lone, *bites])
    value = np.array([1.0, 0.95, 0.95, 0.95, 0.95], np.float32)

    assert (agreed(pieces, shapes, value) == ball_shape).all()
    assert not (
        agreed(pieces, shapes, value + np.array([9, 0, 0, 0, 0], np.float32)) & ball_shape
    ).any()


def test_what_leaks_out_of_one_shape_is_voted_down():
    photo = ground()
    outline = ball(photo, 240, 180, 70, (180, 50, 40))
    pieces = Scene.of(Photo(photo)).pieces
    whole = pieces.mean(outline) > 0.5
    leaking = whole | (pieces.centre[:, 1] > 240)

    assert (
        agreed(pieces, np.array([leaking, whole, whole]), np.ones(3, np.float32)) == whole
    ).all()


@pytest.mark.parametrize(("paper", "thing"), [(252, 246), (10, 20)])
def test_a_faint_thing_on_an_even_backdrop_is_found(paper, thing):
    photo = np.full((360, 480, 3), paper, np.uint8)
    photo[110:270, 190:290] = thing
    outline = (photo == thing).all(axis=2)

    assert overlap(subject_mask(cv2.GaussianBlur(photo, (0, 0), 1.2)), outline) > 0.85


def test_a_ramp_of_light_is_no_thing():
    ramp = np.linspace(40, 220, 480)[None, :, None] * np.ones((360, 1, 3))
    assert subject_mask(ramp.astype(np.uint8)) is None


def test_a_clear_subject_is_taken_without_doubt_and_one_of_two_with():
    photo = ground()
    ball(photo, 150, 180, 60, (180, 50, 40))
    alone = main_subject(Scene.of(Photo(photo)))
    ball(photo, 330, 180, 60, (40, 60, 160))
    among = main_subject(Scene.of(Photo(photo)))

    assert alone is not None and among is not None
    assert doubt_of(alone) == ""
    assert "--box" in doubt_of(among)


def test_proposals_are_distinct_and_the_true_shape_is_rated_above_its_half():
    photo = ground()
    outline = ball(photo, 240, 180, 70, (180, 50, 40))
    scene = Scene.of(Photo(photo))
    shapes = propose(scene)
    whole = scene.pieces.mean(outline) > 0.5
    half = whole & (scene.pieces.centre[:, 0] < 240)
    value = rate(scene, np.array([whole, half, ~whole]))

    assert np.unique(shapes, axis=0).shape == shapes.shape
    assert value.argmax() == 0


@pytest.mark.skipif(not PHOTOS.exists(), reason="the photos with true masks are not here")
@pytest.mark.parametrize(
    "name",
    [
        "ecssd_0079",
        "ecssd_0131",
        "ecssd_0185",
        "ecssd_0331",
        "ecssd_0493",
        "ecssd_0836",
        "ecssd_0962",
    ],
)
def test_photos_with_true_masks(name):
    pixels = np.asarray(Image.open(PHOTOS / f"{name}.jpg").convert("RGB"))
    truth = np.asarray(Image.open(PHOTOS / f"{name}.gt.png").convert("L")) > 127

    assert overlap(subject_mask(pixels), truth) > 0.7


def test_a_subject_whose_likely_outlines_disagree_is_less_sure():
    photo = ground()
    outline = ball(photo, 240, 180, 70, (180, 50, 40))
    pieces = Scene.of(Photo(photo)).pieces
    whole = pieces.mean(outline) > 0.5
    left, right = whole & (pieces.centre[:, 0] < 240), whole & (pieces.centre[:, 0] >= 240)
    even = np.ones(3, np.float32)

    assert settled(pieces, np.array([whole] * 3), even, whole) > 0.99
    assert settled(pieces, np.array([whole, left, right]), even, whole) < 0.75
