from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoedit.compositing.placing import (
    Piece,
    foot_of,
    height_beside,
    height_in,
    piece_of,
    resized,
    set_down,
)
from autoedit.core.mask import Mask


def rectangle(height: int, width: int, colour: tuple[int, int, int] = (200, 30, 40)) -> Piece:
    colours = np.full((height, width, 3), colour, np.uint8)
    return Piece(colours, np.ones((height, width), np.float32))


def test_a_piece_is_trimmed_and_knows_whether_it_is_cut_off() -> None:
    alpha = np.zeros((60, 80), np.float32)
    alpha[20:50, 10:40] = 1
    piece = piece_of(np.zeros((60, 80, 3), np.uint8), Mask(alpha))
    assert piece.alpha.shape == (30, 30)
    assert not piece.cut
    alpha[20:60, 10:40] = 1
    assert piece_of(np.zeros((60, 80, 3), np.uint8), Mask(alpha)).cut


def test_the_ground_under_a_soft_edge_does_not_bleed_into_a_resized_piece() -> None:
    colours = np.full((80, 80, 3), (0, 255, 0), np.uint8)  # under alpha 0
    alpha = np.zeros((80, 80), np.float32)
    alpha[20:60, 20:60] = 1
    colours[20:60, 20:60] = (200, 30, 40)
    small = resized(Piece(colours, alpha), 0.23)
    shown = small.alpha > 0.05
    assert np.abs(small.colours[shown].astype(int) - (200, 30, 40)).max() <= 1


def test_a_thing_is_as_tall_as_its_place_but_at_most_twice_as_wide() -> None:
    place = (10.0, 20.0, 50.0, 100.0)
    assert height_in(place, rectangle(90, 30)) == 80
    wide = rectangle(30, 240)
    assert height_in(place, wide) * wide.aspect == pytest.approx(80)


def test_what_comes_beside_a_thing_has_its_area() -> None:
    piece = rectangle(90, 30)
    tall = height_beside((0.0, 0.0, 60.0, 60.0), piece)
    assert tall * tall * piece.aspect == pytest.approx(3600, rel=0.01)


@given(
    st.tuples(st.integers(-30, 130), st.integers(-30, 110)),
    st.tuples(st.integers(4, 40), st.integers(4, 40)),
)
def test_a_piece_comes_where_its_foot_is_put(foot: tuple[int, int], size: tuple[int, int]) -> None:
    colours, alpha, share = set_down(rectangle(*size), (80, 100), foot)
    assert colours.shape == (80, 100, 3)
    assert share == pytest.approx(alpha.array.sum() / (size[0] * size[1]), abs=1e-3)
    if share > 0.999:
        x0, _, x1, y1 = alpha.box or (0, 0, 0, 0)
        assert y1 == foot[1]
        assert abs((x0 + x1) / 2 - foot[0]) <= 1


def test_the_foot_is_where_a_thing_touches_the_ground() -> None:
    alpha = np.zeros((60, 100), np.float32)
    alpha[:30] = 1
    alpha[30:, 70:90] = 1  # one leg, to the right
    x, y = foot_of(Piece(np.zeros((60, 100, 3), np.uint8), alpha))
    assert y == 60
    assert 72 < x < 88
