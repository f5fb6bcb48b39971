import cv2
import numpy as np
import pytest

from autoedit.core.mask import Mask
from autoedit.masking.ground import ground_round, illumination, lower_part
from tests.drawing import ball, block, cast_shadow, ground


def seen(photo, outline, others=None):
    surroundings = ground_round(photo, Mask.of(outline), others)
    assert surroundings is not None
    return surroundings, illumination(surroundings)


def chequered():
    photo = ground().astype(float)
    rows, columns = np.mgrid[:360, :480] // 45
    photo[(rows + columns) % 2 == 0] *= 0.55
    return photo.astype(np.uint8)


@pytest.mark.parametrize("make", [ground, chequered])
@pytest.mark.parametrize("depth", [0.2, 0.5])
def test_the_light_is_told_from_the_pattern(make, depth):
    photo = make()
    clean = photo.copy()
    cast_shadow(photo, 280, 205, (60, 25), depth)
    outline = ball(photo, 230, 170, 40, (30, 60, 170))
    surroundings, found = seen(photo, outline)

    x0, y0, x1, y1 = surroundings.box
    assert surroundings.pixels.shape[:2] == (y1 - y0, x1 - x0)  # not reduced: compare as it is
    change = np.log((photo.mean(axis=2) + 1) / (clean.mean(axis=2) + 1))[y0:y1, x0:x1]
    truth = surroundings.pieces.mean(change)
    ground_only = ~surroundings.thing
    shaded, lit = ground_only & (truth < -0.15), ground_only & (truth > -0.01)
    assert found[shaded].mean() < -0.6 * depth / 1.25
    assert abs(found[lit].mean()) < 0.03


def test_light_that_falls_off_is_no_shadow():
    photo = np.clip(ground() * np.linspace(1.2, 0.6, 480)[None, :, None], 0, 255).astype(np.uint8)
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    surroundings, found = seen(photo, outline)
    near = ~surroundings.thing & (surroundings.distance(surroundings.inside) < 0.6)
    assert np.quantile(found[near], 0.05) > -0.03


def test_the_soft_rim_of_a_dark_thing_is_no_shade():
    photo = ground(grain=1.0)
    sharp = photo.copy()
    outline = ball(sharp, 230, 170, 60, (20, 20, 30))
    soft = cv2.GaussianBlur(outline.astype(np.float32), (0, 0), 1.0)[:, :, None]
    photo = (photo * (1 - soft) + sharp * soft).astype(np.uint8)
    surroundings, found = seen(photo, outline)
    near = ~surroundings.thing & (surroundings.distance(surroundings.inside) < 0.15)
    assert found[near].min() > -0.03


@pytest.mark.parametrize("length", [1.0, 1.3])
def test_a_long_deep_shadow_is_no_ground_for_itself(length):
    photo = ground()
    truth = np.zeros(photo.shape[:2], np.uint8)
    cv2.line(truth, (150, 225), (150 + round(90 * length), 300), (1,), 30)
    photo[truth > 0] = photo[truth > 0] * np.array((0.28, 0.3, 0.34))
    outline = ball(photo, 150, 170, 50, (30, 60, 170))
    surroundings, found = seen(photo, outline)
    x0, y0, x1, y1 = surroundings.box
    shaded = surroundings.pieces.mean(truth[y0:y1, x0:x1]) > 0.9
    assert shaded.any()
    assert (found[shaded] < -0.4).mean() > 0.95


def test_other_things_are_no_ground():
    photo = ground()
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    other = block(photo, 330, 150, 400, 230, (60, 55, 45))
    surroundings, found = seen(photo, outline, Mask.of(other))
    assert surroundings.other.any()
    assert not found[surroundings.other].any()


def test_a_large_photo_is_reduced_and_a_thing_without_surroundings_has_none():
    photo = np.zeros((1500, 2000, 3), np.uint8)
    outline = np.zeros((1500, 2000), bool)
    outline[600:900, 800:1200] = True
    surroundings = ground_round(photo, Mask.of(outline))
    assert surroundings is not None
    assert max(surroundings.pixels.shape) <= 400
    assert ground_round(photo, Mask.of(~np.zeros_like(outline))) is None
    assert ground_round(photo, Mask.of(np.zeros_like(outline))) is None


def test_each_part_stands_on_its_own_lower_part():
    region = np.zeros((100, 100), bool)
    region[10:50, 10:30] = True
    region[60:90, 50:80] = True
    region[5:7, 90:92] = True  # a speck
    lower = lower_part(region)
    assert not lower[:34].any()
    assert lower[34:50, 10:30].all()
    assert not lower[60:78].any()
    assert lower[78:90, 50:80].all()
