from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autoedit.compositing.stitch import blend, stitch
from autoedit.core.window import Window

shapes = st.tuples(st.integers(1, 24), st.integers(1, 24))


@given(shapes, st.data())
def test_pixels_with_a_matte_of_zero_are_bit_identical(
    shape: tuple[int, int], data: st.DataObject
) -> None:
    before = data.draw(hnp.arrays(np.uint8, (*shape, 3)))
    after = data.draw(hnp.arrays(np.uint8, (*shape, 3)))
    weights = st.sampled_from([0.0, 0.0, 0.001, 0.5, 1.0])
    matte = data.draw(hnp.arrays(np.float32, shape, elements=weights))
    mixed = blend(before, after, matte)
    assert (mixed[matte == 0] == before[matte == 0]).all()
    assert (mixed[matte == 1] == after[matte == 1]).all()
    low, high = np.minimum(before, after), np.maximum(before, after)
    assert ((mixed >= low) & (mixed <= high)).all()


def test_a_window_goes_where_it_belongs() -> None:
    photo = np.zeros((10, 12, 3), np.uint8)
    filled = np.full((3, 4, 3), 200, np.uint8)
    stitch(photo, filled, np.ones((3, 4), np.float32), Window(5, 6, 9, 9))
    expected = np.zeros_like(photo)
    expected[6:9, 5:9] = 200
    assert (photo == expected).all()


def test_half_a_matte_is_half_of_each() -> None:
    before, after = np.zeros((1, 1, 3), np.uint8), np.full((1, 1, 3), 101, np.uint8)
    assert blend(before, after, np.full((1, 1), 0.5, np.float32))[0, 0, 0] in (50, 51)
