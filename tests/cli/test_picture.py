from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autoedit.cli.picture import _free_place, _overlap, draw_regions
from autoedit.core.mask import Mask
from autoedit.core.region import Region, Regions

GREY = np.full((300, 400, 3), 128, np.uint8)


def test_a_region_without_a_mask_is_drawn_as_its_box() -> None:
    drawn = draw_regions(GREY, Regions((Region((100, 100, 200, 250), 1.0, "x"),)))
    changed = (drawn != GREY).any(axis=2)
    assert changed[101:249, 199].all()
    assert changed[249, 120:199].all()
    assert not changed[130:240, 110:190].any()
    assert not changed[:80].any()
    assert (GREY == 128).all()


def test_a_region_with_a_mask_is_drawn_as_its_outline() -> None:
    y, x = np.mgrid[:300, :400]
    disc = (x - 200) ** 2 + (y - 150) ** 2 < 60**2
    region = Region((140, 90, 260, 210), 1.0, "disc", Mask.of(disc))
    changed = (draw_regions(GREY, Regions((region,))) != GREY).any(axis=2)
    distance = np.hypot(x - 200, y - 150)
    rim = (distance > 58) & (distance < 60)
    assert changed[rim].all()
    assert not changed[distance < 50].any()


def test_regions_have_colours_and_numbers_of_their_own() -> None:
    boxes = [(20.0, 40.0, 120.0, 200.0), (200.0, 40.0, 320.0, 200.0)]
    regions = Regions(tuple(Region(box, 1.0, "x") for box in boxes))
    drawn = draw_regions(GREY, regions)
    first, second = drawn[120, 20], drawn[120, 200]
    assert (first != second).any()
    ones, twos = drawn[30:52, 8:33], drawn[30:52, 188:213]
    assert (ones == 255).all(axis=2).any()
    assert (ones != twos).any(axis=2).sum() > 10


def test_near_misses_are_drawn_only_where_nothing_fits() -> None:
    near = Region((100, 100, 200, 250), 0.2, "x", refusal="is blue")
    found = Region((300, 20, 380, 90), 1.0, "y")
    alone = draw_regions(GREY, Regions((), (near,)))
    assert (alone != GREY).any(axis=2)[150, 100:103].any()
    beside = draw_regions(GREY, Regions((found,), (near,)))
    assert not (beside != GREY).any(axis=2)[90:255, 90:210].any()


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)  # a busy machine is no fault
@given(
    st.lists(
        st.tuples(st.floats(0, 380), st.floats(0, 280), st.floats(1, 400), st.floats(1, 300)),
        min_size=1,
        max_size=6,
    )
)
def test_labels_lie_inside_the_picture_and_the_first_ones_never_overlap(
    boxes: list[tuple[float, float, float, float]],
) -> None:
    taken: list[tuple[float, float, float, float]] = []
    for x, y, width, height in boxes:
        label = _free_place((x, y, x + width, y + height), 30, 20, (400, 300), taken)
        assert label[0] >= 0
        assert label[1] >= 0
        assert label[2] <= 400
        assert label[3] <= 300
        taken.append(label)


def test_two_things_in_one_place_have_two_labels_apart() -> None:
    box = (100.0, 100.0, 200.0, 200.0)
    first = _free_place(box, 30, 20, (400, 300), [])
    second = _free_place(box, 30, 20, (400, 300), [first])
    assert not _overlap(first, second)
