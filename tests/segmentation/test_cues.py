import numpy as np
import pytest

from autoedit.core.superpixels import cut_superpixels, to_lab
from autoedit.segmentation.colour_models import LocalColours
from autoedit.segmentation.cues import box_cues, point_cues
from tests.drawing import ball, block, ground


@pytest.fixture(scope="module")
def scene():
    """Two balls alike, the box of the left one, and a box of another colour that overhangs it."""
    photo = ground()
    block(photo, 150, 60, 290, 120, (30, 120, 45))
    left = ball(photo, 110, 150, 55, (30, 60, 170))
    right = ball(photo, 350, 150, 55, (30, 60, 170))
    pieces = cut_superpixels(to_lab(photo), 8)
    return pieces, pieces.mean(left) > 0.5, pieces.mean(right) > 0.5


def near(pieces, x, y):
    marked = np.zeros(pieces.count, bool)
    marked[pieces.labels[y, x]] = True
    return marked


def test_what_overhangs_the_box_is_unlikely(scene):
    pieces, ball_, _ = scene
    box = (55.0, 95.0, 165.0, 205.0)
    x, y = pieces.centre.T
    outside = (x < box[0]) | (x > box[2]) | (y < box[1]) | (y > box[3])
    odds = box_cues(pieces, LocalColours.of(pieces, 30), box, outside)

    assert np.median(odds[ball_]) > 1
    assert np.median(odds[~ball_ & ~outside]) < -1
    assert odds[pieces.labels[110, 158]] < 0  # the other box, where it reaches in


def test_a_point_means_its_own_thing(scene):
    pieces, left, right = scene
    odds = point_cues(pieces, near(pieces, 110, 150), np.zeros(pieces.count, bool))

    assert np.median(odds[left]) > 1
    assert np.median(odds[~left & ~right]) < -1
    assert np.median(odds[right]) < np.median(odds[left]) - 1  # alike, but farther off


def test_a_negative_point_speaks_against_what_it_lies_on(scene):
    pieces, _, right = scene
    wanted = near(pieces, 110, 150)
    before = point_cues(pieces, wanted, np.zeros(pieces.count, bool))
    after = point_cues(pieces, wanted, near(pieces, 350, 150))

    assert (after[right] < before[right]).mean() > 0.9


def test_a_photo_of_one_colour_has_no_nan():
    pieces = cut_superpixels(np.full((60, 80, 3), 50, np.float32), 8)
    wanted = near(pieces, 40, 30)
    outside = pieces.border > 0

    assert np.isfinite(point_cues(pieces, wanted, ~wanted & outside)).all()
    box = (10.0, 10.0, 70.0, 50.0)
    assert np.isfinite(box_cues(pieces, LocalColours.of(pieces, 20), box, outside)).all()
