import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.core.superpixels import cut_superpixels, to_lab
from tests.drawing import ball, ground
from tests.testing import noise


@given(st.integers(1, 40), st.integers(1, 40), st.integers(2, 12))
@settings(max_examples=40, deadline=None)
def test_pieces_cover_every_pixel_and_are_numbered_without_gaps(height, width, step):
    pieces = cut_superpixels(to_lab(noise(height, width)), step)

    assert pieces.labels.shape == (height, width)
    assert np.array_equal(np.unique(pieces.labels), np.arange(pieces.count))
    assert pieces.area.sum() == height * width


def test_edges_join_just_the_pieces_that_touch():
    pieces = cut_superpixels(to_lab(noise(30, 40)), 8)
    labels = pieces.labels
    touching = set()
    for one, two in ((labels[:-1], labels[1:]), (labels[:, :-1], labels[:, 1:])):
        for a, b in zip(one.ravel(), two.ravel(), strict=True):
            if a != b:
                touching.add((min(a, b), max(a, b)))

    assert {tuple(pair) for pair in pieces.edges.tolist()} == touching


def test_pieces_keep_to_the_edges_of_things():
    photo = ground()
    inside = ball(photo, 200, 150, 60, (180, 30, 30))
    pieces = cut_superpixels(to_lab(photo), 12)
    share = pieces.mean(inside)

    mixed = pieces.area[(share > 0.1) & (share < 0.9)].sum()
    assert mixed < 0.1 * inside.sum()


def test_mean_is_the_average_over_a_piece():
    pieces = cut_superpixels(to_lab(noise(20, 20)), 6)
    values = noise(20, 20, 1).astype(np.float32)

    assert pieces.mean(values)[3] == pytest.approx(values[pieces.labels == 3].mean(), rel=1e-5)


def test_lab_is_that_of_the_standard():
    assert to_lab(np.full((1, 1, 3), 255, np.uint8))[0, 0] == pytest.approx((100, 0, 0), abs=0.1)
    red = to_lab(np.array([[[255, 0, 0]]], np.uint8))[0, 0]
    assert red == pytest.approx((53.2, 80.1, 67.2), abs=0.5)


def test_a_map_along_the_lines_between_pieces_is_the_mean_of_both_sides():
    pieces = cut_superpixels(to_lab(noise(30, 40)), 8)
    numbers = pieces.labels.astype(np.float32)

    assert np.allclose(pieces.along(numbers), pieces.edges.mean(axis=1), atol=1e-4)
