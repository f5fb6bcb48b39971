"""What stands out, and what is tied to the photo's border."""

import numpy as np

from autoedit.core.superpixels import cut_superpixels, to_lab
from autoedit.grounding.salience import find_salience
from tests.drawing import ball, ground


def pieces_of(photo):
    return cut_superpixels(to_lab(photo), 15)


def test_a_ball_stands_out_and_the_ground_does_not():
    photo = ground(270, 360)
    outline = ball(photo, 180, 130, 45, (170, 50, 40))
    pieces = pieces_of(photo)
    found = find_salience(pieces)
    inside = pieces.mean(outline) > 0.9
    outside = pieces.mean(outline) < 0.1

    assert found.salience[inside].mean() > 0.6
    assert found.salience[outside].mean() < 0.1
    assert found.background[inside].mean() < 0.2
    assert found.background[outside].mean() > 0.8


def test_a_wall_along_the_border_is_background_though_its_colour_is_rare():
    photo = ground(270, 360)
    photo[:, :40] = (60, 90, 160)
    pieces = pieces_of(photo)
    wall = pieces.centre[:, 0] < 30

    assert find_salience(pieces).background[wall].mean() > 0.8


def test_maps_lie_within_bounds_and_one_piece_is_background():
    found = find_salience(pieces_of(ground(90, 120)))
    lone = find_salience(pieces_of(np.full((4, 4, 3), 127, np.uint8)))

    for values in (found.salience, found.background):
        assert values.dtype == np.float32
        assert 0 <= values.min() <= values.max() <= 1
    assert lone.background.tolist() == [1.0]
    assert lone.salience.tolist() == [0.0]
