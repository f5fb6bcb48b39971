import numpy as np
import pytest

from autoedit.core.superpixels import cut_superpixels, to_lab
from autoedit.grounding.ground import ground_likeness, shade_free
from tests.drawing import ball, cast_shadow, ground


def likeness(photo, where):
    pieces = cut_superpixels(to_lab(photo), 16)
    return float(ground_likeness(pieces)[pieces.labels][where].mean())


def test_a_shadow_is_ground_and_a_thing_is_not():
    photo = ground()
    shadow = cast_shadow(photo, 330, 230, (70, 30))
    thing = ball(photo, 160, 180, 45, (30, 60, 170))

    assert likeness(photo, thing) < 0.15
    assert likeness(photo, shadow) > 0.6
    assert likeness(photo, ~(shadow | thing)) > 0.8


def test_the_checks_of_a_cloth_are_ground_though_they_touch_no_border():
    photo = ground(grain=1)
    rows, columns = np.mgrid[:360, :480]
    checks = (rows // 40 + columns // 40) % 2 == 0
    photo[checks] = (70, 90, 160)
    thing = ball(photo, 240, 180, 50, (190, 25, 25))
    inner = checks & (np.abs(rows - 180) < 100) & (np.abs(columns - 240) < 150) & ~thing

    assert likeness(photo, inner) > 0.5
    assert likeness(photo, thing) < 0.2


def test_shade_changes_no_colour():
    lit = np.array([[60, 20, -10], [60, 20, -10]], np.float32)
    shaded = np.array([[22, 10, -5], [22, -10, 5]], np.float32)  # half of it; another hue

    assert shade_free(lit, shaded) == pytest.approx([0, np.hypot(20, 10)], abs=1e-4)
    assert shade_free(shaded, lit) == pytest.approx(shade_free(lit, shaded))
