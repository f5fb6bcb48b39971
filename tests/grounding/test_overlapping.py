import cv2
import numpy as np
import pytest

from autoedit.core.photo import Photo
from autoedit.grounding.overlapping import Body, in_front
from autoedit.grounding.scene import Scene
from autoedit.grounding.things import Things
from tests.drawing import ball, block, ground, overlap

RED, GREEN, WHITE, BLUE = (190, 25, 25), (30, 120, 45), (235, 235, 235), (30, 60, 170)


def body(pieces, outline, score=0.8):
    members = pieces.mean(outline) > 0.5
    points = np.argwhere(members[pieces.labels])[:, ::-1].astype(np.int32)
    return Body(members, np.asarray(cv2.convexHull(points), np.int32), score)


def bodies(photo, *outlines):
    pieces = Scene.of(Photo(photo)).pieces
    return pieces, [body(pieces, outline) for outline in outlines]


@pytest.fixture
def ball_on_book():
    photo = ground()
    book = block(photo, 130, 180, 330, 270, WHITE)
    on_it = ball(photo, 230, 160, 60, RED)
    return photo, on_it, book & ~on_it


def test_a_ball_on_a_book_lies_before_it_and_not_the_book_before_the_ball(ball_on_book):
    photo, on_it, book = ball_on_book
    pieces, (front, behind) = bodies(photo, on_it, book)

    assert in_front(pieces, front, behind) == pytest.approx(1, abs=0.06)
    assert in_front(pieces, behind, front) is None


def test_what_hardly_looks_like_a_thing_lies_before_nothing(ball_on_book):
    photo, on_it, book = ball_on_book
    pieces = Scene.of(Photo(photo)).pieces

    assert in_front(pieces, body(pieces, on_it, 0.3), body(pieces, book)) is None


def test_a_stripe_lies_not_before_the_can_that_it_is_on():
    photo = ground()
    top = block(photo, 200, 80, 290, 160, RED)
    stripe = block(photo, 200, 160, 290, 250, BLUE)
    pieces, (first, second) = bodies(photo, top, stripe)

    assert in_front(pieces, first, second) is None
    assert in_front(pieces, second, first) is None


def test_of_two_like_balls_one_lies_before_the_other():
    photo = ground()
    behind = ball(photo, 180, 170, 50, RED)
    front = ball(photo, 260, 190, 50, RED)
    pieces, (one, other) = bodies(photo, front, behind & ~front)

    assert in_front(pieces, one, other) is not None


def test_a_thing_and_what_it_stands_on_are_two_things():
    photo = ground()
    tray = np.zeros(photo.shape[:2], bool)
    tray[120:250, 150:350] = True
    photo[tray] = BLUE
    on_it = ball(photo, 250, 175, 60, RED)
    scene = Scene.of(Photo(photo))
    found = [scene.mask(one.members).binary for one in Things(scene).cut()]

    assert len(found) == 2
    assert max(overlap(one, on_it) for one in found) > 0.85
    assert max(overlap(one, tray & ~on_it) for one in found) > 0.8
