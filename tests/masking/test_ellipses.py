"""Round things of which a hole hides a part."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoedit.core.mask import Mask
from autoedit.masking import hidden_part
from autoedit.masking.ellipses import hidden_arc

SHAPE = (160, 200)


def ellipse(axes: tuple[int, int], angle: float) -> np.ndarray:
    drawn = np.zeros(SHAPE, np.uint8)
    cv2.ellipse(drawn, (100, 80), axes, angle, 0, 360, 1, cv2.FILLED)
    return drawn > 0


def below(row: int) -> np.ndarray:
    return np.broadcast_to(np.arange(SHAPE[0])[:, None] >= row, SHAPE)


@given(st.integers(35, 50), st.integers(35, 50), st.floats(0, 180))
def test_what_is_hidden_of_an_ellipse_is_the_rest_of_it(wide: int, high: int, angle: float) -> None:
    ball = ellipse((wide, high), angle)
    whole = hidden_arc(ball & ~below(95), below(95))
    assert whole is not None
    assert (whole & ball).sum() / (whole | ball).sum() > 0.95


def test_an_apple_is_round_behind_what_hides_its_foot() -> None:
    apple = ellipse((38, 42), 0)
    stalked = apple.copy()
    stalked[28:45, 98:102] = True
    hole = below(92) & (np.arange(SHAPE[1]) > 50)
    part = hidden_part(Mask.of(stalked & ~hole), hole, hole)
    assert part is not None
    assert part[apple & hole].mean() > 0.95
    assert part[hole & ~apple].mean() < 0.02


def test_neither_a_box_nor_a_cap_nor_the_end_of_something_long_is_round() -> None:
    box = np.zeros(SHAPE, bool)
    box[40:120, 70:130] = True
    for shape, row in ((box, 95), (ellipse((45, 45), 0), 60), (ellipse((20, 60), 90), 85)):
        assert hidden_arc(shape & ~below(row), below(row)) is None


def test_nothing_and_what_fills_the_frame_is_not_round() -> None:
    for shape in (np.zeros(SHAPE, bool), np.ones(SHAPE, bool)):
        assert hidden_arc(shape & ~below(95), below(95)) is None
