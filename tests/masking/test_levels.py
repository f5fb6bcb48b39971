"""What is lit anew is as light as the ground beyond its shadow's edge."""

import numpy as np
import pytest

from autoedit.masking.levels import levelled
from tests.drawing import ball, ground
from tests.views import seen

GAIN = np.log(2.0)


@pytest.fixture
def scene():
    """A ball with a sharp shadow of half the light: the photo, the shadow and the ball."""
    photo = ground()
    shadow = np.zeros(photo.shape[:2], bool)
    shadow[190:250, 260:400] = True
    photo[shadow] = photo[shadow] * 0.5
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    return photo, shadow & ~outline, outline


def middle(shadow: np.ndarray) -> np.ndarray:
    inner = shadow.copy()
    inner[:, :320] = False  # away from the ball
    inner[:, 385:] = inner[:200] = inner[240:] = False
    return inner


@pytest.mark.parametrize("given", [0.35, 0.9])
def test_a_gain_that_leaves_a_step_at_a_sharp_edge_is_set_right(scene, given):
    photo, shadow, outline = scene
    view = seen(photo, outline, shadow, gain=given, effect=0.97, thing=0)
    gain = levelled(view)
    here = middle(shadow)
    assert abs(gain[here].mean() - GAIN) < 0.4 * abs(given - GAIN)
    assert (gain[~shadow] == view.gain[~shadow]).mean() > 0.98


def test_a_gain_that_leaves_none_stays(scene):
    photo, shadow, outline = scene
    view = seen(photo, outline, shadow, gain=GAIN - 0.06, effect=0.97, thing=0)
    here = middle(shadow)
    assert np.abs(levelled(view)[here] - view.gain[here]).mean() < 0.04


@pytest.mark.parametrize("said", [{"effect": 0.6}, {"thing": 0.9}, {"effect": 0.2}])
def test_nothing_is_done_where_the_edge_is_not_sure_or_a_thing_s(scene, said):
    photo, shadow, outline = scene
    view = seen(photo, outline, shadow, gain=0.35, **({"effect": 0.97, "thing": 0.0} | said))
    assert (levelled(view) == view.gain).all()


def test_a_soft_edge_tells_nothing(scene):
    photo, shadow, outline = scene
    view = seen(photo, outline, shadow, gain=0.35, effect=0.97, thing=0)
    away = np.abs(np.arange(photo.shape[1]) - 330.0)[None] + np.abs(np.arange(360) - 220.0)[:, None]
    view.seen.effect[:] = np.clip(1.2 - away / 80, 0, 1)  # it fades over many pixels
    assert (levelled(view) == view.gain).all()


def test_the_edge_of_a_stripe_of_the_ground_is_not_the_shadow_s():
    photo = ground()
    for top in (25, 70, 115, 190, 235, 310):
        photo[top : top + 15] = photo[top : top + 15] * (0.55, 0.65, 0.8)
    shadow = np.zeros(photo.shape[:2], bool)
    shadow[190:250, 260:400] = True  # a stripe at its upper edge, and one at its lower
    photo[shadow] = photo[shadow] * 0.5
    outline = ball(photo, 230, 170, 60, (30, 60, 170))
    shadow &= ~outline
    view = seen(photo, outline, shadow, gain=GAIN, effect=0.97, thing=0)
    assert np.abs(levelled(view)[middle(shadow)] - GAIN).max() < 0.02
