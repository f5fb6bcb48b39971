"""What a hole hides of another thing."""

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autoedit.core.mask import Mask
from autoedit.masking import but_completed, hidden_part, stands_before
from autoedit.masking.corners import hidden_corner

SHAPE = (120, 160)


def drawn(*corners: tuple[int, int]) -> np.ndarray:
    mask = np.zeros(SHAPE, np.uint8)
    cv2.fillPoly(mask, [np.array(corners, np.int32)], 1)
    return mask > 0


def disc(x: int, y: int, radius: int) -> np.ndarray:
    return cv2.circle(np.zeros(SHAPE, np.uint8), (x, y), radius, 1, -1) > 0


def wider(region: np.ndarray) -> np.ndarray:
    return cv2.dilate(region.astype(np.uint8), np.ones((3, 3))) > 0


TRAY = drawn((20, 60), (110, 50), (140, 80), (40, 100))


def test_a_tray_goes_on_behind_what_stood_on_it() -> None:
    hole = disc(80, 60, 25)
    part = hidden_part(Mask.of(TRAY & ~hole), hole, hole)
    assert part is not None
    assert not part[~hole].any()
    assert part[TRAY & hole].mean() > 0.95
    assert part[hole & ~TRAY].mean() < 0.1


def test_what_its_outline_takes_along_far_from_the_hole_makes_a_tray_no_less_convex() -> None:
    hole = disc(60, 50, 20)
    spur = drawn((128, 84), (158, 80), (158, 90))  # of its shadow
    part = hidden_part(Mask.of((TRAY | spur) & ~hole), hole, hole)
    assert part is not None
    assert part[TRAY & hole].mean() > 0.95
    assert part[hole & ~TRAY].mean() < 0.1


def test_a_tray_is_seen_on_both_sides_of_what_stands_before_it_but_a_scrap_is_none_of_it() -> None:
    post = np.zeros(SHAPE, bool)
    post[20:115, 70:85] = True
    for scrap in (np.zeros(SHAPE, bool), disc(78, 12, 6)):
        part = hidden_part(Mask.of((TRAY | scrap) & ~post), post, post)
        assert part is not None
        assert part[TRAY & post].mean() > 0.95
        assert part[post & ~TRAY].mean() < 0.1


def test_what_only_stands_near_is_not_completed() -> None:
    hole, nothing = disc(120, 60, 25), np.zeros(SHAPE, bool)
    assert hidden_part(Mask.of(disc(40, 60, 20)), hole, hole) is None
    assert hidden_part(Mask.of(nothing), hole, hole) is None
    assert hidden_part(Mask.of(TRAY), nothing, nothing) is None


def test_a_thing_with_dents_of_its_own_is_not_completed() -> None:
    horseshoe = disc(80, 60, 50) & ~disc(80, 60, 35) & (np.indices(SHAPE)[0] < 75)
    hole = disc(80, 60, 20)
    assert hidden_part(Mask.of(horseshoe), hole, hole) is None


def test_of_a_can_the_hidden_corner_is_known_from_the_other_one() -> None:
    can = np.zeros(SHAPE, bool)
    can[20:100, 60:100] = True
    hole = disc(58, 95, 24)
    part = hidden_part(Mask.of(can & ~hole), hole, hole)
    assert part is not None
    assert part[can & hole].mean() > 0.95
    assert part[hole & ~can].mean() < 0.1


def test_a_mug_s_handle_does_not_hide_that_it_is_alike_on_both_sides() -> None:
    mug = drawn((50, 25), (105, 25), (91, 95), (63, 95)).astype(np.uint8)
    cv2.ellipse(mug, (77, 94), (14, 10), 0, 0, 360, (1.0,), -1)
    mug, hole = mug > 0, disc(46, 95, 26)
    both = mug | (disc(107, 60, 20) & ~disc(107, 60, 13))
    part = hidden_part(Mask.of(both & ~hole), hole, hole)
    assert part is not None
    assert part[mug & hole].mean() > 0.9
    assert part[hole & ~mug].mean() < 0.1


def test_the_gap_between_a_pot_and_its_spout_is_no_part_of_it() -> None:
    pot = disc(60, 85, 32) | drawn((86, 75), (88, 95), (126, 50), (118, 44))
    target = disc(95, 38, 12)
    shadow = wider(wider(drawn((64, 54), (116, 42), (117, 47), (93, 72), (80, 62))))  # in the gap
    assert hidden_part(Mask.of(pot & ~target), target | shadow, target) is None


def test_what_leans_a_little_is_alike_on_both_sides_of_an_axis_that_leans() -> None:
    cone = drawn((74, 10), (82, 10), (96, 110), (40, 110)).astype(np.uint8)
    cv2.ellipse(cone, (68, 110), (28, 9), 0, 0, 360, (1.0,), -1)  # its middle goes from 78 to 68
    cone, hole = cone > 0, disc(36, 104, 34)
    part = hidden_part(Mask.of(cone & ~hole), hole, hole)
    assert part is not None
    assert part[cone & hole].mean() > 0.95
    assert part[hole & ~cone].mean() < 0.1


def test_of_what_is_not_alike_on_both_sides_no_corner_is_mirrored() -> None:
    slope = drawn((60, 20), (80, 20), (120, 100), (60, 100))
    hole = disc(58, 95, 24)
    part = hidden_part(Mask.of(slope & ~hole), hole, hole)
    assert part is None or not (part > 0.9)[~wider(slope)].any()


def test_a_corner_of_a_book_is_where_its_edges_meet() -> None:
    book = drawn((20, 50), (100, 30), (140, 90), (50, 110))
    hole = disc(100, 30, 24)
    part = hidden_part(Mask.of(book & ~hole), hole, hole)
    assert part is not None
    assert part[book & hole].mean() > 0.95
    assert part[hole & ~book].mean() < 0.1


def test_an_edge_seen_for_a_few_pixels_runs_like_the_one_across() -> None:
    book = drawn((30, 40), (120, 40), (120, 100), (30, 100))
    hole = disc(66, 46, 29) | disc(30, 40, 12) & ~disc(30, 70, 20)
    corner = hidden_corner(book & ~hole, hole)
    assert corner is not None
    assert abs(corner[0] - 30) <= 2 and abs(corner[1] - 40) <= 2


def test_an_edge_of_which_hardly_anything_shows_is_led_by_the_one_that_runs_alike() -> None:
    book = drawn((50, 30), (122, 38), (108, 100), (26, 90))
    hole = disc(75, 46, 38) & ~drawn((113, 0), (159, 0), (159, 119), (107, 119))
    ledge = book & ~hole
    ledge[:67, :60] = False  # an outline that turns just before the hole
    for seen in (book & ~hole, ledge):
        corner = hidden_corner(seen, hole)
        assert corner is not None
        assert abs(corner[0] - 50) <= 3 and abs(corner[1] - 30) <= 3


def test_an_edge_of_a_few_pixels_tells_a_corner_where_the_others_do_not_meet() -> None:
    box = drawn((24, 115), (20, 60), (36, 20), (110, 20), (112, 115))
    hole = cv2.ellipse(np.zeros(SHAPE, np.uint8), (68, 18), (35, 26), 0, 0, 360, 1, -1) > 0
    corner = hidden_corner(box & ~hole, hole)
    assert corner is not None
    assert abs(corner[0] - 36) <= 3 and abs(corner[1] - 20) <= 3


@given(st.integers(8, 45), st.floats(0, 6.28), st.integers(6, 30))
def test_what_is_round_has_no_corner(radius: int, angle: float, size: int) -> None:
    plate = disc(80, 60, radius)
    x, y = 80 + radius * np.cos(angle), 60 + radius * np.sin(angle)
    hole = disc(round(x), round(y), size)
    corner = hidden_corner(plate & ~hole, hole)
    if corner is not None:
        assert np.hypot(corner[0] - 80, corner[1] - 60) < 1.2 * radius + 2


def test_edges_that_meet_outside_the_hole_have_no_hidden_corner() -> None:
    wedge = drawn((20, 60), (110, 20), (110, 100))
    hole = disc(20, 60, 30) & (np.indices(SHAPE)[1] > 30)
    assert hidden_corner(wedge & ~hole, hole) is None
    assert hidden_corner(wedge, np.zeros(SHAPE, bool)) is None


@given(st.integers(0, 159), st.integers(0, 119), st.integers(3, 40))
def test_all_that_is_hidden_lies_in_the_hole_and_most_of_it_in_the_tray(
    x: int, y: int, radius: int
) -> None:
    hole = disc(x, y, radius)
    part = hidden_part(Mask.of(TRAY & ~hole), hole, hole)
    if part is not None:
        assert not part[~hole].any()
        assert 0 <= part.min() <= part.max() <= 1
        beyond = (part > 0.9) & ~wider(TRAY)  # of a corner, which is a guess
        assert beyond.sum() <= 0.15 * (part > 0.9).sum()


def test_what_goes_on_beyond_the_frame_is_whole_up_to_it() -> None:
    table, hole = drawn((0, 70), (159, 50), (159, 119), (0, 119)), disc(150, 76, 20)
    part = hidden_part(Mask.of(table & ~hole), hole, hole)
    assert part is not None
    inside = cv2.erode((table & hole).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    assert part[inside].min() > 0.99
    assert part[70:85, 159].min() > 0.99


def test_what_is_lost_of_a_tray_is_not_spared() -> None:
    foot, cup = disc(75, 70, 9), disc(75, 50, 16)
    kept = but_completed(Mask.of(TRAY), cup | foot, cup, Mask.of(foot)).binary
    assert not (kept & disc(75, 70, 7)).any()
    assert kept[TRAY & ~foot].all()


def test_a_tray_that_loses_a_corner_for_good_is_spared_all() -> None:
    lost = disc(75, 70, 9) | (TRAY & disc(22, 62, 12))
    hole = disc(75, 50, 16) | lost
    kept = but_completed(Mask.of(TRAY), hole, hole, Mask.of(lost)).binary
    assert kept[TRAY].all()


def test_a_corner_in_a_shadow_is_known_by_the_outline_that_shows_there() -> None:
    cup = disc(75, 50, 16)
    lost = disc(75, 70, 9) | (TRAY & disc(22, 62, 12))
    part = hidden_part(Mask.of(TRAY & ~cup), cup | lost, cup)
    assert part is not None
    assert part[TRAY & lost & ~cup].mean() > 0.9


def test_a_thing_that_is_not_completed_is_spared_all() -> None:
    bent = TRAY & ~disc(80, 85, 25)
    foot = disc(75, 57, 6)
    assert but_completed(Mask.of(bent), foot, foot, Mask.of(foot)).binary[bent].all()
    nothing = Mask.of(np.zeros(SHAPE, bool))
    assert but_completed(Mask.of(TRAY), foot, foot, nothing).binary[TRAY].all()


def test_what_stands_before_is_whole_and_what_stands_behind_is_not() -> None:
    bowl = cv2.ellipse(np.zeros(SHAPE, np.uint8), (80, 80), (50, 25), -12, 0, 360, 1, -1) > 0
    can = drawn((50, 10), (85, 10), (85, 75), (50, 75))
    behind = can & ~bowl
    assert stands_before(Mask.of(bowl), behind)
    assert hidden_part(Mask.of(bowl), wider(wider(behind)), behind) is None
    assert not stands_before(Mask.of(bowl & ~can), can)
    assert not stands_before(Mask.of(disc(140, 100, 8)), can)
