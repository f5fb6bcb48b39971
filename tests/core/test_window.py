from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autoedit.core.window import hole_groups, window_round, window_with_sources


@given(st.data())
def test_a_window_holds_its_box_and_lies_inside_the_photo(data: st.DataObject) -> None:
    height, width = data.draw(st.integers(1, 300)), data.draw(st.integers(1, 300))
    x0 = data.draw(st.integers(0, width - 1))
    y0 = data.draw(st.integers(0, height - 1))
    x1 = data.draw(st.integers(x0 + 1, width))
    y1 = data.draw(st.integers(y0 + 1, height))
    multiple = data.draw(st.sampled_from([1, 8, 64]))
    window = window_round(
        (x0, y0, x1, y1), (height, width), context=2.0, minimum=64, multiple=multiple
    )
    assert 0 <= window.x0 <= x0 < x1 <= window.x1 <= width
    assert 0 <= window.y0 <= y0 < y1 <= window.y1 <= height
    for length, limit in ((window.x1 - window.x0, width), (window.y1 - window.y0, height)):
        assert length == limit or (length % multiple == 0 and length >= 64)


def test_a_window_is_shifted_inward_at_a_border() -> None:
    window = window_round((0, 0, 100, 100), (1000, 1000), context=2.0, minimum=64)
    assert (window.x0, window.y0, window.x1, window.y1) == (0, 0, 200, 200)


@given(hnp.arrays(np.bool_, st.tuples(st.integers(1, 30), st.integers(1, 30))))
def test_groups_cover_the_hole_once(hole: np.ndarray) -> None:
    covered = np.zeros(hole.shape, int)
    for x0, y0, x1, y1 in hole_groups(hole):
        covered[y0:y1, x0:x1] += hole[y0:y1, x0:x1]
    assert (covered == hole).all()


def test_far_holes_get_windows_of_their_own_and_near_ones_share() -> None:
    hole = np.zeros((100, 1000), bool)
    hole[40:60, 10:30] = hole[40:60, 35:55] = hole[40:60, 900:920] = True
    assert hole_groups(hole) == [(10, 40, 55, 60), (900, 40, 920, 60)]


def test_a_window_grows_until_it_holds_as_much_to_fill_from_as_to_fill() -> None:
    hole = np.zeros((300, 400), bool)
    hole[140:160, 190:210] = True
    usable = np.zeros_like(hole)
    usable[:, :100] = True  # far away
    near = window_with_sources((190, 140, 210, 160), hole, ~hole, context=2.0, minimum=32)
    assert near == window_round((190, 140, 210, 160), (300, 400), context=2.0, minimum=32)
    far = window_with_sources((190, 140, 210, 160), hole, usable, context=2.0, minimum=32)
    assert usable[far.slices].sum() >= hole.sum()
    none = window_with_sources((190, 140, 210, 160), hole, ~usable & False, context=2.0, minimum=32)
    assert hole[none.slices].shape == hole.shape
