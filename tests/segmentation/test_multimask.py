import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.segmentation.multimask import Wanted, box_fit, choose, overlap, stability

SIDE = 64


def disc(x, y, radius, sharp=4.0):
    """Logits of a disc, which fall off by `sharp` a cell."""
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    return (sharp * (radius - np.hypot(columns - x, rows - y))).astype(np.float32)


def choice(masks, ious, **wanted):
    return choose(np.stack(masks), np.array(ious, np.float32), Wanted(**wanted))


def test_a_box_wants_what_fills_it_though_a_part_is_rated_a_little_higher():
    whole, part, subpart = disc(32, 32, 16), disc(32, 24, 7), disc(32, 20, 3)
    masks = [part, subpart, whole, part]
    assert choice(masks, [0.93, 0.95, 0.90, 0.94], box=(16, 16, 48, 48)) == 2


def test_a_box_refuses_what_spills_out_of_it():
    fitting, spilling = disc(32, 32, 10), disc(32, 32, 24)
    assert choice([spilling, fitting], [0.95, 0.85], box=(22, 22, 42, 42)) == 1


def test_the_predicted_iou_decides_between_masks_that_fit_alike():
    one, other = disc(32, 32, 16), disc(32.2, 32, 16)
    assert choice([one, other], [0.80, 0.90], box=(16, 16, 48, 48)) == 1
    assert choice([one, other], [0.90, 0.80], box=(16, 16, 48, 48)) == 0


def test_a_speck_far_away_does_not_spoil_a_fitting_mask():
    whole = disc(32, 32, 16)
    whole[1, 1] = 5
    assert box_fit(whole > 0, (16, 16, 48, 48)) > 0.9


def test_a_lone_point_is_not_answered_by_the_mask_for_prompts_without_doubt():
    masks = [disc(32, 32, 10), disc(32, 32, 20), disc(32, 32, 5)]
    assert choice(masks, [0.99, 0.8, 0.7], points=((32, 32),)) == 1
    assert choice(masks, [0.99, 0.8, 0.7], points=((32, 32), (34, 32))) == 0
    assert choice(masks[:1], [0.99], points=((32, 32),)) == 0


def test_points_are_held_and_negative_points_are_not():
    left, both = disc(20, 32, 8), np.maximum(disc(20, 32, 8), disc(44, 32, 8))
    here, there = (20.0, 32.0), (44.0, 32.0)
    assert choice([left, both], [0.9, 0.8], points=(here, there)) == 1
    assert choice([both, left], [0.9, 0.8], points=(here,), negative_points=(there,)) == 1


def test_x_is_right_and_y_is_down():
    right, below = disc(50, 14, 8), disc(14, 50, 8)
    assert choice([below, right], [0.9, 0.9], points=((50, 14), (51, 14))) == 1
    assert choice([below, right], [0.9, 0.9], box=(42, 6, 58, 22)) == 1


def test_a_coarse_mask_wants_what_overlaps_it():
    masks = [disc(20, 20, 10), disc(40, 40, 10)]
    assert choice(masks, [0.9, 0.8], coarse=disc(38, 41, 11) > 0) == 1


def test_an_unstable_mask_loses_against_a_stable_one():
    firm, vague = disc(32, 32, 12), disc(32, 32, 12, sharp=0.2)
    assert stability(firm) > 0.9
    assert stability(vague) < 0.5
    assert choice([vague, firm], [0.91, 0.9], box=(20, 20, 44, 44)) == 1


def test_an_empty_mask_is_the_last_choice():
    nothing = np.full((SIDE, SIDE), -9, np.float32)
    poor = disc(10, 10, 3)
    assert choice([nothing, poor], [0.99, 0.01], box=(40, 40, 60, 60)) == 1
    assert choice([nothing, nothing], [0.1, 0.2]) in (0, 1)


@settings(deadline=None)
@given(st.permutations(range(4)), st.sampled_from([(16, 16, 48, 48), (25, 17, 39, 31)]))
def test_the_order_of_the_masks_does_not_matter_to_a_box(order, box):
    masks = [disc(32, 32, 16), disc(32, 24, 7), disc(32, 20, 3), disc(10, 50, 9)]
    ious = [0.9, 0.88, 0.86, 0.84]
    first = choice(masks, ious, box=box)
    again = choice([masks[i] for i in order], [ious[i] for i in order], box=box)
    assert order[again] == first


box_side = st.floats(-10, 74, allow_nan=False)


@settings(deadline=None)
@given(box_side, box_side, box_side, box_side)
def test_the_fit_is_a_share(x0, y0, x1, y1):
    box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
    assert 0 <= box_fit(disc(32, 32, 16) > 0, box) <= 1


def test_the_fit_of_a_filled_box_is_full():
    mask = np.zeros((SIDE, SIDE), bool)
    mask[10:30, 20:50] = True
    assert box_fit(mask, (20, 10, 50, 30)) == pytest.approx(1)
    assert box_fit(mask, (10, 20, 30, 50)) < 0.3
    assert overlap(mask, mask) == 1
    assert overlap(mask, ~mask) == 0
