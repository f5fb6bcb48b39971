import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from autoedit.core.distance import distance


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(2, 60), st.integers(2, 60))
def test_it_is_the_root_of_a_whole_number_to_the_last_bit(seed: int, height: int, width: int):
    inside = np.random.default_rng(seed).random((height, width)) > 0.05
    inside[0, 0] = False
    squared = np.square(ndimage.distance_transform_edt(inside)).round()
    assert (distance(inside) == np.sqrt(squared).astype(np.float32)).all()


def test_where_the_result_lies_in_memory_does_not_matter() -> None:
    inside = np.random.default_rng(0).random((92, 122)) > 0.01
    kept = [distance(inside)]
    between = []
    for number in range(40):
        between.append(np.empty(16 * number + 8, np.uint8))
        kept.append(distance(inside))
    assert all(again.tobytes() == kept[0].tobytes() for again in kept)


def test_without_an_outside_everything_is_far() -> None:
    assert distance(np.ones((4, 5), bool)).min() > 1e6
    assert distance(np.zeros((4, 5), bool)).max() == 0
