"""An outline of a thing without the shadow that was taken for a part of it."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from autoedit.core.mask import Mask
from autoedit.masking import without_shadow
from tests.drawing import overlap

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = sorted(path.name.split(".")[0] for path in EXAMPLES.glob("*.mask.png"))


def example(name, scale=1):
    """A photo, its thing's outline, and that with the shadow that touches it."""
    photo, clean = (
        np.array(Image.open(EXAMPLES / f"{name}{kind}.jpg").convert("RGB"))
        for kind in ("", ".clean")
    )
    thing = np.array(Image.open(EXAMPLES / f"{name}.mask.png").convert("L")) > 127
    dark = (clean.astype(int) - photo).max(axis=2) > 30
    shadow = cv2.morphologyEx((dark & ~thing).astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3)))
    count, labels = cv2.connectedComponents((thing | (shadow > 0)).astype(np.uint8))
    whole = labels == np.bincount(labels[thing], minlength=count).argmax()
    if scale > 1:
        photo = cv2.resize(photo, None, fx=scale, fy=scale)
        thing, whole = (np.kron(one, np.ones((scale, scale))) > 0 for one in (thing, whole))
    return photo, thing, whole


@pytest.mark.parametrize("name", NAMES)
def test_an_outline_that_is_right_stays_as_it_is(name):
    photo, thing, _ = example(name)
    mask = Mask.of(thing)
    assert without_shadow(photo, mask) is mask


@pytest.mark.parametrize(
    ("name", "scale"), [("lounge", 1), ("terrace", 1), ("hall", 1), ("hall", 3)]
)
def test_a_shadow_on_the_ground_is_taken_off(name, scale):
    photo, thing, whole = example(name, scale)
    left = without_shadow(photo, Mask.of(whole)).binary

    assert overlap(whole, thing) < 0.85
    assert overlap(left, thing) > 0.91
    assert not (left & ~whole).any()


def test_what_has_the_ground_s_own_hue_is_not_told_from_it():
    photo, _, whole = example("terrace")
    grey = np.repeat(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)[:, :, None], 3, axis=2)
    mask = Mask.of(whole)
    assert without_shadow(grey, mask) is mask


def test_where_no_ground_is_to_be_seen_nothing_is_told():
    photo, thing, whole = example("terrace")
    mask = Mask.of(whole)
    assert without_shadow(photo, mask, Mask.of(~whole)) is mask
    empty = Mask.of(np.zeros_like(thing))
    assert without_shadow(photo, empty) is empty
