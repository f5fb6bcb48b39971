from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.segmentation.graph_cut import minimum_cut

EDGES = np.array([(0, 1), (1, 2), (2, 3), (3, 4), (0, 4), (1, 3)], np.int32)


def cost(labels, unary, weights):
    apart = labels[EDGES[:, 0]] != labels[EDGES[:, 1]]
    return -unary[labels].sum() + weights[apart].sum()


@given(
    st.lists(st.integers(-300, 300), min_size=5, max_size=5),
    st.lists(st.integers(0, 300), min_size=6, max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_no_labelling_costs_less(unary, weights):
    unary, weights = np.array(unary, np.float32) / 100, np.array(weights, np.float32) / 100
    found = minimum_cut(unary, EDGES, weights)
    least = min(cost(np.array(one), unary, weights) for one in product([False, True], repeat=5))

    assert abs(cost(found, unary, weights) - least) < 1e-4
