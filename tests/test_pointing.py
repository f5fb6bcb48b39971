"""What counts as another thing beside the target."""

import numpy as np

from autoedit.core.mask import Mask
from autoedit.core.plan import Target
from autoedit.core.region import Region
from autoedit.pointing import Pointer, notes_for, others_than


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
    alone = others_than(target, found).binary
    assert (alone == (image.binary | other.binary)).all()
    along = others_than(target, found, taken=target | box_mask(10, 30, 30, 48)).binary
    assert (along == other.binary).all()


def test_a_doubt_about_what_was_taken_is_told_once() -> None:
    region = Region((0, 0, 9, 9), 0.5, "thing", doubt="Look at it.")
    mask = Mask(np.zeros((9, 9), np.float32))
    notes = notes_for(Target(phrase="it"), (region, region), mask, Pointer())
    assert notes == ["Look at it."]
