"""What stands behind a hole that hides its foot."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoedit.core.mask import Mask
from autoedit.masking import hidden_part
from autoedit.masking.feet import hidden_foot

SHAPE = (160, 200)
ROWS, COLUMNS = np.indices(SHAPE)


def upright(left: int, right: int, top: int = 20) -> np.ndarray:
    return (top <= ROWS) & (left <= COLUMNS) & (right > COLUMNS)


def bowl(row: int) -> np.ndarray:
    """What stands before it: its rim is round."""
    return np.hypot((COLUMNS - 100) / 60, (ROWS - row) / 40) < 1


@given(st.integers(75, 85), st.integers(112, 128), st.integers(112, 122))
def test_a_can_goes_on_a_little_behind_what_hides_its_foot(left: int, right: int, row: int) -> None:
    hole = bowl(row)
    seen = upright(left, right) & (row > ROWS) & ~hole
    whole = hidden_foot(seen, hole)
    assert whole is not None
    hidden = whole & hole
    assert not (whole & ~hole & ~seen).any()
    assert not (hidden & ~upright(left - 1, right + 1)).any()
    below = ROWS[hidden].max() - ROWS[seen].max()
    assert 0.1 * (right - left) < below < 0.5 * (right - left)
    part = hidden_part(Mask.of(seen), hole, hole)
    assert part is not None
    assert part[hidden].mean() > 0.5


def test_what_leans_goes_on_as_it_leans() -> None:
    hole = bowl(115)
    leaning = (ROWS >= 20) & (COLUMNS - 0.2 * ROWS >= 65) & (COLUMNS - 0.2 * ROWS < 95)
    seen = leaning & (ROWS < 115) & ~hole
    whole = hidden_foot(seen, hole)
    assert whole is not None
    assert (whole & hole & ~leaning).sum() < 0.1 * (whole & hole).sum()


def test_what_lies_shows_its_own_foot_or_runs_on_beside_the_hole_has_no_hidden_foot() -> None:
    hole = bowl(115)
    shelf = (ROWS >= 60) & (ROWS < 110)
    board = (ROWS >= 70) & (ROWS < 115) & (COLUMNS >= 60) & (COLUMNS < 140)
    short = upright(85, 115) & (ROWS < 60)
    beside = upright(20, 110) & (ROWS < 115)
    nothing = np.zeros(SHAPE, bool)
    for thing in (shelf, board, short, beside, nothing):
        assert hidden_foot(thing & ~hole, hole) is None
