from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autoedit.core.mask import Mask
from autoedit.masking import clean, grow_radius, matte_for, spare, up_to

masks = hnp.arrays(np.bool_, st.tuples(st.integers(1, 40), st.integers(1, 40)))


def disc(size: int, radius: float) -> np.ndarray:
    y, x = np.mgrid[:size, :size] - size / 2 + 0.5
    return np.hypot(x, y) <= radius


@given(masks, st.floats(0, 12), st.floats(0, 1))
def test_a_matte_covers_the_mask_and_nothing_beyond_its_growth(
    binary: np.ndarray, radius: float, feather: float
) -> None:
    matte = matte_for(Mask.of(binary), radius, feather=feather).array
    assert matte.min() >= 0
    assert matte.max() <= 1
    assert (matte[binary] == 1).all()
    if binary.any():
        rows, columns = np.nonzero(binary)
        y, x = np.mgrid[: binary.shape[0], : binary.shape[1]]
        distance = np.hypot(y[..., None] - rows, x[..., None] - columns).min(axis=2)
        # OpenCV's distances are exact up to its float32 rounding.
        assert (matte[distance > radius + 1.01] == 0).all()
    else:
        assert not matte.any()


def test_growth_is_feathered_inward_from_the_grown_edge() -> None:
    binary = disc(101, 20)
    matte = matte_for(Mask.of(binary), 10, feather=0.5).array
    row = matte[50, 50:]
    assert row[24] == 1  # within the solid half of the growth
    assert 0 < row[29] < 1  # on the ramp
    assert row[33] == 0
    assert (np.diff(row) <= 0).all()


def test_a_mask_at_the_border_is_not_feathered_there() -> None:
    binary = np.zeros((50, 50), bool)
    binary[:20, :20] = True
    matte = matte_for(Mask.of(binary), 6).array
    assert (matte[0, :20] == 1).all()
    assert (matte[:20, 0] == 1).all()


def test_a_full_mask_stays_full() -> None:
    assert (matte_for(Mask.of(np.ones((8, 9), bool)), 3).array == 1).all()


def test_specks_go_and_small_gaps_close_but_a_handle_stays_open() -> None:
    binary = disc(200, 60)
    binary[100:103, 100:103] = False  # a gap of 9 pixels
    binary[130:150, 90:110] = False  # a hole of 400: 3.5 % of the disc
    binary[2:5, 2:5] = True  # a speck
    cleaned = clean(Mask.of(binary), speck=0.01, hole=0.02).binary
    assert cleaned[101, 101]
    assert not cleaned[140, 100]
    assert not cleaned[3, 3]


def test_the_largest_part_is_never_a_speck() -> None:
    binary = np.zeros((300, 300), bool)
    binary[::6, ::6] = True
    assert clean(Mask.of(binary), speck=0.5).binary.sum() == binary.sum()


def test_an_empty_mask_stays_empty() -> None:
    empty = Mask.of(np.zeros((5, 5), bool))
    assert not clean(empty).binary.any()
    assert not matte_for(empty, 3).array.any()


@pytest.mark.parametrize(("side", "expected"), [(10, 4), (400, 12), (4000, 40)])
def test_growth_follows_the_size_within_bounds(side: int, expected: float) -> None:
    mask = Mask.of(np.ones((side, side), bool))
    assert grow_radius(mask, fraction=0.03, minimum=4, maximum=40) == pytest.approx(expected)


def test_other_things_are_kept_out_of_the_matte_but_not_the_targets_own_rim() -> None:
    target, other = np.zeros((60, 90), bool), np.zeros((60, 90), bool)
    target[20:40, 20:40] = True
    other[10:50, 42:80] = True
    mask = Mask.of(target)
    matte = spare(matte_for(mask, 12), Mask.of(other), mask, margin=4).array
    assert (matte[target] == 1).all()
    assert (matte[20:40, 41] == 1).all()  # two pixels off the target: its rim
    exact = spare(matte_for(mask, 12), Mask.of(other), mask, margin=1, coarse=False).array
    assert (exact[target] == 1).all()
    assert (exact[other & (np.indices(other.shape)[1] > 41)] == 0).all()
    assert (matte[20:40, 46:78] == 0).all()
    assert (matte[5:60, :35] == matte_for(mask, 12).array[5:60, :35]).all()


def test_what_stands_before_keeps_the_rim_that_its_outline_lacks() -> None:
    front = np.zeros((101, 101), np.bool_)
    front[60:] = True
    target = disc(101, 40) & ~front
    lacking = front.copy()
    lacking[60:64] = False  # a bright rim of another colour
    near = up_to(Mask.of(lacking), target).binary
    assert near[60:66, 30:70].all()
    assert not near[target].any()
    assert not near[:57].any()  # ground beside the target
    assert not near[75:].any()  # too far for its outline to be trusted more than any other's


def test_nothing_before_a_target_has_no_rim() -> None:
    nothing = Mask.of(np.zeros((40, 40), np.bool_))
    assert not up_to(nothing, disc(40, 10)).binary.any()
