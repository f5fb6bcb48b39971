"""The edges of a thing, carried on through a hole."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoedit.compositing.edges import carry_edges

GROUND, BODY, RIM = (150, 110, 70), (225, 222, 215), (60, 58, 55)
SHAPE = (200, 260)
CORNERS = np.array([(40, 70), (220, 50), (235, 150), (25, 160)], np.int32)
_DEEP = 4  # pixels of the rim


def tray():
    """A light tray with a dark rim on brown ground, and its outline."""
    outline = np.zeros(SHAPE, np.uint8)
    cv2.fillConvexPoly(outline, CORNERS, 1)
    inner = cv2.erode(outline, np.ones((2 * _DEEP + 1, 2 * _DEEP + 1), np.uint8)) > 0
    photo = np.full((*SHAPE, 3), GROUND, np.uint8)
    photo[outline > 0] = RIM
    photo[inner] = BODY
    return photo, outline > 0


def disc(x, y, radius):
    return cv2.circle(np.zeros(SHAPE, np.uint8), (x, y), radius, 1, -1) > 0


def filled(photo, outline, hole):
    """The tray without its rim where the hole was, as a fill of its body leaves it."""
    made = photo.copy()
    made[hole & outline] = BODY
    made[hole & ~outline] = GROUND
    return made


def carried(made, outline, hole):
    result = made.copy()
    carry_edges(result, outline & ~hole, (outline & hole).astype(np.float32), hole)
    return result


def apart(one, other, where):
    return float(np.abs(one.astype(float) - other)[where].mean())


def test_the_rim_of_a_tray_goes_on():
    photo, outline = tray()
    hole = disc(125, 70, 32)
    made = filled(photo, outline, hole)
    result = carried(made, outline, hole)
    rim = hole & (photo == RIM).all(axis=2)
    assert apart(made, photo, rim) > 100
    assert apart(result, photo, rim) < 35
    assert apart(result, photo, hole & ~rim) < 12


def test_nothing_changes_outside_the_hole_nor_deep_in_the_tray():
    photo, outline = tray()
    hole = disc(125, 70, 32)
    made = filled(photo, outline, hole)
    result = carried(made, outline, hole)
    assert (result[~hole] == photo[~hole]).all()
    deep = cv2.erode(outline.astype(np.uint8), np.ones((31, 31), np.uint8)) > 0
    assert (result[deep] == made[deep]).all()


def test_a_round_edge_is_left_as_it_was_filled():
    photo = np.full((*SHAPE, 3), GROUND, np.uint8)
    plate = disc(130, 100, 70)
    photo[plate] = RIM
    photo[disc(130, 100, 64)] = BODY
    hole = disc(130, 40, 25)
    made = filled(photo, plate, hole)
    assert (carried(made, plate, hole) == made).all()


def test_an_edge_that_the_outline_misses_is_not_carried():
    photo, outline = tray()
    wide = cv2.dilate(outline.astype(np.uint8), np.ones((11, 11), np.uint8)) > 0
    hole = disc(125, 70, 32)
    made = filled(photo, wide, hole)
    assert (carried(made, wide, hole) == made).all()


def test_a_side_that_is_hidden_all_is_left():
    photo, outline = tray()
    hole = np.zeros(SHAPE, bool)
    hole[30:100] = True
    made = filled(photo, outline, hole)
    result = carried(made, outline, hole)
    assert (result[40:60, 90:180] == made[40:60, 90:180]).all()


@given(st.integers(0, 259), st.integers(0, 199), st.integers(2, 60))
def test_all_that_changes_lies_in_the_hole(x, y, radius):
    photo, outline = tray()
    hole = disc(x, y, radius)
    made = filled(photo, outline, hole)
    if (outline & ~hole).any():
        result = carried(made, outline, hole)
        assert (result[~hole] == made[~hole]).all()
