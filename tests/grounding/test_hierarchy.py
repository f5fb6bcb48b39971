import numpy as np
import pytest

from autoedit.core.superpixels import cut_superpixels, to_lab
from autoedit.grounding.hierarchy import hull_area, joint_hull, merge
from tests.drawing import block, ground, overlap


@pytest.fixture(scope="module")
def merged():
    """Two blocks on a plain ground, cut up and merged by contrast."""
    photo = ground(240, 320)
    outlines = [
        block(photo, 40, 60, 110, 150, (190, 25, 25)),
        block(photo, 200, 90, 260, 200, (30, 60, 170)),
    ]
    pieces = cut_superpixels(to_lab(photo), 16)
    tree = merge(pieces, pieces.contrast, np.zeros(pieces.count, np.float32))
    return pieces, tree, outlines


def test_the_last_region_is_the_whole_photo(merged):
    pieces, tree, _ = merged

    assert tree.area.size == 2 * pieces.count - 1
    assert tree.area[-1] == pytest.approx(240 * 320)
    assert tree.members(tree.area.size - 1).all()
    assert tree.held[-1] == pytest.approx(pieces.border.sum())


def test_every_region_holds_its_two_parts(merged):
    pieces, tree, _ = merged
    for region in range(pieces.count, tree.area.size, 17):
        one, other = (tree.members(int(child)) for child in tree.children[region])
        assert not (one & other).any()
        assert np.array_equal(one | other, tree.members(region))
        assert tree.area[region] == pytest.approx(pieces.area[one | other].sum(), rel=1e-5)


def test_the_outlines_of_regions_are_counted_right(merged):
    pieces, tree, _ = merged
    for region in range(0, tree.area.size - 1, 23):
        members = tree.members(region)
        rim = members[pieces.edges[:, 0]] != members[pieces.edges[:, 1]]
        assert tree.length[region] == pytest.approx(pieces.length[rim].sum(), rel=1e-3)
        strength = np.average(np.clip(pieces.contrast[rim] / 20, 0, 1), weights=pieces.length[rim])
        assert tree.strength[region] == pytest.approx(strength, abs=1e-3)


def test_what_is_set_off_by_contrast_is_a_region(merged):
    pieces, tree, outlines = merged
    masks = [tree.members(k)[pieces.labels] for k in range(tree.area.size)]
    for outline in outlines:
        assert max(overlap(mask, outline) for mask in masks) > 0.85


def test_hulls_count_whole_pixels():
    square = np.array([[[0, 0]], [[9, 0]], [[9, 9]], [[0, 9]]], np.int32)
    beside = square + np.array([20, 0], np.int32)

    assert hull_area(square) == pytest.approx(100)
    assert hull_area(joint_hull(square, beside)) == pytest.approx(300)
