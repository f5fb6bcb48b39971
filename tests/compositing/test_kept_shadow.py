from __future__ import annotations

import cv2
import numpy as np
import pytest

from autoedit.compositing.kept_shadow import shadow_ratio
from autoedit.core.mask import Mask

SHAPE = (300, 400)


def scene(grain: float, dip: float = 0.5) -> tuple[np.ndarray, Mask, Mask, np.ndarray]:
    """A box with a soft shadow to its right on grainy ground; the photo, box, shadow, light."""
    rng = np.random.default_rng(5)
    ground = np.full((*SHAPE, 3), (190.0, 175, 150))
    ground *= np.exp(cv2.GaussianBlur(rng.normal(0, grain, SHAPE), (0, 0), 1.0))[:, :, None]
    thing = np.zeros(SHAPE, bool)
    thing[100:200, 120:190] = True
    blot = np.zeros(SHAPE, np.float32)
    cv2.ellipse(blot, (220, 190), (75, 22), 0, 0, 360, (1.0,), -1)
    light = 1 - dip * cv2.GaussianBlur(blot, (0, 0), 5)
    photo = np.clip(ground * light[:, :, None], 0, 255)
    photo[thing] = (180, 30, 30)
    return photo.astype(np.uint8), Mask.of(thing), Mask.of((blot > 0) & ~thing), light


@pytest.mark.parametrize("grain", [0.0, 0.1])
def test_the_ratio_is_the_light_that_the_shadow_leaves(grain: float) -> None:
    photo, thing, shadow, light = scene(grain)
    ratio = shadow_ratio(photo, thing, shadow)
    seen = ~thing.binary
    assert np.abs(ratio - light)[seen].mean() < 0.02
    core = cv2.erode((shadow.binary & (light < 0.55)).astype(np.uint8), np.ones((9, 9))) > 0
    assert np.abs(ratio - light)[core].max() < 0.12
    assert (ratio[:80] == 1).all()
    assert (ratio[:, 330:] == 1).all()


def test_the_grain_of_the_ground_does_not_come_along() -> None:
    photo, thing, shadow, light = scene(0.4)
    ratio = shadow_ratio(photo, thing, shadow)
    core = cv2.erode((shadow.binary & (light < 0.55)).astype(np.uint8), np.ones((13, 13))) > 0
    own = np.log(photo[:, :, 1] + 4.0)[core].std()
    assert np.log(ratio)[core].std() < 0.5 * own


def test_a_dark_line_in_the_ground_is_no_shadow() -> None:
    photo, thing, shadow, _ = scene(0.0, dip=0.0)
    photo[185:188, 190:] = 40
    ratio = shadow_ratio(photo, thing, shadow)
    assert ratio[:, 200:].min() > 0.9


def test_without_a_shadow_there_is_full_light() -> None:
    photo, thing, _, _ = scene(0.05)
    assert (shadow_ratio(photo, thing, Mask.of(np.zeros(SHAPE, bool))) == 1).all()


def test_a_stain_apart_from_the_thing_is_no_shadow() -> None:
    photo, thing, shadow, _ = scene(0.0, dip=0.0)
    photo[172:196, 250:285] = (90, 80, 70)
    ratio = shadow_ratio(photo, thing, shadow)
    assert shadow.binary[180:190, 255:280].all()
    assert ratio[:, 245:].min() > 0.97
