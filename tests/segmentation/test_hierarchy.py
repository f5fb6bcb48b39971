import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.core.superpixels import cut_superpixels, to_lab
from autoedit.segmentation.hierarchy import merge_pieces
from tests.drawing import ball, ground
from tests.testing import noise


@pytest.fixture(scope="module")
def scene():
    photo = ground()
    outline = ball(photo, 110, 150, 55, (30, 60, 170))
    pieces = cut_superpixels(to_lab(photo), 12)
    return pieces, merge_pieces(pieces), pieces.mean(outline) > 0.5


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 300))
@settings(max_examples=25, deadline=None)
def test_every_piece_ends_in_one_region_and_each_level_has_its_number(height, width, left):
    pieces = cut_superpixels(to_lab(noise(height, width)), 6)
    tree = merge_pieces(pieces)

    assert np.unique(tree.regions(1)).size == 1
    assert np.unique(tree.regions(left)).size == min(left, pieces.count)
    assert (tree.regions(pieces.count) == np.arange(pieces.count)).all()


def test_a_coarser_level_joins_whole_regions_of_a_finer_one(scene):
    _, tree, _ = scene
    fine, coarse = tree.regions(60), tree.regions(12)

    assert all(np.unique(coarse[fine == node]).size == 1 for node in np.unique(fine))


def test_a_region_is_of_touching_pieces(scene):
    pieces, tree, _ = scene
    node = tree.regions(8)
    for each in np.unique(node):
        members = node == each
        reached = np.zeros(pieces.count, bool)
        reached[np.flatnonzero(members)[0]] = True
        for _ in range(pieces.count):
            first, second = pieces.edges.T
            both = members[first] & members[second]
            wider = reached.copy()
            wider[second[both & reached[first]]] = True
            wider[first[both & reached[second]]] = True
            if (wider == reached).all():
                break
            reached = wider
        assert (reached == members).all()


def test_a_ball_stays_apart_from_its_ground(scene):
    pieces, tree, inside = scene
    share = tree.share(pieces.area * inside, pieces.area, (20, 10, 5, 3))

    assert share[inside].mean() > 0.9
    assert share[~inside].mean() < 0.05
