"""What may be a source where letters were."""

import numpy as np

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.core.region import Region
from autoedit.selecting import elsewhere


def board() -> tuple[Photo, Region]:
    """White letters on a brown board before a blue sky."""
    pixels = np.full((120, 200, 3), (90, 150, 230), np.uint8)
    pixels[30:90, 40:160] = (110, 60, 30)
    letters = np.zeros((120, 200), np.float32)
    letters[50:66, 60:140:4] = 1
    letters[50:66, 61:140:4] = 1
    pixels[letters > 0] = 250
    return Photo(pixels), Region((60, 50, 140, 66), 1.0, "text", Mask(letters, "text"), exact=True)


def test_letters_are_filled_from_what_they_stand_on() -> None:
    photo, region = board()
    far = elsewhere(photo, (region,)).array
    assert (far[40:48, 60:140] == 0).all()
    assert (far[:28] == 1).all()
    assert (far[100:] == 1).all()
    sky_nearby = far[26:29, 60:140]
    assert (sky_nearby == 1).all()


def test_a_region_without_letters_is_filled_from_round_it() -> None:
    photo, region = board()
    plain = Region(region.box, 1.0, "text", exact=True)
    far = elsewhere(photo, (plain,)).array
    assert (far[30:90, 50:150] == 0).all()
    assert (far[:20] == 1).all()
