"""What counts as another thing beside the target."""

import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.core.plan import Target
from autoedit.core.region import Region, Regions
from autoedit.errors import AmbiguousTargetError
from autoedit.pointing import Pointer, notes_for, others_than, picked


def box_mask(x0: int, y0: int, x1: int, y1: int) -> Mask:
    array = np.zeros((60, 80), np.float32)
    array[y0:y1, x0:x1] = 1
    return Mask(array, "drawn")


def test_what_the_target_takes_along_is_no_other_thing() -> None:
    target, image = box_mask(10, 5, 30, 25), box_mask(10, 28, 30, 48)
    other = box_mask(50, 5, 70, 25)
    found = [
        Region(mask.box or (0, 0, 0, 0), 1.0, "thing", mask) for mask in (target, image, other)
    ]
    alone = others_than(target, found)
    assert [each.box for each in alone] == [image.box, other.box]
    along = others_than(target, found, taken=target | box_mask(10, 30, 30, 48))
    assert [each.box for each in along] == [other.box]


def test_what_was_found_as_one_with_the_target_is_left_without_it() -> None:
    cup, both = box_mask(20, 10, 35, 30), box_mask(10, 10, 60, 40)
    found = [Region(both.box or (0, 0, 0, 0), 1.0, "thing", both)]
    (tray,) = others_than(cup, found)
    assert (tray.binary == both.binary & ~cup.binary).all()
    assert not others_than(box_mask(10, 10, 50, 40), found)  # most of it: that is the target


def test_a_doubt_about_what_was_taken_is_told_once() -> None:
    region = Region((0, 0, 9, 9), 0.5, "thing", doubt="Look at it.")
    mask = Mask(np.zeros((9, 9), np.float32))
    notes = notes_for(Target(phrase="it"), (region, region), mask, Pointer())
    assert notes == ["Look at it."]


@pytest.mark.parametrize(
    ("count", "choice"),
    [
        (1, "It may be candidate 1: --pick 1."),
        (3, "It may be one of 3 candidates: --pick 1 ... --pick 3, or --pick all."),
    ],
)
def test_what_is_but_a_guess_is_offered_with_why(count: int, choice: str) -> None:
    region = Region((0, 0, 9, 9), 0.5, "thing")
    found = Regions((region,) * count, ambiguous=True, note="I see nothing red here.")
    with pytest.raises(AmbiguousTargetError) as error:
        picked(found, Target(phrase="the red boat"), None)
    assert str(error.value) == f"I see nothing red here. {choice}"
